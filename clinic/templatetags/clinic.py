"""How the site says a time, a day, a phone number and a field's name: one home for each, in every template."""

from django import template
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.translation import get_language_bidi
from phonenumber_field.phonenumber import to_python

from ..languages import clock, day, moment, weekday

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
def words(name):
    """A field's name for people: 'best_time_to_call' is 'Best time to call'."""
    return str(name).replace("_", " ").capitalize()


@register.filter
def phone(value):
    """A number as people read it, '(212) 555-0142'; what no library can read is shown as it was typed."""
    return number(readable(value))


def readable(value):
    parsed = to_python(value)
    if not parsed or not parsed.is_valid():
        return value or ""
    return parsed.as_national if parsed.country_code == 1 else parsed.as_international


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
