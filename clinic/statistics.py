"""The statistics page: each picture with one sentence that says it, and the table behind it."""

from calendar import day_abbr

from django.core.exceptions import BadRequest
from django.utils.dateformat import format as date_format

from appointments.reports import BY_WEEK_FROM, SPANS, Span, arrivals, first_contact, guides, outcomes

from . import charts

DEFAULT_DAYS = "30"
TITLE_SHOWN = 46  # letters of a guide's title that fit above its bar


def statistics(days):
    """The page's context for so many days, as text from an address. Raises BadRequest."""
    if days not in map(str, SPANS):
        raise BadRequest("There is no such span.")
    span = Span.of(int(days))
    return {
        "span": span,
        "spans": [(number, f"?days={number}", number == span.days) for number in SPANS],
        **when_they_come(arrivals(span), span),
        **how_long_they_wait(first_contact(span)),
        **what_became_of_them(outcomes(span)),
        **what_they_had_read(*guides(span)),
    }


def when_they_come(found, span):
    by_week = span.days >= BY_WEEK_FROM
    counted = found.by_week() if by_week else found.by_day
    label = "D" if span.days == 7 else "M j"
    busiest = max(found.by_hour, key=found.by_hour.get, default=None)
    return {
        "total": found.total,
        "unit": "week" if by_week else "day",
        "days": [(day, count) for day, count in counted.items()],
        "days_chart": charts.columns([(date_format(day, label), count) for day, count in counted.items()]),
        "hours_chart": charts.heat(list(day_abbr), found.by_hour, lambda hour: f"{hour:02}:00"),
        "busiest": f"{day_abbr[busiest[0]]} {busiest[1]:02}:00" if busiest else "",
        "busiest_count": found.by_hour.get(busiest, 0),
    }


def how_long_they_wait(contact):
    shown = [row for row in contact.rows if row.called]
    bars = [(row.label, row.median, row.ninetieth, row.promise, in_words(row)) for row in shown]
    return {
        "contact": contact,
        "reaching": [
            (row, *(hours(amount) if row.reached else "–" for amount in (row.median, row.ninetieth)))
            for row in contact.reaching
            if row.called
        ],
        "waits": [(row, *in_words(row)) for row in shown],
        "waits_chart": charts.waits(
            [(label, *(seconds(amount) for amount in amounts), words) for label, *amounts, words in bars]
        ),
    }


def what_became_of_them(counted):
    shown = [(label, count) for label, count in counted if count]
    return {"outcomes": counted, "outcomes_chart": charts.rows(shown)}


def what_they_had_read(shown, others, without):
    titles = [(short(guide.title), guide.requests) for guide in shown]
    rest = [(label, count) for label, count in (("Other guides", others), ("No guide", without)) if count]
    return {
        "guides": shown,
        "guides_rest": rest,
        "guides_chart": charts.rows(titles + rest),
        "guides_total": sum(guide.requests for guide in shown) + others,
    }


def in_words(row):
    return hours(row.median), hours(row.ninetieth), hours(row.promise)


def hours(amount):
    """Opening time, short: '45 min', '3 h', '3 h 20 min'."""
    minutes = round(seconds(amount) / 60)
    full, rest = divmod(minutes, 60)
    if not full:
        return f"{rest} min"
    return f"{full} h {rest} min" if rest else f"{full} h"


def seconds(amount):
    return amount.total_seconds()


def short(title):
    return title if len(title) <= TITLE_SHOWN else f"{title[: TITLE_SHOWN - 1].rstrip()}…"
