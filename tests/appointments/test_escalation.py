"""A request that nobody opens, and the daily digest: on the clinic's clock, over weekends, closures and clock changes."""

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from appointments import deliveries, digest, escalation
from appointments.models import AppointmentRequest, Delivery
from clinic.hours import Calendar, opening_time_between, subtract_opening_time
from clinic.models import Closure
from tests import factories
from tests.clinic.test_hours import calendars, moments

from .conftest import ALICE, BOB

NEW_YORK = ZoneInfo("America/New_York")
AMBER, RED = escalation.AMBER_AFTER, escalation.RED_AFTER


def local(*parts):
    return datetime(*parts, tzinfo=NEW_YORK)


def levels(now):
    return [
        name for name, amount in (("amber", AMBER), ("red", RED)) if escalation.unopened_for(amount, now=now).exists()
    ]


@pytest.mark.parametrize(
    ("received", "amber", "red"),
    [
        (local(2026, 11, 24, 10), local(2026, 11, 24, 11), local(2026, 11, 24, 14)),
        (local(2026, 11, 24, 16), local(2026, 11, 24, 17), local(2026, 11, 25, 12)),  # overnight
        (local(2026, 11, 20, 16, 30), local(2026, 11, 23, 9, 30), local(2026, 11, 23, 12, 30)),  # a weekend
        (local(2026, 11, 25, 16, 30), local(2026, 11, 30, 9, 30), local(2026, 11, 30, 12, 30)),  # Thanksgiving
        (local(2026, 10, 30, 16, 30), local(2026, 11, 2, 9, 30), local(2026, 11, 2, 12, 30)),  # the clock is set back
        (local(2026, 3, 6, 16, 30), local(2026, 3, 9, 9, 30), local(2026, 3, 9, 12, 30)),  # and forward
    ],
)
def test_it_is_amber_after_one_opening_hour_and_red_after_four(people, received, amber, red):
    Closure.objects.create(first_day=date(2026, 11, 26), last_day=date(2026, 11, 27))
    factories.a_request(created_at=received)
    second = timedelta(seconds=1)

    assert levels(amber - second) == []
    assert levels(amber) == levels(red - second) == ["amber"]
    assert levels(red) == ["amber", "red"]


@given(calendars, moments)
def test_both_ways_of_counting_agree(calendar, now):
    since = subtract_opening_time(calendar, now, RED)

    if now - since < timedelta(days=400):
        assert opening_time_between(calendar, since, now) == RED
        assert opening_time_between(calendar, since + timedelta(microseconds=1), now) < RED


def test_a_clinic_that_never_opens_counts_by_the_year():
    now = datetime(2026, 11, 24, tzinfo=UTC)

    assert subtract_opening_time(Calendar(NEW_YORK, {}), now, RED) == now - timedelta(days=400)


def test_after_four_opening_hours_everybody_of_the_service_is_told_once(people, mail_server):
    alice, bob = people
    bob.duty_hours.create(weekday=6, starts="03:00", ends="04:00")  # never when it happens
    alice.services.add(factories.a_service("Imaging"))
    row = factories.a_request(created_at=local(2026, 11, 24, 10), service=factories.a_service("Imaging"))
    Delivery.objects.all().delete()

    assert escalation.escalate(local(2026, 11, 24, 13, 59, 59)) == 0
    assert escalation.escalate(local(2026, 11, 24, 14)) == 1
    assert escalation.escalate(local(2026, 11, 25, 14)) == 0

    row.refresh_from_db()
    assert row.escalated_at == local(2026, 11, 24, 14)
    Delivery.objects.update(next_attempt_at=local(2026, 1, 1))
    deliveries.sweep()
    assert sorted(email for email, _ in mail_server.accepted) == [ALICE, BOB]
    message = message_from_bytes(mail_server.accepted[0][1])
    assert message["Subject"] == "A request has not been opened yet"
    assert row.reference in message.get_payload()


@pytest.mark.parametrize(
    "facts",
    [
        {"first_opened_at": local(2026, 11, 24, 10, 5)},
        {"suspected_spam": True},
        {"status": "closed", "outcome": "withdrawn", "closed_at": local(2026, 11, 24, 11)},
    ],
)
def test_what_was_opened_closed_or_looks_like_spam_is_left_alone(people, facts):
    row = factories.a_request(created_at=local(2026, 11, 24, 10))
    AppointmentRequest.objects.filter(pk=row.pk).update(**facts)

    assert escalation.escalate(local(2026, 11, 25, 14)) == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_tells_and_one_owes_the_digest(people, at_once):
    for _ in range(3):
        factories.a_request(created_at=local(2026, 11, 24, 10))
    Delivery.objects.all().delete()
    now = local(2026, 11, 24, 15)

    told = at_once(lambda _: escalation.escalate(now), range(6))
    at_once(lambda _: digest.owe(now), range(6))

    assert sum(told) == 3
    assert Delivery.objects.filter(kind="overdue").count() == 6
    assert Delivery.objects.filter(kind="digest").count() == 2


@pytest.mark.parametrize(
    ("now", "owed"),
    [
        (local(2026, 11, 24, 8, 59, 59), 0),
        (local(2026, 11, 24, 9), 2),
        (local(2026, 11, 24, 23, 59), 2),  # the workers were down all day
        (local(2026, 11, 22, 12), 0),  # a Sunday
        (local(2026, 11, 26, 12), 0),  # Thanksgiving
        (local(2026, 11, 2, 9), 2),  # the first opening day after the clock was set back
        (local(2026, 3, 9, 8, 59), 0),
    ],
)
def test_the_digest_is_due_at_nine_on_opening_days(people, now, owed):
    Closure.objects.create(first_day=date(2026, 11, 26), last_day=date(2026, 11, 26))

    digest.owe(now)
    digest.owe(now)

    assert Delivery.objects.filter(kind="digest").count() == owed


@pytest.mark.parametrize(("promised_by", "owed"), [(local(2026, 11, 20, 16), 2), (local(2026, 11, 23, 16), 0)])
def test_on_a_day_when_the_clinic_is_closed_the_digest_goes_out_where_a_patient_waits_past_the_promise(
    people, promised_by, owed
):
    factories.a_request(created_at=local(2026, 11, 20, 10), promised_by=promised_by)
    sunday = local(2026, 11, 22, 9)

    digest.owe(sunday)
    digest.owe(sunday)

    assert Delivery.objects.filter(kind="digest").count() == owed


def the_digest(mail_server, now):
    digest.owe(now)
    Delivery.objects.filter(kind="digest").update(next_attempt_at=local(2026, 1, 1))
    deliveries.sweep()
    return message_from_bytes(mail_server.accepted[-1][1])


def test_the_digest_goes_out_when_all_is_zero(people, mail_server):
    message = the_digest(mail_server, local(2026, 11, 24, 9))

    assert sorted(email for email, _ in mail_server.accepted) == [ALICE, BOB]
    assert message["Subject"] == "Appointment requests today"
    assert message.get_payload().count(": 0") == 6


def test_the_digest_counts_and_names_nobody(people, mail_server):
    digest.owe(local(2026, 11, 20, 9))  # Friday's: what came since is new
    for created_at in (local(2026, 11, 19, 10), local(2026, 11, 20, 16), local(2026, 11, 22, 3)):
        factories.a_request(created_at=created_at, name="Canary", message="canary words")
    spam = factories.a_request(created_at=local(2026, 11, 22, 4), name="Canary")
    AppointmentRequest.objects.filter(pk=spam.pk).update(suspected_spam=True)
    Delivery.objects.exclude(kind="digest").update(state="failed")
    Delivery.objects.filter(kind="digest").update(state="sent")

    message = the_digest(mail_server, local(2026, 11, 23, 9))

    text = message.get_payload(decode=True).decode()
    numbers = dict(line.rsplit(": ", 1) for line in text.splitlines() if ": " in line and line[-1].isdigit())
    assert numbers.pop("New since Friday, November 20 at 9 a.m.") == "2"
    assert numbers == {
        "To contact": "3",
        "Past the promised time": "3",
        "Not opened by anybody yet": "3",
        "Suspected spam, to be looked through": "1",
        "Messages not delivered": "8",
    }
    assert "canary" not in text.lower()
