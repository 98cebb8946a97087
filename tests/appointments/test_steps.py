"""The steps staff take: which exist from where, what each asks for, and that of two who are quick only one wins."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from appointments.models import AppointmentRequest, ChangedMeanwhile, ContactAttempt, StatusChange, StepNotAllowed
from appointments.promise import Promises
from tests import factories

PHONE, EMAIL = ContactAttempt.Channel.PHONE, ContactAttempt.Channel.EMAIL
SOON = timezone.now() + timedelta(days=3)
A_BOOKING = {"start": SOON, "end": SOON + timedelta(minutes=30), "place": "Room 2"}


def no_answer(request, *, by):
    return request.record_attempt(by=by, channel=PHONE, outcome="no_answer")


def reached(request, *, by):
    return request.record_attempt(by=by, channel=PHONE, outcome="reached")


STEPS = {
    "record no answer": no_answer,
    "record reached": reached,
    "wait for the patient": lambda request, *, by: request.await_patient(by=by, text_for_patient="A referral"),
    "waiting list": lambda request, *, by: request.waitlist(by=by),
    "book": lambda request, *, by: request.book(by=by, **A_BOOKING),
    "decline": lambda request, *, by: request.decline(by=by, reason="Not ours", text_for_patient="Please ask …"),
    "redirect": lambda request, *, by: request.redirect(by=by, reason="Sent to urgent care"),
    "withdraw": lambda request, *, by: request.withdraw(by=by),
    "unreachable": lambda request, *, by: request.close_unreachable(by=by),
    "duplicate": lambda request, *, by: request.mark_duplicate(by=by, of=factories.a_request()),
    "spam": lambda request, *, by: request.mark_spam(by=by),
    "reopen": lambda request, *, by: request.reopen(by=by, reason="They called back"),
}
# From which status which step leads where. What is not here is refused.
EXPECTED = {
    "new": {
        "record no answer": "contacting",
        "record reached": "new",
        "wait for the patient": "awaiting_patient",
        "waiting list": "waitlisted",
        "book": "booked",
        "decline": "closed",
        "redirect": "closed",
        "withdraw": "closed",
        "unreachable": "closed",
        "duplicate": "closed",
        "spam": "closed",
    },
    "contacting": {
        "record no answer": "contacting",
        "record reached": "contacting",
        "wait for the patient": "awaiting_patient",
        "waiting list": "waitlisted",
        "book": "booked",
        "decline": "closed",
        "redirect": "closed",
        "withdraw": "closed",
        "unreachable": "closed",
        "duplicate": "closed",
        "spam": "closed",
    },
    "awaiting_patient": {
        "record no answer": "contacting",
        "record reached": "awaiting_patient",
        "waiting list": "waitlisted",
        "book": "booked",
        "decline": "closed",
        "redirect": "closed",
        "withdraw": "closed",
        "unreachable": "closed",
        "duplicate": "closed",
        "spam": "closed",
    },
    "waitlisted": {
        "record no answer": "contacting",
        "record reached": "waitlisted",
        "book": "booked",
        "decline": "closed",
        "redirect": "closed",
        "withdraw": "closed",
        "unreachable": "closed",
        "duplicate": "closed",
        "spam": "closed",
    },
    "booked": {
        "record no answer": "booked",
        "record reached": "booked",
        "decline": "closed",
        "withdraw": "closed",
    },
    "closed": {"reopen": "new"},
}
WAY_TO = {
    "new": [],
    "contacting": ["record no answer"],
    "awaiting_patient": ["wait for the patient"],
    "waitlisted": ["waiting list"],
    "booked": ["book"],
    "closed": ["withdraw"],
}


@pytest.fixture
def request_in(clinic, staff):
    """A request that came to a status by its steps, and for which each rule of closing is met."""

    def brought(status):
        request = factories.a_request()
        for step in WAY_TO[status]:
            STEPS[step](request, by=staff)
        for days_ago in (3, 2, 1):
            request.attempts.create(
                by=staff, channel=PHONE, outcome="no_answer", at=timezone.now() - timedelta(days=days_ago)
            )
        AppointmentRequest.objects.filter(pk=request.pk).update(contacted_at=timezone.now())
        request.refresh_from_db()
        assert request.status == status
        return request

    return brought


def test_every_status_is_in_both_tables():
    assert set(EXPECTED) == set(WAY_TO) == set(AppointmentRequest.Status.values) == set(AppointmentRequest.TRANSITIONS)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", EXPECTED)
def test_each_step_from_each_status(request_in, staff, status, step):
    request = request_in(status)
    before = AppointmentRequest.objects.values().get(pk=request.pk)
    history = request.status_changes.count()

    if step not in EXPECTED[status]:
        with pytest.raises(StepNotAllowed):
            STEPS[step](request, by=staff)
        assert AppointmentRequest.objects.values().get(pk=request.pk) == before
        assert request.status_changes.count() == history
        return

    STEPS[step](request, by=staff)
    request.refresh_from_db()
    assert request.status == EXPECTED[status][step]
    assert request.version == before["version"] + 1
    if step != "record reached" and not (step == "record no answer" and status == "booked"):
        last = request.status_changes.last()
        assert (last.from_status, last.to_status, last.by) == (status, request.status, staff)
        assert request.status_changes.count() == history + 1


def test_an_attempt_stops_the_clock_and_reached_is_remembered(clinic, staff):
    request = factories.a_request(email="pat@example.org")
    assert request.clock_is_running

    first = no_answer(request, by=staff)
    assert not request.clock_is_running
    assert (first.address, request.first_attempt_at, request.contacted_at) == (request.phone, first.at, None)

    again = timezone.now() + timedelta(hours=2)
    request.record_attempt(by=staff, channel=PHONE, outcome="busy", next_attempt_at=again, note="Try the mobile")
    assert request.next_attempt_at == again

    second = request.record_attempt(by=staff, channel=EMAIL, outcome="reached")
    assert second.address == "pat@example.org"
    assert (request.first_attempt_at, request.contacted_at, request.next_attempt_at) == (first.at, second.at, None)
    assert request.attempts.count() == 3


def test_a_promise_that_was_kept_is_not_overdue(clinic, staff):
    late = factories.a_request(promised_by=timezone.now() - timedelta(hours=1))
    assert late.is_overdue
    assert late in AppointmentRequest.objects.overdue()

    no_answer(late, by=staff)

    assert not late.is_overdue
    assert late not in AppointmentRequest.objects.overdue()
    assert late in AppointmentRequest.objects.to_contact()
    reached(late, by=staff)
    assert late not in AppointmentRequest.objects.to_contact()


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (lambda request, by: request.await_patient(by=by, text_for_patient=" "), "Write what the patient should do"),
        (lambda request, by: request.decline(by=by, reason="", text_for_patient="Sorry"), "Write the reason."),
        (
            lambda request, by: request.decline(by=by, reason="Full", text_for_patient=""),
            "Write what the patient is told.",
        ),
        (lambda request, by: request.redirect(by=by, reason="Sent on"), "First record a contact"),
        (lambda request, by: request.redirect(by=by, reason=""), "Write where the patient was sent."),
        (lambda request, by: request.close_unreachable(by=by), "Try at least 3 times on at least 2 days"),
        (lambda request, by: request.mark_duplicate(by=by, of=request), "cannot repeat itself"),
        (lambda request, by: request.book(by=by, **{**A_BOOKING, "end": SOON}), "must end after it starts"),
        (lambda request, by: request.book(by=by, **{**A_BOOKING, "place": ""}), "Write where the appointment is."),
        (
            lambda request, by: request.book(by=by, start=SOON - timedelta(days=9), end=SOON, place="Room 2"),
            "must be in the future",
        ),
    ],
)
def test_what_a_step_needs_is_asked_for(clinic, staff, step, sentence):
    request = factories.a_request()

    with pytest.raises(StepNotAllowed, match=sentence):
        step(request, staff)

    assert AppointmentRequest.objects.get().version == 1
    assert StatusChange.objects.count() == 1


@pytest.mark.parametrize(("days_ago", "allowed"), [([0, 0, 0], False), ([1, 0], False), ([1, 0, 0], True)])
def test_unreachable_takes_three_attempts_on_two_days(clinic, staff, days_ago, allowed):
    request = factories.a_request()
    noon = timezone.localtime().replace(hour=12, minute=0)
    for ago in days_ago:
        request.attempts.create(by=staff, channel=PHONE, outcome="no_answer", at=noon - timedelta(days=ago))

    if not allowed:
        with pytest.raises(StepNotAllowed):
            request.close_unreachable(by=staff)
        return
    request.close_unreachable(by=staff)
    assert (request.status, request.outcome) == ("closed", "unreachable")


def test_closing_and_opening_again(clinic, staff):
    request, other = factories.a_request(), factories.a_request()
    request.mark_duplicate(by=staff, of=other)
    assert (request.outcome, request.duplicate_of) == ("duplicate", other)
    assert request.closed_at

    with pytest.raises(StepNotAllowed, match="Write why"):
        request.reopen(by=staff, reason="")
    request.reopen(by=staff, reason="They are two people")

    assert (request.status, request.outcome, request.closed_at, request.duplicate_of) == ("new", "", None, None)
    assert request.status_changes.last().reason == "They are two people"


def test_the_promise_of_a_request_that_is_opened_again_begins_then_until_that_is_taken_back(clinic, staff):
    request = factories.a_request(created_at=timezone.now() - timedelta(days=30))
    received = request.created_at
    request.withdraw(by=staff)

    request.reopen(by=staff, reason="They called back")
    promise = Promises.today().of(request)
    assert request.promise_began_at > received
    assert promise.given - promise.left < timedelta(minutes=1)  # which goes by while the clinic is open
    assert promise.level == "ok"

    request.undo(by=staff)
    request.refresh_from_db()
    assert (request.reopened_at, request.promise_began_at) == (None, received)


def test_a_booking_can_be_made_again_after_it_was_withdrawn(clinic, staff):
    request = factories.a_request()
    request.book(by=staff, **A_BOOKING)
    request.withdraw(by=staff, reason="On holiday")
    request.reopen(by=staff, reason="Back again")

    assert request.start is None
    request.book(by=staff, **A_BOOKING)
    assert (request.status, request.place) == ("booked", "Room 2")


def test_a_claim_keeps_others_away_until_it_runs_out(clinic, staff):
    request, other = factories.a_request(), factories.a_user("other")
    request.claim(by=staff)
    request.claim(by=staff)

    with pytest.raises(StepNotAllowed, match="staff has claimed"):
        request.claim(by=other)
    assert request in AppointmentRequest.objects.claimed_by(staff)

    AppointmentRequest.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert request not in AppointmentRequest.objects.claimed_by(staff)
    request.claim(by=other)
    assert request.assigned_to == other


def test_acting_renews_ones_own_claim_and_nobody_elses(clinic, staff):
    request = factories.a_request()
    request.claim(by=staff)
    nearly = timezone.now() + timedelta(minutes=1)
    AppointmentRequest.objects.update(claimed_until=nearly)

    no_answer(request, by=factories.a_user("other"))
    assert request.claimed_until == nearly

    no_answer(request, by=staff)
    assert request.claimed_until > nearly + timedelta(minutes=20)


def test_only_the_holder_releases_and_a_closed_request_is_not_claimed(clinic, staff):
    request, other = factories.a_request(), factories.a_user("other")
    request.claim(by=staff)
    request.release(by=other)
    assert request.assigned_to == staff
    request.release(by=staff)
    assert request.assigned_to is None

    request.mark_spam(by=staff)
    with pytest.raises(StepNotAllowed, match="closed"):
        request.claim(by=staff)


def test_who_was_second_is_told_and_changes_nothing(clinic, staff):
    first = factories.a_request()
    second = AppointmentRequest.objects.get(pk=first.pk)
    first.book(by=staff, **A_BOOKING)

    with pytest.raises(ChangedMeanwhile):
        second.record_attempt(by=staff, channel=PHONE, outcome="no_answer")

    first.refresh_from_db()
    assert first.status == "booked"
    assert not first.attempts.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_steps_at_once_one_is_taken_and_the_others_are_told(clinic, staff, at_once):
    request = factories.a_request()
    barrier = threading.Barrier(8)

    def step(_):
        mine = AppointmentRequest.objects.get(pk=request.pk)
        barrier.wait(20)
        try:
            mine.await_patient(by=staff, text_for_patient="A referral")
        except ChangedMeanwhile:
            return "told"
        return "taken"

    outcomes = at_once(step, range(8))

    assert sorted(outcomes) == ["taken"] + ["told"] * 7
    assert request.status_changes.count() == 2


@pytest.mark.django_db(transaction=True)
def test_twin_saving_what_one_has_read_loses_a_step(clinic, staff, at_once):
    request = factories.a_request()
    barrier = threading.Barrier(2)

    def save(status):
        mine = AppointmentRequest.objects.get(pk=request.pk)
        barrier.wait(20)
        mine.status = status
        mine.version += 1
        mine.save()

    at_once(save, ["awaiting_patient", "waitlisted"])

    request.refresh_from_db()
    assert request.version == 2  # two steps, one of them gone without a word


@pytest.mark.django_db(transaction=True)
def test_of_many_who_claim_at_once_one_holds_it(clinic, at_once):
    request = factories.a_request()
    people = [factories.a_user() for _ in range(8)]

    def claim(person):
        try:
            AppointmentRequest.objects.get(pk=request.pk).claim(by=person)
        except StepNotAllowed:
            return None
        return person

    [holder] = filter(None, at_once(claim, people))

    request.refresh_from_db()
    assert request.assigned_to == holder


NOW = timezone.now()


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("request_can_be_answered", {"phone": "", "email": ""}),
        ("closed_has_an_outcome_and_a_time", {"status": "closed"}),
        ("closed_has_an_outcome_and_a_time", {"status": "closed", "outcome": "spam"}),
        ("closed_has_an_outcome_and_a_time", {"outcome": "spam"}),
        ("declined_has_a_text_for_the_patient", {"status": "closed", "outcome": "declined", "closed_at": NOW}),
        ("duplicate_points_at_the_other", {"status": "closed", "outcome": "duplicate", "closed_at": NOW}),
        ("booked_has_a_start", {"status": "booked"}),
        ("start_and_end_both_or_neither", {"start": NOW}),
        ("start_and_end_both_or_neither", {"start": NOW, "end": NOW}),
    ],
)
def test_the_database_refuses_half_facts(clinic, constraint, facts):
    request = factories.a_request()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        AppointmentRequest.objects.filter(pk=request.pk).update(**facts)


def test_two_requests_cannot_be_closed_as_duplicates_of_each_other(clinic, staff):
    one, other = factories.a_request(), factories.a_request()
    as_read_before = AppointmentRequest.objects.get(pk=other.pk)
    one.mark_duplicate(by=staff, of=other)

    with pytest.raises(StepNotAllowed, match="is closed"):
        as_read_before.mark_duplicate(by=staff, of=AppointmentRequest(pk=one.pk))

    assert AppointmentRequest.objects.open().get() == other
