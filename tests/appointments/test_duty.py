"""Who is told of a request: by service and by rota, and never nobody."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from appointments.duty import Rota
from tests import factories

NEW_YORK = ZoneInfo("America/New_York")
TUESDAY = 1


@pytest.fixture
def imaging(clinic):
    return factories.a_service("Imaging")


def somebody(name, *, services=(), hours=(), **facts):
    recipient = factories.a_recipient(f"{name}@example.org", **facts)
    recipient.services.set(services)
    for weekday, starts, ends in hours:
        recipient.duty_hours.create(weekday=weekday, starts=starts, ends=ends)
    return recipient


def on_tuesday(hour, minute=0):
    return datetime(2026, 11, 24, hour, minute, tzinfo=NEW_YORK)


def told(service, at):
    return {recipient.email.partition("@")[0] for recipient in Rota().recipients_for(service, at)}


def test_a_service_has_its_own_recipients_and_those_of_all(imaging):
    somebody("all")
    somebody("imaging", services=[imaging])
    somebody("others", services=[factories.a_service("Injections")])
    somebody("gone", active=False)

    assert told(imaging, on_tuesday(12)) == {"all", "imaging"}


def test_where_nobody_has_the_service_all_active_are_told(imaging):
    somebody("others", services=[factories.a_service("Injections")])
    somebody("gone", active=False)

    assert told(imaging, on_tuesday(12)) == {"others"}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (on_tuesday(7, 59), {"always"}),
        (on_tuesday(8), {"always", "morning"}),
        (on_tuesday(11, 59), {"always", "morning"}),
        (on_tuesday(12), {"always"}),
        (on_tuesday(23, 59), {"always", "night"}),
        (datetime(2026, 11, 25, 9, tzinfo=NEW_YORK), {"always"}),
        (datetime(2026, 11, 24, 13, tzinfo=ZoneInfo("UTC")), {"always", "morning"}),  # eight in the clinic's zone
        (datetime(2026, 11, 25, 4, 59, 30, tzinfo=ZoneInfo("UTC")), {"always", "night"}),  # until midnight
    ],
)
def test_duty_is_by_the_clinics_clock(imaging, at, expected):
    somebody("always")
    somebody("morning", hours=[(TUESDAY, time(8), time(12))])
    somebody("night", hours=[(TUESDAY, time(18), time(23, 59))])

    assert told(imaging, at) == expected


def test_when_nobody_is_on_duty_everybody_of_the_service_is_told(imaging):
    somebody("early", hours=[(TUESDAY, time(6), time(8))])
    somebody("late", hours=[(TUESDAY, time(20), time(22))], services=[imaging])
    somebody("others", services=[factories.a_service("Injections")])

    assert told(imaging, on_tuesday(12)) == {"early", "late"}


def test_it_costs_three_plain_queries_however_many_they_are(imaging, django_assert_num_queries):
    for number in range(20):
        somebody(f"desk{number}", services=[imaging], hours=[(TUESDAY, time(8), time(12))])

    with django_assert_num_queries(3):
        assert len(Rota().recipients_for(imaging, on_tuesday(9))) == 20
