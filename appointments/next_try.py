"""When to call again: the moments that staff choose with one click. Pure: no model, no database."""

from datetime import datetime, time, timedelta

from clinic.hours import NeverOpen, is_open, next_opening

HOUR = timedelta(hours=1)
NOON, AFTERNOON = time(12), time(14)


def next_tries(calendar, now):
    """[(name, label, moment)]: in one hour, this afternoon, the next opening day; each only while the clinic is open then."""
    today = now.astimezone(calendar.zone).date()
    found = []
    if is_open(calendar, now + HOUR):
        found.append(("hour", "In 1 hour", now + HOUR))
    afternoon = opening_from(calendar, datetime.combine(today, AFTERNOON, calendar.zone))
    if afternoon and afternoon > now and afternoon.date() == today:
        found.append(("afternoon", "This afternoon", afternoon))
    tomorrow = today + timedelta(days=1)
    next_day = opening_from(calendar, datetime.combine(tomorrow, time(), calendar.zone))
    if next_day:
        found.append(("next-day", name_of(next_day, tomorrow), next_day))
    return found


def opening_from(calendar, moment):
    try:
        return next_opening(calendar, moment)
    except NeverOpen:
        return None


def name_of(moment, tomorrow):
    """'Tomorrow morning', 'Monday morning', 'Monday', or 'December 3' when it is not within a week."""
    if moment.date() >= tomorrow + timedelta(days=6):
        return f"{moment:%B} {moment.day}"
    day = "Tomorrow" if moment.date() == tomorrow else f"{moment:%A}"
    return f"{day} morning" if moment.time() < NOON else day
