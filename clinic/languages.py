"""The languages of the public site, and how each writes days, times, lists and numbers. No models.

In English as the house writes them, in all others as Django's formats say. docs/decisions/0027 says which digits.
"""

from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.dateparse import parse_date
from django.utils.formats import get_format
from django.utils.translation import get_language, get_language_bidi, gettext, pgettext

OURS = "en"
OUR_FORMATS = {"DATE_FORMAT": "F j, Y", "MONTH_DAY_FORMAT": "F j", "TIME_FORMAT": "P"}
LEFT_TO_RIGHT, END = "\u2066", "\u2069"  # around what keeps its order within a line that runs the other way


def is_ours(language=None):
    return (language or get_language() or OURS).partition("-")[0] == OURS


def written(value, name):
    return date_format(value, OUR_FORMATS[name] if is_ours() else get_format(name))


def day(value):
    """'March 3, 2026', of a date or of the ISO text that a revision keeps; empty for no value."""
    value = parse_date(value) if isinstance(value, str) else value
    return written(value, "DATE_FORMAT") if value else ""


def weekday(value):
    """'Tuesday, March 3'"""
    if not value:
        return ""
    parts = {"weekday": date_format(value, "l"), "day": written(value, "MONTH_DAY_FORMAT")}
    return pgettext("a day of the week and its date", "%(weekday)s, %(day)s") % parts


def clock(value):
    """'12:00 p.m.', of a time or of a moment in the clinic's time zone; empty for no value."""
    if not value:
        return ""
    return written(timezone.localtime(value) if hasattr(value, "tzinfo") and value.tzinfo else value, "TIME_FORMAT")


def moment(value):
    """'Tuesday, March 3 at 12:00 p.m.', in the clinic's time zone; empty for no value."""
    if not value:
        return ""
    value = timezone.localtime(value)
    return pgettext("a day and a time", "%(day)s at %(time)s") % {"day": weekday(value), "time": clock(value)}


def listed(parts):
    return pgettext("between the parts of a list", ", ").join(map(str, parts))


def isolated(text):
    """A telephone number, a reference: it keeps its order in a plain text that runs from right to left."""
    return f"{LEFT_TO_RIGHT}{text}{END}" if text and get_language_bidi() else str(text)


def in_words(yes):
    return gettext("Yes") if yes else gettext("No")
