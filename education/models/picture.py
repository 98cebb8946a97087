"""The picture library."""

import secrets
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import F, ProtectedError, Q
from django.utils import timezone

from .. import images
from .keeping import KeptPicture, keepers, kept
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
    is_ready = models.BooleanField(default=True, editable=False)  # all renditions are written
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
        """With a new file its original is stored too, for the worker; files that this row has given up go, unless kept."""
        before = Picture.objects.filter(pk=self.pk).values_list("folder", "widths").first() if self.pk else None
        super().save(*args, **kwargs)
        if self.taken:
            content, first = self.taken
            facts = {"content": content, "folder": self.folder, "attempts": 0, "next_attempt_at": timezone.now()}
            Original.objects.update_or_create(picture=self, defaults=facts)
            folder, self.taken = self.folder, None
            # What fails here is made up for by the worker.
            transaction.on_commit(lambda: images.store(folder, first, default_storage), robust=True)
        forget_states(showing([self.pk]))
        if before and before[0] != self.folder:
            forget_renditions(*before)

    @transaction.atomic
    def delete(self, *args, **kwargs):
        """Refuses while anything that was published or saved shows the picture: it stays whole."""
        if lines := kept(folders=[self.folder], pictures=[self.pk]):
            raise ProtectedError("Published guides or saved drafts show this picture.", set(lines))
        deleted = super().delete(*args, **kwargs)
        forget_renditions(self.folder, self.widths)
        return deleted

    taken = None  # (the uploaded bytes, {file name: content} to be seen at once) until save()

    def take(self, file):
        """Judge an uploaded file and make its smallest rendition, for the editor to see at once. save() stores both.

        Raises ValidationError, in words for an editor, when the file is not a picture we take.
        """
        image = images.upright(file)
        for name, value in images.plan(image).items():
            setattr(self, name, value)
        self.folder, self.is_ready = f"pictures/{secrets.token_hex(8)}", False
        file.seek(0)
        self.taken = file.read(), {f"{self.widths[0]}.webp": images.rendition(image, self.widths[0], "webp")}

    @property
    def first_file(self):
        """The rendition that is there from the start."""
        return default_storage.url(f"{self.folder}/{self.widths[0]}.webp")

    def as_data(self):
        """What a revision keeps: enough to show the picture when this row has changed."""
        data = {
            "alt": "" if self.decorative else self.alt,
            "caption": self.caption,
            "credit": self.credit,
            "width": self.width,
            "height": self.height,
            "id": self.pk,
            "folder": self.folder,
            "widths": self.widths,
        }
        return data if self.is_ready else {**data, "is_pending": True}  # and no word of it once all is there


class OriginalQuerySet(models.QuerySet):
    def due(self):
        return self.filter(next_attempt_at__lte=timezone.now(), attempts__lt=Original.ATTEMPTS)


class Original(models.Model):
    """An uploaded file until the worker has written all its renditions. Nothing serves it, and then it is gone.

    In the database, so that it is stored with the picture's row or not at all. The row is the truth: a worker that dies
    leaves it, and after HOLD it is taken up again.
    """

    ATTEMPTS = 5
    HOLD = timedelta(minutes=2)  # longer than any picture we take needs

    picture = models.OneToOneField(Picture, on_delete=models.CASCADE)
    folder = models.CharField(max_length=60)  # which of the files that the picture had in its time
    content = models.BinaryField()
    added_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now, db_index=True)
    trouble = models.CharField(max_length=200, blank=True)

    objects = OriginalQuerySet.as_manager()

    def __str__(self):
        return f"The original of {self.picture_id}"

    def claim(self):
        """Whether it is ours for now: of two workers one gets it, and each try counts, even one that ends in a kill."""
        mine = Original.objects.due().filter(pk=self.pk, folder=self.folder)
        return mine.update(attempts=F("attempts") + 1, next_attempt_at=timezone.now() + self.HOLD) == 1

    @transaction.atomic
    def hand_over(self, files):
        """All renditions at once, if they are still wanted: until the last is written the original stays."""
        if not Original.objects.select_for_update().filter(pk=self.pk, folder=self.folder).exists():
            return  # the picture has another file by now, or is gone
        images.store(self.folder, files, default_storage)
        Picture.objects.filter(pk=self.picture_id, folder=self.folder).update(is_ready=True)
        self.delete()

    def mark_failed(self, error):
        Original.objects.filter(pk=self.pk, folder=self.folder).update(trouble=f"{type(error).__name__}: {error}"[:200])


def forget_renditions(folder, widths):
    """Deletes a picture's files once the transaction is certain, unless something frozen shows them."""
    if not kept(folders=[folder]):
        transaction.on_commit(lambda: images.delete_renditions(folder, widths, default_storage))


def uses_of(pictures):
    """Where each of these is shown, in a fixed number of queries: {pk: {"drafts": [guide], "live": […], "old": […]}}.

    "live" and "old" hold the lines of what is kept: published and read now, or published or saved before.
    """
    numbers, folders = {picture.pk for picture in pictures}, {picture.folder: picture.pk for picture in pictures}
    uses = {number: {"drafts": [], "live": [], "old": []} for number in numbers}
    shown = [(guide.picture_id, guide) for guide in related("guides").filter(picture__in=numbers)]
    sections = related("sections").filter(picture__in=numbers).select_related("guide")
    shown += [(section.picture_id, section.guide) for section in sections]
    for number, guide in dict.fromkeys(shown):
        uses[number]["drafts"].append(guide)
    for line in kept(folders=folders, pictures=numbers):
        is_live = line.keeper == "education.revision" and line.keeper_id == line.guide.live_revision_id
        for number in {folders.get(line.folder), line.picture_number} & numbers:
            place = uses[number]["live" if is_live else "old"]
            if line.address not in {other.address for other in place}:  # all saved drafts of a guide are one place
                place.append(line)
    return uses


def used():
    """A condition for pictures that a draft, a published page or anything saved before shows."""
    lines = KeptPicture.objects.filter(keeper__in=keepers())
    in_drafts = [Q(pk__in=related(name).exclude(picture=None).values("picture")) for name in ("guides", "sections")]
    return in_drafts[0] | in_drafts[1] | Q(pk__in=lines.values("picture_number")) | Q(folder__in=lines.values("folder"))


def related(name):
    """All guides, or all sections: their modules stand above this one."""
    return getattr(Picture, name).rel.related_model._default_manager.all()
