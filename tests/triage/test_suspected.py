"""What looks like spam, and what to read first, on the desk."""

import uuid

from pytest_django.asserts import assertContains, assertNotContains

from appointments import intake
from appointments.models import AppointmentRequest, Delivery
from tests.factories import a_recipient, a_request, request_fields

from .pages import DESK, LIST, called, detail, take
from .test_list import references

REASONS = ["It holds links."]


def a_suspect(**facts):
    return intake.receive(request_fields(**facts), form_token=uuid.uuid4(), spam_reasons=REASONS)


def test_suspects_stand_in_a_tab_of_their_own(staff_client, clinic):
    suspect, patient = a_suspect(), a_request()

    for query in ({}, {"status": "to_contact"}, {"status": "new"}):
        assert references(staff_client.get(LIST, query)) == [patient.reference]
    page = staff_client.get(LIST, {"status": "suspected"})
    assert references(page) == [suspect.reference]
    assertContains(page, '<span class="badge badge-suspected">Suspected spam</span>')
    assertContains(page, '<a href="?status=suspected" aria-current="page">Suspected spam</a>', html=True)
    assert set(references(staff_client.get(LIST, {"status": "all"}))) == {patient.reference, suspect.reference}
    assertNotContains(staff_client.get(DESK), suspect.reference)


def test_the_page_says_why_and_offers_to_decide_before_anything_else(staff_client, clinic):
    page = staff_client.get(detail(a_suspect()))

    assertContains(page, "It holds links.")
    assertContains(page, "Nobody, because it looks like spam.")
    assert [form.slug for forms in page.context["steps"].values() for form in forms] == ["not-spam", "spam", "note"]


def test_not_spam_puts_it_on_the_desk_and_tells_everybody(staff_client, staff, clinic):
    a_recipient()
    a_recipient()
    suspect = a_suspect(email="pat@example.org")
    promised_by = suspect.promised_by

    take(staff_client, suspect, "not-spam")

    suspect.refresh_from_db()
    assert not suspect.suspected_spam
    assert suspect.promised_by == promised_by
    assert suspect.deliveries.to_staff().count() == 2
    assert suspect.deliveries.to_patients().count() == 1
    assert references(staff_client.get(LIST)) == [suspect.reference]
    assertContains(staff_client.get(detail(suspect)), "Not spam")
    last = suspect.status_changes.last()
    assert (last.by, last.reason, last.to_status) == (staff, "Not spam", "new")


def test_two_who_say_so_at_once_tell_everybody_once(staff_client, clinic):
    a_recipient()
    suspect = a_suspect()
    version = suspect.version
    take(staff_client, suspect, "not-spam", version=version)

    response = take(staff_client, suspect, "not-spam", version=version)

    assert response.status_code == 409
    assert Delivery.objects.count() == 1


def test_a_suspect_that_is_spam_is_closed_and_nobody_hears_of_it(staff_client, clinic):
    a_recipient()
    suspect = a_suspect(email="pat@example.org")

    take(staff_client, suspect, "spam")

    assert AppointmentRequest.objects.get().outcome == "spam"
    assert not Delivery.objects.exists()
    assert not AppointmentRequest.objects.suspected().exists()
    assert references(staff_client.get(LIST, {"status": "closed"})) == [suspect.reference]


def test_a_closed_one_that_is_opened_again_is_on_the_desk(staff_client, staff, clinic):
    suspect = a_suspect()
    suspect.mark_spam(by=staff)

    suspect.reopen(by=staff, reason="A patient called")

    assert references(staff_client.get(LIST)) == [suspect.reference]


def test_what_to_read_first_is_said_and_comes_first_among_those_to_call(staff_client, clinic):
    ordinary = a_request()
    urgent = a_request(message="I have chest pain")

    page = staff_client.get(LIST)
    assert references(page) == [ordinary.reference, urgent.reference]  # the promise alone orders the list
    assertContains(page, '<span class="badge badge-read-first">Read first</span>', count=1)
    desk = staff_client.get(DESK)
    assert called(desk) == [urgent.reference, ordinary.reference]
    assertContains(desk, "Read first")
    assertContains(staff_client.get(detail(urgent)), "the words hold “chest pain”")
