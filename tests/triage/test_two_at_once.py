"""Two members of staff on one request: the second is told, and nothing is overwritten."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django.asserts import assertContains, assertRedirects

from appointments.models import AppointmentRequest
from tests.factories import a_request, a_user

from .pages import detail, take

TOMORROW = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT10:30")


@pytest.fixture
def colleague(client, clinic):
    """A second browser: of Rosa."""
    browser = client.__class__()
    browser.force_login(a_user("rosa", first_name="Rosa"))
    return browser


def both_step(staff_client, colleague, appointment_request):
    """Both open the page; Rosa puts the request on the waiting list, then the other records a call."""
    seen = {"version": appointment_request.version, "shown_at": timezone.now().isoformat()}
    assert take(colleague, appointment_request, "waitlist", **seen).status_code == 302
    return take(staff_client, appointment_request, "attempt", **seen, channel="phone", outcome="busy", note="My words")


def test_the_second_is_told_and_nothing_is_overwritten(staff_client, colleague):
    appointment_request = a_request()

    response = both_step(staff_client, colleague, appointment_request)

    assertContains(response, "Somebody else changed this request", status_code=409)
    assertContains(response, "Rosa: On the waiting list", status_code=409)
    assertContains(response, "My words", status_code=409)
    appointment_request.refresh_from_db()
    assert appointment_request.status == "waitlisted"
    assert not appointment_request.attempts.exists()


def test_the_page_shows_what_happened_and_what_was_typed(staff_client, colleague, staff):
    appointment_request = a_request(email="pat@example.org")
    seen = {"version": appointment_request.version, "shown_at": timezone.now().isoformat()}
    take(colleague, appointment_request, "attempt", **seen, channel="phone", outcome="reached", note="Theirs")
    take(colleague, appointment_request, "note", **seen, text="A note of theirs")

    response = take(staff_client, appointment_request, "waitlist", **seen, reason="Mine")

    page = response.content.decode()
    meanwhile, mine = page.index('id="meanwhile"'), page.index('id="yours"')
    assert meanwhile < page.index("Rosa: Phone: Reached") < page.index("Theirs") < page.index("A note of theirs") < mine
    assert mine < page.index("Mine</textarea>")
    assert page.count('id="form-waitlist"') == 1


def test_without_the_guard_the_first_ones_step_is_lost(staff_client, colleague, monkeypatch):
    """The twin: with the conditional update made unconditional, the waiting list is silently undone."""

    def unguarded(self, *, by=None, **facts):
        AppointmentRequest.objects.filter(pk=self.pk).update(version=F("version") + 1, **facts)
        self.refresh_from_db()

    monkeypatch.setattr(AppointmentRequest, "_change", unguarded)
    appointment_request = a_request()

    both_step(staff_client, colleague, appointment_request)

    appointment_request.refresh_from_db()
    assert appointment_request.status == "contacting"


def test_the_form_comes_back_ready_to_be_sent_on_purpose(staff_client, colleague):
    appointment_request = a_request()

    form = both_step(staff_client, colleague, appointment_request).context["tried"]
    again = take(staff_client, appointment_request, "attempt", **form.data.dict())

    assertRedirects(again, detail(appointment_request))
    assert appointment_request.attempts.get().note == "My words"


def test_a_step_that_is_gone_meanwhile_shows_what_was_typed(staff_client, colleague):
    appointment_request = a_request()
    seen = appointment_request.version
    take(colleague, appointment_request, "spam", version=seen)

    response = take(
        staff_client, appointment_request, "book", version=seen, start=TOMORROW, minutes="30", place="Room 7"
    )

    assertContains(response, "Somebody else changed this request", status_code=409)
    assertContains(response, "Room 7", status_code=409)
    assertContains(response, "does not exist from here any more", status_code=409)
    appointment_request.refresh_from_db()
    assert (appointment_request.status, appointment_request.start) == ("closed", None)


def test_a_mistake_on_an_old_page_does_not_make_it_a_new_one(staff_client, colleague):
    """The version that comes back with an error is the one that was seen: the next try is still told."""
    appointment_request = a_request()
    seen = appointment_request.version
    take(colleague, appointment_request, "waitlist", version=seen)

    form = take(staff_client, appointment_request, "attempt", version=seen, channel="phone").context["tried"]
    again = take(staff_client, appointment_request, "attempt", **{**form.data.dict(), "outcome": "busy"})

    assert again.status_code == 409


def test_two_claims_at_once_have_one_winner(staff_client, staff, colleague):
    appointment_request = a_request()
    url = f"/admin/appointments/appointmentrequest/{appointment_request.pk}/claim/"

    colleague.post(url)
    response = staff_client.post(url, follow=True)

    assertContains(response, "claimed this request already")
    appointment_request.refresh_from_db()
    assert appointment_request.assigned_to != staff
