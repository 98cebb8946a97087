"""What the doctor and the desk ask the database: all that is counted in one statement."""

from datetime import timedelta

from django.utils import timezone
from django.utils.functional import cached_property

from appointments import escalation
from appointments.arrangements import Arrangements
from appointments.models import AppointmentRequest, Delivery, PurgeRun, Recipient, WorkerHeartbeat
from appointments.models.counted import counted_together
from education.models import Letter, Original

from . import hours
from .backups import health
from .models import ClinicProfile, OpeningHours, Service

FEW = 10  # messages of each list; the rest is a link away
PICTURES_WITHIN = timedelta(minutes=10)
DECIDE_WITHIN = timedelta(hours=2)  # of opening time: whether a request is spam, before its promise runs out


class Facts(Arrangements):
    """As they are at one moment. `also` are lists that the asker wants counted along: {name: queryset}."""

    def __init__(self, *, profile=None, also=None):
        self.now = timezone.now()
        self.also = also or {}
        if profile is not None:
            self.profile = profile

    @cached_property
    def counts(self):
        """{name: Counted}"""
        return counted_together(self.of_the_doctor() | self.also)

    @cached_property
    def stuck(self):
        return list(Delivery.objects.oldest_stuck(FEW, self.now).with_whom())

    @property
    def in_trouble(self):
        """The oldest messages to staff that are stuck: the doctor says since when, the desk shows them."""
        return [delivery for delivery in self.stuck if delivery.recipient] if self.counts["in_trouble"] else []

    @property
    def patients_not_told(self):
        """The oldest to patients."""
        return (
            [delivery for delivery in self.stuck if not delivery.recipient] if self.counts["patients_not_told"] else []
        )

    @property
    def offers_something(self):
        return bool(self.counts["services"])

    @property
    def soon_in_opening_time(self):
        try:
            return hours.add_opening_time(self.calendar, self.now, DECIDE_WITHIN)
        except hours.NeverOpen:
            return self.now

    def of_the_doctor(self):
        now, near = self.now, WorkerHeartbeat.DEAD_AFTER
        beats, runs = WorkerHeartbeat.objects, PurgeRun.objects
        return {
            "workers": beats.filter(at__gt=now - near, at__lt=now + near),
            "workers_ahead": beats.filter(at__gt=now + near),
            "recipients": Recipient.objects.active(),
            "profile": ClinicProfile.objects.filter(pk=1),
            "opening_hours": OpeningHours.objects.all(),
            "services": Service.objects.offered(),
            "in_trouble": Delivery.objects.in_trouble(now),
            "to_staff": Delivery.objects.undelivered().to_staff(),
            "patients_not_told": Delivery.objects.patients_not_told(),
            "events_in_trouble": Delivery.objects.events_in_trouble(),
            "unopened_red": escalation.unopened_for(escalation.RED_AFTER, self.calendar, now),
            "unopened_amber": escalation.unopened_for(escalation.AMBER_AFTER, self.calendar, now),
            "suspected_due": AppointmentRequest.objects.suspected().filter(
                first_attempt_at=None, promised_by__lt=self.soon_in_opening_time
            ),
            "letters_in_trouble": Letter.objects.in_trouble(),
            "letters_given_up": Letter.objects.given_up(),
            "pictures": Original.objects.filter(added_at__lt=now - PICTURES_WITHIN),
            "removals_stopped": runs.filter(pk__in=runs.order_by("-at").values("pk")[:1]).exclude(stopped=""),
            "removals_lately": runs.filter(at__gt=now - PurgeRun.EXPECTED_WITHIN),
            **health.counted(now),
            "not_new": AppointmentRequest.objects.filter(created_at__lt=now - PurgeRun.EXPECTED_WITHIN),
        }
