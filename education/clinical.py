"""What a clinician signs: the part of a draft that can help or harm a reader. Pure, no models.

All counts that is not named here as harmless, so that a field of tomorrow is signed, too. What is empty is left out, so
that such a field does not undo the signatures of today.
"""

import hashlib
import json
from itertools import count

from .content import plain_text
from .differences import side_by_side

NOT_CLINICAL = {
    "schema",
    "slug",
    "topic",
    "service",
    "written_by",
    "reviewed_by",
    "last_reviewed",
    "next_review",
    "is_sample",
    "related",  # each of them has a signature of its own
}
OF_A_PICTURE = ("folder", "alt", "caption")  # its widths and its credit are no clinician's business
NAMES = {"title": "The title", "summary": "The summary", "picture": "The picture", "sources": "The sources"}


def matter(data):
    """The clinical part of what Guide.as_data() holds, or of such a part: plain data."""
    return {name: kept for name, value in data.items() if name not in NOT_CLINICAL and (kept := _kept(name, value))}


def _kept(name, value):
    if name == "picture" and value:
        return {part: value[part] for part in OF_A_PICTURE if value.get(part)}
    if isinstance(value, dict):
        return {inner: kept for inner, part in value.items() if inner != "anchor" and (kept := _kept(inner, part))}
    if isinstance(value, list):
        return [_kept(name, part) for part in value]
    return value


def digest(data):
    """Equal for two texts that one signature covers."""
    text = json.dumps(matter(data), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def changes(signed, data):
    """Where a draft differs from what was signed: [{"where", "before", "after"}], the texts in runs of words."""
    old, new = matter(signed), matter(data)
    rows = [
        row(NAMES.get(name, name.replace("_", " ").capitalize()), said(old.get(name)), said(new.get(name)))
        for name in dict.fromkeys([*NAMES, *old, *new])
        if name != "sections" and old.get(name) != new.get(name)
    ]
    before, after = by_heading(old), by_heading(new)
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            where = f"“{key[0]}”" + ("" if key in after else " (removed)") + ("" if key in before else " (new)")
            rows.append(row(where, said(before.get(key)), said(after.get(key))))
    stayed = [key for key in before if key in after]
    if stayed != (now := [key for key in after if key in before]):
        rows.append(row("The order of the sections", *("\n".join(key[0] for key in keys) for keys in (stayed, now))))
    return rows


def by_heading(data):
    """{(heading, which of that name): section}, in their order."""
    numbers, found = {}, {}
    for section in data.get("sections", []):
        heading = section.get("heading", "")
        found[heading, next(numbers.setdefault(heading, count(1)))] = section
    return found


def said(value):
    """The words of a field, a section or the sources, as a person reads them."""
    if isinstance(value, dict):
        return "\n".join(
            said(part) for name, part in value.items() if name not in ("level", "kind", "folder", "web_only")
        )
    if isinstance(value, list):
        return "\n".join(said(part) for part in value)
    return plain_text(str(value or ""))


def row(where, before, after):
    if before == after:
        after += "\n(the same words; links, formatting, kind, picture or leaflet differ)"
    left, right = side_by_side(before, after)
    return {"where": where, "before": left, "after": right}
