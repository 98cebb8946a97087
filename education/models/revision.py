"""Guides as they were published: what patients read."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone


class RevisionQuerySet(models.QuerySet):
    def showing(self, folder):
        """Revisions whose frozen page shows the picture of this folder."""
        return self.alias(raw=Cast("data", TextField())).filter(raw__contains=folder) if folder else self.none()


class Revision(models.Model):
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
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["guide", "number"], name="one_revision_of_a_number")]

    def __str__(self):
        return f"{self.title}, revision {self.number}"

    @property
    def is_overdue(self):
        """Whether a clinician should have read it again by now. Asked at each reading: a day begins without a publishing."""
        due = self.data["next_review"]
        return bool(due and self.data["last_reviewed"]) and date.fromisoformat(due) < timezone.localdate()

    @property
    def contents(self):
        """The sections of the first level, for the contents list: [{"anchor", "heading"}]."""
        return [section for section in self.data["sections"] if section["level"] == 2]
