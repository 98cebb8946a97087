"""The moments to call again that are offered, by the clinic's opening hours."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from appointments.next_try import next_tries
from clinic.hours import OFFICE_WEEK, Calendar

ZONE = ZoneInfo("America/New_York")
LUNCH = {day: ((time(8, 30), time(12, 30)), (time(13, 15), time(17))) for day in range(5)} | {5: ((time(9), time(12)),)}


def offered(day, clock, calendar):
    now = datetime.combine(date(2026, 3, day), time.fromisoformat(clock), ZONE)
    return {label: f"{moment.astimezone(ZONE):%a %H:%M}" for _, label, moment in next_tries(calendar, now)}


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (
            2,
            "10:00",
            {"In 1 hour": "Mon 11:00", "This afternoon": "Mon 14:00", "Tomorrow morning": "Tue 09:00"},
        ),
        (2, "14:30", {"In 1 hour": "Mon 15:30", "Tomorrow morning": "Tue 09:00"}),
        (2, "16:30", {"Tomorrow morning": "Tue 09:00"}),
        (6, "16:30", {"Monday morning": "Mon 09:00"}),
        (7, "03:00", {"Monday morning": "Mon 09:00"}),
    ],
)
def test_only_moments_at_which_the_clinic_is_open(day, clock, expected):
    assert offered(day, clock, Calendar(ZONE, OFFICE_WEEK)) == expected


def test_a_lunch_break_and_a_short_saturday():
    calendar = Calendar(ZONE, LUNCH)

    assert offered(2, "11:45", calendar) == {"This afternoon": "Mon 14:00", "Tomorrow morning": "Tue 08:30"}
    assert offered(7, "09:30", calendar) == {"In 1 hour": "Sat 10:30", "Monday morning": "Mon 08:30"}


def test_closed_days_are_left_out_and_far_ones_have_a_date():
    calendar = Calendar(ZONE, OFFICE_WEEK, [(date(2026, 3, 3), date(2026, 3, 13))])

    assert offered(2, "16:30", calendar) == {"March 16": "Mon 09:00"}


def test_a_clinic_that_never_opens_offers_nothing():
    assert offered(2, "10:00", Calendar(ZONE, {})) == {}


def test_the_night_in_which_an_hour_is_missing():
    assert offered(7, "23:30", Calendar(ZONE, {6: ((time(2), time(4)),)})) == {"Tomorrow morning": "Sun 03:00"}
