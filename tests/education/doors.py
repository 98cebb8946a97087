"""Every door by which an editor's text comes in, each with all fields of a guide filled with payloads.

A door takes a signed-in client and a Batch, and returns the guide that it made, published. A new door is a function and
its line in DOORS: the tests in test_hostile_texts.py and in tests/browser/test_hostile_pages.py go through all of them.
"""

from functools import cached_property

from django.urls import reverse

from education.models import Guide, Section, Source, Topic
from tests.factories import a_guide, a_picture, count

from .payloads import filled
from .posts import guide_post


class Batch:
    """A guide's facts, with a payload in each field that takes text: each of them in a body, a heading, a source."""

    def __init__(self, payloads):
        self.payloads = payloads
        self.slug = f"hostile-{next(count)}"

    def one(self, length, number=0):
        return filled(self.payloads, length, number)

    @cached_property
    def topic(self):
        name = f"{self.one(70)} {next(count)}"
        return Topic.objects.create(name=name, slug=self.slug, description=self.one(200, 1))

    @cached_property
    def picture(self):
        texts = {"alt": self.one(600), "caption": self.one(300, 1), "credit": self.one(120, 2)}
        return a_picture(self.one(120, 3), **texts)

    @property
    def words(self):
        names = ("title", "written_by", "reviewed_by")
        return {"summary": self.one(400)} | {name: self.one(120, at) for at, name in enumerate(names)}

    @property
    def sections(self):
        texts = [f"<p>words</p>{payload}" for payload in self.payloads]
        return [
            {"heading": self.one(120, at), "body": text, "more": text, "kind": ("text", "warning")[at % 2]}
            for at, text in enumerate(texts)
        ]

    @property
    def sources(self):
        return [
            {"organization": self.one(120, at), "title": self.one(200, at), "year": "<b>", "url": payload[:200]}
            for at, payload in enumerate(self.payloads)
        ]


def published(guide):
    guide.publish(by=None)
    return guide


def by_form(client, batch):
    """As a browser posts it, or whoever posts without one. The form refuses the addresses: they are left out."""
    facts = {**batch.words, "slug": batch.slug, "topic": batch.topic.pk, "picture": batch.picture.pk}
    sections = [{**section, "picture": batch.picture.pk} for section in batch.sections]
    sources = [{**source, "url": ""} for source in batch.sources]
    post = guide_post(**facts, sections=sections, sources=sources)
    answer = client.post(reverse("admin:education_guide_add"), post)
    assert answer.status_code == 302, answer.context["errors"]
    return published(Guide.objects.get(slug=batch.slug))


def by_shell(client, batch):
    guide = Guide.objects.create(slug=batch.slug, topic=batch.topic, picture=batch.picture, **batch.words)
    for position, section in enumerate(batch.sections):
        Section.objects.create(guide=guide, position=position, picture=batch.picture, **section)
    for position, source in enumerate(batch.sources):
        Source.objects.create(guide=guide, position=position, **source)
    return published(guide)


def by_database(client, batch):
    """Past every save(), as a program with a line to the database would write."""
    guide = Guide.objects.create(slug=batch.slug, topic=batch.topic, picture=batch.picture, **batch.words)
    Section.objects.bulk_create(
        Section(guide=guide, position=position, picture=batch.picture, **section)
        for position, section in enumerate(batch.sections)
    )
    Source.objects.bulk_create(Source(guide=guide, position=at, **source) for at, source in enumerate(batch.sources))
    return published(guide)


def by_restore(client, batch):
    """Plain data in the shape of a revision, made the draft again."""
    guide = a_guide(slug=batch.slug, topic=batch.topic, title="Before")
    revision = published(guide).live_revision
    revision.data |= {**batch.words, "picture": batch.picture.as_data()}
    part = {"level": 2, "anchor": "x", "picture": batch.picture.as_data()}
    revision.data["sections"] = [{**part, **section} for section in batch.sections]
    revision.data["sources"] = batch.sources
    revision.save()
    guide.restore(revision)
    return published(guide)


DOORS = {"form": by_form, "shell": by_shell, "database": by_database, "restore": by_restore}


def batches(payloads, size):
    return [Batch(payloads[start : start + size]) for start in range(0, len(payloads), size)]
