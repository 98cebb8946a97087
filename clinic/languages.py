"""The languages of the public site: which page is in which, and how each writes days, times and lists. No models.

The address alone decides: /es/guides/ is Spanish, /guides/ and all of staff's pages are English. No cookie and no wish
of the browser does, because proxies and our own memory keep pages by their address. Days and times are in English as
the house writes them, in all others as Django's formats say. docs/decisions/0027 says why, and which digits.
"""

from django.conf import settings
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.dateparse import parse_date
from django.utils.formats import get_format
from django.utils.html import format_html
from django.utils.translation import get_language, get_language_bidi, get_language_info, gettext, override, pgettext
from phonenumber_field.phonenumber import to_python

OURS = "en"
OUR_FORMATS = {"DATE_FORMAT": "F j, Y", "MONTH_DAY_FORMAT": "F j", "TIME_FORMAT": "P"}
LEFT_TO_RIGHT, END = "\u2066", "\u2069"  # around what keeps its order within a line that runs the other way


def now():
    """The language of the page that is being made."""
    return get_language() or OURS


def offered():
    """Codes of the site's languages, ours first."""
    return [code for code, _ in settings.LANGUAGES]


def of_path(path):
    """The language of the page at a path of this site."""
    first = path.lstrip("/").partition("/")[0]
    return first if first != OURS and first in offered() else OURS


def name_of(code):
    """As those who speak it call it."""
    return get_language_info(code)["name_local"].capitalize()


def runs_leftward(code):
    return get_language_info(code)["bidi"]


def address(name, *args, language=None, **kwargs):
    """reverse() in a language."""
    with override(language or now()):
        return reverse(name, args=args, kwargs=kwargs)


def same_page(path, language):
    """The path of the same page in another language; the home page there when the site knows no such page."""
    try:
        with override(of_path(path)):
            found = resolve(path)
        with override(language):
            return reverse(found.view_name, args=found.args, kwargs=found.kwargs)
    except (Resolver404, NoReverseMatch):
        return address("home", language=language)


def LanguageOfTheAddress(get_response):
    """Before all that may answer: an error page, too, is in the language of its address."""

    def middleware(request):
        language = of_path(request.path_info)
        with override(language):
            response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware


def is_ours(language=None):
    return (language or now()).partition("-")[0] == OURS


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


def readable_phone(value):
    """'(212) 555-0142'; what no library can read as it was typed."""
    number = to_python(value)
    if not number or not number.is_valid():
        return value or ""
    return number.as_national if number.country_code == 1 else number.as_international


def said(thing, name, language=None):
    """What staff wrote there, in the page's language; where they have not, in ours and marked as such.

    `thing.words` are its rows in other languages; a list of things brings them along by with_words().
    """
    language = language or now()
    own = getattr(thing, name)
    if is_ours(language) or not own:
        return own
    return translated(thing, name, language) or marked_as_ours(own)


def translated(thing, name, language=None):
    """What staff wrote there in another language; empty where they have not."""
    rows = thing.words.all() if thing.pk else ()
    return next((getattr(row, name) for row in rows if row.language == (language or now())), "")


def marked_as_ours(text):
    """English within another language's page."""
    return format_html('<span lang="{}" dir="ltr">{}</span>', OURS, text)


def with_words(things, where="words"):
    """A queryset that brings what said() asks for; in our own language it asks for nothing."""
    return things if is_ours() else things.prefetch_related(where)


def in_words(yes):
    return gettext("Yes") if yes else gettext("No")
