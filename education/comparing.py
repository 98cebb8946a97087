"""Two drafts side by side, from their plain data: pure, no models.

compare() gives rows in the order of the newer one. Whatever a later version of the data holds is shown by its name.
"""

import json
import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

from .content import plain_text
from .differences import Budget, side_by_side

FACTS = {
    "title": "Title",
    "summary": "In short",
    "topic": "Topic",
    "service": "Service",
    "slug": "Address",
    "written_by": "Written by",
    "reviewed_by": "Reviewed by",
    "last_reviewed": "Last reviewed",
    "next_review": "Next review due",
    "is_sample": "Sample content",
    "related": "Related guides",
}
SECTION_FACTS = {
    "heading": "Heading",
    "level": "Level",
    "kind": "Kind",
    "body": "Text",
    "more": "Read more",
    "web_only": "On the web only",
}
NAMES = {
    "level": {2: "Section", 3: "Sub-section"},
    "kind": {
        "text": "Text",
        "do": "List: do",
        "do_not": "List: do not",
        "number": "Number: 1 in …",
        "warning": "Warning",
        "emergency": "Care card: emergency",
        "urgent": "Care card: urgent",
        "non_urgent": "Care card: not urgent",
    },
}
PICTURE_FACTS = {"alt": "Text alternative", "caption": "Caption", "credit": "Credit"}
NOT_SHOWN = {"schema", "sections", "sources", "picture", "anchor"}  # shown in their own way, or made from the rest
STEPS = 600_000  # of a page, see differences.Budget: about half a second
LEFT_OVER = 40  # sections without their like among which one looks for the most similar
AROUND = 30  # words that are shown before and after what differs
LONGEST = 12_000  # characters of one run of changed words


@dataclass
class Row:
    """One fact that differs: both texts in runs of words, or both pictures."""

    where: str
    old: list = field(default_factory=list)
    new: list = field(default_factory=list)
    note: str = ""
    pictures: tuple = ()


@dataclass
class Part:
    """The facts of the guide, a section, or the sources: what became of it, and its rows."""

    name: str
    became: tuple = ()  # of "added", "removed", "moved", "changed"
    rows: list = field(default_factory=list)


def compare(old, new):
    """[Part] of all that differs; parts that are the same have no rows."""
    budget = Budget(STEPS)
    facts = [*rows_of(old, new, FACTS, budget), *picture_rows(old, new, budget)]
    parts = [Part("About the guide", ("changed",), facts)] if facts else []
    parts += sections(old.get("sections", []), new.get("sections", []), budget)
    sources = row("Sources", sources_as_text(old), sources_as_text(new), budget)
    return parts + ([Part("Sources", ("changed",), [sources])] if sources else [])


# Sections -------------------------------------------------------------------------------------------------------------


def sections(old, new, budget):
    pairs = matched(old, new)
    at_rest = in_order([pairs[place] for place in sorted(pairs)])
    found = []
    for place, section in enumerate(new):
        if place in pairs:
            before = old[pairs[place]]
            rows = section_rows(before, section, budget)
            became = ("moved",) * (pairs[place] not in at_rest) + ("changed",) * bool(rows)
            found.append((pairs[place], Part(section["heading"], became, rows)))
        else:
            found.append((None, Part(section["heading"], ("added",), section_rows(blank(section), section, budget))))
    for place in sorted(set(range(len(old))) - set(pairs.values())):
        gone = Part(old[place]["heading"], ("removed",), section_rows(old[place], blank(old[place]), budget))
        found.insert(after(found, place), (place, gone))
    return [part for _, part in found]


def blank(section):
    """What a new section is before anybody writes into it: its name stands above the rows already."""
    return {"heading": section["heading"], "level": 2, "kind": "text"}


def after(found, place):
    """Where a removed section stood: behind the one that it followed."""
    before = [at for at, (was, _) in enumerate(found) if was is not None and was < place]
    return before[-1] + 1 if before else 0


def matched(old, new):
    """{place in new: place in old}: the same section, then one of the same name, then the most similar one."""
    pairs = {}
    for key in (whole, lambda section: (section["heading"], section["level"]), lambda section: section["heading"]):
        free = {}
        for place in sorted(set(range(len(old))) - set(pairs.values()), reverse=True):
            free.setdefault(key(old[place]), []).append(place)
        for place, section in enumerate(new):
            if place not in pairs and free.get(key(section)):
                pairs[place] = free[key(section)].pop()
    pair_the_similar(old, new, pairs)
    return pairs


def whole(section):
    return json.dumps({name: value for name, value in section.items() if name != "anchor"}, sort_keys=True)


def pair_the_similar(old, new, pairs):
    left = sorted(set(range(len(old))) - set(pairs.values()))[:LEFT_OVER]
    right = sorted(set(range(len(new))) - pairs.keys())[:LEFT_OVER]
    bags = {("old", place): bag(old[place]) for place in left} | {("new", place): bag(new[place]) for place in right}
    scores = [
        (similarity(bags["old", one], bags["new", other]), -abs(one - other), one, other)
        for one in left
        for other in right
    ]
    for score, _, one, other in sorted(scores, reverse=True):
        if score >= 0.5 and other not in pairs and one not in pairs.values():
            pairs[other] = one


def bag(section):
    text = f"{section['heading']} {plain_text(section['body'])[:4000]} {plain_text(section['more'])[:4000]}"
    return Counter(text.lower().split())


def similarity(one, other):
    most = max(one.total(), other.total())
    return (one & other).total() / most if most else 0


def in_order(places):
    """The most of these places that stand in rising order: all others were moved."""
    ends, came_from = [], {}
    for place in places:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
        came_from[place] = ends[at - 1] if at else None
    found, place = set(), ends[-1] if ends else None
    while place is not None:
        found.add(place)
        place = came_from[place]
    return found


# Rows -----------------------------------------------------------------------------------------------------------------


def section_rows(old, new, budget):
    return [*rows_of(old, new, SECTION_FACTS, budget), *picture_rows(old, new, budget)]


def rows_of(old, new, known, budget):
    names = [*known, *sorted((old.keys() | new.keys()) - known.keys() - NOT_SHOWN)]
    rows = (row(known.get(name, label(name)), old.get(name), new.get(name), budget, name) for name in names)
    return [found for found in rows if found]


def row(where, old, new, budget, name=""):
    """None when both are the same."""
    if old == new:
        return None
    texts = shown(name, old), shown(name, new)
    left, right = side_by_side(*texts, budget)
    note = ""
    if not any(differs for _, differs in left + right):
        if not old and not new:
            return None
        note = "The same words, with other paragraphs or formatting."
    return Row(where, shortened(left), shortened(right), note)


def shown(name, value):
    """A value as an editor reads it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in NAMES:
        return NAMES[name].get(value, str(value))
    if name in ("body", "more"):
        return readable(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)


def readable(html):
    """The words of a text, its bullets, and where its links lead."""
    html = re.sub(r"<li>(?:<p>)?", "• ", html)
    return plain_text(re.sub(r'<a href="([^"<>]*)">([^<]*)</a>', r"\2 [\1]", html))


def label(name):
    return name.replace("_", " ").capitalize()


def sources_as_text(data):
    lines = []
    for source in data.get("sources", []):
        parts = [f"{source['organization']}: {source['title']}", source["year"], source["url"]]
        lines.append(", ".join(part for part in parts if part))
    return "\n".join(lines)


def picture_rows(old, new, budget):
    before, now = old.get("picture"), new.get("picture")
    if before == now:
        return []
    found = []
    if (before or {}).get("folder") != (now or {}).get("folder"):
        found.append(Row("Picture", pictures=(before, now)))
    words = ((before or {}, now or {}, name, where) for name, where in PICTURE_FACTS.items())
    found += [row(f"Picture: {where.lower()}", b.get(name), n.get(name), budget) for b, n, name, where in words]
    return [each for each in found if each]


def shortened(runs):
    """Of long stretches that are the same only what stands beside a change, and no more of a change than one can read."""
    found = []
    for place, (words, differs) in enumerate(runs):
        if differs:
            found += cut(words)
            continue
        listed = words.split(" ")
        head = listed[:AROUND] if place else []
        tail = listed[-AROUND:] if place < len(runs) - 1 else []
        if len(listed) <= len(head) + len(tail) + AROUND:
            found.append((words, "same"))
        else:
            found += [(" ".join(head) + " ", "same")] if head else []
            found.append((f"{len(listed) - len(head) - len(tail)} words that are the same", "left out"))
            found += [(" " + " ".join(tail), "same")] if tail else []
    return found


def cut(words):
    if len(words) <= LONGEST:
        return [(words, "differs")]
    return [(words[:LONGEST], "differs"), (f"{len(words) - LONGEST} more characters", "left out")]
