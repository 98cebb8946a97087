"""What takes its time to look at stands on the first page of the admin too: the worker lets the doctor look."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as site
from django.core.management import call_command
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments.models import WorkerHeartbeat
from clinic import doctor, examination
from clinic.desk import CHECKS
from clinic.models import Examination
from tests import factories
from tests.appointments.conftest import use
from tests.appointments.mail_server import MailServer, free_port
from tests.faults.processes import database_url, until
from tests.faults.sites import sqlite_in_a_file_of_its_own

DESK = "/admin/"


@pytest.fixture
def all_well(clinic):
    WorkerHeartbeat.beat("worker")
    factories.a_service()
    factories.a_recipient()


@pytest.fixture
def every_five_minutes(settings):
    settings.EXAMINE_EVERY_MINUTES = 5


def look(settings, port):
    use(settings, port)
    call_command("doctor", "--keep")


def checks(page):
    return {what: (color, [finding.says for finding in wrong]) for what, color, _, wrong in page.context["checks"]}


def test_a_mail_server_that_does_not_answer_is_red_on_the_desk_and_green_when_it_does(
    staff_client, all_well, settings, every_five_minutes
):
    look(settings, free_port())
    page = staff_client.get(DESK)
    assertContains(page, "health-bad")
    assertContains(page, "The mail server could not be reached.")
    assert checks(page)["The mail server"][0] == "red"

    with MailServer().running() as server:
        look(settings, server.port)
    page = staff_client.get(DESK)
    assertContains(page, "All is well")
    assert checks(page)["The mail server"][0] == "green"
    assertContains(page, "were last looked at today")


def test_the_desk_shows_each_check_of_the_doctor(staff_client, all_well, settings, every_five_minutes):
    look(settings, free_port())

    shown = checks(staff_client.get(DESK))

    everything = {finding.name for finding in doctor.thorough()} - {"database"}  # without which there is no desk
    assert {CHECKS[name] for name in everything} <= shown.keys()


def test_what_is_no_matter_of_the_desk_stands_among_the_checks_alone(
    staff_client, all_well, settings, every_five_minutes
):
    with MailServer().running() as server:
        look(settings, server.port)

    page = staff_client.get(DESK)

    assertContains(page, "health-good")
    assert checks(page)["The settings"] == ("amber", ["This is a trial, not a site for real patients."])
    assertContains(page, "not all are green")


@pytest.mark.parametrize("old", [timedelta(minutes=16), timedelta(minutes=-16)])
def test_what_was_looked_at_long_ago_says_nothing_any_more(staff_client, all_well, settings, every_five_minutes, old):
    with MailServer().running() as server:
        look(settings, server.port)
    Examination.objects.update(at=timezone.now() - old)

    page = staff_client.get(DESK)

    assertContains(page, "health-fair")
    assertContains(page, "were not looked at since")
    assert "The mail server" not in checks(page)


def test_before_the_first_look_nobody_is_alarmed(staff_client, all_well):
    page = staff_client.get(DESK)

    assertContains(page, "All is well")
    assert checks(page)["What the worker looks at"][0] == "amber"


def test_who_edits_guides_is_told_nothing_of_patients(client, all_well, settings, every_five_minutes):
    factories.a_request(promised_by=timezone.now() - timedelta(days=1))
    look(settings, free_port())
    client.force_login(factories.a_user(superuser=False))

    page = client.get(DESK)

    assertContains(page, "The mail server")
    assertNotContains(page, "Promises of this week")


def test_of_many_workers_one_looks_each_five_minutes(clinic, every_five_minutes):
    every = examination.every()

    assert [Examination.claim(every) for _ in range(3)] == [True, False, False]
    Examination.objects.update(begun_at=timezone.now() - timedelta(minutes=6))
    assert [Examination.claim(every) for _ in range(3)] == [True, False, False]
    Examination.objects.update(begun_at=timezone.now() + timedelta(days=400))
    assert Examination.claim(every), "a clock that was set back ends it for good"


@pytest.fixture
def own_file(clinic, tmp_path):
    with sqlite_in_a_file_of_its_own(tmp_path):
        yield


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_starts_lets_the_doctor_look(clinic, tmp_path, own_file):
    Examination.objects.create(pk=1, begun_at=timezone.now() - timedelta(minutes=1))
    environment = {
        **os.environ,
        "EXAMINE_EVERY_MINUTES": "5",
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(tmp_path),
        "EMAIL_URL": f"smtp://127.0.0.1:{free_port()}",
        "CLINIC_ENV": "local",
    }
    command = [sys.executable, "manage.py", "worker", "--exit-with-stdin"]
    with (tmp_path / "log").open("w") as log:
        worker = subprocess.Popen(
            command, cwd=site.BASE_DIR, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log
        )
        try:
            until(lambda: Examination.objects.get().at, within=60)
        finally:
            worker.stdin.close()
            worker.wait(20)

    kept = {finding["name"]: finding["level"] for finding in Examination.objects.get().findings}
    assert kept["mail_server"] == "FAULT"
    assert kept["migrations"] == "OK"
