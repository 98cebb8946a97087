"""“1 in 1,000” as something to look at: pure, no models.

Shown large, a wrong chance is worse than none: what is read here is one figure that stands for itself, whole.
"""

import re

from django.utils.formats import number_format
from django.utils.translation import pgettext

from .content import plain_text

SPACE = "[ \u00a0\u2009\u202f]"
NUMBER = rf"\d(?:[\d.,'’٬٫]*\d)?(?:{SPACE}\d{{3}}(?!\d))*"
WHOLE = re.compile(rf"\d{{1,9}}|\d{{1,3}}(?:([,.'’٬]|{SPACE})\d{{3}})(?:\1\d{{3}}){{0,2}}")  # grouped in one way only
ONE, NONE = ("one", "un", "una", "uno"), ("none", "nobody", "zero", "ninguno", "ninguna", "nadie", "cero")
TIMES = {
    **dict.fromkeys(("hundred", "cien"), 100),
    **dict.fromkeys(("thousand", "mil", "ألف", "آلاف"), 1_000),
    **dict.fromkeys(("million", "millón", "millones", "مليون", "ملايين"), 1_000_000),
}
CHANCE = re.compile(
    rf"(?<![\w.,'’٬٫])(?P<many>{NUMBER}|{'|'.join(ONE + NONE)}){SPACE}(?:in|out of|de cada|من كل){SPACE}(?:every{SPACE})?"
    rf"(?P<of>{NUMBER})(?:{SPACE}(?P<times>{'|'.join(TIMES)})\b)?",
    re.IGNORECASE,
)
TENS = (
    "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa"
)
LARGE = "|".join((*TIMES, "ciento", "billion", "trillion", "dozen", "billones", "مائة", "مئة", "مليار"))
OTHER_NUMBERS = (
    rf"\d|(?:{TENS}|{LARGE}|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|dos|tres|cuatro|cinco|seis|siete|ocho"
    rf"|nueve|diez|doce|quince|one|una?|uno)\b"
)
# With these before or after it, the figure says something else: its opposite, a bound, a range, a part of a number.
OTHERWISE_BEFORE = re.compile(
    rf"(?:[-‐‑–—−/+<>≤≥×]|\d{SPACE}*[-‐‑–—−]?{SPACE}+|\b(?:{TENS}|{LARGE})(?:{SPACE}(?:and|y))?{SPACE}+|"
    rf"(?:\d|{OTHER_NUMBERS}){SPACE}+(?:to|or|and|a|o|y|إلى|أو){SPACE}+|"
    r"\b(?:no|not(?: even)?|never|all but|all except|everyone but|ni|no es|menos|salvo|excepto|sino|half(?: of)?|times|twice|"
    r"(?:few|less|more|great|low|high|small|large|rar)(?:er)? than|under|below|over|above|up to|at (?:most|least)|maximum of|minimum of|"
    r"within|beyond|menos de|más de|menor (?:de|que|a)|mayor (?:de|que|a)|hasta|al menos|como (?:mucho|máximo|mínimo)|"
    rf"máximo|mínimo|لا|ليس|ليست|سوى|إلا|أقل من|أكثر من|حتى){SPACE}+(?:a |an |about |unos? )?)\Z",
    re.IGNORECASE,
)
OTHERWISE_AFTER = re.compile(
    rf"[\w%‰^]|[.,'’٬٫]\d|{SPACE}*[×^*/%‰]|{SPACE}*[-‐‑–—−]{SPACE}*\d|,?{SPACE}+\d|{SPACE}(?:{LARGE})\b|"
    rf",?{SPACE}(?:to|or|till|through|a|o|u|hasta|أو|إلى|حتى){SPACE}+"
    rf"(?:{OTHER_NUMBERS}|(?:more|less|fewer|higher|lower|rarer|más|menos|أكثر|أقل)\b)|"
    rf",?{SPACE}(?:at (?:most|least)|como (?:mucho|máximo|mínimo)|al menos)\b",
    re.IGNORECASE,
)
NEARBY = 60  # characters
MOST_DOTS = 1000  # more of them are a gray field, and say nothing
MOST_MARKED = 100
STEP = 10  # from one dot to the next, in the units of the drawing


def chance_of(body: str):
    """chance_in() what a section's HTML says; numbers in two cells of a table are two numbers."""
    return chance_in(plain_text(re.sub(r"</t[hd]>", "<br>", body)))


def chance_in(text: str):
    """{"says", "many", "of", "drawing"} of the one chance that a text gives; None where it gives none, or several, or one
    that these few lines may read wrongly.

    The drawing is None for a chance that is too small to be drawn.
    """
    found = {read(match) for match in CHANCE.finditer(text)}
    if len(found) != 1:
        return None
    many, of = found.pop()
    if not 0 < many < of:
        return None
    return {"says": in_words(many, of), "many": many, "of": of, "drawing": drawing(many, of)}


def read(match):
    """(many, of); (0, 0) for what says something else than the two numbers."""
    many, of = number(match["many"]), number(match["of"])
    start, end = match.span()
    before, after = match.string[max(0, start - NEARBY) : start], match.string[end : end + NEARBY]
    if not (many and of) or OTHERWISE_BEFORE.search(before) or OTHERWISE_AFTER.match(after):
        return 0, 0
    return many, of * TIMES.get((match["times"] or "").lower(), 1)


def number(written):
    """Its value; 0 for a fraction, or for what is grouped in no way of ours."""
    if written.lower() in ONE + NONE:
        return int(written.lower() in ONE)
    return int("".join(filter(str.isdecimal, written))) if WHOLE.fullmatch(written) else 0


def in_words(many, of):
    """In the language of the guide that is being published."""
    many, of = (number_format(part, force_grouping=True) if part >= 1000 else part for part in (many, of))
    return pgettext("a chance", "%(many)s in %(of)s") % {"many": many, "of": of}


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
