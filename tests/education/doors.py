"""Every door by which an editor's text comes in, each with all fields of a guide filled with payloads.

A door takes a signed-in client and a Batch, and returns the guide that it made, published. A new door is a function and
its line in DOORS: the tests in test_hostile_texts.py and in tests/browser/test_hostile_pages.py go through all of them.
"""

import json
import re
from functools import cached_property
from html import escape
from itertools import cycle

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from education.importing import kinds
from education.importing.report import Report
from education.made_drafts import make_draft
from education.models import GlossaryTerm, Guide, Section, Source, Topic
from tests.factories import a_guide, a_picture, count

from . import documents
from .payloads import ADDRESSES, filled
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


# Documents. A payload that opens and does not close swallows what follows it in the same document: each has one of its own,
# all of them become one draft, and what the reader's own process does with the whole of them is imported besides.


# What stands there means itself: neither program reads entities or lost letters in an address.
PLAIN_ADDRESSES = [address for address in ADDRESSES if not re.search(r"[\s&]", address.strip())]


def html_of(batch):
    return [f"<h2>{escape(text[:60])} x</h2><p>words</p>{text}" for text in batch.payloads]


def markdown_of(batch):
    return [
        f"\n\n## Part\n\nwords {text}\n\n[press]({address}) [press](<{address}>) ![x]({address})"
        for text, address in zip(batch.payloads, cycle(PLAIN_ADDRESSES))
    ]


def text_of(batch):
    """With more than a few tags in it, it is read as a web page."""
    return [f"\n\nA part\n\nwords {text}, and more of them, as many as make a paragraph." for text in batch.payloads]


def by_documents(client, batch, write, name, title):
    sections = []
    for document in write(batch):
        data = kinds.read_document(f"{title}\n\n{document}".encode("utf-8", "replace"), name, Report())[1]
        sections += data["sections"][:1]
    upload(client, batch, f"{title}\n\n{''.join(write(batch))}".encode("utf-8", "replace"), name)
    facts = {"sections": sections, "sources": [], "slug": batch.slug}
    return finished(make_draft({**data, **facts}, topic=batch.topic)[0], batch)


def upload(client, batch, content, name):
    """Through the admin, in both steps; the draft, or None where the document is refused with a sentence."""
    file = SimpleUploadedFile(name, content)
    checked = client.post(reverse("admin:education_guide_import"), {"file": file, "topic": batch.topic.pk})
    if checked.status_code == 422:
        assert checked.context["form"].errors
        return None
    before = set(Guide.objects.values_list("pk", flat=True))
    answer = client.post(reverse("admin:education_guide_import"), {"draft": checked.context["draft"]})
    assert answer.status_code == 302
    return Guide.objects.exclude(pk__in=before).get()


def finished(guide, batch):
    """The fields that no document fills, and an address that is known."""
    Guide.objects.filter(pk=guide.pk).update(**batch.words, picture=batch.picture, slug=batch.slug)
    guide.refresh_from_db()
    guide.sections.update(picture=batch.picture)
    return published(guide)


def by_html(client, batch):
    return by_documents(client, batch, html_of, "page.html", "<h1>A page</h1><p>In short.</p>")


def by_markdown(client, batch):
    return by_documents(client, batch, markdown_of, "page.md", "# A page\n\nIn short.")


def by_text(client, batch):
    return by_documents(client, batch, text_of, "a.txt", "A text\n\nIn short, some words.")


def by_word(client, batch):
    """As text in a paragraph, and as the address of a link."""
    parts = [documents.p("A page", "Title"), documents.p("In short, some words.")]
    for number, payload in enumerate(batch.payloads):
        text = in_xml(payload)
        parts += [documents.p(f"Part {number} {text[:60]}", "Heading1"), documents.p(f"words {text}")]
        parts.append(documents.link(escape(text), f"rId{number % len(PLAIN_ADDRESSES)}"))
    relations = [(f"rId{at}", "hyperlink", in_xml(address), True) for at, address in enumerate(PLAIN_ADDRESSES)]
    return finished(upload(client, batch, documents.docx(*parts, relations=relations), "page.docx"), batch)


def by_json(client, batch):
    """A file as an export makes it, by somebody's own hand."""
    sections = [{**section, "level": 2, "picture": None} for section in batch.sections]
    data = {"schema": 1, **batch.words, "slug": batch.slug, "sections": sections, "sources": batch.sources}
    guide = upload(client, batch, json.dumps(data).encode(), "guide.json")
    guide.sections.update(picture=batch.picture)
    Guide.objects.filter(pk=guide.pk).update(picture=batch.picture)
    return published(Guide.objects.get(pk=guide.pk))


def one_line(text):
    return " ".join(text.split())


def in_xml(text):
    """XML has no control characters at all."""
    return one_line(re.sub("[\x00-\x1f\x7f]", " ", text))


def by_glossary(client, batch):
    """Words that every text says, explained by payloads; and payloads as the words and their other forms."""
    for number, payload in enumerate(batch.payloads):
        term = f"{batch.slug} {number}"
        GlossaryTerm.objects.create(
            term=filled([payload], 60) + f" {term}", other_forms=term, meaning=f"{filled([payload], 190)} {number}"
        )
    said = [f"<p>We say {batch.slug} {number} here. {payload}" for number, payload in enumerate(batch.payloads)]
    sections = [{**section, "body": body} for section, body in zip(batch.sections, said, strict=True)]
    guide = Guide.objects.create(slug=batch.slug, topic=batch.topic, picture=batch.picture, **batch.words)
    for position, section in enumerate(sections):
        Section.objects.create(guide=guide, position=position, picture=batch.picture, **section)
    return published(guide)


DOORS = {
    "form": by_form,
    "shell": by_shell,
    "database": by_database,
    "restore": by_restore,
    "html": by_html,
    "markdown": by_markdown,
    "text": by_text,
    "word": by_word,
    "json": by_json,
    "glossary": by_glossary,
}


def batches(payloads, size):
    return [Batch(payloads[start : start + size]) for start in range(0, len(payloads), size)]
