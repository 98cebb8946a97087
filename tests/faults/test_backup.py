"""Back up, destroy, restore; and backups one after the other while patients go on sending."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from appointments import erasure
from appointments.models import AppointmentRequest, Delivery, Erasure
from clinic.backups import pictures, schedule
from clinic.backups.engine import engine
from clinic.models import BackupRun
from education import picture_files
from tests import factories
from tests.appointments.mail_server import MailServer

from . import size
from .backups import Safe, clear_what_was_put_aside, secret_of
from .patients import Crowd, Patient
from .processes import environment, until, until_all_are_told
from .sites import a_site, prepare, sqlite_in_a_file_of_its_own

pytestmark = pytest.mark.django_db(transaction=True)
only_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's files are nobody's to copy")
only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite needs no programs")

ROUNDS = size(2, 50)
THREADS = size(3, 4)
PATIENCE = 300  # seconds, on a computer that does much else: on a calm one nothing takes ten


@pytest.fixture(autouse=True)
def a_file_of_its_own(transactional_db, tmp_path_factory):
    """A restore puts another file in the place of SQLite's, which must not be the one that all tests share."""
    with sqlite_in_a_file_of_its_own(tmp_path_factory.mktemp("database")):
        yield


@pytest.fixture
def safe(tmp_path):
    yield Safe(tmp_path)
    clear_what_was_put_aside()


@pytest.fixture
def mail_server():
    with MailServer().running() as server:
        yield server


def listens(port):
    with socket.socket() as visitor:
        return visitor.connect_ex(("127.0.0.1", port)) == 0


def lost(acknowledged, secrets):
    return {name for name, receipt in acknowledged.items() if secret_of(receipt) not in secrets}


SECRETS = "SELECT secret FROM appointments_appointmentrequest"
UNTOLD = """SELECT r.id FROM appointments_appointmentrequest r
    LEFT JOIN appointments_delivery d ON d.request_id = r.id AND d.kind = 'request'
    GROUP BY r.id HAVING count(d.id) <> (SELECT count(*) FROM appointments_recipient)"""
PICTURES = "SELECT folder, widths FROM education_picture WHERE is_ready"


def pictures_missing(opened):
    named = opened.ask(PICTURES)
    widths = lambda value: value if isinstance(value, list) else json.loads(value)  # noqa: E731
    paths = [
        f"{folder}/{width}.{kind}" for folder, sizes in named for width in widths(sizes) for kind in ("avif", "webp")
    ]
    return [path for path in paths if not opened.pictures.get(path)]


class Editor(threading.Thread):
    """Somebody who adds pictures and deletes others all the time."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over, self.done = threading.Event(), 0

    def run(self):
        waiting = []
        try:
            while not self.over.wait(0.3):
                waiting.append(factories.a_picture(f"Picture {self.done}"))
                if len(waiting) > 3:
                    waiting.pop(0).delete()
                self.done += 1
        finally:
            connection.close()


# Under load -------------------------------------------------------------------------------------------------------------


def test_each_backup_under_load_holds_all_that_was_acknowledged_before_it_began(
    clinic, safe, mail_server, tmp_path, record_figures
):
    service, seconds, tries, sizes = prepare(), [], Counter(), []
    editor = Editor()
    with a_site(mail_server, tmp_path) as site, Crowd(site.port, service.pk, THREADS) as crowd:
        until(lambda: len(crowd.acknowledged) > 3, within=PATIENCE)
        editor.start()
        for number in range(ROUNDS):
            before, newest = dict(crowd.acknowledged), len(crowd.acknowledged)
            began = time.monotonic()
            file = safe.backup()
            seconds.append(time.monotonic() - began)
            sizes.append(file.stat().st_size)
            with safe.opened(file, tmp_path / "opened") as opened:
                secrets = {secret for (secret,) in opened.ask(SECRETS)}
                assert lost(before, secrets) == set()
                assert opened.ask(UNTOLD) == []
                assert pictures_missing(opened) == []
                tries["requests"] = len(secrets)
            until(lambda newest=newest: len(crowd.acknowledged) > newest, within=PATIENCE)
            print(
                f"round {number + 1}: {seconds[-1]:.1f} s, {len(before)} of {len(secrets)} acknowledged before it",
                flush=True,
            )
        editor.over.set()
        editor.join()
        until(lambda: len(crowd.acknowledged) > 8, within=PATIENCE)
    assert not crowd.wrong
    assert editor.done > 0
    record_figures(
        rounds=ROUNDS,
        acknowledged=len(crowd.acknowledged),
        in_the_last_backup=tries["requests"],
        pictures_made=editor.done,
        lost=0,
        seconds=f"{min(seconds):.1f} to {max(seconds):.1f}",
        megabytes=f"{sizes[0] / 1e6:.1f} to {sizes[-1] / 1e6:.1f}",
        longest_post_ms=round(max(crowd.seconds) * 1000),
    )


@only_sqlite
def test_twin_a_mere_copy_of_the_file_lacks_what_was_acknowledged(clinic, tmp_path):
    """What was committed stands in the log beside it."""
    name = connection.settings_dict["NAME"]
    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.cursor().execute("PRAGMA wal_autocheckpoint = 0")
    stored = factories.a_request()

    subprocess.run(["cp", name, tmp_path / "copy"], check=True)

    count = f"import sqlite3; print(sqlite3.connect({str(tmp_path / 'copy')!r}).execute('{SECRETS}').fetchall())"
    said = subprocess.run([sys.executable, "-c", count], capture_output=True, text=True, check=True).stdout
    assert stored.secret not in said
    connection.close()


def test_twin_pictures_before_the_database_leave_rows_without_files(clinic, safe, tmp_path, monkeypatch):
    """The other order: a picture that comes in between is named, and missing. The proof sees it, and it begins again."""
    factories.a_picture()
    seen = pictures.place().names()
    factories.a_picture()

    assert picture_files.missing_from(seen)
    assert not picture_files.missing_from(pictures.place().names())


# Destroy and restore ----------------------------------------------------------------------------------------------------


def destroy():
    """Everything that the site has on this computer, but the backups."""
    connection.close()
    if connection.vendor == "postgresql":
        engine().drop(connection.settings_dict["NAME"])
    else:
        for suffix in engine().PARTS_OF:
            Path(f"{connection.settings_dict['NAME']}{suffix}").unlink(missing_ok=True)
    subprocess.run(["rm", "-r", settings.MEDIA_ROOT], check=True)


def test_after_backup_and_ruin_the_site_is_put_back_whole(clinic, safe, mail_server, tmp_path, record_figures):
    service, staff = prepare(), Client()
    staff.force_login(factories.a_user())
    guide = factories.a_guide("Back pain", picture=factories.a_picture())
    guide.publish(by=None)
    goes = factories.a_request(name="Goes", email="goes@example.org")
    held = factories.a_request(name="Held")
    held.hold(by=factories.a_user(), reason="A complaint")
    with a_site(mail_server, tmp_path) as site:
        with Crowd(site.port, service.pk, THREADS) as crowd:
            until(lambda: len(crowd.acknowledged) > size(4, 40), within=PATIENCE)
        promised = dict(crowd.acknowledged)
        file = safe.backup()
    held.refresh_from_db()
    held.lift_hold(by=factories.a_user(), reason="Settled")
    erasure.erase([goes.pk, held.pk], by=factories.a_user())

    destroy()
    done = safe.restore(file)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Erased again: 2 requests." in done.stdout
    stored = set(AppointmentRequest.objects.values_list("secret", flat=True))
    assert lost(promised, stored) == set()
    assert not AppointmentRequest.objects.filter(name__in=["Goes", "Held"]).exists(), "the erased have come back"
    assert Erasure.objects.count() == 2
    assert not Session.objects.exists()
    assert BackupRun.objects.filter(kind="restore").count() == 1
    with a_site(mail_server, tmp_path) as site:
        until(lambda: listens(site.port), within=PATIENCE)
        person = Patient(site.port, service.pk)
        for receipt in list(promised.values())[:5]:
            status, _, page = person.ask("GET", receipt)
            assert status == 200, page
        assert "Back pain" in person.ask("GET", "/guides/back-pain/")[2]
        with Crowd(site.port, service.pk, 1) as crowd:
            until(lambda: crowd.acknowledged, within=PATIENCE)
        until_all_are_told(PATIENCE)
    assert not picture_files.missing_from(pictures.place().names())
    record_figures(promised=len(promised), lost=0, erased_again=2)


def test_it_is_refused_while_the_site_runs_and_where_newer_data_would_be_lost(clinic, safe, mail_server, tmp_path):
    prepare()
    factories.a_request()
    file = safe.backup()
    newer = factories.a_request()

    with a_site(mail_server, tmp_path) as site:
        until(lambda: listens(site.port), within=PATIENCE)
        done = safe.restore(file, "--lose-newer")
        assert done.returncode == 1
        assert "The site is running" in done.stderr

    done = safe.restore(file)
    assert done.returncode == 1
    assert newer.reference in done.stdout
    assert "--lose-newer" in done.stderr
    assert AppointmentRequest.objects.count() == 2

    done = safe.restore(file, "--check")
    assert done.returncode == 0, done.stderr
    assert "Nothing was changed" in done.stdout
    assert AppointmentRequest.objects.count() == 2

    done = safe.restore(file, "--lose-newer")
    assert done.returncode == 0, done.stderr
    assert AppointmentRequest.objects.count() == 1
    [aside] = engine().left_aside()
    assert aside in done.stdout


def test_a_message_that_was_under_way_is_sent_again_and_says_why(clinic, safe):
    prepare()
    request = factories.a_request()
    Delivery.objects.update(state="sending", lease_until=timezone.now())
    file = safe.backup()

    done = safe.restore(file)

    assert "2 messages had not gone out" in done.stdout
    again = Delivery.objects.filter(request=request)
    assert {delivery.state for delivery in again} == {"waiting"}
    assert {delivery.last_error for delivery in again} == {"From a backup: it may have arrived before."}


def test_a_backup_of_an_older_version_is_brought_up_to_date_and_of_a_newer_one_refused(clinic, safe):
    factories.a_request()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('clinic', '9999_later', '2030-01-01')"
        )
    newer = safe.backup()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '9999_later'")
    call_command("migrate", "appointments", "0007", verbosity=0)
    try:
        time.sleep(1.1)  # a name for each second
        older = safe.backup()
    finally:
        call_command("migrate", verbosity=0)

    done = safe.restore(newer, "--check")
    assert done.returncode == 1
    assert "newer version of this site: it knows clinic.9999_later" in done.stderr

    done = safe.restore(older)
    assert done.returncode == 0, done.stderr
    assert "brought up to date" in done.stdout
    call_command("migrate", check_unapplied=True, verbosity=0)
    assert AppointmentRequest.objects.count() == 1


def test_another_secret_key_is_refused_unless_it_is_an_older_one_of_ours(clinic, safe):
    gone = factories.a_request()
    file = safe.backup()
    erasure.erase([gone.pk], by=factories.a_user())
    connection.close()

    def with_key(**keys):
        return safe.run("restore", file, "--key", safe.key, "--lose-newer", **keys)

    done = with_key(SECRET_KEY="another")
    assert done.returncode == 1
    assert "SECRET_KEY is another one" in done.stderr

    done = safe.run("restore", file, "--key", safe.key, "--check", SECRET_KEY="another")
    assert done.returncode == 0, "whoever tries it on another computer has another one there"
    assert "SECRET_KEY is another one" in done.stdout
    assert "It can be put back. Nothing was changed." in done.stdout

    done = with_key(SECRET_KEY="another", SECRET_KEY_FALLBACKS=settings.SECRET_KEY)
    assert done.returncode == 0, done.stderr
    assert "Erased again: 1 request." in done.stdout


# Killed, damaged, at once -----------------------------------------------------------------------------------------------


def test_what_a_killed_backup_leaves_is_no_backup_and_goes_with_the_next(clinic, safe):
    for _ in range(5):
        factories.a_picture()
    for moment in ("partial", "scratch"):
        running = subprocess.Popen(
            [sys.executable, "manage.py", "backup"], cwd=settings.BASE_DIR, env=environment(safe.site, **safe.settings)
        )
        marks = {
            "partial": lambda: any(safe.folder.glob("*.partial")),
            "scratch": lambda: (safe.site / "backup-scratch").exists(),
        }
        until(marks[moment], every=0.001)
        running.send_signal(signal.SIGKILL)
        running.wait()
        assert safe.files() == []

    file = safe.backup()

    assert [
        path.name for path in safe.folder.iterdir() if path.name not in (".lock", file.name, f"{file.name}.sha256")
    ] == []
    assert not (safe.site / "backup-scratch").exists()
    assert file.stat().st_mode & 0o777 == 0o600
    assert BackupRun.objects.good().count() == 1


def test_of_two_at_once_one_is_made(clinic, safe):
    for _ in range(5):
        factories.a_picture()
    both = [
        subprocess.Popen(
            [sys.executable, "manage.py", "backup"],
            cwd=settings.BASE_DIR,
            env=environment(safe.site, **safe.settings),
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate()[1] for process in both]

    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 1], [0, 0]), said  # or the second came when the first was done
    assert codes == [0, 0] or "Another backup is being made" in "".join(said)


def test_a_backup_that_is_not_what_the_database_said_never_counts(clinic, safe):
    """The twin of the proof: what lies on the disk is spoiled between writing and reading it back."""
    factories.a_request()
    good = safe.backup()
    time.sleep(1.1)
    spoiled = (
        "import django; django.setup()\n"
        "from clinic.backups import make\n"
        "write = make.write\n"
        "def spoil(partial, readers, scratch):\n"
        "    said = write(partial, readers, scratch)\n"
        "    content = bytearray(partial.read_bytes()); content[len(content) // 2] ^= 1; partial.write_bytes(content)\n"
        "    return said\n"
        "make.write = spoil\n"
        "make.run()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", spoiled],
        cwd=settings.BASE_DIR,
        env=environment(safe.site, DJANGO_SETTINGS_MODULE="clinic.settings", **safe.settings),
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert "damaged" in done.stderr
    assert safe.files() == [good], "the older one stays"
    assert BackupRun.objects.good().count() == 1
    assert "damaged" in BackupRun.objects.first().trouble


def test_a_picture_that_the_site_has_lost_is_told_and_stops_no_backup(clinic, safe):
    picture = factories.a_picture()
    (Path(settings.MEDIA_ROOT) / picture.folder / "960.webp").unlink()

    done = safe.run("backup")

    assert done.returncode == 0, done.stderr
    assert "1 picture files were missing" in done.stdout
    assert BackupRun.objects.good().get().missing == 1


def test_no_plain_word_of_a_patient_is_in_the_folder_of_the_backups(clinic, safe):
    factories.a_request(name="Zqxcanary Sample", message="Zqxcanary words")
    file = safe.backup()

    assert b"Zqxcanary" not in file.read_bytes()
    assert re.fullmatch(rf"[0-9a-f]{{64}}  {file.name}\n", file.with_name(f"{file.name}.sha256").read_text())


@only_postgresql
def test_without_programs_that_are_new_enough_it_says_which(clinic, safe, tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    for name in ("pg_dump", "pg_restore"):
        (old / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 9.6.1'\n")
        (old / name).chmod(0o755)

    done = safe.run("backup", BACKUP_PROGRAMS=old)

    assert done.returncode == 1
    assert "or newer is needed, and only that of version 9 is here" in done.stderr


@only_postgresql
def test_a_role_that_may_make_no_database_is_told_what_to_ask_for(clinic, safe):
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS humble")
        cursor.execute("CREATE ROLE humble LOGIN IN ROLE pg_read_all_data, pg_write_all_data")
    try:
        url = environment(safe.site)["DATABASE_URL"].replace(f"{connection.settings_dict['USER']}:", "humble:", 1)
        done = safe.run("backup", DATABASE_URL=url)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE humble")

    assert done.returncode == 1
    assert 'ALTER ROLE "humble" CREATEDB' in done.stderr
    assert safe.files() == []


# By itself --------------------------------------------------------------------------------------------------------------


def test_the_worker_makes_one_when_it_is_time_and_of_two_workers_one_does(clinic, safe, mail_server, tmp_path):
    with a_site(mail_server, tmp_path, **{name: str(value) for name, value in safe.settings.items()}) as site:
        until(lambda: BackupRun.objects.good().exists(), within=PATIENCE)
        assert site.poll() is None
    assert BackupRun.objects.count() == 1
    now = timezone.now()
    assert not schedule.is_due(now)
    later = now + timedelta(hours=7)
    assert schedule.is_due(later)
    assert schedule.claim(later)
    assert schedule.claim(later) is None
    assert not schedule.is_due(later), "one is under way"
    BackupRun.objects.filter(proven_at=None).update(trouble="No room.")
    assert not schedule.is_due(later), "not again at once"
    assert schedule.is_due(later + timedelta(minutes=31))
