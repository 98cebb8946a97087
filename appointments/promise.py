"""How much of the promised time is left, in the words and the colors of the desk."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from clinic.hours import Calendar, opening_time_between
from clinic.models import clinic_calendar

from .escalation import AMBER_AFTER, RED_AFTER
from .models import AppointmentRequest

SOON = 0.25  # amber when this share of the promised opening hours is left


@dataclass(frozen=True)
class Promises:
    """What is needed to judge many requests at one moment, asked of the database once."""

    calendar: Calendar
    now: datetime

    @classmethod
    def today(cls):
        return cls(clinic_calendar(), timezone.now())

    def of(self, appointment_request):
        return Promise(appointment_request, self)


@dataclass(frozen=True)
class Promise:
    appointment_request: AppointmentRequest
    among: Promises

    @property
    def left(self):
        return self.opening_time_since(self.among.now)

    @property
    def given(self):
        """All the opening time that there was, from receipt to promise."""
        return self.opening_time_since(self.appointment_request.promise_began_at)

    def opening_time_since(self, moment):
        return opening_time_between(self.among.calendar, moment, self.appointment_request.promised_by)

    @property
    def level(self):
        """'overdue' (red), 'soon' (amber), 'ok', or 'kept' once the clock has stopped."""
        if not self.appointment_request.clock_is_running:
            return "kept"
        if self.appointment_request.promised_by < self.among.now:
            return "overdue"
        return "soon" if self.left <= self.given * SOON else "ok"

    @property
    def unopened(self):
        """'late' (red) or 'soon' (amber) when nobody has opened the request for long, else ''."""
        row = self.appointment_request
        if row.first_opened_at or row.suspected_spam or not row.is_open:
            return ""
        waited = opening_time_between(self.among.calendar, row.created_at, self.among.now)
        return "late" if waited >= RED_AFTER else "soon" if waited >= AMBER_AFTER else ""

    @property
    def words(self):
        match self.level:
            case "overdue":
                return f"Overdue by {length(self.among.now - self.appointment_request.promised_by)}"
            case "soon" | "ok":
                return f"{length(self.left, 'opening ')} left"
        if self.appointment_request.contacted_at:
            return "Reached"
        return "Tried" if self.appointment_request.first_attempt_at else "No call due"


def age(moment, now=None):
    """How long ago, in plain words: 'just now', '25 minutes ago', '3 days ago'."""
    passed = (now or timezone.now()) - moment
    return "just now" if passed < timedelta(minutes=1) else f"{length(passed)} ago"


def length(amount, kind=""):
    """A timedelta in one plain unit: '1 minute', '3 hours', '2 days'; with a kind '3 opening hours', never days."""
    minutes = max(int(amount.total_seconds() // 60), 1)
    if minutes >= 24 * 60 and not kind:
        return plural(minutes // (24 * 60), "day")
    return plural(minutes // 60, f"{kind}hour") if minutes >= 60 else plural(minutes, f"{kind}minute")


def plural(count, unit):
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
