"""Opening-hours arithmetic: pure, no ORM, no settings. Property-tested, daylight-saving days included.

All moments are aware datetimes; amounts are timedeltas of real (elapsed) time while the clinic is open.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

LOOK_AHEAD = timedelta(days=400)
OFFICE_WEEK = {weekday: ((time(9), time(17)),) for weekday in range(5)}


class NeverOpen(Exception):
    """The clinic does not open often enough within 400 days to count the time."""


@dataclass(frozen=True)
class Calendar:
    """When the clinic is open: wall times for each weekday (Monday is 0) and closed days, in one time zone."""

    zone: ZoneInfo
    week: Mapping[int, Sequence[tuple[time, time]]]
    closures: Sequence[tuple[date, date]] = field(default=())  # first and last closed day, both included

    def opens_on(self, day: date) -> bool:
        return not any(first <= day <= last for first, last in self.closures) and bool(self.week.get(day.weekday()))

    def is_a_day(self, day: date) -> bool:
        """False for one that was left out, as on an island that moved over the date line."""
        return datetime.combine(day, time(12), self.zone).astimezone(UTC).astimezone(self.zone).date() == day

    def intervals(self, start: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Opening intervals that end after `start` and begin before `until`, in order, as UTC moments."""
        day = start.astimezone(self.zone).date()
        while datetime.combine(day, time(), self.zone).astimezone(UTC) < until:
            if self.opens_on(day) and self.is_a_day(day):
                for opens, closes in sorted(self.week[day.weekday()]):
                    begin = datetime.combine(day, opens, self.zone).astimezone(UTC)
                    end = datetime.combine(day, closes, self.zone).astimezone(UTC)
                    # A day that skips an hour can turn an interval round; nobody is there in it.
                    if begin < end and end > start and begin < until:
                        yield begin, end
            day += timedelta(days=1)


def opening_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """How long the clinic is open between two moments; zero when `end` is not after `start`."""
    total = timedelta()
    for opens, closes in calendar.intervals(start, end):
        total += min(closes, end) - max(opens, start)
    return total


def add_opening_time(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """The moment when the clinic will have been open for `amount` since `start`, in the clinic's zone.

    Raises NeverOpen when that is more than 400 days away.
    """
    left = amount
    for opens, closes in calendar.intervals(start, start + LOOK_AHEAD):
        opens = max(opens, start)
        if closes - opens >= left:
            return (opens + left).astimezone(calendar.zone)
        left -= closes - opens
    raise NeverOpen


def subtract_opening_time(calendar: Calendar, end: datetime, amount: timedelta) -> datetime:
    """The last moment since which the clinic has been open for `amount` until `end`.

    When that is more than 400 days away: 400 days ago, because what is older than that is late by any clock.
    """
    left = amount
    for opens, closes in reversed(list(calendar.intervals(end - LOOK_AHEAD, end))):
        closes = min(closes, end)
        if closes - opens >= left:
            return (closes - left).astimezone(calendar.zone)
        left -= closes - opens
    return end - LOOK_AHEAD


def is_open(calendar: Calendar, at: datetime) -> bool:
    return any(opens <= at < closes for opens, closes in calendar.intervals(at, at + timedelta(days=1)))


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """When the clinic is next open: `at` itself while it is. Raises NeverOpen after 400 days."""
    return add_opening_time(calendar, at, timedelta())


class OpeningClock:
    """A clock that runs only while the clinic is open: for many differences within one span, each found by halving."""

    def __init__(self, calendar: Calendar, start: datetime, until: datetime):
        self.intervals = list(calendar.intervals(start, until))
        self.begins = [opens for opens, _ in self.intervals]
        self.before = list(accumulate((closes - opens for opens, closes in self.intervals), initial=timedelta()))

    def at(self, moment: datetime) -> timedelta:
        """What it shows at a moment of the span."""
        index = bisect_right(self.begins, moment) - 1
        if index < 0:
            return timedelta()
        opens, closes = self.intervals[index]
        return self.before[index] + min(moment, closes) - opens

    def between(self, start: datetime, end: datetime) -> timedelta:
        """As opening_time_between()."""
        return max(self.at(end) - self.at(start), timedelta())
