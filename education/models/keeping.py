"""What names a picture's files: asked here and nowhere else, before any of them may go."""

from django.db import models
from django.db.models import Q

from ..content import pictures_in


class KeptPicture(models.Model):
    """A picture's files, as the frozen data of one keeper name them: a line of an index, written by the keeper."""

    folder = models.CharField(max_length=60, db_index=True)
    picture_number = models.BigIntegerField(db_index=True)  # no foreign key: data outlive the row they name
    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="+")
    keeper = models.CharField(max_length=40)
    keeper_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["keeper", "keeper_id", "folder"], name="one_line_for_a_kept_picture")
        ]

    def __str__(self):
        return f"{self.folder} in {self.keeper} {self.keeper_id}"

    @property
    def in_words(self):
        """What keeps it, as its keeper says it; set by kept()."""
        return self.said[0]

    @property
    def address(self):
        return self.said[1]


class Keeper(models.Model):
    """A model with a `guide` whose `data` are what Guide.as_data() gave: its pictures are never deleted.

    Whatever else comes to hold such data says so by inheriting this. bulk_create() goes past save(): call keep_pictures().
    """

    LONG = ("data",)  # what is left in the database when only keeps_as() is asked

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        self.keep_pictures()

    def keeps_as(self):
        """(what it is in the editor's words, the address where it can be looked at)"""
        raise NotImplementedError

    def keep_pictures(self):
        kept = {picture["folder"]: picture["id"] for picture in pictures_in(self.data)}
        KeptPicture.objects.bulk_create(
            (
                KeptPicture(
                    folder=folder,
                    picture_number=number,
                    guide_id=self.guide_id,
                    keeper=self._meta.label_lower,
                    keeper_id=self.pk,
                )
                for folder, number in kept.items()
            ),
            ignore_conflicts=True,
        )

    @classmethod
    def forget_gone(cls):
        """Lines of keepers that were deleted past their own delete()."""
        for label, model in keepers().items():
            KeptPicture.objects.filter(keeper=label).exclude(keeper_id__in=model.objects.values("pk")).delete()


def keepers():
    return {model._meta.label_lower: model for model in Keeper.__subclasses__()}


def kept(*, folders=(), pictures=()):
    """The lines that name one of these folders or pictures, without those whose keeper has gone."""
    lines = KeptPicture.objects.filter(Q(folder__in=folders) | Q(picture_number__in=pictures)).select_related("guide")
    lines = list(lines.order_by("guide__title", "keeper", "-keeper_id"))
    said = {
        (label, keeper.pk): keeper.keeps_as()
        for label, model in keepers().items()
        for keeper in model.objects.filter(pk__in=[line.keeper_id for line in lines if line.keeper == label]).defer(
            *model.LONG
        )
    }
    for line in lines:
        line.said = said.get((line.keeper, line.keeper_id))
    return [line for line in lines if line.said]
