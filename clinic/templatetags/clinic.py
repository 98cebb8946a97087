"""How the site says a time, a day, a phone number and a field's name: one home for each, in every template."""

from django import template
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.dateparse import parse_date
from phonenumber_field.phonenumber import to_python

register = template.Library()


@register.filter
def moment(value):
    """'Tuesday, March 3 at 12:00 p.m.', in the clinic's time zone; empty for no value."""
    if not value:
        return ""
    value = timezone.localtime(value)
    return f"{date_format(value, 'l, F j')} at {date_format(value, 'P')}"


@register.filter
def day(value):
    """'March 3, 2026', of a date or of the ISO text that a revision keeps; empty for no value."""
    value = parse_date(value) if isinstance(value, str) else value
    return date_format(value, "F j, Y") if value else ""


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
    number = to_python(value)
    if not number or not number.is_valid():
        return value or ""
    return number.as_national if number.country_code == 1 else number.as_international


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
