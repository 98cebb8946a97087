"""Publishing and withdrawing at a time that was set. What goes live is the draft as it stood when it was scheduled."""

import logging

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateformat import format as date_format

from .history import HistoryEntry

logger = logging.getLogger("education.schedule")


class ScheduleQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=ScheduledStep.State.WAITING)

    def due(self, now=None):
        """In the order in which they should have happened: a worker that was away makes up for it."""
        return self.waiting().filter(at__lte=now or timezone.now()).order_by("at", "pk")

    def to_show(self):
        """What an editor must know of: what is to come, and what failed until somebody has seen to it."""
        return self.filter(state__in=[ScheduledStep.State.WAITING, ScheduledStep.State.FAILED]).order_by("at", "pk")

    def to_tell(self, now=None):
        return self.filter(mail_at__lte=now or timezone.now()).order_by("mail_at", "pk")

    def end(self, *, state, **facts):
        return self.update(state=state, ended_at=timezone.now(), **facts)


class ScheduledStep(models.Model):
    class What(models.TextChoices):
        PUBLISH = "publish", "Publish"
        WITHDRAW = "withdraw", "Withdraw"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"
        SEEN_TO = "seen_to", "Failed, and seen to"

    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="scheduled")
    what = models.CharField(max_length=10, choices=What.choices)
    at = models.DateTimeField()
    entry = models.ForeignKey(HistoryEntry, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    ended_at = models.DateTimeField(null=True)
    said = models.JSONField(default=list)  # why it failed: sentences
    mail_at = models.DateTimeField(null=True)  # when to tell its owner of that; none when told
    mail_attempts = models.PositiveSmallIntegerField(default=0)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["guide", "what"], condition=Q(state="waiting"), name="one_waiting_step_of_a_kind"
            )
        ]
        indexes = [
            models.Index(fields=["at"], condition=Q(state="waiting"), name="steps_that_wait"),
            models.Index(fields=["mail_at"], condition=Q(mail_at__isnull=False), name="steps_to_tell"),
        ]

    def __str__(self):
        return f"{self.get_what_display()} “{self.guide}” {said_of(self.at)}"

    @property
    def is_publishing(self):
        return self.what == self.What.PUBLISH

    @property
    def has_failed(self):
        return self.state == self.State.FAILED

    def carry_out(self):
        """Once, whoever else tries at the same moment. Whether it was done here and now."""
        try:
            with transaction.atomic():
                self.guide = self.guide.locked()
                if not self.claim():
                    return False
                self.take()
        except ValidationError as refusal:
            return self.fail(refusal.messages)
        except DatabaseError:
            raise  # it is still waiting, and the next round tries again
        except Exception as error:
            logger.exception("Scheduled step %s could not be carried out.", self.pk)
            return self.fail([f"Something went wrong on our side ({type(error).__name__}). The site’s log says more."])
        return True

    def claim(self):
        return ScheduledStep.objects.waiting().filter(pk=self.pk).end(state=self.State.DONE)

    def take(self):
        note = f"As scheduled for {said_of(self.at)}"
        if self.is_publishing:
            data = self.guide.frozen_as_of_today(self.entry.data)
            self.guide.publish(by=self.by, note=note, data=data)
        else:
            self.guide.withdraw(by=self.by, note=note, on_schedule=True)

    @transaction.atomic
    def fail(self, sentences):
        """Nothing was published; the owner is owed a mail. False, as carry_out() says it."""
        self.guide = self.guide.locked()
        mine = ScheduledStep.objects.waiting().filter(pk=self.pk)
        if mine.end(state=self.State.FAILED, said=sentences, mail_at=timezone.now()):
            note = f"Scheduled for {said_of(self.at)}: {sentences[0]}"
            self.guide.keep(by=self.by, what=HistoryEntry.What.REFUSED, note=note, data=self.entry.data)
        return False


class HasSchedule(models.Model):
    class Meta:
        abstract = True

    def locked(self):
        """The guide as it is stored, and nobody else moves it in this transaction."""
        return type(self).objects.select_for_update().get(pk=self.pk)

    def hold(self):
        """Nobody else moves the guide in this transaction; what was read before, perhaps while another saved it, is read anew."""
        self.refresh_from_db(from_queryset=type(self).objects.select_for_update())

    @transaction.atomic
    def schedule(self, what, *, at, by, note=""):
        """Publish the draft as it is saved now, or withdraw the guide, at that time; in place of what was scheduled so."""
        if at <= timezone.now():
            raise ValidationError("That time has passed. Choose a later one.")
        self.hold()
        self.end_scheduled(what)
        words = f"To be {DONE_TO_IT[what]} {said_of(at)}" + (f": {note}" if note else "")
        entry = self.keep(by=by, what=HistoryEntry.What.SCHEDULED, note=words)
        return self.scheduled.create(what=what, at=at, by=by, entry=entry)

    @transaction.atomic
    def cancel_scheduled(self, what, *, by):
        """Whether there was something to cancel; a failed step is seen to thereby."""
        self.hold()
        step = self.scheduled.filter(what=what).waiting().first()
        if step:
            words = f"Not to be {DONE_TO_IT[what]} {said_of(step.at)}"
            self.keep(by=by, what=HistoryEntry.What.CANCELLED, note=words)
        return bool(self.end_scheduled(what))

    def end_scheduled(self, *whats):
        steps, State = self.scheduled.filter(what__in=whats), ScheduledStep.State
        ended = steps.waiting().end(state=State.CANCELLED)
        return ended + steps.filter(state=State.FAILED).update(state=State.SEEN_TO, mail_at=None)


What = ScheduledStep.What
DONE_TO_IT = {What.PUBLISH: "published", What.WITHDRAW: "withdrawn"}


def said_of(moment):
    return date_format(timezone.localtime(moment), "D, M j, Y, P")  # may end in a full stop: “a.m.”
