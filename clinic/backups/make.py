"""One backup: written, read back from the disk, restored into a scratch database, compared; only then does it count."""

import fcntl
import hashlib
import json
import logging
import os
import shutil
import time
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC
from pathlib import Path

import django
from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.crypto import salted_hmac

from education import picture_files

from . import Trouble, archive, keys, pictures, rotation
from .engine import engine, standing_on
from .facts import difference
from .record import BackupRun

logger = logging.getLogger(__name__)

TRIES = 3  # a picture that is deleted in these very seconds makes it begin again
PARTIAL = ".partial"
LEAVE_FREE = 200 * 1024 * 1024  # bytes: a backup must not be what fills the disk


def run(*, turn=None):
    """Make one and return its BackupRun. Raises Trouble, which is written down, too."""
    began = time.monotonic()
    try:
        folder = ready_folder()
        lock = (folder / ".lock").open("w")
    except OSError as error:
        trouble = f"{error.filename} cannot be written to: {error.strerror}."
        write_down(turn, trouble)
        raise Trouble(trouble) from None
    with only_one(lock):
        done = begun(turn, folder)
        try:
            make(done, folder)
        except Exception as error:
            done.trouble = in_words(error)
            save(done)
            if isinstance(error, Trouble):
                raise
            logger.exception("The backup failed.")
            raise Trouble(done.trouble) from error
        logger.info("Backup %s: %s bytes, proven after %.0f s.", done.file, done.size, time.monotonic() - began)
    return done


def write_down(turn, trouble):
    """Who types the command reads it anyway."""
    with suppress(DatabaseTrouble):
        BackupRun.objects.filter(turn__isnull=False, turn=turn).update(trouble=trouble[:250])


def begun(turn, folder):
    try:
        return BackupRun.objects.get_or_create(turn=turn)[0] if turn else BackupRun.objects.create()
    except DatabaseTrouble:
        try:
            leave_room(folder)  # which says so, if that is the reason
        except Trouble:
            raise
        except Exception:
            logger.info("Nor can be seen how much room a backup needs.")
        raise Trouble("The database does not answer, or takes nothing. “manage.py doctor” says more.") from None


def in_words(error):
    if isinstance(error, Trouble):
        return str(error)[:250]
    if isinstance(error, OSError) and error.strerror:
        return f"The backup could not be written: {error.strerror}."
    return f"The backup failed ({type(error).__name__}). The site's own log says more."


def save(done):
    try:
        done.save()
    except DatabaseTrouble:
        logger.exception("What has become of the backup could not be written down.")


def ready_folder():
    if not settings.BACKUP_DIR:
        raise Trouble("BACKUP_DIR is not set: name the folder that backups go to, best on another disk.")
    settings.BACKUP_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings.BACKUP_DIR


@contextmanager
def only_one(lock):
    """One at a time; the lock of one that was killed is gone with it."""
    with lock, ExitStack() as stack:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Trouble("Another backup is being made. Wait until it is done.") from None
        stack.enter_context(engine().only_one())
        yield


@contextmanager
def scratch_folder(name="backup-scratch"):
    """For what has to lie on the disk for a moment. What a killed run has left there goes first."""
    folder = settings.DATA_DIR / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make(done, folder):
    for left in folder.glob(f"*{PARTIAL}"):
        left.unlink(missing_ok=True)
    engine().clear_away()
    readers = keys.recipients()
    leave_room(folder)
    with scratch_folder() as scratch:
        for _ in range(TRIES):
            done.at = timezone.now()
            partial = folder / f"{rotation.name_at(done.at)}{PARTIAL}"
            try:
                done.missing = write_and_prove(partial, readers, scratch)
                break
            except PicturesMoved:
                logger.info("A picture was deleted while the backup was made: it begins again.")
        else:
            raise Trouble("Pictures were deleted each time while the backup was made. Try again later.")
    finish(done, partial)
    rotate(folder)


class PicturesMoved(Exception):
    pass


def leave_room(folder):
    database = engine().size()
    media = pictures.place().size()
    needed = {folder: database + media, settings.DATA_DIR: 2 * database if engine().VENDOR == "sqlite" else 0}
    if folder.stat().st_dev == settings.DATA_DIR.stat().st_dev:
        needed = {folder: sum(needed.values())}
    for place, size in needed.items():
        if shutil.disk_usage(place).free < size + LEAVE_FREE:
            raise Trouble(
                f"There is no room for a backup in {place}: it may need {size // 2**20 + 1} MB besides the "
                f"{LEAVE_FREE // 2**20} MB that are left free. Make room, or set BACKUP_DIR to a larger disk."
            )


# Write and prove --------------------------------------------------------------------------------------------------------


def write_and_prove(partial, readers, scratch):
    """Returns how many pictures the site itself has lost.

    The server has no private key, so it adds one of its own to the readers, for this one file: with that it reads back
    what lies on the disk, and forgets it. It has never been written down.
    """
    proof = keys.new()
    try:
        said = write(partial, [*readers, proof.to_public()], scratch)
        return prove(partial, proof, said, scratch)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write(partial, readers, scratch):
    """Returns what the database said of itself at the moment of the snapshot.

    The database first, then the files: files are written before, or with, the row that makes them needed. Those that are
    deleted in between have a second name until then; prove() sees whether one has slipped through.
    """
    there = pictures.place()
    there.hold(scratch / "pictures")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with engine().snapshot(scratch) as (said, write_database), archive.writing(file, readers) as packed:
            packed.add(archive.ABOUT, json.dumps(about(said)).encode())
            write_database(packed)
            packed.add(archive.ERASED, erased_lines())
            for name in sorted(there.names()):
                add_picture(packed, name, there)
        file.flush()
        os.fsync(file.fileno())
    return said


def about(said):
    applied = sorted(MigrationRecorder.Migration.objects.values_list("app", "name"))
    return {
        "format": archive.FORMAT,
        "made_at": timezone.now().astimezone(UTC).isoformat(),
        "vendor": engine().VENDOR,
        "django": django.get_version(),
        "migrations": applied,
        "secret_key": key_mark(),
        "facts": said,
    }


def key_mark():
    """Tells whether two sites have the same SECRET_KEY, and nothing else about it."""
    return salted_hmac("clinic.backups", "which key", algorithm="sha256").hexdigest()


def erased_lines():
    try:
        return Path(settings.ERASED_FILE).read_bytes()
    except FileNotFoundError:
        return b""


def add_picture(packed, name, there):
    if not archive.MEMBER.fullmatch(f"{archive.MEDIA}{name}"):
        return  # not written by us
    with suppress(FileNotFoundError):  # whether anything needs it is asked later
        packed.add(f"{archive.MEDIA}{name}", there.read(name))


def prove(partial, proof, said, scratch):
    """Restore what lies on the disk and compare. Raises Trouble, or PicturesMoved."""
    loaded, packed = engine().Loaded(scratch), set()
    try:
        for name, stream in archive.members(partial, [proof]):
            if name.startswith(engine().MEMBER):
                loaded.feed(stream)
            elif name.startswith(archive.MEDIA):
                packed.add(name.removeprefix(archive.MEDIA))
        loaded.finish()
        if differs := difference(said, loaded.facts()):
            raise Trouble(f"The backup was restored for a trial, and it is not the same: {differs}.")
        with standing_on(loaded.name):
            missing = picture_files.missing_from(packed)
    finally:
        loaded.drop()
    # What the live site still names and has not got was lost before.
    lost = missing & picture_files.missing_from(packed) if missing else set()
    if missing - lost:
        raise PicturesMoved
    return len(lost)


# Keep it, and let others go ---------------------------------------------------------------------------------------------


def finish(done, partial):
    final = partial.with_name(partial.name.removesuffix(PARTIAL))
    done.file, done.size, done.sha256 = final.name, partial.stat().st_size, digest(partial)
    partial.rename(final)
    final.with_name(f"{final.name}.sha256").write_text(f"{done.sha256}  {final.name}\n")
    with closing_directory(final.parent) as descriptor:
        os.fsync(descriptor)
    done.proven_at = timezone.now()
    done.save()


@contextmanager
def closing_directory(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def rotate(folder):
    """Only here, after a newer one was proven, does any backup go."""
    names = [path.name for path in folder.iterdir()]
    for name in rotation.superfluous(names, timezone.now(), settings.BACKUP_KEEP_DAYS):
        (folder / name).unlink(missing_ok=True)
        (folder / f"{name}.sha256").unlink(missing_ok=True)
    BackupRun.objects.filter(at__lt=timezone.now() - BackupRun.KEPT_FOR).delete()
