"""A guide as this site or another of its kind has exported it: JSON, as suspicious as any other document."""

import re
from datetime import date

from ..content import clean_html
from .blocks import refuse_hostile
from .outline import MOST_SECTIONS, nothing_yet, refuse_too_much
from .report import Refused, quoted

SCHEMA = 1
# The longest text of each field; what is None there is checked by a function below.
TEXTS = {"title": 120, "slug": 80, "summary": 5000, "written_by": 120, "reviewed_by": 120}
NAMES = {"topic": 50, "service": 50}
DATES = ("last_reviewed", "next_review")
SECTION_TEXTS = {"heading": 120, "body": 400_000, "more": 400_000}
SOURCE_TEXTS = {"organization": 120, "title": 200, "year": 10, "url": 200}
KINDS = ("text", "do", "do_not", "number", "warning", "emergency", "urgent", "non_urgent")
FOLDER = re.compile(r"pictures/[0-9a-f]{16}")
MOST_SOURCES = 500
PICTURE = {"alt", "caption", "credit", "width", "height", "id", "folder", "widths"}
MOST_RELATED = 5
NAME_OF_A_GUIDE = r"(?:[a-z]{2,3}(?:-[a-z0-9]{1,8})?/)?[a-zA-Z0-9_-]{1,80}"  # in another language: "es/knee"
KNOWN = {"schema", *TEXTS, *NAMES, *DATES, "is_sample", "picture", "sections", "sources", "related"}
OF_A_TRANSLATION = {"language", "original", "follows"}  # and of no other
KNOWN_OF_SECTION = {"level", "kind", "picture", "anchor", "web_only", *SECTION_TEXTS}


def read_exported(data, report):
    """The same data, each part of it judged. Raises Refused, naming the part."""
    if not isinstance(data, dict) or "schema" not in data or "sections" not in data:
        raise Refused(
            "This is JSON, and no guide exported from a site of this kind. Export the guide there, and import that file."
        )
    if type(data["schema"]) is not int or data["schema"] != SCHEMA:
        raise Refused(f"This guide was exported in another form (schema {quoted(str(data['schema']), 20)}) than this site reads ({SCHEMA}). "
                      "Bring both sites to the same version, and export it again.")  # fmt: skip
    note_unknown(data, KNOWN | OF_A_TRANSLATION, "The guide", report)
    found = nothing_yet() | {name: text(data, name, longest) for name, longest in TEXTS.items()}
    if not found["title"].strip():
        raise Refused("The guide in this file has no title. Export it again.")
    if found["slug"] and not re.fullmatch(r"[a-zA-Z0-9_-]+", found["slug"]):
        raise Refused("“slug” is no address: only letters, numbers, hyphens and underscores. Export the guide again.")
    found |= {
        name: text(data, name, longest) if data.get(name) is not None else None for name, longest in NAMES.items()
    }
    found |= {name: day(data, name) for name in DATES}
    if found["last_reviewed"] and found["next_review"] and found["next_review"] <= found["last_reviewed"]:
        raise Refused(
            "In this file the next review is not later than the last. Mend the guide where it is from, and export it again."
        )
    found["is_sample"] = data.get("is_sample", False)
    if type(found["is_sample"]) is not bool:
        raise wrong("is_sample", "true or false")
    found["picture"] = picture(data, "picture", report)
    found["sections"] = [
        section(entry, f"section {number}", report)
        for number, entry in enumerate(entries(data, "sections", MOST_SECTIONS), 1)
    ]
    found["sources"] = [
        source(entry, f"source {number}", report)
        for number, entry in enumerate(entries(data, "sources", MOST_SOURCES), 1)
    ]
    if related := data.get("related"):
        found["related"] = slugs(related)
    found |= translation(data)
    refuse_too_much(found)
    if found["reviewed_by"] or found["last_reviewed"]:
        who, when = found["reviewed_by"] or "somebody", found["last_reviewed"] or "an unknown day"
        report.look(f"The file says that {quoted(who)} reviewed it on {when}. Make sure that it is so.")
    return found


def translation(data):
    """{"language", "original", "follows"}, as far as the file says so."""
    found = {name: data[name] for name in OF_A_TRANSLATION if data.get(name) is not None}
    if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{1,8})?", str(found.get("language", "en"))):
        raise wrong("language", "the code of a language, such as es")
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,80}", str(found.get("original", "a"))):
        raise wrong("original", "the address of a guide")
    if type(found.get("follows", 0)) is not int or not 0 <= found.get("follows", 0) < 2**31:
        raise wrong("follows", "the number of a revision")
    return found


def wrong(name, wanted):
    return Refused(f"“{name}” in this file is not {wanted}. Export the guide again.")


def slugs(value):
    if not isinstance(value, list) or len(value) > MOST_RELATED:
        raise wrong("related", f"a list of at most {MOST_RELATED} guides")
    if not all(isinstance(slug, str) and re.fullmatch(NAME_OF_A_GUIDE, slug) for slug in value):
        raise wrong("related", "a list of the addresses of guides")
    return value


def note_unknown(entry, known, whose, report):
    for name in sorted(set(map(str, entry)) - known)[:20]:
        report.dropped(f"{whose} holds something this site does not know", name[:80])


def text(entry, name, longest, where=""):
    value = entry.get(name, "")
    label = f"{where}: {name}" if where else name
    if not isinstance(value, str):
        raise wrong(label, "a text")
    if len(value) > longest:
        raise Refused(
            f"“{label}” in this file is longer than {longest:,} characters. Shorten it where the guide is from, and export it again."
        )
    if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise Refused(f"“{label}” in this file holds characters that are no text. Export the guide again.")
    return value


def day(entry, name):
    value = entry.get(name)
    if value is None:
        return None
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError
        date.fromisoformat(value)
    except (TypeError, ValueError):
        raise wrong(name, "a day such as 2026-01-31") from None
    return value


def entries(data, name, most):
    value = data.get(name, [])
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise wrong(name, "a list")
    if len(value) > most:
        raise Refused(f"This guide has more than {most} {name}. Split it where it is from, and export the parts.")
    return value


def section(entry, where, report):
    note_unknown(entry, KNOWN_OF_SECTION, where.capitalize(), report)
    found = {name: text(entry, name, longest, where) for name, longest in SECTION_TEXTS.items()}
    for name in ("body", "more"):
        refuse_hostile(found[name])
        cleaned = str(clean_html(found[name]))
        if cleaned != found[name]:
            report.look(f"The text of {where} was cleaned: it held what a guide may not hold.")
        found[name] = cleaned
    level, kind = entry.get("level", 2), entry.get("kind", "text")
    if type(level) is not int or level not in (2, 3):
        raise wrong(f"{where}: level", "2 or 3")
    if not isinstance(kind, str) or kind not in KINDS:
        raise wrong(f"{where}: kind", "one of " + ", ".join(KINDS))
    web_only = entry.get("web_only", False)
    if type(web_only) is not bool:
        raise wrong(f"{where}: web_only", "true or false")
    found |= {"web_only": True} if web_only else {}
    return {**found, "level": level, "kind": kind, "picture": picture(entry, where, report)}


def source(entry, where, report):
    note_unknown(entry, set(SOURCE_TEXTS), where.capitalize(), report)
    found = {name: text(entry, name, longest, where) for name, longest in SOURCE_TEXTS.items()}
    if found["url"] and not found["url"].startswith(("https://", "http://")):
        report.dropped(f"The web address of {where}, which is none", found["url"])
        found["url"] = ""
    return found


def picture(entry, where, report):
    """{"folder", "alt"}: by the random name of its folder, which no other library has. The file itself is not in here."""
    value = entry.get("picture")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise wrong(where, "a picture")
    note_unknown(value, PICTURE, f"The picture of {where}", report)
    folder = text(value, "folder", 60, where)
    if not FOLDER.fullmatch(folder):
        raise wrong(f"{where}: folder", "the name of a picture")
    return {"folder": folder, "alt": text(value, "alt", 600, where)}
