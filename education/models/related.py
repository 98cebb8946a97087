"""Which guides stand under a guide: those its editor chose, else the newest of its topic; live ones only."""

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q

from clinic.languages import OURS

from .state import forget_states
from .translation import shown_in

MOST = 5


class RelatedGuideManager(models.Manager):
    """With the guide that was chosen: no reader asks for one without the other."""

    def get_queryset(self):
        return super().get_queryset().select_related("other")


class RelatedGuide(models.Model):
    """A guide that the editor of another chose, at its place."""

    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="related")
    other = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()

    objects = RelatedGuideManager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["guide", "other"], name="related_once"),
            models.CheckConstraint(condition=~Q(guide=F("other")), name="related_to_another"),
        ]

    def __str__(self):
        return f"{self.guide_id} to {self.other_id}"


@transaction.atomic
def choose(guide, others):
    """These and no others, in this order."""
    others = list(dict.fromkeys(others))
    if guide in others or len(others) > MOST:
        raise ValidationError(f"Choose up to {MOST} guides, and not this one.")
    guide.related.all().delete()
    RelatedGuide.objects.bulk_create(
        RelatedGuide(guide=guide, other=other, position=position) for position, other in enumerate(others, start=1)
    )
    forget_states(Q(pk=guide.pk))


def related_guides(revision):
    """[{"title", "summary", "slug"}] in one query, whose price does not grow with the number of guides."""
    live = apps.get_model("education.Guide").objects.filter(live_revision__isnull=False).exclude(pk=revision.guide_id)
    if revision.related:
        live = live.filter(pk__in=revision.related)
    else:
        language = revision.data.get("language", OURS)
        live = live.filter(shown_in(language), live_revision__topic=revision.topic_id)
        live = live.order_by("-live_revision_id")[:MOST]
    # As of the live revision: the guide's own title and summary are the draft's.
    found = live.values_list("pk", "slug", "language", "live_revision__title", "live_revision__summary")
    rows = [dict(zip(("guide_id", "slug", "language", "title", "summary"), row, strict=True)) for row in found]
    place = {number: at for at, number in enumerate(revision.related)}
    return sorted(rows, key=lambda row: place.get(row["guide_id"], 0))
