"""The guides that ship with the site, and their drawings: sample content until a clinician has reviewed it."""

import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.core.files import File
from django.utils import timezone
from django.utils.text import slugify

from clinic.languages import OURS
from clinic.models import Service

from .. import images
from ..models import GlossaryTerm, Guide, Picture, Section, Source, Topic

HERE = Path(__file__).parent
TOPICS = ["X-rays and scans", "Injections and contrast", "Before you come", "Children"]  # as patients see them

TOPICS_IN_OTHER_LANGUAGES = {
    "es": ["Rayos X y otras imágenes", "Inyecciones y contraste", "Antes de venir", "Niños"],
    "ar": ["الأشعة والتصوير", "الحقن ومواد التباين", "قبل أن تأتي", "الأطفال"],
}


def is_empty():
    return not (Guide.objects.exists() or Topic.objects.exists() or Picture.objects.exists())


def load(*, by):
    """All words, pictures and guides; the guides published."""
    load_words(read(HERE / "glossary.toml"))
    pictures = load_pictures(read(HERE / "pictures" / "pictures.toml"))
    for path in sorted((HERE / "guides").glob("*.toml")):
        load_guide(read(path), pictures)
    Guide.objects.publish_together(by=by)
    for path in sorted((HERE / "guides").glob("*/*.toml")):
        load_translation(read(path), pictures, path.parent.name, by=by)


def read(path):
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def load_words(entries):
    for word in entries.get("words", []):
        GlossaryTerm.objects.create(
            term=word["term"],
            other_forms=word["forms"],
            meaning=word["meaning"],
            language=word.get("language", OURS),
        )


def load_pictures(entries):
    """Name to Picture. Encoding is the slow part and lets go of Python's lock, so the files are done side by side."""
    found = {name: entry for name, entry in entries.items() if (HERE / "pictures" / entry["file"]).exists()}
    with ThreadPoolExecutor() as pool:
        return dict(zip(found, map(saved, list(pool.map(drawn, found.values()))), strict=True))


def drawn(entry):
    picture = Picture(**{name: entry[name] for name in ("title", "alt", "caption", "credit")})
    with (HERE / "pictures" / entry["file"]).open("rb") as file:
        picture.take(upload := File(file))
        return picture, images.renditions(images.upright(upload))


def saved(drawing):
    """At once and whole: the guides are published with it."""
    picture, files = drawing
    picture.save()
    picture.original.hand_over(files)
    picture.refresh_from_db()
    return picture


def load_translation(entry, pictures, language, *, by):
    original = Guide.objects.get(slug=entry["original"], language=OURS)
    follows = original.live_revision.number
    load_guide(entry, pictures, language=language, original=original, follows=follows).publish(by=by)


def load_guide(entry, pictures, **facts_of_a_translation):
    """A draft. A picture that is not there is left out."""
    guide = Guide.objects.create(
        **facts_of_a_translation,
        title=entry["title"],
        slug=entry["slug"],
        topic=topic(entry["topic"]),
        service=Service.objects.filter(slug=entry["service"]).first(),
        summary=entry["summary"],
        picture=pictures.get(entry.get("picture")),
        written_by=entry["written_by"],
        reviewed_by=entry["reviewed_by"],
        next_review=timezone.localdate(),  # nobody has reviewed it yet, so a review is due now
        is_sample=True,
    )
    for position, section in enumerate(entry["sections"], start=1):
        facts = {**section, "picture": pictures.get(section.get("picture"))}
        Section.objects.create(guide=guide, position=position * 10, **facts)
    for position, source in enumerate(entry.get("sources", []), start=1):
        Source.objects.create(guide=guide, position=position * 10, **source)
    return guide


def topic(name):
    position = TOPICS.index(name) + 1 if name in TOPICS else len(TOPICS) + 1
    topic, is_new = Topic.objects.get_or_create(name=name, defaults={"slug": slugify(name), "position": position * 10})
    if is_new and name in TOPICS:
        for language, names in TOPICS_IN_OTHER_LANGUAGES.items():
            topic.words.create(language=language, name=names[TOPICS.index(name)])
    return topic
