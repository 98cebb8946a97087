"""The calendar file of an appointment, for the calendar of a phone. It holds nothing a patient wrote."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext
from icalendar import Calendar, Event

PRODUCER = "-//Clinic website//Appointments//EN"
ZONE_RULES_FOR = timedelta(days=366)  # before and after: enough for this appointment


def calendar_file(appointment_request, *, clinic, changed_at):
    """Bytes of an iCalendar file (RFC 5545). The same UID each time: a later file replaces an earlier one's entry.

    No METHOD: it is a plain file to keep and no invitation, which would ask patients to accept or decline by mail.
    """
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCER)
    calendar.add_component(event(appointment_request, clinic, changed_at))
    day = timezone.localdate(appointment_request.start)
    calendar.add_missing_timezones(first_date=day - ZONE_RULES_FOR, last_date=day + ZONE_RULES_FOR)
    return calendar.to_ical()


def event(appointment_request, clinic, changed_at):
    event = Event()
    event.add("uid", f"{appointment_request.reference}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("sequence", appointment_request.calendar_sequence)
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("dtstart", timezone.localtime(appointment_request.start))
    event.add("dtend", timezone.localtime(appointment_request.end))
    event.add("summary", gettext("Appointment at %(clinic)s") % {"clinic": clinic.name})
    event.add("location", ", ".join(filter(None, [appointment_request.place, *clinic.address.splitlines()])))
    event.add("status", "CANCELLED" if appointment_request.was_called_off else "CONFIRMED")
    event.add("class", "PRIVATE")  # a shared calendar shows others only that the time is taken
    return event
