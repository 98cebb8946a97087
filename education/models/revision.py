"""Guides as they were published: what patients read."""

from datetime import date

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from .keeping import Keeper

WORDS_A_MINUTE = 180


class Revision(Keeper):
    """A guide as it was published: frozen. The public page is this one row."""

    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    topic = models.ForeignKey("education.Topic", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    summary = models.TextField()
    picture = models.JSONField(null=True)
    data = models.JSONField()
    html = models.TextField()
    text = models.TextField()
    words = models.JSONField(
        default=list
    )  # of the glossary, as they were explained then: [{"term", "meaning", "anchor"}]
    related = models.JSONField(default=list)  # numbers of the guides that were chosen; empty for those of its topic
    # The signature under this very text; without one nobody is shown as its reviewer, whatever `data` says.
    sign_off = models.ForeignKey("education.SignOff", on_delete=models.PROTECT, null=True, related_name="+")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    LONG = ("data", "html", "text")

    class Meta:
        ordering = ["-number"]
        indexes = [models.Index(fields=["topic", "-id"], name="newest_of_a_topic")]
        constraints = [models.UniqueConstraint(fields=["guide", "number"], name="one_revision_of_a_number")]

    def __str__(self):
        return f"{self.title}, revision {self.number}"

    def keeps_as(self):
        address = reverse("admin:education_guide_preview_revision", args=[self.guide_id, self.number])
        return f"revision {self.number}", address

    @property
    def minutes(self):
        """How long it takes to read all of it, at the pace of somebody who reads a second language."""
        return max(1, round(len(self.text.split()) / WORDS_A_MINUTE))

    @property
    def is_overdue(self):
        """Whether a clinician should have read it again by now. Asked at each reading: a day begins without a publishing."""
        due = self.review and self.review["due"]
        return bool(due) and date.fromisoformat(due) < timezone.localdate()

    @property
    def review(self):
        """Who reviewed it, when, and until when that holds: {"by", "on", "due"}; None for what no clinician has signed."""
        if self.sign_off_id is None:
            return None
        return {"by": self.data["reviewed_by"], "on": self.data["last_reviewed"], "due": self.data["next_review"]}

    @property
    def contents(self):
        """The sections of the first level, for the contents list: [{"anchor", "heading"}]."""
        return [section for section in self.data["sections"] if section["level"] == 2]
