"""The way back: into a fresh database first, brought up to date, rid of whom it must not bring back; then switched."""

import fcntl
import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.crypto import salted_hmac

from appointments import erasure, retention
from appointments.models import Delivery, WorkerHeartbeat
from appointments.promise import plural
from education import picture_files

from . import Trouble, archive, keys, pictures
from .engine import engine, standing_on
from .facts import difference
from .make import key_mark, scratch_folder
from .record import BackupRun

MAYBE_SENT = "From a backup: it may have arrived before."
SHOWN = 50  # references of requests that would be lost


def restore(path, key, *, check=False, lose_newer=False, other_secret_key=False, say=print):
    """Put the site back to what it was, or with `check` only see that this file could. Raises Trouble; until the very
    last step the live site is as it was."""
    path, identities = Path(path), keys.private(key)
    with only_one(), scratch_folder("backup-restore") as scratch:
        if not check:
            engine().refuse_while_in_use()
        backup = Backup(path, scratch, keep_pictures=not check)
        try:
            backup.load(identities)
            say(f"{path.name} is whole: made {backup.made_at:%Y-%m-%d %H:%M} UTC, {backup.in_words()}.")
            backup.judge()
            backup.judge_key(other_secret_key or check, say)
            backup.bring_up_to_date(say)
            if check:
                say("It can be put back. Nothing was changed.")
                return
            refuse_to_lose(backup, lose_newer, say)
            backup.make_ready(say)
            backup.put_pictures()
            aside = engine().switch(backup.loaded, f"before-{timezone.now():%Y%m%dT%H%M%S}")
            backup.loaded = None
            tell_the_rest(aside, say)
        finally:
            connection.close()
            if backup.loaded:
                backup.loaded.drop()


@contextmanager
def only_one():
    try:
        lock = (settings.DATA_DIR / ".restore.lock").open("w")
    except OSError as error:
        raise Trouble(f"{settings.DATA_DIR} cannot be written to: {error.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Trouble("Another restore is going on.") from None
        yield


@dataclass
class Backup:
    path: Path
    scratch: Path
    keep_pictures: bool
    about: dict = None
    erased: set = field(default_factory=set)
    pictures: set = field(default_factory=set)
    loaded: object = None

    @property
    def made_at(self):
        return datetime.fromisoformat(self.about["made_at"])

    def in_words(self):
        rows = self.about["facts"]["rows"]
        requests, guides = rows.get("appointments_appointmentrequest", 0), rows.get("education_guide", 0)
        newest = self.about["facts"]["newest_request"][:16]
        return (
            f"{plural(requests, 'request')}{f' (the newest of {newest} UTC)' if newest else ''}, "
            f"{plural(guides, 'guide')}, {plural(len(self.pictures), 'picture file')}"
        )

    # Read ---------------------------------------------------------------------------------------------------------------

    def load(self, identities):
        """All of it, beside the live site; whatever is damaged or missing raises Trouble."""
        for name, stream in archive.members(self.path, identities):
            if name == archive.ABOUT:
                self.about = json.loads(stream.read())
                self.judge_format()
                self.loaded = engine().Loaded(self.scratch, "restored")
            elif name == archive.ERASED:
                self.erased = erasure.read(stream.read().decode(errors="replace"))
            elif name.startswith(archive.MEDIA):
                self.take_picture(name.removeprefix(archive.MEDIA), stream)
            elif self.loaded:
                self.loaded.feed(stream)
        if not self.loaded:
            raise Trouble(f"{self.path} is no backup of this site.")
        self.loaded.finish()
        if differs := difference(self.about["facts"], self.loaded.facts()):
            raise Trouble(f"{self.path} was loaded, and it is not what was written: {differs}.")

    def judge_format(self):
        if self.about["format"] > archive.FORMAT:
            raise Trouble(f"{self.path} is of a newer version of this site. Install that version first.")
        if self.about["vendor"] != engine().VENDOR:
            raise Trouble(
                f"{self.path} is of a site on {self.about['vendor']}, and DATABASE_URL names {engine().VENDOR}. "
                "Set DATABASE_URL to a database of the same kind."
            )

    def take_picture(self, name, stream):
        self.pictures.add(name)
        if self.keep_pictures:
            target = self.scratch / "media" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                shutil.copyfileobj(stream, file)

    def judge(self):
        unknown = unknown_migrations(self.about["migrations"])
        if unknown:
            raise Trouble(
                f"{self.path} is of a newer version of this site: it knows {'.'.join(unknown[0])}. "
                "Install that version first, then restore."
            )

    def judge_key(self, may_differ, say):
        if self.about["secret_key"] in key_marks():
            return
        differs = (
            "SECRET_KEY is another one than the site had then. Without the old one nobody who was erased since is known "
            "again, and staff's apps no longer fit."
        )
        if not may_differ:
            raise Trouble(
                f"{differs} Set the old key, or add it to SECRET_KEY_FALLBACKS. If it is lost for good: --other-secret-key, "
                "then erase those people by hand and reset staff's second factors."
            )
        say(differs)

    # Make it fit to be lived in -----------------------------------------------------------------------------------------

    def bring_up_to_date(self, say):
        with standing_on(self.loaded.name):
            if set(known_migrations()) - {tuple(one) for one in self.about["migrations"]}:
                say("It is of an older version: it is brought up to date …")
                call_command("migrate", interactive=False, verbosity=0)
            if missing := picture_files.missing_from(self.pictures):
                say(f"It names {plural(len(missing), 'picture file')} that the site had lost before it was made.")

    def make_ready(self, say):
        """In the fresh database, so that nobody who was erased is in the live one for a moment."""
        with standing_on(self.loaded.name):
            erasure.add_to_file(self.erased)
            say(f"Erased again: {plural(erasure.replay(even_held=True), 'request')}.")
            Session.objects.all().delete()
            WorkerHeartbeat.objects.all().delete()
            owed = Delivery.objects.filter(state__in=[Delivery.State.WAITING, Delivery.State.SENDING]).update(
                state=Delivery.State.WAITING,
                lease=None,
                lease_until=None,
                next_attempt_at=timezone.now(),
                last_error=MAYBE_SENT,
            )
            if owed:
                say(
                    f"{plural(owed, 'message')} had not gone out when the backup was made. They are sent now, and may come a "
                    "second time, under the same Message-ID: sending twice is better than not at all."
                )
            BackupRun.objects.filter(proven_at=None, trouble="").delete()  # the one that this backup was made by
            BackupRun.objects.create(kind=BackupRun.Kind.RESTORE, file=self.path.name[:60], made_at=self.made_at)
            if stopped := retention.run().stopped:
                say(
                    f"What is too old was not removed: {stopped} Look at “manage.py purge --preview”, then purge --go-on."
                )
            erasure.settle()

    def put_pictures(self):
        pictures.place().put_back({name: self.scratch / "media" / name for name in sorted(self.pictures)})


def known_migrations():
    return MigrationLoader(None).disk_migrations


def unknown_migrations(applied):
    """Those of apps that we have in a version that we have not."""
    known = known_migrations()
    apps = {app for app, _ in known}
    return sorted(tuple(one) for one in applied if tuple(one) not in known and one[0] in apps)


def key_marks():
    """Of the key that the site has and of those that it had."""
    older = [
        salted_hmac("clinic.backups", "which key", secret=key, algorithm="sha256").hexdigest()
        for key in settings.SECRET_KEY_FALLBACKS
    ]
    return [key_mark(), *older]


# What would be lost -----------------------------------------------------------------------------------------------------

NEWER = {"education_revision": "published page", "education_snapshot": "saved draft", "auth_user": "account"}


def refuse_to_lose(backup, lose_newer, say):
    """Say what the live site has and the backup has not; refuse unless somebody has said that it may go."""
    if not engine().is_there():
        return
    with standing_on(backup.loaded.name):
        before = state()
    try:
        now = state()
    except (DatabaseError, InterfaceError):
        say("The present database cannot be read: what it has and the backup has not cannot be told.")
        return
    finally:
        connection.close()
    gone = [reference for reference in now["requests"] if reference not in before["requests"]]
    moved = [ref for ref, version in now["requests"].items() if version > before["requests"].get(ref, version)]
    lost = [plural(len(gone), "request")] * bool(gone) + [f"steps on {plural(len(moved), 'request')}"] * bool(moved)
    for table, word in NEWER.items():
        if more := now["newest"].get(table, 0) - before["newest"].get(table, 0):
            lost += [plural(more, word)] * (more > 0)
    if not lost:
        return
    say(f"The present database has what the backup has not: {', '.join(lost)}.")
    if gone:
        more = " …" if len(gone) > SHOWN else ""
        say(f"Requests that would be lost: {', '.join(sorted(gone)[:SHOWN])}{more}")
    if not lose_newer:
        raise Trouble("Nothing was changed. To put the backup back all the same, and lose that: --lose-newer")


def state():
    """{"requests": {reference: version}, "newest": {table: highest id}} of the database that the models read."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        requests = {}
        if "appointments_appointmentrequest" in tables:
            cursor.execute("SELECT reference, version FROM appointments_appointmentrequest")
            requests = dict(cursor.fetchall())
        newest = {}
        for table in NEWER.keys() & tables:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")  # noqa: S608
            [newest[table]] = cursor.fetchone()
    return {"requests": requests, "newest": newest}


def tell_the_rest(aside, say):
    say("The site is put back. Everybody of the staff signs in anew.")
    if aside:
        say(
            f"The database that was there is put aside as {aside}. Delete it when you are sure: it holds patients' data."
        )
    say("Start the site, then run “manage.py doctor”, and tell staff what it says about the restore.")
