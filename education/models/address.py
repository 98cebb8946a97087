"""Addresses that guides had before: each leads to its guide, wherever that is now."""

from django.core.exceptions import ValidationError
from django.db import models

from clinic.languages import OURS, now


class OldAddressManager(models.Manager):
    def follow(self, guide, before):
        """After `guide` was saved: keep the address it had `before` if others know it. To be called in one transaction.

        An address leads to a guide, never to another address: there are no chains, and no loops.
        """
        self.filter(guide=guide, slug=guide.slug).delete()  # it is back where it was
        refuse_taken(guide)  # once more: now whoever took it at the same time is seen
        if before and before != guide.slug and guide.was_published():
            self.get_or_create(slug=before, language=guide.language, defaults={"guide": guide})

    def live(self):
        return self.filter(guide__live_revision__isnull=False)

    def slug_now(self, slug, *languages):
        """Where a live guide is now that was here before; None if there is none. In the page's language, else in ours."""
        languages = languages or (now(), OURS)
        found = self.live().filter(slug=slug, guide__language__in=languages).select_related("guide")
        return next((old.guide.slug for old in sorted(found, key=lambda old: old.guide.language == OURS)), None)


class OldAddress(models.Model):
    slug = models.SlugField(max_length=80)
    language = models.CharField(max_length=12, default=OURS, db_default=OURS)  # of the guide: for the constraint
    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="old_addresses")
    left_at = models.DateTimeField(auto_now_add=True)

    objects = OldAddressManager()

    class Meta:
        ordering = ["-left_at"]
        verbose_name_plural = "old addresses"
        constraints = [
            models.UniqueConstraint(fields=["slug", "language"], name="an_old_address_leads_to_one_guide"),
        ]

    def __str__(self):
        return self.slug


def refuse_taken(guide):
    """Raises ValidationError: who knows an old address is looking for the guide that was there."""
    old = OldAddress.objects.filter(slug=guide.slug, guide__language=guide.language)
    other = old.exclude(guide=guide.pk).select_related("guide").first()
    if other:
        raise ValidationError(
            {"slug": f"This address leads to “{other.guide}”, which was there before. Choose another one."}
        )


class OldTopicAddressManager(models.Manager):
    def follow(self, topic, before):
        """The same for a topic under which something was published. To be called in one transaction."""
        self.filter(topic=topic, slug=topic.slug).delete()
        refuse_taken_topic(topic)
        if before and before != topic.slug and topic.was_public():
            self.get_or_create(slug=before, defaults={"topic": topic})

    def slug_now(self, slug):
        return self.filter(slug=slug).values_list("topic__slug", flat=True).first()


class OldTopicAddress(models.Model):
    slug = models.SlugField(unique=True)
    topic = models.ForeignKey("education.Topic", on_delete=models.CASCADE, related_name="old_addresses")
    left_at = models.DateTimeField(auto_now_add=True)

    objects = OldTopicAddressManager()

    class Meta:
        ordering = ["-left_at"]
        verbose_name_plural = "old addresses of topics"

    def __str__(self):
        return self.slug


def refuse_taken_topic(topic):
    other = OldTopicAddress.objects.filter(slug=topic.slug).exclude(topic=topic.pk).select_related("topic").first()
    if other:
        raise ValidationError(
            {"slug": f"This address leads to the topic “{other.topic}”, which was there before. Choose another one."}
        )
