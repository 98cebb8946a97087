"""From an older schema to now, while the old version still answers patients and readers on the same database."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.parse import quote

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from tests.appointments.mail_server import MailServer, free_port
from tests.postgresql import NoPostgreSQL, a_server

from . import size
from .hosts import Reader
from .patients import Crowd
from .processes import until

BEFORE = size(2, 30)  # seconds in which the old version is as busy and nobody upgrades: what a reader waits then
OLD = "52d8516370cf"  # before guides had a history, reviews, a shelf and words: ten migrations ago
pytestmark = [
    pytest.mark.drill,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is not upgraded while it serves"),
]


@pytest.fixture
def old_release(tmp_path):
    """The older version's files."""
    folder = tmp_path / "old"
    git = ["git", "-C", str(settings.BASE_DIR)]
    if subprocess.run([*git, "cat-file", "-e", f"{OLD}^{{commit}}"], capture_output=True).returncode:
        pytest.skip("the history of this copy does not reach back so far")
    folder.mkdir()
    archive = subprocess.run([*git, "archive", OLD], capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


@contextmanager
def running(folder, facts, log):
    with log.open("w") as file:
        site = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=folder,
            env=facts,
            stdout=file,
            stderr=file,
            stdin=subprocess.PIPE,
        )
    try:
        until(lambda: "Ready: " in log.read_text() or site.poll() is not None, within=120)
        yield site
    finally:
        site.terminate()
        site.wait(60)


def manage(folder, facts, *arguments):
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=folder, env=facts, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_patients_and_readers_notice_nothing(old_release, tmp_path, record_figures):
    try:
        with a_server() as server, MailServer().running() as mail_server:
            walk(old_release, tmp_path, server, mail_server, record_figures)
    except NoPostgreSQL as reason:
        pytest.skip(str(reason))


def walk(old_release, tmp_path, server, mail_server, record_figures):
    facts = {
        **os.environ,
        "CLINIC_ENV": "local",
        "SITE_URL": "",
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": f"postgres://clinic@{quote(str(server.folder), safe='')}/clinic",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
        "PORT": str(free_port()),
        "TRUSTED_PROXIES": "1",
        "SECRET_KEY": "of-this-drill-alone-and-of-nothing-else",
        "PYTHONUNBUFFERED": "1",
    }
    manage(old_release, facts, "migrate", "-v0")
    manage(old_release, facts, "demo")
    database = psycopg2.connect(host=str(server.folder), user="clinic", dbname="clinic")
    database.autocommit = True
    cursor = database.cursor()
    cursor.execute("SELECT min(id) FROM clinic_service")
    service = cursor.fetchone()[0]

    port = int(facts["PORT"])
    with running(old_release, facts, tmp_path / "old.log"):
        with Reader(port, "/guides/fluoroscopy/") as reader, Crowd(port, service, size(2, 8)) as crowd:
            until(lambda: len(crowd.acknowledged) > 3, within=120)
            time.sleep(BEFORE)
            began = time.monotonic()
            said = manage(
                settings.BASE_DIR, facts, "upgrade", "--without-static", "--all-is-stopped", "--backup-is-made"
            )
            ended, meanwhile = time.monotonic(), len(crowd.acknowledged)
            until(lambda: len(crowd.acknowledged) > meanwhile + 3, within=120)
        assert "All is up to date" in said
    cursor.execute("SELECT name FROM appointments_appointmentrequest")
    stored = {name for (name,) in cursor.fetchall()}
    record_figures(
        acknowledged=len(crowd.acknowledged),
        during=meanwhile,
        answers=dict(crowd.told),
        lost=len(set(crowd.acknowledged) - stored),
        pages=reader.pages,
        longest_gap_before=round(reader.longest_gap(until=began), 2),
        longest_gap=round(reader.longest_gap(since=began), 2),
        seconds=round(ended - began),
    )
    assert not set(crowd.acknowledged) - stored
    assert not crowd.wrong
    assert not reader.wrong
    database.close()

    new = {**facts, "PORT": str(free_port())}
    with (
        running(settings.BASE_DIR, new, tmp_path / "new.log"),
        Reader(int(new["PORT"]), "/guides/fluoroscopy/") as after,
    ):
        until(lambda: after.pages, within=60)
    assert not after.wrong
