"""A step is taken back: for a minute, by whoever took it, while nobody has been told of it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from appointments import deliveries, intake
from appointments.models import AppointmentRequest, Delivery, LastStep
from tests.factories import a_recipient, a_request, a_user, request_fields

from .pages import detail, step, take

IN_TWO_DAYS = timezone.now() + timedelta(days=2)
BOOKING = {"start": IN_TWO_DAYS, "end": IN_TWO_DAYS + timedelta(minutes=30), "place": "Room 2"}
OF_A_STEP = (
    "status",
    "outcome",
    "closed_at",
    "next_attempt_at",
    "first_attempt_at",
    "contacted_at",
    "start",
    "end",
    "place",
    "duplicate_of",
    "merged",
    "text_for_patient",
    "suspected_spam",
    "assigned_to",
)
STEPS = {
    "missed": lambda request, by: request.record_attempt(by=by, channel="phone", outcome="no_answer", note="Words"),
    "reached": lambda request, by: request.record_attempt(by=by, channel="phone", outcome="reached"),
    "await": lambda request, by: request.await_patient(by=by, text_for_patient="A referral, please"),
    "waitlist": lambda request, by: request.waitlist(by=by),
    "book": lambda request, by: request.book(by=by, **BOOKING),
    "decline": lambda request, by: request.decline(by=by, reason="Not here", text_for_patient="Ask elsewhere"),
    "withdraw": lambda request, by: request.withdraw(by=by),
    "spam": lambda request, by: request.mark_spam(by=by),
    "link": lambda request, by: request.mark_duplicate(by=by, of=a_request()),
    "merge": lambda request, by: request.mark_duplicate(by=by, of=a_request(), merge=True),
    "snooze": lambda request, by: request.snooze(by=by, until=IN_TWO_DAYS),
    "assign": lambda request, by: request.assign(by=by, to=a_user()),
}


@pytest.fixture
def appointment_request(clinic):
    return a_request(email="pat@example.org")


def how_it_stands(appointment_request):
    return AppointmentRequest.objects.values(*OF_A_STEP).get(pk=appointment_request.pk)


@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_taken_back_as_if_it_had_not_been(staff_client, staff, appointment_request, step):
    before = how_it_stands(appointment_request)
    STEPS[step](appointment_request, staff)
    assert how_it_stands(appointment_request) != before

    response = take(staff_client, appointment_request, "undo")

    assertRedirects(response, detail(appointment_request))
    assert how_it_stands(appointment_request) == before
    assert not appointment_request.attempts.exists()
    assert appointment_request.status_changes.last().reason.startswith("Taken back: ")
    assert not appointment_request.deliveries.filter(kind="news", state="waiting").exists()


@pytest.mark.parametrize("holder", ["a colleague", "who gives it", "nobody"])
def test_what_was_given_to_the_wrong_colleague_is_with_whoever_had_it(staff_client, staff, appointment_request, holder):
    holder = {"a colleague": a_user(), "who gives it": staff, "nobody": None}[holder]
    if holder:
        appointment_request.claim(by=holder)
    until = appointment_request.claimed_until
    appointment_request.assign(by=staff, to=a_user())

    assertContains(staff_client.get(detail(appointment_request)), "Undo: Assigned to")
    take(staff_client, appointment_request, "undo")

    appointment_request.refresh_from_db()
    assert (appointment_request.assigned_to, appointment_request.claimed_until) == (holder, until)


def test_what_a_colleague_has_claimed_since_is_theirs(staff_client, staff, appointment_request):
    other, third = a_user(), a_user()
    appointment_request.assign(by=staff, to=other)
    appointment_request.release(by=other)
    appointment_request.claim(by=third)

    take(staff_client, appointment_request, "undo")

    appointment_request.refresh_from_db()
    assert appointment_request.assigned_to == third


def test_what_it_undid_itself_is_as_it_was(staff_client, staff, appointment_request):
    """Declined, opened again, and that taken back: the answer to the patient is there again."""
    appointment_request.decline(by=staff, reason="Not here", text_for_patient="Ask elsewhere")
    before = how_it_stands(appointment_request)
    appointment_request.reopen(by=staff, reason="A mistake")

    take(staff_client, appointment_request, "undo")

    assert how_it_stands(appointment_request) == before


def test_the_patient_is_told_nothing_of_it(staff_client, staff, appointment_request, mailoutbox):
    deliveries.sweep()
    appointment_request.waitlist(by=staff)
    assert deliveries.sweep() == 0, "news is held back for a minute"

    take(staff_client, appointment_request, "undo")

    Delivery.objects.update(next_attempt_at=timezone.now())
    deliveries.sweep()
    assert len(mailoutbox) == 1  # the confirmation


def test_news_that_the_step_had_overtaken_is_owed_again(staff_client, staff, appointment_request):
    appointment_request.waitlist(by=staff)
    waiting = Delivery.objects.get(kind="news")
    appointment_request.book(by=staff, **BOOKING)
    waiting.refresh_from_db()
    assert waiting.state == "dismissed"

    take(staff_client, appointment_request, "undo")

    waiting.refresh_from_db()
    assert (waiting.state, waiting.last_error) == ("waiting", "")


@pytest.mark.parametrize("state", ["sending", "accepted"])
def test_once_somebody_is_being_told_there_is_no_way_back(staff_client, staff, appointment_request, state):
    appointment_request.waitlist(by=staff)
    Delivery.objects.filter(kind="news").update(state=state, accepted_at=timezone.now())

    page = staff_client.get(detail(appointment_request))
    response = take(staff_client, appointment_request, "undo")

    assertNotContains(page, "Undo:")
    assertContains(response, "is being told by e-mail already", status_code=422)
    appointment_request.refresh_from_db()
    assert appointment_request.status == "waitlisted"


@pytest.mark.parametrize("state", ["waiting", "sending", "accepted"])
def test_a_practice_system_that_heard_of_it_hears_of_the_undoing(
    staff_client, staff, appointment_request, settings, state
):
    settings.WEBHOOK_URL = "http://127.0.0.1:9/"
    appointment_request.waitlist(by=staff)
    events = Delivery.objects.to_practice_system()
    events.update(state=state, accepted_at=timezone.now())

    assertContains(staff_client.get(detail(appointment_request)), "Undo:")
    response = take(staff_client, appointment_request, "undo")

    assertRedirects(response, detail(appointment_request))
    appointment_request.refresh_from_db()
    assert appointment_request.status == "new"
    assert list(events.order_by("pk").values_list("state", "status_change__to_status")) == [
        (state, "waitlisted"),
        ("waiting", "new"),
    ]


def test_what_the_practice_system_heard_keeps_no_news_from_the_patient(staff, appointment_request, settings):
    settings.WEBHOOK_URL = "http://127.0.0.1:9/"
    appointment_request.record_attempt(by=staff, channel="phone", outcome="asked_to_call_back")
    assert not appointment_request.deliveries.filter(kind="news").exists()

    appointment_request.record_attempt(by=staff, channel="phone", outcome="no_answer")

    assert appointment_request.deliveries.filter(kind="news").exists()


def test_after_a_minute_there_is_no_way_back(staff_client, staff, appointment_request):
    appointment_request.waitlist(by=staff)
    LastStep.objects.update(at=timezone.now() - timedelta(seconds=61))

    assertNotContains(staff_client.get(detail(appointment_request)), "Undo:")
    assertContains(take(staff_client, appointment_request, "undo"), "for one minute", status_code=422)


def test_only_who_took_it_takes_it_back(client, staff_client, staff, appointment_request):
    appointment_request.waitlist(by=staff)
    assertContains(staff_client.get(detail(appointment_request)), "Undo: On the waiting list")

    client.force_login(a_user())

    assertNotContains(client.get(detail(appointment_request)), "Undo:")
    assertContains(take(client, appointment_request, "undo"), "Only whoever took the step", status_code=422)


def test_what_happened_since_is_not_undone_along_with_it(staff_client, staff, appointment_request):
    appointment_request.waitlist(by=staff)
    seen = appointment_request.version
    appointment_request.add_reply(kind="message", text="I have another question")

    response = take(staff_client, appointment_request, "undo", version=seen)

    assertContains(response, "Somebody else changed this request", status_code=409)
    appointment_request.refresh_from_db()
    assert appointment_request.status == "waitlisted"


def test_a_merge_is_taken_back_from_both(staff_client, staff, appointment_request):
    kept = a_request()
    before = how_it_stands(kept)
    appointment_request.record_attempt(by=staff, channel="phone", outcome="reached")
    appointment_request.mark_duplicate(by=staff, of=kept, merge=True)
    kept.refresh_from_db()
    assert kept.contacted_at is not None

    take(staff_client, appointment_request, "undo")

    assert how_it_stands(kept) == before


@pytest.mark.parametrize("merge", [True, False])
def test_whoever_has_closed_a_duplicate_can_take_it_back_from_the_one_that_was_kept(
    client, staff_client, staff, appointment_request, merge
):
    kept = a_request()
    appointment_request.mark_duplicate(by=staff, of=kept, merge=merge)
    undo = step(appointment_request, "undo")

    page = staff_client.get(detail(kept))
    assertContains(page, f"({appointment_request})")
    assertContains(page, undo)
    other = client.__class__()
    other.force_login(a_user())
    assertNotContains(other.get(detail(kept)), undo)
    take(staff_client, appointment_request, "undo")

    appointment_request.refresh_from_db()
    assert (appointment_request.status, appointment_request.duplicate_of) == ("new", None)
    assertNotContains(staff_client.get(detail(kept)), undo)


def test_a_merge_stays_when_something_happened_to_the_one_that_was_kept(staff_client, staff, appointment_request):
    kept = a_request()
    appointment_request.mark_duplicate(by=staff, of=kept, merge=True)
    kept.refresh_from_db()
    kept.waitlist(by=a_user())

    response = take(staff_client, appointment_request, "undo")

    assertContains(response, "has changed since", status_code=422)
    appointment_request.refresh_from_db()
    assert appointment_request.outcome == "duplicate"


def test_who_said_that_it_is_no_spam_has_told_everybody(staff_client, staff, clinic):
    a_recipient()
    suspected = intake.receive(request_fields(), form_token="8" * 32, spam_reasons=["Two links"])
    intake.take_as_genuine(suspected, by=staff)

    assertContains(take(staff_client, suspected, "undo"), "There is no step to take back", status_code=422)


def test_what_can_no_longer_be_taken_back_is_forgotten(staff, appointment_request):
    appointment_request.await_patient(by=staff, text_for_patient="A referral, please")
    LastStep.forget_old()
    assert LastStep.objects.exists()

    LastStep.objects.update(at=timezone.now() - timedelta(minutes=2))
    LastStep.forget_old()

    assert not LastStep.objects.exists()
