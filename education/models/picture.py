"""The picture library."""

from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import ProtectedError, Q

from .. import images
from .revision import Revision
from .state import PictureQuerySet, forget_states, showing


class Picture(models.Model):
    """A picture in the library: the upload is written anew at three widths and then forgotten."""

    title = models.CharField(max_length=120, help_text="For finding it again; patients do not see it.")
    decorative = models.BooleanField(
        default=False, help_text="It only decorates: a reader who cannot see it misses nothing."
    )
    alt = models.CharField(
        "text alternative",
        max_length=600,
        blank=True,
        help_text="What a reader who cannot see the picture must know. For a labeled figure: what the labels say.",
    )
    caption = models.CharField(max_length=300, blank=True)
    credit = models.CharField(max_length=120, blank=True)
    folder = models.CharField(max_length=60, editable=False, unique=True)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    widths = models.JSONField(editable=False)
    added_at = models.DateTimeField(auto_now_add=True, editable=False)

    objects = PictureQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(alt="") | Q(decorative=True),
                name="picture_has_alt_or_decorates",
                violation_error_message="Write a text alternative, or tick “decorative”.",
            )
        ]

    def __str__(self):
        return self.title

    @transaction.atomic
    def save(self, *args, **kwargs):
        """Renditions that this row has given up go too, once the change is certain, unless a revision shows them."""
        before = Picture.objects.filter(pk=self.pk).values_list("folder", "widths").first() if self.pk else None
        super().save(*args, **kwargs)
        forget_states(showing([self.pk]))
        if before and before[0] != self.folder:
            forget_renditions(*before)

    @transaction.atomic
    def delete(self, *args, **kwargs):
        """Refuses while a revision shows the picture: what was published stays whole."""
        if revisions := set(self.revisions()):
            raise ProtectedError("Published guides show this picture.", revisions)
        deleted = super().delete(*args, **kwargs)
        forget_renditions(self.folder, self.widths)
        return deleted

    def revisions(self):
        """All that was published with this picture on its page."""
        return Revision.objects.showing(self.folder).defer("data", "html", "text")

    def uses(self):
        """Where it is shown, for the editor: drafts, and what was published."""
        drafts = self.guides.model.objects.filter(Q(picture=self) | Q(sections__picture=self)).distinct()
        return [f"{guide} (draft)" for guide in drafts] + [str(revision) for revision in self.revisions()]

    def take(self, file):
        """Write the renditions of an uploaded file and remember where they are. Does not save the row.

        Raises ValidationError, in words for an editor, when the file is not a picture we take.
        """
        for name, value in images.write_renditions(file, default_storage).items():
            setattr(self, name, value)

    def as_data(self):
        """What a revision keeps: enough to show the picture when this row has changed."""
        return {
            "alt": "" if self.decorative else self.alt,
            "caption": self.caption,
            "credit": self.credit,
            "width": self.width,
            "height": self.height,
            "id": self.pk,
            "folder": self.folder,
            "widths": self.widths,
        }


def forget_renditions(folder, widths):
    """Deletes a picture's files once the transaction is certain, unless a revision shows them."""
    if not Revision.objects.showing(folder).exists():
        transaction.on_commit(lambda: images.delete_renditions(folder, widths, default_storage))
