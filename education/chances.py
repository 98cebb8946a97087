"""“1 in 1,000” as something to look at: pure, no models."""

import re

from django.utils.formats import number_format
from django.utils.translation import pgettext

CHANCE = re.compile(
    r"(?<![\d.,])(\d{1,3}|[Oo]ne|[Uu]n[oa]?) (?:in|out of|de cada|من كل) (?:every )?(\d{1,3}(?:[,.]\d{3})+|\d{1,7})(?![\d.]\d|\d|,\d)"
)
MOST_DOTS = 1000  # more of them are a gray field, and say nothing
MOST_MARKED = 100
STEP = 10  # from one dot to the next, in the units of the drawing


def chance_in(text: str):
    """{"says", "many", "of", "drawing"} of the one chance that a text gives; None where it gives none, or several.

    The drawing is None for a chance that is too small to be drawn.
    """
    found = {
        (int(many) if many.isdecimal() else 1, int(of.replace(",", "").replace(".", "")))
        for many, of in CHANCE.findall(text)
    }
    if len(found) != 1:
        return None
    many, of = found.pop()
    if not 0 < many < of:
        return None
    return {"says": in_words(many, of), "many": many, "of": of, "drawing": drawing(many, of)}


def in_words(many, of):
    """In the language of the guide that is being published."""
    grouped = number_format(of, force_grouping=True) if of >= 1000 else of
    return pgettext("a chance", "%(many)s in %(of)s") % {"many": many, "of": grouped}


def drawing(many, of):
    """A field of dots: its size, where the dots of a row and its rows stand, what the last row holds, the marked dots."""
    if of > MOST_DOTS or many > MOST_MARKED:
        return None
    columns = 10 if of <= 100 else 25 if of <= 500 else 40
    rows, rest = divmod(of, columns)
    first = rows // 2 * columns + columns // 2 if many == 1 and rows > 1 else 0  # one is not lost at the edge
    places = [divmod(at, columns) for at in range(first, first + many)]
    return {
        "width": columns * STEP,
        "height": (rows + bool(rest)) * STEP,
        "row": [middle(column) for column in range(min(columns, of))],
        "rows": [row * STEP for row in range(rows)],
        "last": [{"x": middle(column), "y": middle(rows)} for column in range(rest)],
        "marked": [{"x": middle(column), "y": middle(row)} for row, column in places],
    }


def middle(at):
    return at * STEP + STEP // 2
