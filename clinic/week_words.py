"""Opening hours as people write them: "Mon-Fri 8:30-12:30 13:15-17:00, Sat 9-12". Pure."""

import re
from datetime import time
from itertools import pairwise

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WHOLE = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SPAN = re.compile(r"(\d{1,2})(?::(\d\d))?-(\d{1,2})(?::(\d\d))?")


class NotUnderstood(ValueError):
    """Says what could not be read and what to write instead."""


def week_from(words):
    """[(weekday, opens, closes)], Monday is 0. Raises NotUnderstood."""
    found = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;\n]", dashed(words)))):
        days, _, spans = part.partition(" ")
        times = [span_of(span) for span in spans.split()]
        if not times:
            raise NotUnderstood(f"“{part}” names no times. Write: Mon-Fri 9:00-17:00")
        found += [(day, opens, closes) for day in days_of(days) for opens, closes in times]
    if not found:
        raise NotUnderstood("Write at least one day, such as: Mon-Fri 9:00-17:00")
    found.sort()
    for one, other in pairwise(found):
        if one[0] == other[0] and other[1] < one[2]:
            raise NotUnderstood(f"{DAYS[one[0]]} has hours that overlap.")
    return found


def dashed(words):
    """With one kind of dash, and none that stands alone."""
    return re.sub(r"\s*[-–—]\s*", "-", words)


def days_of(words):
    first, _, last = words.partition("-")
    start, end = number_of(first), number_of(last or first)
    if end < start:
        raise NotUnderstood(f"“{words}” runs backwards. Write two parts, such as: Sat 9-12, Mon 9-17")
    return range(start, end + 1)


def number_of(day):
    for number, name in enumerate(WHOLE):
        if len(day) >= 3 and name.startswith(day.lower()):
            return number
    raise NotUnderstood(f"“{day}” is no day. Write Mon, Tue, Wed, Thu, Fri, Sat or Sun.")


def span_of(words):
    if not (known := SPAN.fullmatch(words)):
        raise NotUnderstood(f"“{words}” is no span of time. Write 9-17 or 8:30-12:30, by the 24-hour clock.")
    try:
        opens, closes = time(int(known[1]), int(known[2] or 0)), time(int(known[3]), int(known[4] or 0))
    except ValueError:
        raise NotUnderstood(f"“{words}” is no span of time within one day.") from None
    if closes <= opens:
        raise NotUnderstood(f"“{words}” closes before it opens. For a night, write two parts.")
    return opens, closes


def words_of(week):
    """The words for [(weekday, opens, closes)]; week_from() reads them back."""
    by_day = {}
    for day, opens, closes in sorted(week):
        by_day.setdefault(day, []).append(f"{opens:%H:%M}-{closes:%H:%M}")
    return ", ".join(f"{DAYS[day]} {' '.join(spans)}" for day, spans in by_day.items())
