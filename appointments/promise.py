"""How much of the promised time is left, in the words and the colors of the desk."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from clinic.hours import Calendar, opening_time_between
from clinic.models import ClinicProfile, clinic_calendar

from .models import AppointmentRequest

SOON = 0.25  # amber when this share of the promised opening hours is left


@dataclass(frozen=True)
class Promises:
    """What is needed to judge many requests at one moment, asked of the database once."""

    calendar: Calendar
    promise: timedelta
    now: datetime

    @classmethod
    def today(cls):
        return cls(clinic_calendar(), ClinicProfile.objects.current().promise, timezone.now())

    def of(self, appointment_request):
        return Promise(appointment_request, self)


@dataclass(frozen=True)
class Promise:
    appointment_request: AppointmentRequest
    among: Promises

    @property
    def left(self):
        return opening_time_between(self.among.calendar, self.among.now, self.appointment_request.promised_by)

    @property
    def level(self):
        """'overdue' (red), 'soon' (amber), 'ok', or 'kept' once the clock has stopped."""
        if not self.appointment_request.clock_is_running:
            return "kept"
        if self.appointment_request.promised_by < self.among.now:
            return "overdue"
        return "soon" if self.left <= self.among.promise * SOON else "ok"

    @property
    def words(self):
        match self.level:
            case "overdue":
                return f"Overdue by {length(self.among.now - self.appointment_request.promised_by)}"
            case "soon" | "ok":
                return f"{length(self.left)} of opening time left"
        if self.appointment_request.contacted_at:
            return "Reached"
        return "Tried" if self.appointment_request.first_attempt_at else "No call due"


def age(moment, now=None):
    """How long ago, in plain words: 'just now', '25 minutes ago', '3 days ago'."""
    passed = (now or timezone.now()) - moment
    return "just now" if passed < timedelta(minutes=1) else f"{length(passed)} ago"


def length(amount):
    """A timedelta in one plain unit: '1 minute', '3 hours', '2 days'."""
    minutes = max(int(amount.total_seconds() // 60), 1)
    for unit, size in (("day", 24 * 60), ("hour", 60)):
        if minutes >= 2 * size or (minutes >= size and unit == "hour"):
            return plural(minutes // size, unit)
    return plural(minutes, "minute")


def plural(count, unit):
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
