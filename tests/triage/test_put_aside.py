"""A request is put aside for a while: nobody is asked to call before then, and it comes back by itself."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from tests.factories import a_request

from .pages import DESK, detail, step, take

IN_TWO_HOURS = (timezone.localtime() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
AN_HOUR_AGO = (timezone.localtime() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def appointment_request(clinic):
    return a_request()


def to_call(staff_client):
    """References in the list of calls on the first page."""
    page = staff_client.get(DESK).content.decode()
    return re.findall(r'class="reference"[^>]*>(\w+)<', page)


def test_it_leaves_the_calls_and_comes_back_by_itself(staff_client, appointment_request):
    assert to_call(staff_client) == [appointment_request.reference]

    take(staff_client, appointment_request, "snooze", next_attempt_at=IN_TWO_HOURS)
    assert to_call(staff_client) == []

    type(appointment_request).objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert to_call(staff_client) == [appointment_request.reference]


def test_one_click_chooses_the_next_opening_day(staff_client, appointment_request):
    page = staff_client.get(detail(appointment_request)).content.decode()
    assert 'name="again" value="next-day"' in page

    assert take(staff_client, appointment_request, "snooze", again="next-day").status_code == 302

    appointment_request.refresh_from_db()
    when = timezone.localtime(appointment_request.next_attempt_at)
    assert (when.hour, when.minute) == (9, 0) and when.date() > timezone.localdate()
    assert appointment_request.status == "new"
    assert appointment_request.status_changes.last().reason.startswith("Put aside until ")


def test_the_promise_stands_and_no_attempt_is_counted(staff_client, appointment_request):
    promised_by = appointment_request.promised_by

    take(staff_client, appointment_request, "snooze", next_attempt_at=IN_TWO_HOURS)

    appointment_request.refresh_from_db()
    assert appointment_request.promised_by == promised_by
    assert appointment_request.clock_is_running
    assert not appointment_request.attempts.exists()


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({}, "Choose until when."),
        ({"next_attempt_at": AN_HOUR_AGO}, "Choose a time that is still to come."),
        ({"again": "afternoon-of-yesterday"}, "That time has passed meanwhile."),
    ],
)
def test_a_mistake_saves_nothing(staff_client, appointment_request, typed, error):
    assertContains(take(staff_client, appointment_request, "snooze", **typed), error, status_code=422)

    appointment_request.refresh_from_db()
    assert appointment_request.next_attempt_at is None


def test_only_what_waits_for_our_call_can_be_put_aside(staff_client, staff, appointment_request):
    appointment_request.waitlist(by=staff)

    assertNotContains(staff_client.get(detail(appointment_request)), step(appointment_request, "snooze"))
    response = take(staff_client, appointment_request, "snooze", again="next-day")
    assertContains(response, "Only a request that waits for our call", status_code=422)


def test_an_attempt_is_saved_with_the_next_try_in_one_click(staff_client, appointment_request):
    take(staff_client, appointment_request, "attempt", channel="phone", outcome="no_answer", again="next-day")

    appointment_request.refresh_from_db()
    assert timezone.localtime(appointment_request.next_attempt_at).hour == 9
    assert appointment_request.attempts.get().next_attempt_at == appointment_request.next_attempt_at
