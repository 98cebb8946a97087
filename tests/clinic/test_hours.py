"""The promise is arithmetic: it must hold on every day of the year, in every zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.hours import (
    OFFICE_WEEK,
    Calendar,
    NeverOpen,
    OpeningClock,
    add_opening_time,
    is_open,
    next_opening,
    opening_time_between,
)

NEW_YORK = ZoneInfo("America/New_York")
OFFICE = Calendar(NEW_YORK, OFFICE_WEEK)


def local(*parts, zone=NEW_YORK):
    return datetime(*parts, tzinfo=zone)


def test_eight_hours_from_friday_noon_end_on_monday_noon():
    assert add_opening_time(OFFICE, local(2026, 11, 20, 12), timedelta(hours=8)) == local(2026, 11, 23, 12)


def test_a_request_at_night_counts_from_the_next_opening():
    assert add_opening_time(OFFICE, local(2026, 11, 21, 3), timedelta(hours=8)) == local(2026, 11, 23, 17)


def test_a_closure_is_skipped():
    closed = Calendar(NEW_YORK, OFFICE_WEEK, [(date(2026, 11, 26), date(2026, 11, 27))])
    assert add_opening_time(closed, local(2026, 11, 25, 16), timedelta(hours=2)) == local(2026, 11, 30, 10)


def test_a_clinic_that_never_opens_says_so():
    with pytest.raises(NeverOpen):
        add_opening_time(Calendar(NEW_YORK, {}), local(2026, 1, 1), timedelta(hours=1))
    with pytest.raises(NeverOpen):
        next_opening(Calendar(NEW_YORK, OFFICE_WEEK, [(date.min, date.max)]), local(2026, 1, 1))


def test_open_from_the_first_minute_to_before_the_last():
    assert is_open(OFFICE, local(2026, 11, 23, 9))
    assert not is_open(OFFICE, local(2026, 11, 23, 17))
    assert next_opening(OFFICE, local(2026, 11, 23, 10)) == local(2026, 11, 23, 10)
    assert next_opening(OFFICE, local(2026, 11, 23, 17)) == local(2026, 11, 24, 9)


@pytest.mark.parametrize("day,hours", [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 11, 2), 24)])
def test_a_clinic_open_around_the_clock_counts_the_real_hours_of_a_day_that_changes_the_clock(day, hours):
    always = Calendar(NEW_YORK, {weekday: [(time(0), time(12)), (time(12), time.max)] for weekday in range(7)})
    start = datetime.combine(day, time(), NEW_YORK)
    end = datetime.combine(day + timedelta(days=1), time(), NEW_YORK)
    assert timedelta(hours=hours) - opening_time_between(always, start, end) < timedelta(seconds=1)


zones = st.sampled_from(["America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"])
quarters = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))
openings = st.tuples(quarters, quarters).filter(lambda pair: pair[0] < pair[1])
# A lunch break: two openings in one day, with nobody there between them.
with_a_break = st.lists(quarters, min_size=4, max_size=4, unique=True).map(sorted).map(lambda t: (t[:2], t[2:]))
days = openings.map(lambda pair: (pair,)) | with_a_break
weeks = st.dictionaries(st.integers(0, 6), days, min_size=1)
closures = st.lists(
    st.tuples(st.dates(date(2011, 1, 1), date(2012, 6, 1)), st.integers(0, 20)).map(
        lambda c: (c[0], c[0] + timedelta(days=c[1]))
    ),
    max_size=3,
)
calendars = st.builds(Calendar, zones.map(ZoneInfo), weeks, closures)
moments = st.datetimes(datetime(2011, 1, 1), datetime(2012, 6, 1), timezones=st.just(UTC))
amounts = st.integers(1, 40 * 4).map(lambda n: timedelta(minutes=15 * n))


@given(calendars, moments, amounts)
def test_the_time_open_until_the_promise_is_the_promise(calendar, start, amount):
    try:
        promised = add_opening_time(calendar, start, amount)
    except NeverOpen:
        return
    assert promised > start
    assert opening_time_between(calendar, start, promised) == amount


@given(zones.map(ZoneInfo), st.dictionaries(st.integers(0, 6), with_a_break, min_size=1), moments, amounts)
def test_no_promise_falls_into_a_break_and_none_counts_it(zone, week, start, amount):
    calendar = Calendar(zone, week)
    promised = add_opening_time(calendar, start, amount)

    day = week[promised.weekday()]
    assert any(opens < promised.time() <= closes for opens, closes in day)
    assert opening_time_between(calendar, start, promised) == amount


@given(calendars, moments, amounts, amounts)
def test_a_longer_promise_is_never_earlier(calendar, start, amount, more):
    try:
        assert add_opening_time(calendar, start, amount) < add_opening_time(calendar, start, amount + more)
    except NeverOpen:
        return


def test_a_day_that_was_left_out_has_no_opening_hours():
    """Samoa had no December 30 in 2011, a Friday."""
    fridays = Calendar(ZoneInfo("Pacific/Apia"), {4: [(time(0), time(9))]})

    assert (
        opening_time_between(fridays, datetime(2011, 12, 24, tzinfo=UTC), datetime(2012, 1, 5, tzinfo=UTC))
        == timedelta()
    )


@given(calendars, st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_time_open_adds_up(calendar, points):
    first, middle, last = points
    parts = opening_time_between(calendar, first, middle) + opening_time_between(calendar, middle, last)
    assert parts == opening_time_between(calendar, first, last)


@given(calendars, st.lists(moments, min_size=2, max_size=2).map(sorted))
def test_the_opening_clock_agrees_with_counting(calendar, points):
    start, end = points
    clock = OpeningClock(calendar, datetime(2010, 12, 31, tzinfo=UTC), datetime(2012, 6, 2, tzinfo=UTC))

    assert clock.between(start, end) == opening_time_between(calendar, start, end)
    assert clock.between(end, start) == timedelta()
