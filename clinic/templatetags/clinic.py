"""How the site says a time, a day, a phone number and a field's name: one home for each, in every template."""

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.translation import get_language_bidi
from phonenumber_field.phonenumber import to_python

from .. import languages
from ..languages import clock, day, moment, readable_phone, weekday

register = template.Library()


for says in (moment, day, weekday, clock):
    register.filter(says.__name__, says)


@register.filter
def near(value):
    """A moment in few words, for staff: 'today 9:30 a.m.', 'Tue 9:30 a.m.' within six days, else 'Dec 3, 9:30 a.m.'"""
    if not value:
        return ""
    value = timezone.localtime(value)
    days = (value.date() - timezone.localdate()).days
    day = "today" if days == 0 else date_format(value, "D" if 0 < days <= 6 else "M j,")
    return f"{day} {date_format(value, 'P')}"


@register.filter
def stamp(value):
    """A moment to the second, for records: 'Nov 25, 2026, 14:03:09'; empty for no value."""
    return date_format(timezone.localtime(value), "M j, Y, H:i:s") if value else ""


@register.filter
def phone(value):
    """A number as people read it, '(212) 555-0142'; what no library can read is shown as it was typed."""
    return number(readable_phone(value))


@register.filter
def apart(value):
    """A title or a name within a sentence that may run the other way."""
    return format_html("<bdi>{}</bdi>", value) if value and get_language_bidi() else value


@register.filter
def number(value):
    """What is read from left to right in every language: a telephone number, a reference."""
    return format_html('<bdi dir="ltr">{}</bdi>', value) if value and get_language_bidi() else value


@register.filter
def tel(value):
    """The same number for a tel: link."""
    number = to_python(value)
    if number and number.is_valid():
        return number.as_rfc3966
    return "tel:" + "".join(character for character in str(value or "") if character in "+0123456789*#")


@register.filter
def who(user):
    """A member of staff as colleagues call them, or the words that say who else; empty for nobody."""
    if isinstance(user, str):
        return user
    return (user.get_full_name() or user.get_username()) if user else ""


@register.filter
def whole_address(path):
    """The whole address of a path of this site."""
    return f"{settings.SITE_URL}{path}"


@register.filter
def said(thing, name):
    """A text of staff's in the page's language, else in ours and marked so."""
    return languages.said(thing, name)


@register.simple_tag
def in_its_language(language):
    """The attributes of an element whose text is in another language than its page."""
    if language == languages.now():
        return ""
    return format_html(' lang="{}" dir="{}"', language, "rtl" if languages.runs_leftward(language) else "ltr")


@register.simple_tag(takes_context=True)
def languages_of_page(context):
    """[{"code", "name", "dir", "address", "query", "now"}]: the page in each language; [] where the site has one alone,
    and for the answer to a form, which no link brings back."""
    request = context.get("request")
    if request is None or len(languages.offered()) == 1:
        return []
    known = context.get("addresses_by_language") or {}
    query = f"?{query}" if (query := request.META.get("QUERY_STRING")) else ""
    return [
        {
            "code": code,
            "name": languages.name_of(code),
            "dir": "rtl" if languages.runs_leftward(code) else "ltr",
            "address": known.get(code) or languages.same_page(request.path, code),
            "query": query,
            "now": code == languages.now(),
        }
        for code in languages.offered()
    ]
