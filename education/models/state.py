"""Whether the draft differs from what patients read, stored so that a list of any length can ask the database.

`known_state` is empty while it is not known: whoever changes a draft, or what a draft shows, forgets it here, and
settle() finds it out anew. Changes that no model sees (another program's SQL) are found by the worker's round.
"""

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q

BESIDE_THE_DRAFT = {"known_state", "edit_version", "changed_at"}


class KnowsItsState(models.Model):
    known_state = models.CharField(max_length=8, blank=True, default="", editable=False)

    class Meta:
        abstract = True

    def save(self, *args, update_fields=None, **kwargs):
        self.known_state = ""
        if update_fields is not None:
            update_fields = {*update_fields, "known_state"}
        super().save(*args, update_fields=update_fields, **kwargs)

    def know_state(self, draft=None):
        """Store what the state is now; `draft` spares reading the draft again."""
        self.known_state = self.state_of(draft or self.as_data())
        type(self).objects.filter(pk=self.pk).update(known_state=self.known_state)

    def state_of(self, draft):
        if not self.is_live:
            return self.State.DRAFT
        live, chosen = self.live_revision, [row.other_id for row in self.related.all()]
        same = beside_addresses(draft) == beside_addresses(live.data) and chosen == live.related
        return self.State.LIVE if same else self.State.CHANGED


def beside_addresses(data):
    """A page that moves moves for patients at once: neither its own address nor that of a related guide is a change."""
    return {name: value for name, value in data.items() if name not in ("slug", "related")}


class StatesQuerySet(models.QuerySet):
    """Of guides."""

    def update(self, **facts):
        if facts.keys() - BESIDE_THE_DRAFT:
            facts = {"known_state": "", **facts}
        return super().update(**facts)

    update.alters_data = True

    def in_state(self, state):
        """With those whose state is about to be found out, where that is the safe side: as changed."""
        if state == self.model.State.CHANGED and self.model.objects.unsettled().exists():
            return self.filter(Q(known_state=state) | Q(known_state="", live_revision__isnull=False))
        return self.filter(known_state=state)

    def unsettled(self):
        return self.filter(known_state="")

    def settle(self, limit=200):
        """Find out states that are not known, and how many. Who saves a guide just now finds out its state himself."""
        unsettled = self.unsettled()
        if not unsettled.exists():
            return 0
        unsettled.filter(live_revision=None).update(known_state=self.model.State.DRAFT)
        return unsettled.look_again(limit)

    @transaction.atomic
    def look_again(self, limit=200):
        """Find out the states of these guides, whatever is stored. Gives how many were looked at."""
        found, guides = {}, self.with_draft().order_by("pk").select_for_update(of=("self",), skip_locked=True)[:limit]
        for guide in guides:
            state = guide.state_of(guide.as_data())
            if state != guide.known_state:
                found.setdefault(state, []).append(guide.pk)
        for state, pks in found.items():
            self.model.objects.filter(pk__in=pks).update(known_state=state)
        return len(guides)


class PartQuerySet(models.QuerySet):
    """Of sections or sources: who changes many at once changes drafts, too."""

    @transaction.atomic
    def update(self, **facts):
        guides = self.guides()
        changed = super().update(**facts)
        forget_states(Q(pk__in=guides))
        return changed

    update.alters_data = True

    @transaction.atomic
    def delete(self):
        guides = self.guides()
        deleted = super().delete()
        forget_states(Q(pk__in=guides))
        return deleted

    delete.alters_data = True
    delete.queryset_only = True

    @transaction.atomic
    def bulk_create(self, objs, *args, **kwargs):
        parts = super().bulk_create(objs, *args, **kwargs)
        forget_states(Q(pk__in={part.guide_id for part in parts}))
        return parts

    def guides(self):
        return set(self.order_by().values_list("guide", flat=True))


class Part(models.Model):
    """A part of a draft. First the change, then the word of it: who looks in between looks again."""

    class Meta:
        abstract = True

    @transaction.atomic
    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        forget_states(Q(pk=self.guide_id))

    @transaction.atomic
    def delete(self, *args, **kwargs):
        deleted = super().delete(*args, **kwargs)
        forget_states(Q(pk=self.guide_id))
        return deleted


class PictureQuerySet(models.QuerySet):
    @transaction.atomic
    def update(self, **facts):
        pictures = set(self.values_list("pk", flat=True))
        changed = super().update(**facts)
        forget_states(showing(pictures))
        return changed

    update.alters_data = True


def showing(pictures):
    return Q(picture__in=pictures) | Q(sections__picture__in=pictures)


def forget_states(which):
    """The drafts of these guides (a Q) are no longer what they were. Written even where the state is not known, so that
    it waits for whoever is just finding it out."""
    guides = apps.get_model("education", "Guide").objects
    guides.filter(pk__in=guides.filter(which).values("pk")).update(known_state="")
