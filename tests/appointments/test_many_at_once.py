"""Many patients at once, and one patient many times: each acknowledged request is stored once, with its deliveries."""

import threading
import time
import uuid
from contextlib import contextmanager, nullcontext

import pytest
from django.db import connection, connections
from pytest_django.asserts import assertContains

from appointments import intake
from appointments.models import AppointmentRequest, Delivery, StatusChange
from tests import factories

from .conftest import Browser

URL = "/request/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def patients(form_page):
    """Browsers that have opened the form, each with its answers: made one after another, to be sent at once."""

    def opened(number):
        browsers = [Browser(csrf=True, raise_request_exception=False) for _ in range(number)]
        return [(browser, form_page(browser, name=f"Patient {at}")) for at, browser in enumerate(browsers)]

    return opened


def send(patient):
    browser, answers = patient
    return browser.post(URL, answers)


@contextmanager
def transactions_that_begin_as_readers():
    """SQLite's default: a transaction that has read and then wants to write is refused when another was quicker."""
    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "sqlite":
            patch.setitem(connections.settings["default"]["OPTIONS"], "transaction_mode", "DEFERRED")
        yield


@contextmanager
def without_the_constraint():
    [constraint] = [c for c in AppointmentRequest._meta.constraints if c.name == "one_request_for_a_form_and_its_words"]
    with connection.schema_editor() as editor:
        editor.remove_constraint(AppointmentRequest, constraint)
    try:
        yield
    finally:
        AppointmentRequest.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(AppointmentRequest, constraint)


def look_then_insert(barrier):
    """What a get-or-create does: everybody looks before anybody has inserted."""

    def store(wanted):
        same = {"form_token": wanted.form_token, "content_digest": wanted.content_digest}
        stored = AppointmentRequest.objects.filter(**same).first()
        barrier.wait(20)
        if stored is None:
            wanted.save()
        return stored or wanted

    return store


def test_thirty_two_patients_at_once_are_each_stored_once_with_their_deliveries(patients, at_once):
    responses = at_once(send, patients(32))

    assert [response.status_code for response in responses] == [303] * 32
    assert len({response.url for response in responses}) == 32
    stored = AppointmentRequest.objects.all()
    assert {request.get_absolute_url() for request in stored} == {response.url for response in responses}
    assert sorted(request.name for request in stored) == sorted(f"Patient {number}" for number in range(32))
    assert [request.deliveries.count() for request in stored] == [2] * 32
    assert StatusChange.objects.count() == 32


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite that refuses late writers")
def test_twin_without_immediate_transactions_patients_are_turned_away(patients, at_once, monkeypatch):
    waiting = patients(8)
    barrier = threading.Barrier(8)
    store_once = intake.store_once

    def read_then_write(wanted):
        AppointmentRequest.objects.exists()
        barrier.wait(20)  # all have read
        return store_once(wanted)

    monkeypatch.setattr(intake, "store_once", read_then_write)
    monkeypatch.setattr(intake, "one_after_the_other", nullcontext)

    with transactions_that_begin_as_readers():
        responses = at_once(send, waiting)

    assert 503 in [response.status_code for response in responses]


def test_forty_posts_of_one_form_are_one_request(patients, at_once):
    [patient] = patients(1)

    responses = at_once(send, [patient] * 40)

    stored = AppointmentRequest.objects.get()
    assert [(response.status_code, response.url) for response in responses] == [(303, stored.get_absolute_url())] * 40
    assert Delivery.objects.count() == 2
    assert StatusChange.objects.count() == 1


def test_twin_looking_before_inserting_stores_one_form_many_times_or_fails(patients, at_once, monkeypatch):
    [patient] = patients(1)
    monkeypatch.setattr(intake, "store_once", look_then_insert(threading.Barrier(6)))
    monkeypatch.setattr(intake, "one_after_the_other", nullcontext)

    with without_the_constraint(), transactions_that_begin_as_readers():
        responses = at_once(send, [patient] * 6)
        stored = AppointmentRequest.objects.count()

    assert stored > 1 or 503 in [response.status_code for response in responses]


def test_the_same_form_with_the_same_words_gets_the_same_receipt(client, form_page):
    answers = form_page(client)

    first, second = client.post(URL, answers), client.post(URL, answers)

    assert first.url == second.url
    assert AppointmentRequest.objects.count() == 1


def test_the_same_form_with_other_words_is_another_request(client, form_page):
    """A form page out of some cache must never swallow a second patient."""
    answers = form_page(client)

    first, second = client.post(URL, answers), client.post(URL, {**answers, "name": "Another"})

    assert first.url != second.url
    assert sorted(AppointmentRequest.objects.values_list("name", flat=True)) == ["Another", "Pat Sample"]


def test_a_second_try_long_after_the_first_is_still_the_same_request(client, form_page, staff):
    answers = form_page(client)
    receipt = client.post(URL, answers).url
    AppointmentRequest.objects.get().mark_spam(by=staff)

    assert client.post(URL, answers).url == receipt


def test_a_reference_that_is_taken_is_replaced(clinic, monkeypatch):
    taken = factories.a_request()
    field = AppointmentRequest._meta.get_field("reference")
    monkeypatch.setattr(field, "_get_default", lambda: taken.reference)

    other = intake.receive(factories.request_fields(), form_token=uuid.uuid4())

    assert other.reference != taken.reference
    assert AppointmentRequest.objects.count() == 2


def test_the_page_never_waits_for_mail(client, form_page, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody is there
    began = time.monotonic()

    response = client.post(URL, form_page(client))

    assert response.status_code == 303
    assert time.monotonic() - began < 5
    assertContains(client.get(response.url), "We have your request")
    assert set(Delivery.objects.values_list("state", "attempts")) == {("waiting", 0)}
