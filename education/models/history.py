"""What became of a draft: each save, publishing, withdrawal and restore, each with the draft as it stood."""

import hashlib
import json

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format

from .keeping import Keeper

NOTE_LENGTH = 200


class Snapshot(Keeper):
    """A draft as it once stood: stored once, however often the draft comes back to it."""

    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="snapshots")
    digest = models.CharField(max_length=64)
    data = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["guide", "digest"], name="one_snapshot_of_a_draft")]

    def __str__(self):
        return f"{self.data['title']} ({self.digest[:8]})"

    def keeps_as(self):
        return "a saved draft", reverse("admin:education_guide_history", args=[self.guide_id])


class HistoryQuerySet(models.QuerySet):
    def newest_first(self):
        return self.select_related("by", "revision").defer(
            "revision__html", "revision__text", "revision__data", "snapshot__data"
        )

    def of_draft(self):
        return self.filter(is_of_draft=True)

    def by_hand(self):
        What = HistoryEntry.What
        return self.filter(what__in=[What.SAVED, What.RESTORED, What.IMPORTED])


class HistoryEntry(models.Model):
    """Added and never changed."""

    class What(models.TextChoices):
        SAVED = "saved", "Saved"
        FOUND = "found", "Found changed"
        RESTORED = "restored", "Restored"
        IMPORTED = "imported", "Imported"
        PUBLISHED = "published", "Published"
        WITHDRAWN = "withdrawn", "Withdrawn"
        SCHEDULED = "scheduled", "Scheduled"
        CANCELLED = "cancelled", "Schedule cancelled"
        REFUSED = "refused", "Not published"

    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="history")
    what = models.CharField(max_length=10, choices=What.choices)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="entries")
    # Whether the snapshot is the draft of that moment: what was scheduled a week ago may not be.
    is_of_draft = models.BooleanField(default=True)
    revision = models.ForeignKey("education.Revision", on_delete=models.CASCADE, null=True, related_name="+")

    objects = HistoryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "history entries"

    def __str__(self):
        return f"{self.name}, {self.when}"

    @property
    def when(self):
        return date_format(timezone.localtime(self.at), "M j, Y, P")

    @property
    def data(self):
        return self.snapshot.data

    @property
    def name(self):
        label = self.get_what_display()
        return f"{label} revision {self.revision.number}" if self.revision else label


class KeepsHistory(models.Model):
    class Meta:
        abstract = True

    @transaction.atomic
    def keep(self, *, by, what=HistoryEntry.What.SAVED, note="", revision=None, data=None):
        """Write into the history what was done, with the draft as it stands, or with `data` in its place.

        To be called in the transaction of what was done. Gives the entry; None for a save that changed nothing.
        """
        draft = self.as_data()
        snapshot = self.snapshot_of(draft if data is None else data)
        if what in UNLESS_THE_SAME and snapshot.pk == self.newest_snapshot():
            entry = None
        else:
            entry = self.history.create(
                what=what,
                by=by,
                note=note[:NOTE_LENGTH],
                snapshot=snapshot,
                revision=revision,
                is_of_draft=data is None or data == draft,
            )
        self.know_state(draft)
        return entry

    def keep_what_is_not_kept(self):
        """Before the draft is overwritten: what a program, or a picture's new text, has made of it stays to be found."""
        return self.keep(by=None, what=HistoryEntry.What.FOUND)

    def newest_snapshot(self):
        return self.history.of_draft().values_list("snapshot", flat=True).first()

    def snapshot_of(self, data):
        return self.snapshots.get_or_create(digest=digest_of(data), defaults={"data": data})[0]


UNLESS_THE_SAME = (HistoryEntry.What.SAVED, HistoryEntry.What.FOUND)


def digest_of(data):
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
