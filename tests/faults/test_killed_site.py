"""The web server or the database dies under load: who was told "we have your request" is right."""

import signal
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import connection

from appointments.models import AppointmentRequest, Delivery, Recipient, StatusChange
from tests import factories
from tests.appointments.mail_server import MailServer
from tests.postgresql import NoPostgreSQL, a_server

from . import size
from .mails import requests_told
from .patients import Crowd
from .processes import until, until_all_are_told
from .sites import a_site, prepare

pytestmark = pytest.mark.django_db(transaction=True)
only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is no server")

EVERY = size(1.5, 3)  # seconds
KILLS = size(2, 20)
THREADS = size(3, 16)


@pytest.fixture
def mail_server():
    with MailServer().running() as server:
        yield server


@pytest.fixture
def ready(clinic):
    return prepare()


def lost(crowd):
    """Patients who hold a receipt of a request that is not there."""
    stored = {request.name: request.get_absolute_url() for request in AppointmentRequest.objects.all()}
    return {name for name, receipt in crowd.acknowledged.items() if stored.get(name) != receipt}


def stored_twice():
    names = Counter(AppointmentRequest.objects.values_list("name", flat=True))
    return names - Counter(set(names))


def without_deliveries():
    """Requests that nobody would ever hear of, or not everybody."""
    told = Counter(Delivery.objects.filter(kind="request").values_list("request", flat=True))
    everybody = Recipient.objects.count()
    return [pk for pk in AppointmentRequest.objects.values_list("pk", flat=True) if told[pk] != everybody]


def assert_nothing_is_lost(crowd):
    assert crowd.acknowledged
    assert not crowd.wrong
    assert not lost(crowd)
    assert not stored_twice()
    assert not without_deliveries()
    assert StatusChange.objects.count() == AppointmentRequest.objects.count()


def assert_everybody_is_told(mail_server, within):
    """Of each request, in a message of its own or in one about many."""
    until_all_are_told(within)
    told = requests_told(mail_server)
    for email in Recipient.objects.values_list("email", flat=True):
        assert told[email] >= AppointmentRequest.objects.count(), email


def test_the_web_server_is_killed_under_load_and_no_acknowledged_request_is_lost(
    ready, mail_server, tmp_path, record_figures
):
    with a_site(mail_server, tmp_path, "--chance", size(0.02, 0.002), every=EVERY, kills=KILLS) as site:
        with Crowd(site.port, ready.pk, THREADS) as crowd:
            until(lambda: len(site.kills()) >= KILLS, within=size(60, 600))
            until(lambda: len(crowd.acknowledged) > size(5, 100), within=60)
        record_figures(
            acknowledged=len(crowd.acknowledged),
            kills=dict(Counter(site.kills())),
            answers=dict(crowd.told),
            lost=len(lost(crowd)),
            without_deliveries=len(without_deliveries()),
        )
        assert_nothing_is_lost(crowd)
        assert_everybody_is_told(mail_server, within=size(60, 900))


@pytest.mark.drill
def test_twin_without_one_transaction_requests_are_left_without_deliveries(ready, mail_server, tmp_path):
    with (
        a_site(mail_server, tmp_path, "--without-one-transaction", "--chance", 0.3, every=1000, kills=1000) as site,
        Crowd(site.port, ready.pk, 2),
    ):
        until(lambda: "stored, without its deliveries" in site.kills(), within=60)

    assert without_deliveries()


@contextmanager
def a_database_of_its_own(**options):
    """A PostgreSQL that may be killed: for as long, the test's connection is one to it."""
    own = {"NAME": "clinic", "USER": "clinic", "PASSWORD": "", "PORT": ""}
    try:
        with a_server(**options) as server, pytest.MonkeyPatch.context() as patch:
            connection.close()
            for name, value in {**own, "HOST": str(server.folder)}.items():
                patch.setitem(connection.settings_dict, name, value)
            try:
                call_command("migrate", verbosity=0)
                factories.opening_hours()
                factories.a_clinic()
                yield server
            finally:
                connection.close()
    except NoPostgreSQL as reason:
        pytest.skip(str(reason))


def crash_and_restart(server):
    server.stop(signal.SIGQUIT)
    server.start()
    connection.close()


@only_postgresql
def test_the_database_drops_all_connections_under_load_and_no_acknowledged_request_is_lost(
    ready, mail_server, tmp_path
):
    """The short form of the restart."""
    with a_site(mail_server, tmp_path) as site:
        with Crowd(site.port, ready.pk, THREADS) as crowd:
            until(lambda: crowd.acknowledged)
            for _ in range(20):
                time.sleep(0.1)
                drop_all_connections()
            before = len(crowd.acknowledged)
            until(lambda: len(crowd.acknowledged) > before)
        assert_nothing_is_lost(crowd)


def drop_all_connections():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.drill
@only_postgresql
def test_the_database_is_restarted_under_load_and_no_acknowledged_request_is_lost(
    mail_server, tmp_path, record_figures
):
    with a_database_of_its_own() as server:
        service = prepare()
        with a_site(mail_server, tmp_path) as site:
            with Crowd(site.port, service.pk, THREADS) as crowd:
                until(lambda: crowd.acknowledged)
                for _ in range(KILLS):
                    time.sleep(EVERY)
                    crash_and_restart(server)
                before = len(crowd.acknowledged)
                until(lambda: len(crowd.acknowledged) > before, within=30)
            record_figures(
                acknowledged=len(crowd.acknowledged),
                restarts=KILLS,
                answers=dict(crowd.told),
                lost=len(lost(crowd)),
                without_deliveries=len(without_deliveries()),
            )
            assert_nothing_is_lost(crowd)
            assert_everybody_is_told(mail_server, within=size(60, 900))


@pytest.mark.drill
@only_postgresql
def test_twin_a_database_that_answers_before_it_has_written_loses_acknowledged_requests(mail_server, tmp_path):
    """What clinic/checks.py refuses to start with."""
    with a_database_of_its_own() as server:
        service = prepare()
        with a_site(mail_server, tmp_path) as site, Crowd(site.port, service.pk, 3) as crowd:
            until(lambda: crowd.acknowledged)
            for setting in ("synchronous_commit = off", "wal_writer_delay = 10000"):
                server.connect().cursor().execute(f"ALTER SYSTEM SET {setting}")
            server.connect().cursor().execute("SELECT pg_reload_conf()")
            before = len(crowd.acknowledged)
            until(lambda: len(crowd.acknowledged) > before + 20)
            crash_and_restart(server)

        assert lost(crowd)
