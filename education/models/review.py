"""The way of a draft to its readers: asked for a review, commented, signed off. What a Guide can do about it."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max, Min, Prefetch, Q
from django.utils import timezone

from .. import clinical
from .sign_off import DEFAULT_MONTHS, Contribution, NotSignable, SignOff


class ReviewRequest(models.Model):
    """An editor asks for a review; somebody is named, or whoever may sign takes it. Open until it ends."""

    class Ending(models.TextChoices):
        SIGNED = "signed", "Signed off"
        SENT_BACK = "sent_back", "Sent back with comments"
        TAKEN_BACK = "taken_back", "Taken back by the editor"

    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="review_requests")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="guide_reviews"
    )
    note = models.TextField(blank=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["guide"], condition=Q(ended_at=None), name="one_open_review_of_a_guide"),
            models.CheckConstraint(
                condition=Q(ending="", ended_at=None)
                | (Q(ending__in=["signed", "sent_back", "taken_back"]) & Q(ended_at__isnull=False)),
                name="a_review_ends_in_one_way",
            ),
        ]

    def __str__(self):
        return f"Review of {self.guide}"


class CommentQuerySet(models.QuerySet):
    def open(self):
        return self.filter(done_at=None)


class ReviewComment(models.Model):
    """What a reader of the draft says about one of its sections, or about the whole."""

    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="review_comments")
    section = models.ForeignKey("education.Section", on_delete=models.SET_NULL, null=True, related_name="+")
    heading = models.CharField(max_length=120, blank=True)  # of the section, as it was
    text = models.TextField()
    name = models.CharField(max_length=165)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    link = models.ForeignKey("education.PreviewLink", on_delete=models.SET_NULL, null=True, related_name="comments")
    at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.name} on {self.heading or self.guide}"

    def mark_done(self, *, by):
        type(self).objects.open().filter(pk=self.pk).update(done_at=timezone.now(), done_by=by)


class ReviewState(models.TextChoices):
    NOT_ASKED = "none", "Not signed off"
    IN_REVIEW = "in_review", "In review"
    SENT_BACK = "sent_back", "Sent back with comments"
    CHANGED = "changed", "Changed since it was signed"
    SIGNED = "signed", "Signed off"


class ReviewedQuerySet(models.QuerySet):
    """For GuideQuerySet."""

    def overdue(self):
        """What patients read although its review was due before today."""
        return self.filter(live_revision__isnull=False, next_review__lt=timezone.localdate())

    def in_review(self):
        return self.filter(pk__in=ReviewRequest.objects.filter(ended_at=None).values("guide"))

    def waiting_for(self, user):
        """What this person is asked to review, by name or as anybody who may."""
        asked = ReviewRequest.objects.filter(Q(reviewer=user) | Q(reviewer=None), ended_at=None)
        return self.filter(pk__in=asked.values("guide"))

    def with_review(self):
        """All that review_state says, in a fixed number of queries."""
        return self.prefetch_related(
            Prefetch("sign_offs", SignOff.objects.defer("data")),
            Prefetch("review_requests", ReviewRequest.objects.select_related("reviewer", "asked_by")),
        )


class Reviewed:
    """What a Guide can do about its review."""

    @property
    def last_sign_off(self):
        return next(iter(self.sign_offs.all()), None)

    @property
    def counting_sign_off(self):
        """The signature under the text as it is now: the last one, if nothing was changed since."""
        return self.sign_off_under(self.as_data()) if self.last_sign_off else None

    def sign_off_under(self, data):
        """The last one, if what was signed is what these data hold."""
        last = self.last_sign_off
        return last if last and last.digest == clinical.digest(data) else None

    @property
    def open_review(self):
        return next((asked for asked in self.review_requests.all() if asked.ended_at is None), None)

    @property
    def review_state(self):
        if self.open_review:
            return ReviewState.IN_REVIEW
        if self.counting_sign_off:
            return ReviewState.SIGNED
        asked = next(iter(self.review_requests.all()), None)
        if asked and asked.ending == ReviewRequest.Ending.SENT_BACK:
            return ReviewState.SENT_BACK
        return ReviewState.CHANGED if self.last_sign_off else ReviewState.NOT_ASKED

    def changes_since_sign_off(self):
        last = self.last_sign_off
        return clinical.changes(last.data, self.as_data()) if last else []

    # Authors

    def note_author(self, by):
        """Remember that this account has changed the draft. To be called when the change is saved, with count_edit()."""
        digest = clinical.digest(type(self).objects.get(pk=self.pk).as_data())
        newest = self.contributions.order_by("-version", "-pk").first()
        if newest is None or newest.digest != digest:
            facts = {"email": by.email.lower(), "version": self.edit_version, "digest": digest}
            Contribution.objects.update_or_create(guide=self, by=by, defaults=facts)

    def authors(self):
        """The contributions to the text as it is, the last first: since the sign-off before the last change."""
        newest = self.contributions.aggregate(last=Max("version"))["last"] or 0
        before = self.sign_offs.filter(edit_version__lt=newest).aggregate(last=Max("edit_version"))["last"] or 0
        return self.contributions.filter(version__gt=before).select_related("by").order_by("-version", "-pk")

    def bring_back_authors(self, data, at):
        """After a restore: who wrote what was restored, a text that stood in `data` at that time, is an author of it again.

        A contribution knows only its last save, so whoever has written since is taken for one, too. To be called after
        count_edit(), in the same transaction."""
        digest, now = clinical.digest(data), clinical.digest(type(self).objects.get(pk=self.pk).as_data())
        same = [kept.pk for kept in self.snapshots.all() if clinical.digest(kept.data) == digest]
        first = self.history.filter(snapshot__in=same).aggregate(first=Min("at"))["first"]
        signed = self.sign_offs.filter(at__lt=min(first or at, at)).exclude(digest=digest)
        since = Q(digest=digest)
        if before := signed.order_by("-edit_version", "-pk").first():
            version = before.edit_version
            since |= Q(version__gt=version) | (Q(version=version) & ~Q(digest=before.digest))  # a picture's new text
        else:
            since = Q()
        self.contributions.filter(since).update(version=self.edit_version, digest=now)

    def is_author(self, user=None, email=""):
        email = (user.email if user else email).lower()
        return any((user and each.by_id == user.pk) or (email and each.email == email) for each in self.authors())

    def reviewers(self):
        """The accounts that may sign it off."""
        may = get_user_model().objects.with_perm("education.sign_guide").filter(is_staff=True)
        authors = list(self.authors())
        mailboxes = {each.email for each in authors} - {""}
        others = may.exclude(pk__in=[each.by_id for each in authors if each.by_id]).order_by("first_name", "username")
        return [person for person in others if person.email.lower() not in mailboxes]

    # Verbs

    @transaction.atomic
    def ask_for_review(self, *, by, reviewer=None, note=""):
        """Asked again, it is the same request with another reviewer. Whoever is named gets a letter."""
        type(self).objects.select_for_update().get(pk=self.pk)
        self.end_review(ReviewRequest.Ending.TAKEN_BACK)
        asked = self.review_requests.create(asked_by=by, reviewer=reviewer, note=note)
        if reviewer:
            self.letters.create(kind="asked", review_request=asked)
        return asked

    def end_review(self, ending):
        self.review_requests.filter(ended_at=None).update(ending=ending, ended_at=timezone.now())

    @transaction.atomic
    def sign_off(self, *, name, role, by=None, link=None, months=DEFAULT_MONTHS, comment="", digest=None):
        """A clinician signs the draft as it is: `by` an account, or through a `link`. `digest` is of the text that they
        have read. Raises NotSignable."""
        guide = type(self).objects.select_for_update().get(pk=self.pk)
        data = guide.as_data()
        if digest is not None and digest != clinical.digest(data):
            raise NotSignable(
                "The draft was changed while you were reading. Read it once more: it is shown as it is now.", "changed"
            )
        if guide.is_author(by, link.email if link else ""):
            raise NotSignable("You have written in this text, so you cannot sign it off. Ask a colleague.", "author")
        author = guide.authors().first()
        today = timezone.localdate()
        signed = SignOff(
            guide=guide,
            edit_version=guide.edit_version,
            digest=clinical.digest(data),
            data=clinical.matter(data),
            author=author and author.by,
            author_email=author.email if author else "",
            signed_by=by,
            link=link,
            email=(by.email if by else link.email if link else "").lower(),
            name=name,
            role=role,
            reviewed_on=today,
            months=months,
            next_review=months_later(today, months) if 0 < months < 1200 else today,
            comment=comment,
        )
        try:
            signed.full_clean()
        except ValidationError as problem:
            raise NotSignable(problem.messages) from problem
        signed.save()
        guide.end_review(ReviewRequest.Ending.SIGNED)
        guide.follow_sign_off()
        self.refresh_from_db(fields=["reviewed_by", "last_reviewed", "next_review", "is_sample"])
        return signed

    def follow_sign_off(self):
        """Who reviewed it and when is what the last sign-off says; what a clinician has signed is no sample any more."""
        if last := self.sign_offs.first():
            self.reviewed_by, self.is_sample = last.signer, False
            self.last_reviewed, self.next_review = last.reviewed_on, last.next_review
            self.save(update_fields=["reviewed_by", "is_sample", "last_reviewed", "next_review"])


def months_later(day, months):
    """The same day of a later month, or the last day of it."""
    years, month = divmod(day.month - 1 + months, 12)
    first_of_next = (day.replace(year=day.year + years, month=month + 1, day=28) + timedelta(days=4)).replace(day=1)
    last = (first_of_next - timedelta(days=1)).day
    return day.replace(year=day.year + years, month=month + 1, day=min(day.day, last))
