"""Which guides stand under a guide: those its editor chose, else the newest of its topic; live ones only."""

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q

from clinic.languages import OURS

from .revision import Revision
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
    if revision.related:
        these = Q(guide__in=revision.related)
    else:
        these = Q(shown_in(revision.data.get("language", OURS), "live_for__"), topic=revision.topic_id)
    # Live by way of live_for alone: the same said by way of `guide` too, PostgreSQL would take for rare, and sort a whole topic.
    found = (
        Revision.objects.filter(these, live_for__isnull=False).exclude(guide=revision.guide_id).order_by("-pk")[:MOST]
    )
    facts = {name: F(f"live_for__{name}") for name in ("slug", "language")}
    rows = list(found.values("title", "summary", "guide_id", **facts))
    place = {number: at for at, number in enumerate(revision.related)}
    return sorted(rows, key=lambda row: place.get(row["guide_id"], 0))
