"""Taking a step back: for a minute, by whoever took it, while nobody has been told of it."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from .delivery import Delivery

UNDO_FOR = timedelta(minutes=1)  # and for so long a message to the patient is held back
NEVER_GOES_BACK = {"calendar_sequence"}  # calendars on patients' phones take the higher number


class LastStepQuerySet(models.QuerySet):
    def lately(self):
        """Those that may be taken back still, newest first."""
        return self.filter(at__gt=timezone.now() - UNDO_FOR).select_related("request").order_by("-at")

    def of_a_claim(self, request):
        """A request that was given to somebody: once anybody claims it or gives it back, that is what counts."""
        return self.filter(request=request, before__has_key="claimed_until")


class LastStep(models.Model):
    """What a request's last step has changed. It may hold what a patient was told, so it is soon forgotten."""

    request = models.OneToOneField(
        "appointments.AppointmentRequest", on_delete=models.CASCADE, related_name="last_step"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(db_index=True)
    version = models.PositiveIntegerField()  # the request's, after the step
    before = models.JSONField()
    # What came with it
    status_change = models.ForeignKey(
        "appointments.StatusChange", on_delete=models.CASCADE, null=True, related_name="+"
    )
    attempt = models.ForeignKey("appointments.ContactAttempt", on_delete=models.CASCADE, null=True, related_name="+")
    dropped_news = models.JSONField(default=list)  # deliveries that were no longer true
    # Of a merge: the request that was kept
    kept_version = models.PositiveIntegerField(null=True)
    kept_before = models.JSONField(null=True)

    objects = LastStepQuerySet.as_manager()

    def __str__(self):
        return f"{self.request} {self.version}"

    @classmethod
    def remember(cls, appointment_request, *, by, before):
        facts = {"by": by, "at": timezone.now(), "version": appointment_request.version, "before": before}
        nothing_yet = {"status_change": None, "attempt": None, "dropped_news": [], "kept_version": None}
        cls.objects.update_or_create(request=appointment_request, defaults=facts | nothing_yet | {"kept_before": None})

    @classmethod
    def forget_old(cls):
        cls.objects.filter(at__lte=timezone.now() - UNDO_FOR).delete()

    @property
    def ends_at(self):
        return self.at + UNDO_FOR

    @property
    def what(self):
        """In words for the history and the button."""
        return str(self.attempt) if self.attempt else self.status_change.in_words if self.status_change else "Last step"

    def why_not(self, appointment_request, by):
        """Why it cannot be taken back, in words for staff; empty when it can."""
        if self.by_id != by.pk:
            return "Only whoever took the step can take it back."
        if self.version != appointment_request.version:
            return "The request has changed since. Look at it as it is now."
        if self.ends_at <= timezone.now():
            return "A step can be taken back for one minute. Take another step instead."
        if self.news().exclude(state=Delivery.State.WAITING).exists():
            return "The patient is being told by e-mail already. Take another step instead."
        return ""

    def news(self):
        """What the patient is told of it. The practice system may know of the step already: of the undoing it hears, too."""
        if self.status_change_id is None:
            return Delivery.objects.none()
        return Delivery.objects.filter(status_change=self.status_change_id, kind=Delivery.Kind.NEWS)

    def hold_back(self, *, by):
        """Nobody is told of the step, and what it made untrue is true again. False when somebody is being told by now."""
        owed = self.news().count()
        held = self.news().filter(state=Delivery.State.WAITING)
        if held.update(state=Delivery.State.DISMISSED, dismissed_by=by, last_error="The step was taken back.") != owed:
            return False
        Delivery.objects.filter(pk__in=self.dropped_news, state=Delivery.State.DISMISSED).update(
            state=Delivery.State.WAITING, next_attempt_at=timezone.now() + UNDO_FOR, last_error=""
        )
        return True


def snapshot(row, names):
    """{field: value} of these fields as JSON can hold it."""
    fields = [row._meta.get_field(name) for name in names if name not in NEVER_GOES_BACK]
    values = {field.attname: getattr(row, field.attname) for field in fields}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


def from_snapshot(row, before):
    return {name: row._meta.get_field(name).to_python(value) for name, value in before.items()}
