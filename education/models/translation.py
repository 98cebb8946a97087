"""Guides in other languages. A translation is a guide of its own, so its draft, its signature, its revisions and its
schedule are its own, too; it knows its original and which revision of that it follows."""

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q

from clinic.languages import OURS, address, is_ours, now, offered


def shown_in(language, guide=""):
    """A condition: guides in this language, and ours where there is none in it. `guide` leads to the guide ("guide__")."""
    if is_ours(language):
        return Q(**{f"{guide}language": OURS})
    return Q(**{f"{guide}language": language}) | Q(**{f"{guide}language": OURS}) & ~Exists(live_in(language, guide))


def live_in(language, guide=""):
    from .guide import Guide

    return Guide.objects.filter(
        original=OuterRef(f"{guide}pk" if guide else "pk"), language=language, live_revision__isnull=False
    )


class TranslatedQuerySet(models.QuerySet):
    def at(self, slug, language=None):
        """The guide at an address: in this language, else ours; None for none."""
        language = language or now()
        found = {guide.language: guide for guide in self.filter(slug=slug, language__in={language, OURS})}
        return found.get(language) or found.get(OURS)

    def behind(self):
        """Translations whose original was published since they were brought up to date."""
        return self.filter(original__live_revision__number__gt=F("follows"))


class Translated(models.Model):
    language = models.CharField(max_length=12, default=OURS, db_default=OURS)
    original = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="translations"
    )
    follows = models.PositiveIntegerField(default=0, db_default=0, editable=False)  # number of the original's revision

    class Meta:
        abstract = True

    @property
    def own_address(self):
        """Of the page in its own language: the one that search engines know."""
        return address("education:guide", self.slug, language=self.language)

    @property
    def is_behind(self):
        return bool(self.original and self.original.is_live and self.original.live_revision.number > self.follows)

    def family(self):
        """The original and all that follow it, as [{"pk", "language", "slug", "number", "follows"}], of those that are
        live. One query."""
        root = self.original_id or self.pk
        live = type(self).objects.filter(Q(pk=root) | Q(original=root), live_revision__isnull=False)
        return list(live.values("pk", "language", "slug", "follows", number=F("live_revision__number")))

    def as_exported(self):
        """The draft as as_data() gives it, and whose translation it is: that is no part of what a revision freezes."""
        if not self.original:
            return self.as_data()
        return {**self.as_data(), "original": self.original.slug, "follows": self.follows}

    @transaction.atomic
    def translate_into(self, language, *, by):
        """A draft in another language, with all of this one's draft in it to be translated; the one that there is."""
        root = self.original or self
        root.locked()
        if known := root.translations.filter(language=language).first():
            return known
        translation = type(self).objects.create(
            language=language,
            original=root,
            follows=root.live_revision.number if root.is_live else 0,
            owner=by,
            slug=type(self).objects.free_slug(root.slug, language),
            **{name: getattr(root, name) for name in COPIED},
        )
        for section in root.sections.all():
            translation.sections.create(**{name: getattr(section, name) for name in OF_A_SECTION})
        for source in root.sources.all():
            translation.sources.create(**{name: getattr(source, name) for name in OF_A_SOURCE})
        translation.note_author(by)
        translation.keep(by=by, note=f"Begun from “{root.title}”, revision {translation.follows}")
        return translation

    def mark_up_to_date(self):
        """Its editor says that it says what the original says now."""
        self.follows = self.original.live_revision.number
        type(self).objects.filter(pk=self.pk).update(follows=self.follows)


COPIED = ("title", "topic", "service", "summary", "picture", "written_by", "is_sample", "next_review")
OF_A_SECTION = ("position", "level", "kind", "heading", "body", "more", "picture", "web_only")
OF_A_SOURCE = ("position", "organization", "title", "year", "url")


def addresses_of(guide, family):
    """{language: address} of a page that shows this guide, for the switch: translations, else ours, else the list."""
    known = {row["language"]: row["slug"] for row in family}
    found = {}
    for code in offered():
        slug = known.get(code) or known.get(OURS)
        found[code] = (
            address("education:guide", slug, language=code) if slug else address("education:guides", language=code)
        )
    return found
