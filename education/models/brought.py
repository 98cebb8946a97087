"""Pictures of a document that waits for an editor to say “Make the draft”."""

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone


class BroughtPictureManager(models.Manager):
    def keep(self, found):
        """A key to them, for a while; empty when there are none."""
        self.forget_old()
        if not found:
            return ""
        key = uuid.uuid4()
        self.bulk_create(self.model(key=key, number=number, **part) for number, part in enumerate(found))
        return str(key)

    def of(self, key):
        """[{"content", "alt"}] as they were kept; fewer than there were when their time is over."""
        return [
            {"content": bytes(row.content), "alt": row.alt}
            for row in (self.filter(key=key).order_by("number") if key else ())
        ]

    def forget_old(self):
        self.filter(at__lt=timezone.now() - self.model.KEPT_FOR).delete()


class BroughtPicture(models.Model):
    """Untrusted bytes that nothing opens or serves before they are taken into the library."""

    KEPT_FOR = timedelta(hours=9)  # longer than the page that speaks of them stays good

    key = models.UUIDField()
    number = models.PositiveSmallIntegerField()
    content = models.BinaryField()
    alt = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = BroughtPictureManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "number"], name="one_picture_of_a_number")]
        indexes = [models.Index(fields=["at"], name="brought_at")]

    def __str__(self):
        return f"Picture {self.number} of {self.key}"
