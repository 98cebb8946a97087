"""Paused, full, closed for the night: the page stays, says so and gives the phone number; nothing typed is lost."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments.models import AppointmentRequest
from appointments.opening import form_state
from tests import factories

URL = "/request/"
NEW_YORK = ZoneInfo("America/New_York")
SUNDAY_NIGHT = datetime(2026, 11, 22, 23, 30, tzinfo=NEW_YORK)
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=NEW_YORK)


@pytest.fixture
def at(monkeypatch):
    """`at(moment)`: the time that the site believes it is."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


def pause(clinic, **facts):
    for name, value in {"paused": True, **facts}.items():
        setattr(clinic, name, value)
    clinic.save()


def test_a_paused_form_says_so_and_keeps_what_was_typed(client, clinic, form_page):
    answers = form_page(client, message="Two words & more", step=None)
    until = timezone.localdate() + timedelta(days=9)
    pause(clinic, paused_until=until, pause_message="Our phones are being repaired.\nPlease be patient.")

    for response in (client.get(URL), client.post(URL, answers), client.post(URL, {**answers, "step": "send"})):
        for words in ("Our phones are being repaired.", "The form opens again on", "(212) 555-0142", "Call 911"[5:]):
            assertContains(response, words, status_code=503)
        assertNotContains(response, "What is it about?", status_code=503)
    assertContains(response, "Two words &amp; more", status_code=503)
    assert not AppointmentRequest.objects.exists()

    pause(clinic, paused=False)
    assert client.post(URL, {**answers, "step": "send"}).status_code == 303


def test_the_form_opens_again_by_itself_on_the_day(client, clinic, services):
    pause(clinic, paused_until=timezone.localdate())

    assert client.get(URL).status_code == 200


def test_a_pause_without_words_or_end_says_what_to_do(client, clinic, services):
    pause(clinic)

    assertContains(client.get(URL), "Please call us", status_code=503)


def test_a_full_day_says_so_and_the_next_day_is_open(client, clinic, form_page, at):
    at(MONDAY_NOON)
    clinic.daily_cap = 2
    clinic.save()
    factories.a_request(created_at=MONDAY_NOON - timedelta(days=1))
    AppointmentRequest.objects.filter(pk=factories.a_request().pk).update(suspected_spam=True)
    factories.a_request()
    assert client.get(URL).status_code == 200
    answers = form_page(client)
    factories.a_request()

    for response in (client.get(URL), client.post(URL, answers)):
        assertContains(response, "cannot take more requests online today", status_code=503)
        assertContains(response, "(212) 555-0142", status_code=503)
    assertContains(response, "Pat Sample", status_code=503)

    at(MONDAY_NOON + timedelta(hours=13))
    assert client.get(URL).status_code == 200


def test_the_last_request_of_the_day_sent_twice_gets_its_receipt_twice(client, clinic, form_page):
    clinic.daily_cap = 1
    clinic.save()
    answers = form_page(client)

    first, second = client.post(URL, answers), client.post(URL, answers)

    assert first.status_code == second.status_code == 303
    assert first.url == second.url


def test_a_closed_clinic_says_when_somebody_reads_it(client, form_page, at):
    at(SUNDAY_NIGHT)
    answers = form_page(client, step=None)

    for response in (client.get(URL), client.post(URL, answers)):
        assertContains(response, "We are closed now. We open again on Monday, November 23 at 9 a.m.")
        assertContains(response, "Monday, November 23 at 5 p.m.")

    at(MONDAY_NOON)
    assertNotContains(client.get(URL), "We are closed now.")


def test_what_the_desk_is_told_about_the_form(clinic):
    now = timezone.now()
    assert form_state(now).reason == "nothing_offered"
    factories.a_service()
    assert form_state(now).is_open
    pause(clinic, paused_until=timezone.localdate(now) + timedelta(days=1))
    assert (form_state(now).reason, form_state(now).until) == ("paused", clinic.paused_until)
