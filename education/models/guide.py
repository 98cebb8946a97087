"""Guides: the draft that editors write, and how it becomes what patients read."""

from datetime import date
from itertools import zip_longest
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import slug_re
from django.db import models, transaction
from django.db.models import F, Max, Q
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import override

from clinic.languages import OURS, address, now, of_path, with_words
from clinic.models import Service, Words

from .. import clinical, leaflet
from ..chances import chance_of
from ..content import IDS_OF_THE_PAGE, READ_MORE, anchors, clean_html, links, plain_text, tables_for_phones
from ..glossary import marked
from ..house_rules import Draft, folded_well, in_the_way
from ..words import letter_of, sort_key
from .address import OldAddress, OldTopicAddress, refuse_taken, refuse_taken_topic
from .glossary import words as glossary
from .history import HistoryEntry, KeepsHistory
from .picture import Picture
from .related import choose
from .review import Reviewed, ReviewedQuerySet
from .revision import Revision
from .schedule import HasSchedule, ScheduledStep
from .shelf import ShelfEntry
from .state import KnowsItsState, StatesQuerySet, forget_states
from .translation import Translated, TranslatedQuerySet

AT_THIS_ADDRESS = "A guide has this address already. Choose another one."
OTHER_PAGES = ("search", "a-z", "topic", "words")  # whose addresses stand where those of guides do


def not_a_page_of_ours(slug):
    if slug in OTHER_PAGES:
        raise ValidationError("This address belongs to another page of the site. Choose another one.")


class NotPublishable(ValidationError):
    """Says what to mend before a guide may be published."""

    def __init__(self, guide, findings):
        super().__init__([finding.says for finding in findings])
        self.guide = guide


class Topic(models.Model):
    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(unique=True)
    description = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Smaller numbers come first.")

    class Meta:
        ordering = ["position", "name"]

    def __str__(self):
        return self.name

    @transaction.atomic
    def save(self, *args, **kwargs):
        before = Topic.objects.filter(pk=self.pk).values_list("slug", flat=True).first() if self.pk else None
        super().save(*args, **kwargs)
        OldTopicAddress.objects.follow(self, before)
        if before and before != self.slug:  # which drafts and revisions name
            forget_states(Q(topic=self))

    def clean(self):
        super().clean()
        refuse_taken_topic(self)

    def was_public(self):
        """Whether patients may know its page."""
        return Revision.objects.filter(topic=self).exists()


class TopicWords(Words):
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="words")
    name = models.CharField(max_length=80, blank=True)
    description = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "topic in another language"
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "language"],
                name="one_wording_of_a_topic_in_a_language",
                violation_error_message="The topic has this language already.",
            )
        ]


class GuideQuerySet(TranslatedQuerySet, StatesQuerySet, ReviewedQuerySet):
    def published(self):
        """What patients can read, each with its live revision and the topic it was published under."""
        return self.filter(live_revision__isnull=False).select_related("live_revision__topic", "topic")

    def with_draft(self):
        """All that has_unpublished_changes() compares, in a fixed number of queries."""
        return (
            self.without_pages()
            .select_related("topic", "service", "picture")
            .prefetch_related("sections", "sources", "related")
        )

    def by_topic(self, at_most=12):
        """[{"topic", "guides", "more"}] for the home page and the list, under the topics they were published under.

        Two queries, however many guides there are; `more` says that the topic has others.
        """
        shelves = ShelfEntry.objects.first_of_each_topic(at_most + 1)
        guides = with_words(self.published().without_pages(), "live_revision__topic__words")
        guides = guides.in_bulk([pk for ids in shelves.values() for pk in ids[:at_most]])
        topics = []
        for ids in shelves.values():
            if members := [guides[pk] for pk in ids[:at_most] if pk in guides]:
                topic = members[0].live_revision.topic
                topics.append({"topic": topic, "guides": members, "more": len(ids) > at_most})
        return topics

    def free_slug(self, wanted, language=OURS):
        """The wanted address, or the first of its like that no guide in this language has and none had."""
        number, slug = 1, wanted
        taken = self.filter(language=language)
        while slug in OTHER_PAGES or taken.filter(Q(slug=slug) | Q(old_addresses__slug=slug)).exists():
            number += 1
            slug = f"{wanted[: 80 - len(f'-{number}')]}-{number}"
        return slug

    @transaction.atomic
    def publish_together(self, *, by):
        """All of them or none: guides that link to each other can only go live at once. Raises NotPublishable."""
        guides = list(self.with_draft().select_for_update(of=("self",)))  # what is saved from now on waits
        for guide in guides:
            guide.publish(by=by, alongside=guides)
        return guides

    def without_pages(self):
        """Leaves the long texts of the live revision in the database: lists do not show them."""
        return self.select_related("live_revision").defer("live_revision__html", "live_revision__text")


class Guide(Translated, KnowsItsState, KeepsHistory, HasSchedule, Reviewed, models.Model):
    """The draft. Patients read its live revision, which only publish() and withdraw() move."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        LIVE = "live", "Live"
        CHANGED = "changed", "Live, with unpublished changes"

    title = models.CharField(max_length=120)
    slug = models.SlugField(
        "address",
        max_length=80,
        validators=[not_a_page_of_ours],
        help_text="The last part of the page's address.",
    )
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="guides")
    service = models.ForeignKey(
        Service,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="What the request form selects for a reader who comes from this guide.",
    )
    summary = models.TextField(
        "in short", max_length=400, help_text="Three plain sentences: what it is, what it is like, what to do next."
    )
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, null=True, blank=True, related_name="guides")
    written_by = models.CharField(max_length=120, blank=True, help_text="Name and role, as patients read it.")
    reviewed_by = models.CharField(max_length=120, blank=True, help_text="The clinician who checked it: name and role.")
    last_reviewed = models.DateField(null=True, blank=True)
    next_review = models.DateField("next review due", null=True, blank=True)
    is_sample = models.BooleanField(
        "sample content",
        default=False,
        help_text="Tells readers that your clinician has not reviewed it. Untick after the review.",
    )
    live_revision = models.ForeignKey(
        "Revision", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="live_for"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Is reminded by e-mail when the next review comes near.",
    )
    changed_at = models.DateTimeField(auto_now=True)
    # Counts the saves of the draft: who saves on top of an older one is asked instead of overwriting it.
    edit_version = models.PositiveIntegerField(default=1, editable=False)

    objects = GuideQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        permissions = [
            ("publish_guide", "Can publish and withdraw guides"),
            ("sign_guide", "Can comment on drafts and sign them off as a clinician"),
        ]
        indexes = [
            models.Index(
                fields=["next_review"], condition=Q(live_revision__isnull=False), name="guide_live_by_next_review"
            ),
            models.Index(fields=["known_state", "title"], name="guides_by_known_state"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["slug", "language"], name="one_guide_at_an_address", violation_error_message=AT_THIS_ADDRESS
            ),
            models.UniqueConstraint(
                fields=["original", "language"],
                name="one_translation_into_a_language",
                violation_error_message="The guide has a translation into this language already.",
            ),
            models.CheckConstraint(
                condition=Q(next_review__isnull=True)
                | Q(last_reviewed__isnull=True)
                | Q(next_review__gt=F("last_reviewed")),
                name="next_review_after_last",
                violation_error_message="The next review must be later than the last.",
            ),
        ]

    def __str__(self):
        return self.title

    @transaction.atomic
    def save(self, *args, **kwargs):
        """Whoever knows an address that was public is led to the new one."""
        names = kwargs.get("update_fields")
        moves = self.pk and (names is None or "slug" in names)
        before = Guide.objects.filter(pk=self.pk).values_list("slug", flat=True).first() if moves else None
        super().save(*args, **kwargs)
        if names is None or "slug" in names:
            OldAddress.objects.follow(self, before)

    def get_absolute_url(self):
        """Where the reader of the page that is being made finds it: ours within that page's language."""
        return address("education:guide", self.slug, language=None if self.language == OURS else self.language)

    def clean(self):
        super().clean()
        if self.slug and slug_re.match(self.slug):
            refuse_taken(self)
            if Guide.objects.filter(slug=self.slug, language=self.language).exclude(pk=self.pk).exists():
                raise ValidationError({"slug": AT_THIS_ADDRESS})
            if page_at(self.own_address).view_name != "education:guide":
                raise ValidationError({"slug": "This is the address of another page of the site. Choose another one."})

    @property
    def is_live(self):
        return self.live_revision_id is not None

    @property
    def state(self):
        if not self.is_live:
            return self.State.DRAFT
        return self.state_of(self.as_data())

    def was_published(self):
        """From then on others know its address."""
        return self.is_live or self.revisions.exists()

    def as_data(self):
        """The whole draft as plain data, cleaned: what a revision freezes and a restore brings back."""
        sections, related = list(self.sections.all()), list(self.related.all())
        return {
            "schema": 1,
            "title": self.title,
            "slug": self.slug,
            "summary": self.summary,
            "topic": self.topic.slug,
            "service": self.service.slug if self.service else None,
            "picture": self.picture.as_data() if self.picture else None,
            "written_by": self.written_by,
            "reviewed_by": self.reviewed_by,
            "last_reviewed": self.last_reviewed.isoformat() if self.last_reviewed else None,
            "next_review": self.next_review.isoformat() if self.next_review else None,
            "is_sample": self.is_sample,
            "sections": [
                {**section.as_data(), "anchor": anchor}
                for section, anchor in zip(sections, anchors([s.heading for s in sections]), strict=True)
            ],
            "sources": [source.as_data() for source in self.sources.all()],
            **({"related": [named_in(self.language, row.other) for row in related]} if related else {}),
            **({"language": self.language} if self.language != OURS else {}),
        }

    def as_revision(self, data=None, *, margins=()):
        """The draft, or one that was frozen, as it would be published now: an unsaved Revision. The preview shows this.

        `margins` are what a reviewer's page shows below each section, in their order.
        """
        data = data or self.as_data()
        if sign_off := self.sign_off_under(data):
            data = data | sign_off.as_data()
        words = [data["title"], data["summary"]]
        with override(self.language):
            sections, explained = marked(with_safe_html(data["sections"]), glossary(self.language))
            sections = [
                {**section, "margin": margin} for section, margin in zip_longest(sections, margins[: len(sections)])
            ]
            html = render_to_string("education/_sections.html", {"sections": sections})
        for section in data["sections"]:
            words += [section["heading"], plain_text(section["body"]), plain_text(section["more"])]
        return Revision(
            guide=self,
            topic=self.topic if data["topic"] == self.topic.slug else topic_of(data) or self.topic,
            title=data["title"],
            summary=data["summary"],
            picture=data["picture"],
            data=data,
            related=[guide.pk for guide in named_as_related(data, self)],
            html=html,
            words=[word.as_data() for word in explained],
            text="\n".join(filter(None, words)),
            sign_off=sign_off,
        )

    def as_draft(self, *, alongside=(), data=None):
        """The draft, or one that was frozen, as the house rules judge it. `alongside` are guides that go live with it."""
        data = data or self.as_data()
        dead = dead_links(data, self, alongside)
        known = frozenset(form.casefold() for word in glossary(self.language) for form in word.forms)
        signed = self.last_sign_off
        today, original = timezone.localdate(), self.original.as_data() if self.original else None
        return Draft(
            data,
            today=today,
            dead_links=dead,
            glossary=known,
            signed=signed and signed.data,
            untranslated=frozenset(says_the_same(data, original)) if original else frozenset(),
            may_fold=folded_well(Draft(original, today=today)) if original else frozenset(),
        )

    @transaction.atomic
    def publish(self, *, by, alongside=(), data=None, note=""):
        """Freeze the draft, or `data` in its place, and make it what the public sees. Raises NotPublishable."""
        self.hold()  # two who publish at once get two numbers
        if findings := in_the_way(self.as_draft(alongside=alongside, data=data)):
            raise NotPublishable(self, findings)
        revision = self.as_revision(data)
        revision.number = (self.revisions.aggregate(last=Max("number"))["last"] or 0) + 1
        revision.published_by = by
        revision.save()
        self.live_revision = revision
        self.save(update_fields=["live_revision"])
        ShelfEntry.objects.put([revision])
        self.keep(by=by, what=HistoryEntry.What.PUBLISHED, note=note, revision=revision, data=data)
        self.end_scheduled(ScheduledStep.What.PUBLISH)  # what was to go live is older than this
        return revision

    @transaction.atomic
    def withdraw(self, *, by, note="", on_schedule=False):
        """Take the guide off the public site. Its revisions stay. By hand, nothing is to happen by itself any more."""
        self.hold()
        revision = self.live_revision
        if not revision:
            return
        Revision.objects.filter(pk=self.live_revision_id).update(withdrawn_by=by, withdrawn_at=timezone.now())
        self.live_revision = None
        self.save(update_fields=["live_revision"])
        ShelfEntry.objects.take(self)
        self.keep(by=by, what=HistoryEntry.What.WITHDRAWN, note=note, revision=revision)
        if not on_schedule:
            self.end_scheduled(*ScheduledStep.What)

    def frozen_as_of_today(self, data):
        """A frozen draft with today's address and its pictures as the library has them. Raises ValidationError if one is gone."""
        gone, parts = [], [data, *data["sections"]]
        pictures = Picture.objects.in_bulk({part["picture"]["id"] for part in parts if part["picture"]})

        def today(part):
            if not part["picture"]:
                return part
            if not (picture := pictures.get(part["picture"]["id"])):
                gone.append(f"The picture of “{part.get('heading') or part['title']}” is gone from the library.")
                return part
            return {**part, "picture": picture.as_data()}

        frozen = {**today(data), "slug": self.slug, "sections": [today(section) for section in data["sections"]]}
        if last := self.last_sign_off:
            frozen |= last.as_data()  # given after it was frozen, perhaps
        if gone:
            raise ValidationError(gone)
        return frozen

    def count_edit(self, *, by=None):
        """To be called by whoever changed the draft, in the same transaction, once all of it is saved."""
        Guide.objects.filter(pk=self.pk).update(edit_version=F("edit_version") + 1)
        self.refresh_from_db(fields=["edit_version"])
        if by:
            self.note_author(by)

    @transaction.atomic
    def restore(self, old, *, by=None, note=""):
        """Make the draft what `old` was, a revision or an entry of the history. The address and what patients read stay.

        The draft that it replaces is in the history then. Gives sentences about what could not be brought back.
        """
        self.hold()
        self.keep_what_is_not_kept()
        data, before = old.data, clinical.digest(self.as_data())
        for name in RESTORED_AS_THEY_ARE:
            setattr(self, name, data[name])
        self.last_reviewed = data["last_reviewed"] and date.fromisoformat(data["last_reviewed"])
        self.next_review = data["next_review"] and date.fromisoformat(data["next_review"])
        self.topic = topic_of(data) or getattr(old, "topic", None) or self.topic
        self.service = Service.objects.filter(slug=data["service"]).first()
        self.picture = picture_of(data)
        self.save()
        self.sections.all().delete()
        for position, section in enumerate(data["sections"], start=1):
            facts = {name: section[name] for name in ("level", "kind", "heading", "body", "more")}
            facts["web_only"] = section.get("web_only", False)
            self.sections.create(position=position * 10, picture=picture_of(section), **facts)
        self.sources.all().delete()
        for position, source in enumerate(data["sources"], start=1):
            self.sources.create(position=position * 10, **source)
        choose(self, named_as_related(data, self))
        self.count_edit(by=by)
        if clinical.digest(data) != before:
            self.bring_back_authors(data, at=old.published_at if isinstance(old, Revision) else old.at)
        self.follow_sign_off()
        self.keep(by=by, what=HistoryEntry.What.RESTORED, note=note)
        return [*what_is_gone(data, self.topic), *related_that_are_gone(data)]

    def has_unpublished_changes(self):
        return self.state != self.State.LIVE


RESTORED_AS_THEY_ARE = ("title", "summary", "written_by", "reviewed_by", "is_sample")


def named_in(language, guide):
    """How frozen data in that language name a guide: by its address, and with its language where that is another one."""
    return guide.slug if guide.language == language else f"{guide.language}/{guide.slug}"


def guides_at(names, language=OURS):
    """{name: the guide that is there now, or was there before}. A name without a language means the one of the data,
    else ours: so older data named guides of ours."""
    wanted = {}
    for name in names:
        code, _, slug = name.rpartition("/")
        wanted[name] = [(code, slug)] if code else [(language, slug), (OURS, slug)]
    slugs = {slug for places in wanted.values() for _, slug in places}
    at = {(guide.language, guide.slug): guide for guide in Guide.objects.filter(slug__in=slugs)}
    if any(places[0] not in at for places in wanted.values()):
        for old in OldAddress.objects.filter(slug__in=slugs).select_related("guide"):
            at.setdefault((old.guide.language, old.slug), old.guide)
    found = {name: next((at[place] for place in places if place in at), None) for name, places in wanted.items()}
    return {name: guide for name, guide in found.items() if guide}


def named_as_related(data, guide=None):
    """The guides that frozen data name as related and that are still there, wherever; never `guide` itself."""
    slugs = data.get("related", [])
    found = guides_at(slugs, data.get("language", OURS)) if slugs else {}
    return [other for other in dict.fromkeys(found[slug] for slug in slugs if slug in found) if other != guide]


def related_that_are_gone(data):
    slugs = data.get("related", [])
    found = guides_at(slugs, data.get("language", OURS)) if slugs else {}
    for slug in slugs:
        if slug not in found:
            yield f"The related guide “{slug}” is gone: the others are chosen."


def topic_of(data):
    """The topic that the data name, by an address that it has or had; None if it does not exist here."""
    slug = data["topic"]
    if not slug:
        return None
    return Topic.objects.filter(slug=slug).first() or Topic.objects.filter(old_addresses__slug=slug).first()


def what_is_gone(data, topic):
    """What frozen data name and is there no more: sentences for the editor."""
    if not topic_of(data):
        yield f"The topic “{data['topic']}” is gone: the guide is under “{topic}”."
    if data["service"] and not Service.objects.filter(slug=data["service"]).exists():
        yield f"The service “{data['service']}” is gone: none is chosen now."
    for part in (data, *data["sections"]):
        if part["picture"] and not picture_of(part):
            name = part.get("heading") or "the top of the page"
            yield f"The picture of “{name}” is gone from the library: its place is empty."


def picture_of(data):
    """The picture that a guide's or a section's frozen data show, or None when the library has it no more."""
    return Picture.objects.filter(pk=data["picture"]["id"]).first() if data["picture"] else None


def says_the_same(data, original):
    """Places of sections whose text is still the original's."""
    theirs = {section[part] for section in original["sections"] for part in ("body", "more")} - {""}
    for place, section in enumerate(data["sections"]):
        if theirs & {section["body"], section["more"]}:
            yield place


def dead_links(data, guide, alongside=()):
    """What a draft links to on this site and no patient can open; its own page and those `alongside` count as live."""
    address = guide.own_address
    dead, guides = set(), {}
    for link in {link for section in data["sections"] for part in ("body", "more") for link in links(section[part])}:
        try:
            target = urlsplit(urljoin(settings.SITE_URL + address, link))
        except ValueError:
            dead.add(link)
            continue
        if f"{target.scheme}://{target.netloc}" != settings.SITE_URL:
            continue  # another site, a telephone number, an e-mail address
        page = page_at(unquote(target.path))
        if page is None or "admin" in page.namespaces:
            dead.add(link)
        elif page.view_name in OF_A_GUIDE:
            place = unquote(target.fragment) if page.view_name in ITS_TEXT else ""
            guides[link] = of_path(target.path), page.kwargs["slug"], place
            if page.view_name == "education:leaflet" and not leaflet.available():
                dead.add(link)
        elif not has_something_to_show(page, data, alongside):
            dead.add(link)
    if guides:
        slugs = {slug for _, slug, _ in guides.values()}
        live = Guide.objects.published().filter(slug__in=slugs).values_list("language", "slug", "live_revision__data")
        pages = {(language, slug): page for language, slug, page in live}
        pages |= {(other.language, other.slug): other.as_data() for other in alongside if other.slug in slugs}
        pages[guide.language, data["slug"]] = data
        if missing := {slug for language, slug, _ in guides.values() if (language, slug) not in pages}:
            moved = OldAddress.objects.live().filter(slug__in=missing)
            moved = moved.values_list("guide__language", "slug", "guide__live_revision__data")
            pages = {(language, slug): page for language, slug, page in moved} | pages
        for link, (language, slug, place) in guides.items():
            page = pages.get((language, slug)) or pages.get((OURS, slug))  # as the site answers
            if page is None or not has_place(page, place):
                dead.add(link)
    return frozenset(dead)


ITS_TEXT = ("education:guide", "education:reading")
OF_A_GUIDE = (*ITS_TEXT, "education:leaflet", "education:card")  # which are there while it is live


def has_something_to_show(page, data, alongside):
    """Whether a list of guides has one to show, these among them; False for what takes an answer, True for other pages."""
    if page.view_name == "education:topic":
        slug = page.kwargs["slug"]
        topics = {data["topic"], *(guide.topic.slug for guide in alongside)}
        now = OldTopicAddress.objects.slug_now(slug) or slug
        return now in topics or ShelfEntry.objects.of_topic(now).exists()
    if page.view_name == "education:letter":
        letter = page.kwargs["letter"]
        letters = {letter_of(sort_key(title, 0)) for title in (data["title"], *(guide.title for guide in alongside))}
        return letter in letters or ("\x00" not in letter and ShelfEntry.objects.of_letter(letter).exists())
    return page.view_name not in ANSWERS_ONLY


ANSWERS_ONLY = ("education:clear", "education:tell_more")  # which take an answer and show nothing


def page_at(path):
    """What answers there, with the last slash forgiven as the site forgives it; None for nothing."""
    with override(of_path(path)):
        for spelled in (path, f"{path}/"):
            try:
                return resolve(spelled)
            except Resolver404:
                continue
    return None


def has_place(data, place):
    ids = IDS_OF_THE_PAGE | {section["anchor"] for section in data["sections"]}
    ids |= {section["anchor"] + READ_MORE for section in data["sections"] if section["more"]}
    return not place or place in ids


def find_guide(slug):
    """What the request form says and stores of the guide a reader comes from; None for none that is published."""
    guides = Guide.objects.published().without_pages()
    if not slug_re.match(slug):
        return None
    moved = guides.filter(old_addresses__slug=slug)
    guide = guides.at(slug) or moved.filter(language=now()).first() or guides.filter(slug=slug).first() or moved.first()
    if not guide:
        return None
    if guide.language != now():  # the reader has changed the language of the form
        root = guide.original_id or guide.pk
        guide = guides.filter(Q(original=root) | Q(pk=root), language=now()).first() or guide
    revision = guide.live_revision
    return {
        "slug": guide.slug,
        "title": revision.title,
        "revision": revision.number,
        "service": revision.data["service"],
    }


def with_safe_html(sections):
    """Sections as the template wants them: their HTML cleaned once more, tables boxed, a chance drawn."""
    return [
        {
            **section,
            "body": tables_for_phones(clean_html(section["body"])),
            "more": tables_for_phones(clean_html(section["more"])),
            "chance": chance_of(section["body"]) if section["kind"] == "number" else None,
        }
        for section in sections
    ]
