"""A draft from the data of a guide, such as an import brings: always a new one, never live."""

from datetime import date

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from clinic.languages import OURS, name_of, offered
from clinic.models import Service

from .models import Guide, HistoryEntry, ImportedDraft, Picture
from .models.guide import guides_at, named_as_related, topic_of
from .models.related import choose

UNDESCRIBED = "Picture"  # as a text alternative it says nothing, so no guide with it goes live
TRIES = 3  # two imports of one name at the same moment
COPIED = ("title", "summary", "written_by", "reviewed_by", "is_sample")


def make_draft(data, *, topic=None, by=None, owner=None, found=(), token=None):
    """(the guide, what could not be brought along: [sentence]). `data` is as Guide.as_data() gives it; without a topic,
    it names one that exists here. `found` are the pictures that came along: [{"content", "alt"}]. Whoever imports it
    owns it, unless somebody is named.

    Of one token one draft is made: who comes second is given it, with None for the sentences.
    """
    if made := made_of(token):
        return made, None
    topic = topic or topic_of(data)
    brought, refused = take_pictures(found, data["title"])
    for last in (False,) * (TRIES - 1) + (True,):
        if made := made_of(token):  # at the same moment
            for picture in brought.values():
                picture.delete()
            return made, None
        try:
            with transaction.atomic():
                guide, missing = draft_of(data, topic, brought, owner=owner or by)
                if token:
                    ImportedDraft.objects.create(token=token, guide=guide)
                if by:
                    guide.note_author(by)
                guide.keep(by=by, what=HistoryEntry.What.IMPORTED)
                return guide, refused + missing
        except IntegrityError:
            if last:
                raise


def in_language(data, chosen=""):
    """The data in the language that was chosen, else in their own. Raises ValidationError if the site does not offer it."""
    language = chosen or data.get("language", OURS)
    if language not in offered():
        known = ", ".join(f"{code} ({name_of(code)})" for code in offered())
        raise ValidationError(f"The site has no guides in the language “{language}”. Choose one of: {known}.")
    data = {name: value for name, value in data.items() if name != "language"}
    return data if language == OURS else {**data, "language": language}


def take_pictures(found, title):
    """({"found/0": Picture}, what could not be taken): by the door of every upload, so they are judged and written anew."""
    brought, refused = {}, []
    for number, part in enumerate(found):
        picture = Picture(title=f"{title[:90]}, picture {number + 1}", alt=part["alt"][:600] or UNDESCRIBED)
        try:
            picture.take(ContentFile(part["content"], name="picture"))
        except ValidationError as problem:
            words = f"“{part['alt'][:120]}”" if part["alt"] else f"number {number + 1}"
            refused.append(f"Picture {words} was left out. {problem.messages[0]}")
        else:
            picture.save()
            brought[f"found/{number}"] = picture
    return brought, refused


def made_of(token):
    made = token and ImportedDraft.objects.filter(token=token).select_related("guide").first()
    return made.guide if made else None


def draft_of(data, topic, brought, *, owner=None):
    missing = []
    service = Service.objects.filter(slug=data["service"]).first() if data["service"] else None
    if data["service"] and not service:
        missing.append(f"The service “{data['service']}” does not exist here: choose one in the form.")
    wanted = data["slug"] or slugify(data["title"])[:80].strip("-") or "guide"
    language = data.get("language", OURS)
    slug = Guide.objects.free_slug(wanted, language)
    if data["slug"] and slug != wanted:
        missing.append(f"A guide has the address “{wanted}” already and stays as it is: this draft's is “{slug}”.")
    pictures = pictures_of(data) | brought
    guide = Guide.objects.create(
        slug=slug,
        language=language,
        **link_of(data, language, missing),
        owner=owner,
        topic=topic,
        service=service,
        picture=chosen(data["picture"], pictures, "at the top", missing),
        last_reviewed=data["last_reviewed"] and date.fromisoformat(data["last_reviewed"]),
        next_review=data["next_review"] and date.fromisoformat(data["next_review"]),
        **{name: data[name] for name in COPIED},
    )
    for position, section in enumerate(data["sections"], start=1):
        facts = {name: section[name] for name in ("level", "kind", "heading", "body", "more")}
        facts["web_only"] = section.get("web_only", False)
        shown = chosen(section["picture"], pictures, f"of “{section['heading']}”", missing)
        guide.sections.create(position=position * 10, picture=shown, **facts)
    for position, source in enumerate(data["sources"], start=1):
        guide.sources.create(position=position * 10, **source)
    choose(guide, named_as_related(data, guide))
    named = data.get("related", [])
    known = guides_at(named, language) if named else {}
    missing += [f"The related guide “{slug}” does not exist here." for slug in named if slug not in known]
    return guide, missing


def link_of(data, language, missing):
    """Whose translation the guide is, and which revision of that it follows."""
    if language == OURS or not data.get("original"):
        return {}
    original = Guide.objects.select_related("live_revision").filter(slug=data["original"], language=OURS).first()
    if not original:
        missing.append(f"It is a translation of the guide “{data['original']}”, which does not exist here.")
        return {}
    if original.translations.filter(language=language).exists():
        missing.append(f"“{original}” has a translation into this language already: this draft is a guide by itself.")
        return {}
    now, follows = original.live_revision.number if original.is_live else 0, data.get("follows", 0)
    if follows > now:  # of another site: nobody knows whether it says what the original says here
        missing.append(f"Look whether it says what “{original}” says here, and mark it as up to date.")
        follows = 0
    return {"original": original, "follows": follows}


def pictures_of(data):
    """The pictures of this library that the data name: {folder: Picture}."""
    named = [part["picture"]["folder"] for part in (data, *data["sections"]) if part["picture"]]
    return {picture.folder: picture for picture in Picture.objects.filter(folder__in=named)}


def chosen(named, pictures, where, missing):
    picture = named and pictures.get(named["folder"])
    if named and not picture and not named["folder"].startswith("found/"):  # which were told of before
        alt = f" (“{named['alt']}”)" if named["alt"] else ""
        missing.append(f"The picture {where}{alt} is not in this library: add it there, then choose it in the form.")
    return picture
