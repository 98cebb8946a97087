"""What the site owes somebody by e-mail about a guide: a row for each letter, so that none is forgotten or sent twice."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

LEASE = timedelta(minutes=2)  # who holds a letter for longer has died
RETRIES = (30, 60, 300, 900, 3600)  # seconds; the last again and again
GIVE_UP_AFTER = timedelta(hours=72)
TROUBLE_AFTER_ATTEMPTS = 3


def mailbox(person):
    return person.email if person and person.is_active else ""


def publishers():
    """The mailboxes of all who may publish guides."""
    people = get_user_model().objects.with_perm("education.publish_guide", backend=settings.AUTHENTICATION_BACKENDS[0])
    return sorted({person.email for person in people if person.email})


class LetterQuerySet(models.QuerySet):
    def due(self):
        now = timezone.now()
        return self.filter(
            Q(state=Letter.State.WAITING, next_attempt_at__lte=now)
            | Q(state=Letter.State.SENDING, lease_until__lte=now)
        )

    def owed(self):
        return self.filter(state__in=[Letter.State.WAITING, Letter.State.SENDING, Letter.State.FAILED])

    def given_up(self):
        return self.filter(state=Letter.State.FAILED)

    def in_trouble(self):
        """Given up, or refused again and again."""
        on_the_way = Q(state__in=[Letter.State.WAITING, Letter.State.SENDING])
        return self.filter(Q(state=Letter.State.FAILED) | on_the_way & Q(attempts__gte=TROUBLE_AFTER_ATTEMPTS))


class Letter(models.Model):
    class Kind(models.TextChoices):
        SOON = "soon", "A review is due in 30 days"
        DUE = "due", "A review is due"
        OVERDUE = "overdue", "A review is overdue"
        ASKED = "asked", "Asked for a review"
        LINK = "link", "Link to a draft"

    class State(models.TextChoices):
        WAITING = "waiting", "On its way"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        DROPPED = "dropped", "No longer true"
        FAILED = "failed", "Given up"

    REMINDERS = (Kind.SOON, Kind.DUE, Kind.OVERDUE)

    kind = models.CharField(max_length=7, choices=Kind.choices)
    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="letters")
    next_review = models.DateField(null=True)  # that a reminder speaks of
    day = models.DateField(null=True)  # for which a reminder was owed
    review_request = models.OneToOneField(
        "education.ReviewRequest", on_delete=models.CASCADE, null=True, related_name="letter"
    )
    link = models.OneToOneField("education.PreviewLink", on_delete=models.CASCADE, null=True, related_name="letter")
    message_id = models.UUIDField(default=uuid.uuid4, unique=True)  # the same at each attempt
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["guide", "next_review", "day"], name="one_reminder_of_a_day"),
            models.CheckConstraint(
                condition=Q(kind__in=["soon", "due", "overdue"], next_review__isnull=False, day__isnull=False)
                | Q(kind="asked", review_request__isnull=False)
                | Q(kind="link", link__isnull=False),
                name="a_letter_knows_its_matter",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state__in=["waiting", "sending"]), name="letter_due"),
            models.Index(fields=["state"], name="letter_state"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.guide}"

    @property
    def to(self):
        """The mailbox it goes to, of whoever may publish where a guide has no owner; empty when there is nobody."""
        if self.kind == self.Kind.LINK:
            return self.link.email
        if self.kind == self.Kind.ASKED:
            return mailbox(self.review_request.reviewer)
        return mailbox(self.guide.owner) or ", ".join(publishers())

    @property
    def receivers(self):
        return [self.to] if self.kind == self.Kind.LINK else self.to.split(", ")

    def is_still_true(self):
        if not self.to:
            return False
        if self.kind == self.Kind.LINK:
            return self.link.is_usable
        if self.kind == self.Kind.ASKED:
            return self.review_request.ended_at is None
        newer = self.guide.letters.filter(next_review=self.next_review, day__gt=self.day)
        return self.guide.is_live and self.guide.next_review == self.next_review and not newer.exists()

    def claim(self):
        """True when the letter is ours to send, for a while."""
        lease = uuid.uuid4()
        claimed = (
            type(self)
            .objects.due()
            .filter(pk=self.pk)
            .update(
                state=self.State.SENDING,
                lease=lease,
                lease_until=timezone.now() + LEASE,
                attempts=F("attempts") + 1,
            )
        )
        if claimed:
            self.refresh_from_db()
        return bool(claimed) and self.lease == lease

    def mark(self, state, **facts):
        """What became of it, unless another worker has it by now."""
        mine = type(self).objects.filter(pk=self.pk, state=self.State.SENDING, lease=self.lease)
        return bool(mine.update(state=state, lease=None, lease_until=None, **facts))

    def mark_sent(self):
        return self.mark(self.State.SENT, sent_at=timezone.now(), last_error="")

    def mark_refused(self, error):
        now = timezone.now()
        given_up = now - self.created_at > GIVE_UP_AFTER
        wait = timedelta(seconds=RETRIES[min(self.attempts, len(RETRIES)) - 1])
        state = self.State.FAILED if given_up else self.State.WAITING
        return self.mark(state, next_attempt_at=now + wait, last_error=error[:200])

    def send_again(self, *, by):
        """Somebody asks for another try, now. What a worker holds it sends anyway."""
        now = timezone.now()
        mine = type(self).objects.owed().filter(pk=self.pk).exclude(state=self.State.SENDING, lease_until__gt=now)
        return bool(mine.update(state=self.State.WAITING, next_attempt_at=now, lease=None, lease_until=None))

    def dismiss(self, *, by):
        """A person says that it need not go out any more."""
        mine = type(self).objects.owed().filter(pk=self.pk)
        return bool(mine.update(state=self.State.DROPPED, lease=None, lease_until=None))
