"""Words on the status page that may be about an emergency: the patient is told what to do, staff at once, in any state."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments import deliveries, intake
from appointments.models import AppointmentRequest, Delivery, PatientReply
from clinic.templatetags.clinic import moment
from tests import factories
from tests.triage.pages import DESK, action, called, detail

from .test_status_page import A_BOOKING, address, missed_call

URGENT = "Do you need help now?"
PAIN = {"message": "Now I have chest pain"}

STATES = {
    "new": lambda request, by: None,
    "contacting": lambda request, by: missed_call(request, by=by, next_attempt_at=timezone.now() + timedelta(days=2)),
    "awaiting_patient": lambda request, by: request.await_patient(by=by, text_for_patient="A referral, please"),
    "waitlisted": lambda request, by: request.waitlist(by=by),
    "booked": lambda request, by: request.book(by=by, **A_BOOKING),
}


@pytest.fixture
def told(services):
    """Deliveries about what was added."""
    return Delivery.objects.filter(kind="urgent")


@pytest.mark.parametrize("state", STATES)
def test_staff_are_told_at_once_whatever_the_state(client, told, staff, staff_client, mailoutbox, state):
    stored = factories.a_request()
    STATES[state](stored, staff)
    deliveries.sweep()
    mailoutbox.clear()

    client.post(address(stored, "message/"), PAIN)
    desk = staff_client.get(DESK)
    deliveries.sweep()

    assert called(desk)[0] == stored.reference
    assertContains(desk, "added words that may be about an emergency, and nobody has read them")
    assert sorted(mail.subject for mail in mailoutbox) == ["Please read now what a patient has added to a request"] * 2
    for mail in mailoutbox:
        assert stored.reference in mail.body and "chest" not in mail.body
    stored.refresh_from_db()
    assert stored.status == state, "a rule decides nothing"


@pytest.mark.parametrize(("name", "answers"), [("message/", PAIN), ("another-time/", {"best_time": "any", **PAIN})])
def test_the_patient_is_told_what_to_do_now(client, told, name, answers):
    stored = factories.a_request()

    sent = client.post(address(stored, name), answers)

    page = client.get(sent.url)
    assertContains(page, URGENT, count=1)
    assertContains(page, 'href="tel:911"')
    assertNotContains(page, "chest")


def test_the_patient_is_told_so_even_where_the_words_cannot_be_taken(client, told, staff):
    stored = factories.a_request()
    stored.withdraw(by=staff)

    page = client.post(address(stored, "message/"), PAIN)

    assertContains(page, URGENT, status_code=409)
    assertContains(page, 'href="tel:911"', status_code=409)


def test_other_words_are_news_like_before(client, told, staff, staff_client):
    stored = factories.a_request()
    stored.book(by=staff, **A_BOOKING)

    client.post(address(stored, "message/"), {"message": "My knee is better"})

    assert not told.exists()
    assert called(staff_client.get(DESK)) == []
    assertNotContains(client.get(address(stored)), URGENT)


def test_it_stands_there_until_somebody_has_read_it(client, told, staff, staff_client):
    stored = factories.a_request()
    stored.waitlist(by=staff)
    client.post(address(stored, "message/"), PAIN)

    page = staff_client.get(detail(stored))

    added = PatientReply.objects.get()
    assertContains(page, f"what the patient added on {moment(added.at)} holds “chest pain”")
    assertNotContains(page, "the words hold")
    assertContains(page, "about what the patient added")
    assert called(staff_client.get(DESK)) == []


def test_who_holds_it_keeps_it_from_nobody(client, told, staff_client):
    stored, colleague = factories.a_request(), factories.a_user("carol")
    stored.claim(by=colleague)
    client.post(address(stored, "message/"), PAIN)

    desk = staff_client.get(DESK)

    assert called(desk) == [stored.reference]
    assertContains(desk, "Held by carol until")
    assertNotContains(desk, action(stored, "claim"))
    assertContains(desk, "what was added to")


def test_it_is_read_even_when_the_request_was_closed_meanwhile(client, told, staff_client):
    stored = factories.a_request()
    client.post(address(stored, "message/"), PAIN)
    client.post(address(stored, "withdraw/"), {"seen": "request"})

    assert called(staff_client.get(DESK)) == [stored.reference]


def test_it_waits_for_no_decision_about_spam(client, told, staff_client):
    suspect = intake.receive(
        factories.request_fields(email="pat@example.org"), form_token=uuid.uuid4(), spam_reasons=["Links"]
    )
    assert not suspect.deliveries.exists()

    client.post(address(suspect, "message/"), PAIN)

    suspect.refresh_from_db()
    assert not suspect.suspected_spam
    kinds = sorted(suspect.deliveries.values_list("kind", flat=True))
    assert kinds == ["acknowledgement", "request", "request", "urgent", "urgent"]
    assertContains(staff_client.get(detail(suspect)), "no longer held back as spam")
    assertContains(staff_client.get(DESK), suspect.reference)


def test_a_second_addition_is_told_anew(client, told, mailoutbox):
    stored = factories.a_request()
    client.post(address(stored, "message/"), PAIN)
    deliveries.sweep()
    first = set(told.values_list("message_id", flat=True))

    client.post(address(stored, "another-time/"), {"best_time": "any", "message": "I cannot breathe"})

    assert set(told.values_list("state", flat=True)) == {"waiting"}
    assert not first & set(told.values_list("message_id", flat=True))
    deliveries.sweep()
    assert len([mail for mail in mailoutbox if "added" in mail.subject]) == 4


def test_nothing_is_told_of_what_was_not_stored(client, told, monkeypatch):
    """One transaction: no addition without its mail, and no mail without its addition."""
    stored = factories.a_request()

    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(intake.Delivery.objects, "owe_urgent", broken)
    with pytest.raises(RuntimeError):
        client.post(address(stored, "message/"), PAIN)

    assert not PatientReply.objects.exists()
    assert not AppointmentRequest.objects.get().read_first
