"""Whom to call next, and why: the patient's own time of day, the promise, and what is to be read first.

Pure. A row is anything with pk, urgent_news, read_first, promised_by, clock_is_running, first_attempt_at, next_attempt_at and
best_time_to_call. What is to be read first and what is overdue always stands above what can wait.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum, IntEnum

from clinic.hours import Calendar, NeverOpen, next_opening

TIMES_OF_DAY = {
    "morning": (time(0), time(12)),
    "midday": (time(11), time(14)),
    "afternoon": (time(12), time.max),
}
LOOK_AHEAD = timedelta(days=14)  # a clinic that is closed for longer calls whenever it opens
ROOM_FOR_A_CALL = timedelta(hours=1)  # so much of the patient's own time must be left before the promise runs out
NEXT_TRY_AFTER = timedelta(days=1)  # where nobody said when


class Turn(IntEnum):
    URGENT_NEWS = 0
    READ_FIRST = 1
    OVERDUE = 2
    NOW = 3
    CAN_WAIT = 4


class Because(Enum):
    URGENT_NEWS = "unread words of the patient may be about an emergency"
    READ_FIRST = "to be read first"
    OVERDUE = "the promise has run out"
    AGAIN = "the time set for the next try has come"
    WISHED = "the patient asked for this time of day"
    PROMISE = "any time suits"
    NOT_THEN = "the promise runs out before the patient's own time, or too soon in it"
    NEVER_THEN = "the clinic is not open at the patient's own time"
    TRIED = "tried, and nobody said when to try again"
    LATER = "the patient's own time is still to come"


@dataclass(frozen=True)
class Place:
    """Where a row stands in the list, and why."""

    turn: Turn
    because: Because
    by: datetime  # the order within a turn
    window: tuple[datetime, datetime] | None = None  # the patient's own time: the one that runs, or the next


def in_order(rows, calendar: Calendar, now: datetime):
    """[(row, Place)], whom to call first at the front."""
    at = calling_time(calendar, now)
    windows = {time_of_day: next_window(calendar, time_of_day, at) for time_of_day in TIMES_OF_DAY}
    placed = [(row, place(row, windows, at, now)) for row in rows]
    return sorted(placed, key=lambda pair: (pair[1].turn, pair[1].by, pair[0].promised_by, pair[0].pk))


def calling_time(calendar: Calendar, now: datetime) -> datetime:
    """Now, or while the clinic is closed when it next opens: nobody is called at night."""
    try:
        return next_opening(calendar, now)
    except NeverOpen:
        return now


def next_window(calendar: Calendar, time_of_day: str, at: datetime):
    """(start, end) of the first opening time that suits: the one that runs, or the next. None within LOOK_AHEAD."""
    begins, ends = TIMES_OF_DAY[time_of_day]
    for opens, closes in calendar.intervals(at, at + LOOK_AHEAD):
        day = opens.astimezone(calendar.zone).date()
        start = max(opens, datetime.combine(day, begins, calendar.zone))
        end = min(closes, datetime.combine(day, ends, calendar.zone))
        if start < end and end > at:
            return start, end
    return None


def place(row, windows, at: datetime, now: datetime) -> Place:
    wished = row.best_time_to_call in TIMES_OF_DAY
    window = windows.get(row.best_time_to_call)
    if row.urgent_news:
        return Place(Turn.URGENT_NEWS, Because.URGENT_NEWS, row.promised_by, window)
    if row.read_first:
        return Place(Turn.READ_FIRST, Because.READ_FIRST, row.promised_by, window)
    if row.clock_is_running and row.promised_by < now:
        return Place(Turn.OVERDUE, Because.OVERDUE, row.promised_by, window)
    if row.next_attempt_at and row.next_attempt_at <= now:
        return Place(Turn.NOW, Because.AGAIN, row.next_attempt_at, window)
    if window and window[0] > at:
        start, _ = window
        if row.clock_is_running and start + ROOM_FOR_A_CALL > row.promised_by:
            return Place(Turn.NOW, Because.NOT_THEN, row.promised_by, window)
        return Place(Turn.CAN_WAIT, Because.LATER, start, window)
    if not row.clock_is_running:
        tried_at = row.first_attempt_at or row.promised_by
        return Place(Turn.NOW, Because.TRIED, max(row.promised_by, tried_at + NEXT_TRY_AFTER), window)
    if window:
        return Place(Turn.NOW, Because.WISHED, min(row.promised_by, window[1]), window)
    return Place(Turn.NOW, Because.NEVER_THEN if wished else Because.PROMISE, row.promised_by)
