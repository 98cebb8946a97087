"""The worker as it is run: a process of its own, with signals, a parent that may die, and a kill in mid-send."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from urllib.parse import quote

import pytest
from django.conf import settings as site
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from appointments.management.commands.worker import NO_REQUEST_YET, clear_away_old_rows, run_one_task
from appointments.models import AppointmentRequest, Delivery, RequestCount, SearchEntry, WorkerHeartbeat
from tests import factories

from .conftest import ALICE, BOB, use
from .mail_server import MailServer

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 25  # seconds for what takes about two on a quiet computer


@pytest.fixture
def mail_server():
    with MailServer().running() as server:
        yield server


@pytest.fixture
def one_request(clinic):
    factories.a_recipient("alice@example.org")
    return factories.a_request(name="Canary", message="canary words")


def database_url():
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    quoted = {name: quote(str(facts[name]), safe="") for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")}
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**quoted)  # HOST may be the folder of a socket


@contextmanager
def a_worker(mail_server, *options, tmp_path):
    """`manage.py worker` on the test's database and mail server."""
    log = (tmp_path / "worker.log").open("a+")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker", *options],
        cwd=site.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "DATA_DIR": str(tmp_path),
            "DIGEST_AT": "23:59:59",
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
        },
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
    )
    process.log = lambda: (tmp_path / "worker.log").read_text()
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        log.close()


def until(true):
    give_up = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.05)


def accepted():
    return Delivery.objects.filter(state="accepted").count()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_sends_says_that_it_lives_and_ends_when_told(mail_server, one_request, tmp_path, end):
    with a_worker(mail_server, tmp_path=tmp_path) as worker:
        until(lambda: accepted() == 1)
        assert WorkerHeartbeat.any_alive()
        until(lambda: DBTaskResult.objects.successful().count() == 1)
        worker.send_signal(end)
        assert worker.wait(PATIENCE) == 0

    assert [line.split("INFO ")[1] for line in worker.log().splitlines()] == [
        f"appointments.worker Worker {WorkerHeartbeat.objects.get().worker} started.",
        f"appointments.worker Worker {WorkerHeartbeat.objects.get().worker} stopped.",
    ]
    assert len(mail_server.accepted) == 1


def test_it_writes_the_words_by_which_a_request_is_found(mail_server, one_request, tmp_path):
    with a_worker(mail_server, tmp_path=tmp_path):
        until(lambda: accepted() == 1)  # mail goes first
        until(lambda: SearchEntry.objects.exists())
        later = factories.a_request(name="Robin Example")
        until(lambda: SearchEntry.objects.filter(request=later, words__startswith="robin example").exists())

    assert not SearchEntry.objects.missing(below=NO_REQUEST_YET).exists()


def test_it_finishes_the_message_it_is_sending(mail_server, one_request, tmp_path):
    mail_server.slow_by = 2
    with a_worker(mail_server, tmp_path=tmp_path) as worker:
        assert mail_server.reached_data.wait(PATIENCE)
        worker.terminate()
        assert worker.wait(PATIENCE) == 0

    assert accepted() == len(mail_server.accepted) == 1


def test_a_worker_killed_in_mid_send_loses_nothing(mail_server, one_request, tmp_path):
    mail_server.at_data = "hang"
    with a_worker(mail_server, tmp_path=tmp_path) as worker:
        assert mail_server.reached_data.wait(PATIENCE)
        worker.kill()
        worker.wait()
    stuck = Delivery.objects.get()
    assert (stuck.state, stuck.attempts) == ("sending", 1)
    assert stuck.lease_until < timezone.now() + timedelta(minutes=2)

    mail_server.at_data = ""
    Delivery.objects.update(lease_until=timezone.now())  # two minutes later
    with a_worker(mail_server, tmp_path=tmp_path):
        until(lambda: accepted() == 1)

    [(recipient, content)] = mail_server.accepted
    assert recipient == "alice@example.org"
    assert str(stuck.message_id) in message_from_bytes(content)["Message-ID"]
    assert Delivery.objects.get().attempts == 2


def test_what_no_task_speaks_of_is_sent_too(mail_server, one_request, tmp_path):
    DBTaskResult.objects.all().delete()

    with a_worker(mail_server, tmp_path=tmp_path):
        until(lambda: accepted() == 1)


def test_one_task_tells_all_and_a_bad_address_stops_nobody(people, mail_server, clinic, settings):
    use(settings, mail_server.port)
    mail_server.refuse = {ALICE: "550 no such user"}
    factories.a_request(email="pat@example.org")
    assert DBTaskResult.objects.count() == 1

    turns = 0
    while run_one_task("worker"):
        turns += 1
        assert Delivery.objects.filter(attempts=1).count() == turns, "a turn is one message"

    assert turns == 3
    assert {recipient for recipient, _ in mail_server.accepted} == {BOB, "pat@example.org"}
    assert Delivery.objects.get(state="waiting").recipient.email == ALICE


def test_several_workers_send_each_message_once(mail_server, clinic, tmp_path):
    for _ in range(4):
        factories.a_recipient()
    for _ in range(3):
        factories.a_request()

    with a_worker(mail_server, tmp_path=tmp_path), a_worker(mail_server, tmp_path=tmp_path):
        until(lambda: accepted() == 12)

    ids = [message_from_bytes(content)["Message-ID"] for _, content in mail_server.accepted]
    assert len(ids) == len(set(ids)) == 12


def test_it_ends_with_its_parents_pipe(mail_server, one_request, tmp_path):
    with a_worker(mail_server, "--exit-with-stdin", tmp_path=tmp_path) as worker:
        until(lambda: accepted() == 1)
        assert worker.poll() is None
        worker.stdin.close()
        assert worker.wait(PATIENCE) == 0


def test_it_outlives_a_database_that_is_not_ready(mail_server, one_request, tmp_path):
    """Every query fails until the table is there again: as before the first migration, or during a restart."""
    table = Delivery._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    try:
        with a_worker(mail_server, tmp_path=tmp_path) as worker:
            until(lambda: "cannot use the database" in worker.log())
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE elsewhere RENAME TO {table}")
            until(lambda: accepted() == 1)
            until(lambda: "reaches the database again" in worker.log())
            assert "canary" not in worker.log().lower()
    finally:
        if table not in connection.introspection.table_names():
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE elsewhere RENAME TO {table}")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connections to lose")
def test_it_connects_again_after_the_server_dropped_it(mail_server, clinic, tmp_path):
    factories.a_recipient("alice@example.org")
    with a_worker(mail_server, tmp_path=tmp_path) as worker:
        until(WorkerHeartbeat.any_alive)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        factories.a_request()
        until(lambda: accepted() == 1)
        assert worker.poll() is None


def test_it_clears_away_what_is_old_and_nothing_else(one_request):
    now = timezone.now()
    DBTaskResult.objects.all().delete()
    for age, status in [
        (0, "READY"),
        (9, "READY"),
        (0, "SUCCESSFUL"),
        (9, "SUCCESSFUL"),
        (0, "RUNNING"),
        (9, "RUNNING"),
    ]:
        at = now - timedelta(days=age)
        DBTaskResult.objects.create(
            args_kwargs={"args": [age], "kwargs": {}},
            backend_name="default",
            run_after=at,
            status=status,
            started_at=at,
            finished_at=at if status == "SUCCESSFUL" else None,
        )
    for age in (0, 2):
        RequestCount.objects.create(network="x", began=now - timedelta(days=age))

    clear_away_old_rows()

    kept = DBTaskResult.objects.values_list("status", "args_kwargs__args__0")
    assert sorted(kept) == [("READY", 0), ("READY", 9), ("RUNNING", 0), ("SUCCESSFUL", 0)]
    assert RequestCount.objects.get().began == now
    assert AppointmentRequest.objects.get() == one_request
