"""Every message the site owes somebody: one row for each message and receiver, the truth about all mail."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from clinic.models import OpeningHours

LEASE = timedelta(minutes=2)  # a worker that holds a delivery for longer has died
FARTHEST_RETRY = timedelta(hours=1)  # a time beyond it was written by a clock that has been set back since
GIVE_UP_AFTER = timedelta(hours=72)
LATE_AFTER = timedelta(minutes=5)
TROUBLE_AFTER_ATTEMPTS = 3


class RecipientQuerySet(models.QuerySet):
    def active(self):
        return self.filter(active=True)


class Recipient(models.Model):
    """Somebody who is told of each new request."""

    name = models.CharField(max_length=100)
    email = models.EmailField("e-mail", unique=True)
    active = models.BooleanField(default=True, help_text="Untick to stop the mails without losing the history.")
    services = models.ManyToManyField(
        "clinic.Service",
        blank=True,
        related_name="recipients",
        help_text="Told of requests for these services alone. None chosen: of all.",
    )

    objects = RecipientQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class DutyHours(models.Model):
    """When a recipient is on duty. Somebody without any is always on duty; if nobody is, all are told."""

    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="duty_hours")
    weekday = models.PositiveSmallIntegerField(choices=OpeningHours.Weekday.choices)
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        ordering = ["weekday", "starts"]
        verbose_name = verbose_name_plural = "duty hours"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")),
                name="duty_ends_after_it_starts",
                violation_error_message="Duty must end after it starts. For a night, enter two rows.",
            )
        ]

    def __str__(self):
        return f"{self.get_weekday_display()} {self.starts:%H:%M}–{self.ends:%H:%M}"


class DeliveryQuerySet(models.QuerySet):
    def to_staff(self):
        return self.filter(recipient__isnull=False)

    def to_patients(self):
        return self.filter(recipient__isnull=True)

    def undelivered(self):
        """Everything that still owes somebody a message: what the desk shows until it is done or dismissed."""
        return self.filter(state__in=[Delivery.State.WAITING, Delivery.State.SENDING, Delivery.State.FAILED])

    def due(self, now=None):
        """To be sent now: waiting and due, or in the hands of a worker that died."""
        now = now or timezone.now()
        waiting = Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=now + 2 * FARTHEST_RETRY)
        dropped = Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * LEASE)
        return self.filter(Q(waiting, state=Delivery.State.WAITING) | Q(dropped, state=Delivery.State.SENDING))

    def in_trouble(self, now=None):
        """Red on the desk: given up, to be mended by a person, tried three times, or late by five minutes."""
        now = now or timezone.now()
        return self.undelivered().filter(
            Q(state=Delivery.State.FAILED)
            | Q(needs_help=True)
            | Q(attempts__gte=TROUBLE_AFTER_ATTEMPTS)
            | Q(created_at__lt=now - LATE_AFTER)
        )


class Delivery(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", "Waiting to be sent"
        SENDING = "sending", "Being sent"
        ACCEPTED = "accepted", "Accepted by the mail server"
        FAILED = "failed", "Given up"
        DISMISSED = "dismissed", "Dismissed"

    class Kind(models.TextChoices):
        REQUEST = "request", "New request"
        OVERDUE = "overdue", "Nobody has opened a request"
        DIGEST = "digest", "Daily digest"
        ACKNOWLEDGEMENT = "acknowledgement", "Confirmation to the patient"
        NEWS = "news", "News to the patient"

    TO_PATIENT = [Kind.ACKNOWLEDGEMENT, Kind.NEWS]

    kind = models.CharField(max_length=15, choices=Kind.choices, default=Kind.REQUEST)
    request = models.ForeignKey(
        "appointments.AppointmentRequest", on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries"
    )  # none for a digest
    recipient = models.ForeignKey(
        Recipient, on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries"
    )  # none for the patient, whose address stands in the request alone
    status_change = models.OneToOneField(
        "appointments.StatusChange", on_delete=models.CASCADE, null=True, blank=True, related_name="delivery"
    )  # which news
    day = models.DateField(null=True, blank=True)  # of a digest
    message_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # the same at each attempt
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True)  # whose turn it is; a worker that lost it cannot mark
    last_error = models.CharField(max_length=200, blank=True)
    needs_help = models.BooleanField(
        default=False
    )  # trying again will not mend it: an address, a password, a certificate
    accepted_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["state", "next_attempt_at"],
                name="delivery_due",
                condition=Q(state__in=["waiting", "sending", "failed"]),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "recipient", "kind"],
                condition=Q(recipient__isnull=False, request__isnull=False),
                name="one_delivery_for_a_request_and_recipient",
            ),
            models.UniqueConstraint(
                fields=["day", "recipient"], condition=Q(kind="digest"), name="one_digest_for_a_day_and_recipient"
            ),
            models.UniqueConstraint(
                fields=["request"], condition=Q(kind="acknowledgement"), name="one_acknowledgement_for_a_request"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["acknowledgement", "news"], recipient__isnull=True)
                | (~Q(kind__in=["acknowledgement", "news"]) & Q(recipient__isnull=False)),
                name="delivery_goes_to_staff_or_to_the_patient",
            ),
            models.CheckConstraint(
                condition=Q(kind="digest", request__isnull=True, day__isnull=False)
                | (~Q(kind="digest") & Q(request__isnull=False, day__isnull=True)),
                name="delivery_is_about_a_request_or_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(accepted_at__isnull=False), name="accepted_delivery_has_a_time"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.pk}"

    def claim(self):
        """Take this delivery for two minutes. False when it is not due or another worker was quicker."""
        now, lease = timezone.now(), uuid.uuid4()
        won = (
            Delivery.objects.due(now)
            .filter(pk=self.pk)
            .update(state=self.State.SENDING, lease=lease, lease_until=now + LEASE, attempts=F("attempts") + 1)
        )
        self.refresh_from_db()
        return bool(won)

    def mark_accepted(self):
        """The mail server has taken it. A no-op for a worker that lost its lease."""
        return self._mark(state=self.State.ACCEPTED, accepted_at=timezone.now(), last_error="", needs_help=False)

    def mark_refused(self, error, *, retry_in, needs_help=False):
        """It did not go out: try again after `retry_in`, or give up 72 hours after the request came."""
        now = timezone.now()
        given_up = now - self.created_at >= GIVE_UP_AFTER
        return self._mark(
            state=self.State.FAILED if given_up else self.State.WAITING,
            next_attempt_at=now + retry_in,
            last_error=error[:200],
            needs_help=needs_help,
        )

    def mark_not_needed(self):
        """The recipient was switched off since: nothing is owed any more."""
        return self._mark(state=self.State.DISMISSED, last_error="The recipient is no longer active.", needs_help=False)

    def send_again(self, *, by):
        """Somebody asks for another try, now."""
        now = timezone.now()
        Delivery.objects.undelivered().filter(pk=self.pk).exclude(state=self.State.SENDING, lease_until__gt=now).update(
            state=self.State.WAITING, next_attempt_at=now, lease=None, lease_until=None
        )

    def dismiss(self, *, by):
        """A named person takes it off the desk."""
        Delivery.objects.undelivered().filter(pk=self.pk).update(
            state=self.State.DISMISSED, dismissed_by=by, lease=None
        )

    def _mark(self, **facts):
        held = Delivery.objects.filter(pk=self.pk, lease=self.lease, state=self.State.SENDING)
        return bool(held.update(lease=None, lease_until=None, **facts))


class WorkerHeartbeat(models.Model):
    """When a worker last said that it lives."""

    DEAD_AFTER = timedelta(minutes=2)

    worker = models.CharField(max_length=80, unique=True)
    at = models.DateTimeField()

    def __str__(self):
        return self.worker

    @classmethod
    def beat(cls, worker):
        now = timezone.now()
        cls.objects.update_or_create(worker=worker, defaults={"at": now})
        cls.objects.filter(at__lt=now - timedelta(days=1)).delete()

    @classmethod
    def any_alive(cls):
        return cls.objects.filter(at__gt=timezone.now() - cls.DEAD_AFTER).exists()
