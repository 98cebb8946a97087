"""`manage.py doctor`: each thing that can be wrong has its line, its level and what to do."""

import json
import re
import shutil
from collections import namedtuple
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from appointments import intake
from appointments.models import AppointmentRequest, Delivery, Recipient, WorkerHeartbeat
from clinic import doctor
from clinic.models import ClinicProfile, OpeningHours, Service
from tests import factories

from .conftest import use
from .mail_server import MailServer, bad_certificate, dripping_server
from .test_outage import database_is_away

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def healthy(clinic, settings):
    """A production site with nothing to complain of but its backups."""
    WorkerHeartbeat.beat("worker")
    factories.a_recipient()
    factories.a_service()
    settings.TRUSTED_PROXIES = 1
    settings.PRODUCTION, settings.HTTPS, settings.SECOND_FACTOR_REQUIRED = True, True, True
    settings.ALLOWED_HOSTS = ["clinic.example.org", "testserver"]
    with MailServer().running() as server:
        use(settings, server.port)
        yield server


@pytest.fixture(autouse=True)
def quiet_log(db):
    """PostgreSQL as docs/operator.md sets it up."""
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL log_min_error_statement = panic; SET LOCAL log_error_verbosity = terse")


def examined(*options):
    """(exit code, what was said)"""
    said = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("doctor", *options, stdout=said, no_color=True)
    return end.value.code, said.getvalue()


def found(name):
    return [(finding.level, finding.says) for finding in doctor.thorough() if finding.name == name]


def test_a_healthy_site_has_a_line_for_each_check_and_one_warning(healthy):
    code, said = examined()

    levels = re.findall(r"^(OK|WARNING|FAULT) ", said, re.M)
    assert code == 1
    assert "WARNING  This site makes no backups by itself." in said
    assert (levels.count("WARNING"), levels.count("FAULT")) == (1, 0)
    assert levels.count("OK") >= 13
    assert "its own log" not in said.lower()


def missed_promise():
    row = factories.a_request(promised_by=timezone.now() - timedelta(days=1))
    Delivery.objects.all().delete()
    AppointmentRequest.objects.filter(pk=row.pk).update(first_opened_at=timezone.now())


def a_suspect(**promised_in):
    OpeningHours.objects.all().delete()
    factories.opening_hours("00:00", "23:59", weekdays=range(7))
    row = intake.receive(factories.request_fields(), form_token="8" * 32, spam_reasons=["Two links"])
    AppointmentRequest.objects.update(promised_by=timezone.now() + timedelta(**promised_in))
    return row


def test_a_suspected_request_whose_promise_is_far_or_that_was_decided_is_nobodys_fault(healthy, staff):
    far = a_suspect(hours=5)
    assert found("suspected")[0][0] == "OK"

    AppointmentRequest.objects.update(promised_by=timezone.now() - timedelta(hours=1))
    far.mark_spam(by=staff)

    assert (found("suspected")[0][0], found("promises")[0][0]) == ("OK", "OK")


def old_request():
    OpeningHours.objects.all().delete()
    factories.opening_hours("00:00", "23:59", weekdays=range(7))
    factories.a_request(created_at=timezone.now() - timedelta(hours=5))
    Delivery.objects.all().delete()


def red_message():
    factories.a_request()
    Delivery.objects.update(attempts=3)


def failed_message_to_a_patient():
    factories.a_request(email="pat@example.org")
    Delivery.objects.to_staff().delete()
    Delivery.objects.update(state="failed")


def clock_set_back():
    WorkerHeartbeat.objects.create(worker="ahead", at=timezone.now() + timedelta(hours=1))


@pytest.mark.parametrize(
    ("name", "level", "words", "wrong"),
    [
        ("worker", "FAULT", "worker is not running", lambda: WorkerHeartbeat.objects.all().delete()),
        ("clock", "WARNING", "clock was set back", clock_set_back),
        ("recipients", "FAULT", "Nobody is told", lambda: Recipient.objects.update(active=False)),
        ("profile", "FAULT", "no profile", lambda: ClinicProfile.objects.all().delete()),
        ("opening_hours", "FAULT", "No opening hours", lambda: OpeningHours.objects.all().delete()),
        ("form", "FAULT", "no service is offered", lambda: Service.objects.update(active=False)),
        ("form", "WARNING", "paused until somebody", lambda: ClinicProfile.objects.update(paused=True)),
        ("form", "WARNING", "full for today", lambda: (ClinicProfile.objects.update(daily_cap=1), missed_promise())),
        ("undelivered", "FAULT", "1 message to staff not delivered", red_message),
        ("patients_mail", "WARNING", "1 message to patients did not arrive", failed_message_to_a_patient),
        ("unopened", "FAULT", "1 request not opened by anybody in 4 opening hours", old_request),
        ("promises", "WARNING", "1 promise to patients missed", missed_promise),
        ("promises", "WARNING", "7 days, 1 of them suspected as spam and not decided", lambda: a_suspect(hours=-1)),
        ("suspected", "WARNING", "1 request suspected as spam and not decided", lambda: a_suspect(hours=-1)),
        ("suspected", "WARNING", "the promised time is over or near", lambda: a_suspect(minutes=30)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_in_the_database(healthy, name, level, words, wrong):
    assert not [said for said in found(name) if said[0] != "OK"]

    wrong()

    [(worst, said)] = [said for said in found(name) if said[0] != "OK"]
    assert worst == level
    assert words in said


def test_a_worker_that_reported_from_the_future_is_not_alive(healthy):
    WorkerHeartbeat.objects.update(at=timezone.now() + timedelta(hours=1))

    assert not WorkerHeartbeat.any_alive()
    assert found("worker")[0][0] == "FAULT"


@pytest.mark.parametrize(("megabytes", "level"), [(1025, "OK"), (1023, "WARNING"), (199, "FAULT")])
def test_a_disk_that_fills_up(healthy, monkeypatch, megabytes, level):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, megabytes * 1024 * 1024))

    [(found_level, said)] = found("disk")

    assert found_level == level
    assert f"{megabytes:,} MB are free" in said


def test_settings_that_are_no_production(healthy, settings):
    settings.PRODUCTION = False
    assert found("production") == [("WARNING", "This is a trial, not a site for real patients.")]
    settings.PRODUCTION, settings.HTTPS, settings.DEBUG = True, False, True
    assert found("production") == [("FAULT", "SITE_URL is not https.")]
    assert found("debug")[0][0] == "FAULT"


@pytest.mark.parametrize(("production", "level"), [(True, "FAULT"), (False, "WARNING")])
def test_mail_that_is_caught(healthy, settings, production, level):
    settings.PRODUCTION = production
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"

    assert [found_level for found_level, _ in found("mail_server")] == [level]


@pytest.mark.parametrize(("meant", "level"), [(False, "WARNING"), (True, "OK")])
def test_mail_that_leaves_the_computer_in_clear(healthy, settings, monkeypatch, meant, level):
    monkeypatch.setattr("clinic.doctor.THIS_COMPUTER", ())  # as if the mail server were another computer
    settings.MAIL_MAY_GO_IN_CLEAR = meant

    assert [found_level for found_level, said in found("mail_server") if "unencrypted" in said] == [level]


def test_a_mail_server_that_is_away(healthy, settings):
    settings.EMAIL_PORT = 9

    code, said = examined()

    assert code == 2
    assert "FAULT    Mail cannot go out by 127.0.0.1, port 9: The mail server could not be reached." in said


def test_a_mail_server_with_a_bad_certificate_sees_no_word_of_ours(healthy, settings, tmp_path):
    server = MailServer()
    with server.running(tls_context=bad_certificate(tmp_path)):
        use(settings, server.port)
        settings.EMAIL_USE_TLS = True

        [(level, said)] = found("mail_server")
        code, told = examined("--send-test-mail", "alice@example.org")

    assert (level, code) == ("FAULT", 2)
    assert "certificate could not be verified" in said
    assert "The test mail was not sent: The mail server's certificate could not be verified." in told
    assert not server.accepted


def test_a_mail_server_that_drips_ends_in_time(healthy, settings, monkeypatch):
    monkeypatch.setattr("appointments.deliveries.SEND_WITHIN", 1)
    with dripping_server() as port:
        use(settings, port)

        [(level, said)] = found("mail_server")

    assert level == "FAULT"
    assert "did not answer in time" in said


def test_looking_at_the_mail_server_sends_nothing_and_a_test_mail_arrives(healthy):
    examined()
    assert not healthy.accepted

    _, said = examined("--send-test-mail", "alice@example.org")

    assert "OK       The mail server has taken the test mail to alice@example.org." in said
    assert [recipient for recipient, _ in healthy.accepted] == ["alice@example.org"]


def test_no_patient_is_named(healthy):
    factories.a_request(name="Canary", email="canary@example.org", message="canary words")
    Delivery.objects.update(state="failed", attempts=3)

    code, said = examined()

    assert code == 2
    assert "canary" not in said.lower()


@pytest.mark.django_db(transaction=True)
def test_without_a_database_the_doctor_still_speaks(healthy, client, at_once, monkeypatch):
    with database_is_away(monkeypatch):
        [(code, said)] = at_once(lambda _: examined(), [1])
        [answer] = at_once(lambda _: client.get("/healthz"), [1])

    assert code == 2
    assert "FAULT    The database does not answer. Patients are asked to call." in said
    assert "The mail server" in said
    assert answer.status_code == 503
    assert json.loads(answer.content)["faults"] == ["database"]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_never_migrated(healthy):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE appointments_delivery RENAME TO elsewhere")
    try:
        code, said = examined()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO appointments_delivery")

    assert code == 2
    assert "FAULT    The database cannot tell what is asked of it.\n         → Run “manage.py upgrade”." in said


def test_a_weaker_database_is_a_fault(healthy, monkeypatch):
    monkeypatch.setattr("clinic.checks.SAFE_SQLITE", {"journal_mode": ("memory",)})
    monkeypatch.setattr("clinic.checks.SAFE_POSTGRESQL", {"fsync": ("never",)})

    assert found("durable")[0][0] == "FAULT"


def test_the_short_form_names_what_is_wrong(healthy, client):
    assert client.get("/healthz").json()["warnings"] == []
    ClinicProfile.objects.update(paused=True)
    Recipient.objects.update(active=False)

    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert (answer.json()["faults"], answer.json()["warnings"]) == (["recipients"], ["form"])
    assert not mail.outbox
