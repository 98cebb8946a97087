"""The database is away, or busy for too long: the patient gets the phone number and keeps every word."""

import sqlite3
import threading
import time
from contextlib import closing, contextmanager

import pytest
from django import db
from django.db import connection, connections
from pytest_django.asserts import assertContains

from appointments import intake
from appointments.models import AppointmentRequest
from clinic.models import ClinicProfile

from .conftest import Browser

URL = "/request/"
TYPED = {"message": "Two words & more", "name": "Zoë Sample"}
pytestmark = pytest.mark.django_db(transaction=True)
only_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="the file's lock is SQLite's")
only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="a lost connection is PostgreSQL's")


@contextmanager
def database_is_away(monkeypatch):
    """New connections find no server, or no file that they could open."""
    settings = connections.settings["default"]
    with monkeypatch.context() as patch:
        if connection.vendor == "sqlite":
            patch.setitem(settings, "NAME", "/no/such/folder/clinic.sqlite3")
        else:
            patch.setitem(settings, "HOST", "127.0.0.1")
            patch.setitem(settings, "PORT", "9")
        yield


@contextmanager
def another_writer():
    """Somebody holds SQLite's one write lock."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"], check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


@pytest.fixture
def patient():
    return Browser(csrf=True, raise_request_exception=False)


def assert_told_to_call(response):
    assert response.status_code == 503
    for words in ("We cannot answer just now", "(212) 555-0142", "Two words &amp; more", "Zoë Sample"):
        assertContains(response, words, status_code=503)
    assert response["Retry-After"]
    assert response["Cache-Control"] == "no-store, private"


def test_without_a_database_nothing_is_acknowledged_and_nothing_typed_is_lost(patient, form_page, at_once, monkeypatch):
    answers = form_page(patient, **TYPED)
    ClinicProfile.objects.current()

    with database_is_away(monkeypatch):
        [response] = at_once(lambda _: patient.post(URL, answers), [1])

    assert_told_to_call(response)
    assertContains(response, answers["form_token"], status_code=503)  # sending it again is the same request
    assert not AppointmentRequest.objects.exists()
    assert patient.post(URL, answers).status_code == 303


def test_without_a_database_a_process_that_never_saw_one_gives_the_phone_from_its_settings(
    patient, form_page, at_once, monkeypatch, settings
):
    answers = form_page(patient, **TYPED)
    settings.FALLBACK_CLINIC_PHONE = "212-555-0142"
    monkeypatch.setattr(type(ClinicProfile.objects), "last_known", None)

    with database_is_away(monkeypatch):
        [response] = at_once(lambda _: patient.post(URL, answers), [1])

    assert_told_to_call(response)


@only_sqlite
def test_a_short_wait_for_the_file_is_waited_out(patient, form_page, at_once):
    answers = form_page(patient)

    with another_writer() as other:
        threading.Timer(1, other.rollback).start()
        [response] = at_once(lambda _: patient.post(URL, answers), [1])

    assert response.status_code == 303


@only_sqlite
def test_a_file_locked_for_longer_than_we_wait_ends_in_the_phone_number(patient, form_page, at_once, monkeypatch):
    answers = form_page(patient, **TYPED)
    monkeypatch.setitem(connections.settings["default"]["OPTIONS"], "timeout", 0.5)

    with another_writer():
        [response] = at_once(lambda _: patient.post(URL, answers), [1])

    assert_told_to_call(response)
    assert not AppointmentRequest.objects.exists()


PATIENCE, PATIENTS = 1, 8  # seconds; at once


def longest_wait_behind_a_locked_file(form_page, at_once):
    """How long the last of them waited for the phone number, in seconds. No word of any of them is lost."""

    def send(patient_and_answers):
        patient, answers = patient_and_answers
        began = time.monotonic()
        response = patient.post(URL, answers)
        return time.monotonic() - began, response

    patients = [Browser(csrf=True, raise_request_exception=False) for _ in range(PATIENTS)]
    forms = [(patient, form_page(patient, **TYPED)) for patient in patients]
    with another_writer():
        answered = at_once(send, forms)
    for _, response in answered:
        assert_told_to_call(response)
    assert not AppointmentRequest.objects.exists()
    return max(waited for waited, _ in answered)


@only_sqlite
def test_many_behind_a_locked_file_wait_no_longer_than_one(form_page, at_once, monkeypatch):
    monkeypatch.setitem(connections.settings["default"]["OPTIONS"], "timeout", PATIENCE)

    assert longest_wait_behind_a_locked_file(form_page, at_once) < 0.75 * PATIENTS * PATIENCE


@only_sqlite
def test_twin_with_a_turn_that_has_no_end_the_last_waits_for_all(form_page, at_once, monkeypatch):
    monkeypatch.setitem(connections.settings["default"]["OPTIONS"], "timeout", PATIENCE)
    turn = threading.Lock()

    @contextmanager
    def without_an_end():
        with turn:
            yield

    monkeypatch.setattr(intake, "one_after_the_other", without_an_end)

    assert longest_wait_behind_a_locked_file(form_page, at_once) >= 0.9 * PATIENTS * PATIENCE


@only_sqlite
def test_a_full_disk_ends_in_the_phone_number_and_mends_itself(patient, form_page, at_once):
    answers = form_page(patient, **TYPED)

    def with_no_space_left(_):
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")  # of this connection alone
        pages = (patient.post(URL, {**answers, "access_needs": f"{'x' * 190} {number}"}) for number in range(60))
        return next(page for page in pages if page.status_code != 303)

    [response] = at_once(with_no_space_left, [1])

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        assert cursor.fetchone() == ("ok",)
    assert_told_to_call(response)
    assert patient.post(URL, {**answers, "name": "After it"}).status_code == 303


@only_postgresql
def test_a_connection_that_dies_under_a_request_ends_in_the_phone_number(patient, form_page, at_once):
    answers = form_page(patient, **TYPED)

    def send_with_a_dead_connection(_):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        at_once(lambda pid: connection.cursor().execute("SELECT pg_terminate_backend(%s)", [pid]), [pid])
        return patient.post(URL, answers)

    [response] = at_once(send_with_a_dead_connection, [1])

    assert_told_to_call(response)
    assert patient.post(URL, answers).status_code == 303


def broken_line(name, *, at_the_driver):
    """What a broken line to the database raises, in Django's words or, from a cursor that is closed, in the driver's."""
    return getattr(connection.Database if at_the_driver else db, name)("the server closed the connection unexpectedly")


@pytest.mark.parametrize("at_the_driver", [False, True])
@pytest.mark.parametrize(
    ("name", "status"),
    [("OperationalError", 503), ("InterfaceError", 503), ("DatabaseError", 503), ("DataError", 500)],
)
def test_a_line_that_breaks_is_told_from_a_mistake_of_ours(
    patient, form_page, monkeypatch, name, at_the_driver, status
):
    answers = form_page(patient, **TYPED)

    def broken(*args, **kwargs):
        raise broken_line(name, at_the_driver=at_the_driver)

    monkeypatch.setattr(intake, "receive", broken)
    response = patient.post(URL, answers)

    assert response.status_code == status
    assertContains(response, "(212) 555-0142", status_code=status)
