"""What was removed, when and by whom. No patient data: these rows outlive what they tell of."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac


class PurgeRun(models.Model):
    """One clearing away of what is kept no longer, or one that stopped itself before it touched anything."""

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )  # none for the worker
    day = models.DateField(null=True, blank=True)  # of a run that nobody asked for: one a day
    stopped = models.CharField(max_length=200, blank=True)  # why it touched nothing
    blanked = models.PositiveIntegerField("words removed", default=0)
    anonymized = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField("spam deleted", default=0)
    erased_again = models.PositiveIntegerField(default=0)

    EXPECTED_WITHIN = timedelta(days=2)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "removal by age"
        verbose_name_plural = "removals by age"
        constraints = [
            models.UniqueConstraint(
                fields=["day"], condition=Q(day__isnull=False), name="one_purge_of_its_own_accord_a_day"
            )
        ]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M}"


class Erasure(models.Model):
    """A tombstone: this request was erased, and is erased again if a backup brings it back."""

    request_number = models.PositiveBigIntegerField()  # its primary key, to find it by
    mark = models.CharField(max_length=64)  # a keyed hash of its reference, to know it by
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = verbose_name_plural = "a person’s data"  # what its page is about
        constraints = [models.UniqueConstraint(fields=["request_number", "mark"], name="one_tombstone_for_a_request")]

    def __str__(self):
        return f"Erasure {self.pk}"

    @classmethod
    def of(cls, appointment_request, *, by):
        return cls(request_number=appointment_request.pk, mark=mark_of(appointment_request.reference), by=by)


def mark_of(reference, key=None):
    return salted_hmac("appointments.Erasure", reference, secret=key, algorithm="sha256").hexdigest()


def marks_of(reference):
    """By the key that the site has, and by those that it had when others were erased."""
    return [mark_of(reference, key) for key in (None, *settings.SECRET_KEY_FALLBACKS)]
