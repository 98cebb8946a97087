"""The order in which patients are called: by their own time of day, the promise and what is to be read first."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.calling import Because, Turn, in_order, next_window
from clinic.hours import OFFICE_WEEK, Calendar

pytestmark = pytest.mark.once

NEW_YORK = ZoneInfo("America/New_York")
OFFICE = Calendar(NEW_YORK, OFFICE_WEEK)
MONDAY = datetime(2026, 11, 23, 10, tzinfo=NEW_YORK)


@dataclass
class Row:
    pk: int = 1
    promised_by: datetime = MONDAY + timedelta(hours=24)
    best_time_to_call: str = "any"
    read_first: bool = False
    first_attempt_at: datetime | None = None
    next_attempt_at: datetime | None = None
    urgent_news: bool = False

    @property
    def clock_is_running(self):
        return self.first_attempt_at is None


def at(day, hour, minute=0):
    """A moment of that week, Monday is 23."""
    return datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK)


def only(row, now=MONDAY, calendar=OFFICE):
    [(_, place)] = in_order([row], calendar, now)
    return place


@pytest.mark.parametrize(
    ("row", "now", "turn", "because"),
    [
        (Row(), at(23, 10), Turn.NOW, Because.PROMISE),
        (Row(best_time_to_call="morning"), at(23, 10), Turn.NOW, Because.WISHED),
        (Row(best_time_to_call="afternoon"), at(23, 10), Turn.CAN_WAIT, Because.LATER),
        (Row(best_time_to_call="midday"), at(23, 11), Turn.NOW, Because.WISHED),
        (Row(best_time_to_call="morning", promised_by=at(24, 9, 30)), at(23, 12), Turn.NOW, Because.NOT_THEN),
        (Row(best_time_to_call="afternoon", promised_by=at(23, 12, 30)), at(23, 10), Turn.NOW, Because.NOT_THEN),
        (Row(best_time_to_call="afternoon", promised_by=at(23, 13)), at(23, 10), Turn.CAN_WAIT, Because.LATER),
        (Row(promised_by=at(23, 9)), at(23, 10), Turn.OVERDUE, Because.OVERDUE),
        (Row(best_time_to_call="afternoon", promised_by=at(23, 9)), at(23, 10), Turn.OVERDUE, Because.OVERDUE),
        (Row(best_time_to_call="afternoon", read_first=True), at(23, 10), Turn.READ_FIRST, Because.READ_FIRST),
        (Row(first_attempt_at=at(23, 9)), at(23, 10), Turn.NOW, Because.TRIED),
        (Row(first_attempt_at=at(23, 9), best_time_to_call="morning"), at(23, 13), Turn.CAN_WAIT, Because.LATER),
        (
            Row(first_attempt_at=at(23, 9), next_attempt_at=at(23, 13), best_time_to_call="morning"),
            at(23, 13),
            Turn.NOW,
            Because.AGAIN,
        ),
    ],
)
def test_where_a_request_stands_and_why(row, now, turn, because):
    place = only(row, now)

    assert (place.turn, place.because) == (turn, because)


def test_the_window_that_closes_first_is_called_first():
    tomorrow, this_morning = Row(1), Row(2, best_time_to_call="morning")
    soon = Row(3, promised_by=at(23, 11))

    assert [row.pk for row, _ in in_order([tomorrow, this_morning, soon], OFFICE, MONDAY)] == [3, 2, 1]


def test_at_night_the_list_is_that_of_the_next_opening():
    night = at(23, 22)

    assert only(Row(best_time_to_call="morning", promised_by=at(25, 12)), night).turn == Turn.NOW
    assert only(Row(best_time_to_call="afternoon", promised_by=at(25, 12)), night).turn == Turn.CAN_WAIT


def test_who_was_tried_long_ago_comes_before_who_was_tried_just_now():
    long_ago = Row(1, first_attempt_at=at(19, 9), promised_by=at(19, 12))
    just_now = Row(2, first_attempt_at=at(23, 9), promised_by=at(23, 12))
    fresh = Row(3, promised_by=at(23, 16))

    assert [row.pk for row, _ in in_order([just_now, fresh, long_ago], OFFICE, MONDAY)] == [1, 3, 2]


def test_a_wish_that_never_fits_the_hours_holds_nobody_back():
    mornings = Calendar(NEW_YORK, {day: ((time(8), time(11)),) for day in range(5)})

    assert only(Row(best_time_to_call="afternoon"), calendar=mornings).because == Because.NEVER_THEN


def test_a_clinic_without_hours_still_has_a_list():
    nowhere = Calendar(NEW_YORK, {})

    assert [place.turn for _, place in in_order([Row(1), Row(2)], nowhere, MONDAY)] == [Turn.NOW] * 2


zones = st.sampled_from(["America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia"]).map(ZoneInfo)
weeks = st.sampled_from(
    [
        OFFICE_WEEK,
        {},
        {0: ((time(8), time(11)),), 3: ((time(13), time(20)),)},
        {day: ((time(8, 30), time(12, 30)), (time(13, 15), time(17))) for day in range(6)},
        {day: ((time(0), time(23, 45)),) for day in range(7)},
        {6: ((time(1), time(3)),)},  # when the clocks change
    ]
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=zones)
wishes = st.sampled_from(["any", "morning", "midday", "afternoon"])
minutes = st.integers(-20_000, 20_000)
facts = st.tuples(minutes, wishes, st.booleans(), st.none() | minutes, st.none() | minutes)


def row(now, number, promised, wish, read_first, tried, again):
    def moment(offset):
        return None if offset is None else now + timedelta(minutes=offset)

    return Row(number, moment(promised), wish, read_first, moment(tried), moment(again))


def listed(now, drawn):
    return [row(now, number, *each) for number, each in enumerate(drawn)]


lists = st.tuples(st.builds(Calendar, zones, weeks), moments, st.lists(facts, min_size=1, max_size=8))


@given(lists)
def test_nothing_to_be_read_first_and_nothing_overdue_is_sunk_below_what_can_wait(drawn):
    calendar, now, facts = drawn
    rows = listed(now, facts)
    ordered = in_order(rows, calendar, now)
    urgent = [row.read_first or (row.clock_is_running and row.promised_by < now) for row, _ in ordered]
    first = [row.read_first for row, _ in ordered]

    assert urgent == sorted(urgent, reverse=True)
    assert first == sorted(first, reverse=True)


@given(lists)
def test_everybody_is_on_the_list_once_in_one_order(drawn):
    calendar, now, facts = drawn
    rows = listed(now, facts)
    ordered = in_order(rows, calendar, now)

    assert sorted(row.pk for row, _ in ordered) == sorted(row.pk for row in rows)
    assert [row.pk for row, _ in in_order(reversed(rows), calendar, now)] == [row.pk for row, _ in ordered]
    assert all((one.turn, one.by) <= (two.turn, two.by) for (_, one), (_, two) in pairwise(ordered))


@given(lists)
def test_who_waits_for_a_time_of_day_gets_it_before_the_promise_runs_out(drawn):
    calendar, now, facts = drawn
    rows = listed(now, facts)
    for row, place in in_order(rows, calendar, now):
        if place.turn == Turn.CAN_WAIT:
            assert place.window[0] > now
            assert not row.clock_is_running or place.window[0] < row.promised_by


@given(moments, weeks, wishes.filter(lambda wish: wish != "any"))
def test_a_window_lies_in_the_opening_hours(now, week, wish):
    calendar = Calendar(NEW_YORK, week)
    window = next_window(calendar, wish, now)
    if window:
        start, end = window
        assert start < end and end > now
        assert any(opens <= start and end <= closes for opens, closes in calendar.intervals(start, end))
