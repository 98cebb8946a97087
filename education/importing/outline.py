"""From a row of blocks to a draft: title, summary, sections in two levels, what is behind “Read more”, sources.

Whatever is guessed or dropped is written into the report; and what the house rules call safety is never hidden.
"""

import re
from collections import Counter
from datetime import date
from html import escape
from itertools import groupby
from pathlib import PurePath
from urllib.parse import urlsplit

from ..content import clean_html, links, plain_text
from ..house_rules import Draft, safety_in_plain_sight
from ..safety import LISTS, SAFETY_HEADING, SAFETY_WORDS
from .blocks import Block
from .noise import (
    CALL,
    CONTENTS,
    LONGEST_CALL,
    MENU,
    TOGGLE,
    around_the_text,
    calls_to_action,
    ends_toggle,
    opens_toggle,
)
from .report import Refused, quoted

MOST_SECTIONS = 300
MOST_CHARACTERS = 500_000
LONGEST_TITLE = LONGEST_HEADING = 120
LONGEST_SUMMARY = 400
KINDS = {  # the words of Section.Kind, as an exported guide has them below a heading
    "Warning": "warning",
    "Care card: emergency": "emergency",
    "Care card: urgent": "urgent",
    "Care card: not urgent": "non_urgent",
    "List: do": "do",
    "List: do not": "do_not",
    "Number: 1 in …": "number",
}
BULLET = re.compile(r"^<p>((?:<(?:strong|em)>)?)\s*[•‣▪◦●○·∙■➢✓✔]\s*")
BOLD_LINE = re.compile(r"<p>\s*<strong>((?:(?!</?strong>).)*)</strong>:?\s*</p>", re.DOTALL)
TOGGLE_AT_THE_END = re.compile(
    r"(?<=[.!?…])\s*(?:<a[^>]*>)?\s*[\[(]?((?:read|show|see|view) (?:more|less))[\s.…»›\])]*(?:</a>)?\s*</p>$",
    re.IGNORECASE,
)
NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)[.)]?\s+(?=\S)")
SOURCES = re.compile(
    r"(?:sources?|references?|bibliography|citations?|further reading|where (?:this|our|the) .{0,40} (?:comes?|is|are) from)\s*:?",
    re.IGNORECASE,
)
TOP = re.compile(
    r"^(?:what (?:is|are|it|to|happens|can)|how (?:do|does|it|is|to|long|will)|why|when|who|where|before|during|after|preparing|preparation|getting "
    r"ready|benefits?|uses?|results?|recovery|aftercare|conclusion|summary|introduction|overview|about|alternatives|types? of|"
    r"frequently|faqs?|common questions|questions|possible|pregnan|diabetes|sources|references|understanding)\b",
    re.IGNORECASE,
)
QUESTIONS = re.compile(
    r"frequently asked|\bfaqs?\b|(?:common|your|more) questions|questions (?:and|&) answers", re.IGNORECASE
)
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
ADDRESS = re.compile(r"https?://\S{1,500}")
GUESSED_LEVEL = {2: "Taken as a heading of the first level", 3: "Taken as a heading of the second level"}


def draft_of(blocks, report, *, name=""):
    """Guide.as_data() of the draft that the blocks make. Raises Refused."""
    head = next((block.text for block in blocks if block.kind == "title" and block.text), "")
    at_the_top = [number for block in blocks if block.kind == "title" for number in block.pictures]
    blocks = without_noise([block for block in blocks if block.kind != "title"], report)
    blocks = with_bullets_joined(blocks)
    if not any(block.text for block in blocks if block.kind != "toggle"):
        raise Refused("No text was found in it. Choose another document, or paste the text.")
    title, blocks = take_title(blocks, head, name, report)
    blocks = without_contents(blocks, report)
    blocks = with_headings(blocks, report)
    blocks = in_two_levels(blocks, report)
    blocks = without_call_to_action(blocks, report)
    sources, blocks = take_sources(blocks, report)
    summary, sections = sections_of(blocks, report)
    bring_safety_into_sight(sections, report)
    data = {**nothing_yet(), "title": title, "summary": summary, "sections": sections, "sources": sources}
    place_pictures(data, at_the_top, report)
    refuse_too_much(data)
    return data


def place_pictures(data, at_the_top, report):
    """The first picture of each part is its own, the first of all that stand before the parts is the guide's."""
    found, placed = report.found, set()
    for section in data["sections"]:
        numbers = section.pop("pictures")
        if numbers:
            section["picture"] = found.place(numbers[0])
            placed.add(numbers[0])
    rest = [number for number in range(len(found.pictures)) if number not in placed]
    first = min((place for section in data["sections"] if (place := section["picture"])), key=number_of, default=None)
    before = [number for number in rest if number in at_the_top or first is None or number < number_of(first)]
    if before:
        data["picture"] = found.place(before[0])
        rest.remove(before[0])
    for number, picture in enumerate(found.pictures):
        words = quoted(picture["alt"]) if picture["alt"] else f"number {number + 1}"
        if not picture["alt"]:
            report.look(f"Picture {words} has no text alternative. Write in the picture library what it shows.")
        if number in rest:
            report.look(f"Picture {words} goes into the picture library alone: choose in the form where it stands.")
        else:
            report.guessed(f"Picture {words} is shown where it stood, or at the end of that part.")


def number_of(place):
    return int(place["folder"].partition("/")[2])


def nothing_yet():
    texts = dict.fromkeys(("slug", "written_by", "reviewed_by"), "")
    unknown = dict.fromkeys(("topic", "service", "picture", "last_reviewed", "next_review"))
    return {"schema": 1, **texts, **unknown, "is_sample": False}


def refuse_too_much(data):
    length = sum(len(section["body"]) + len(section["more"]) for section in data["sections"])
    if len(data["sections"]) > MOST_SECTIONS or length > MOST_CHARACTERS:
        raise Refused(
            f"This is more than one guide can hold ({MOST_SECTIONS} sections, {MOST_CHARACTERS:,} characters). Split it, and "
            "import the parts one by one."
        )


# What is no text of the guide ------------------------------------------------------------------------------------------


def without_noise(blocks, report):
    found = []
    for block in blocks:
        if block.kind == "toggle":
            found.append(block)
        elif TOGGLE.fullmatch(block.text) and block.kind in ("paragraph", "heading"):
            found.append(Block("toggle", text=block.text))
        elif block.kind in ("paragraph", "heading") and (why := around_the_text(block.text)):
            report.dropped(why, block.text)
        elif block.kind == "list" and is_menu(block.text):
            report.dropped("Navigation", block.text)
        elif block.kind == "paragraph" and (toggle := TOGGLE_AT_THE_END.search(block.html)):
            html = block.html[: toggle.start()] + "</p>"
            found += [Block("paragraph", html, plain_text(html)), Block("toggle", text=toggle[1])]
        else:
            found.append(block)
    return without_menus(found, report)


def is_menu(text):
    lines = text.split("\n")
    return all(around_the_text(line) or MENU.fullmatch(line) or TOGGLE.fullmatch(line) for line in lines)


def without_menus(blocks, report):
    """Words of a menu that stand one below the other, before all text or after it."""
    for step in (1, -1):
        row = []
        for block in blocks[::step]:
            if block.kind not in ("paragraph", "heading") or not MENU.fullmatch(block.text):
                break
            row.append(block)
        if len(row) > 1:
            for block in row:
                report.dropped("Navigation", block.text)
            blocks = blocks[len(row) :] if step == 1 else blocks[: -len(row)]
    return blocks


def with_bullets_joined(blocks):
    """Paragraphs that begin with a bullet, as one list."""
    found = []
    for is_item, group in groupby(
        blocks, key=lambda block: block.kind == "paragraph" and bool(BULLET.match(block.html))
    ):
        group = list(group)
        if is_item:
            items = (BULLET.sub(r"\1", block.html).removesuffix("</p>") for block in group)
            html = str(clean_html("<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"))
            group = [Block("list", html, plain_text(html), pictures=pictures_of(group))]
        found += group
    return found


def pictures_of(blocks):
    return tuple(number for block in blocks for number in block.pictures)


def without_contents(blocks, report):
    """A list of what follows: the page makes its own."""
    lines = Counter(same(block.text) for block in blocks if block.kind in ("paragraph", "heading"))
    found, at = [], 0
    while at < len(blocks):
        named = blocks[at].kind in ("heading", "paragraph") and CONTENTS.fullmatch(blocks[at].text.rstrip(":").strip())
        end = at + 1 if named else at
        while end < len(blocks) and tells_contents(blocks[end], lines, named):
            end += 1
        if end > at + bool(named):
            report.dropped("A list of contents (the page makes its own)", "; ".join(b.text for b in blocks[at:end]))
            at = end
        else:
            found.append(blocks[at])
            at += 1
    return found


def tells_contents(block, lines, named):
    """Whether all it says stands elsewhere as a line of its own."""
    if block.kind == "paragraph":
        return named and lines[same(block.text)] > 1
    told = [same(line) for line in block.text.split("\n")] if block.kind == "list" else []
    return len(told) > (0 if named else 2) and all(lines[line] for line in told)


def same(text):
    return re.sub(r"[\W_]+", " ", NUMBERED.sub("", text)).strip().casefold()


def without_call_to_action(blocks, report):
    """What asks at the end for an appointment: the page has its own call to action."""
    last = [at for at, block in enumerate(blocks) if block.kind != "toggle"][-5:]
    for at in reversed(last):
        block = blocks[at]
        if block.kind == "heading":
            follows = [b for b in blocks[at + 1 :] if b.kind != "toggle"]
            if not follows and (
                calls_to_action(block.text)
                or re.match(r"(?:contact|next steps?|get in touch)", block.text, re.IGNORECASE)
            ):
                report.dropped("A call to action at the end (the page has its own)", block.text)
                del blocks[at]
        elif block.kind in ("paragraph", "quote") and calls_to_action(block.text):
            report.dropped("A call to action at the end (the page has its own)", block.text)
            del blocks[at]
        elif CALL.search(block.text) and (len(block.text) > LONGEST_CALL or SAFETY_WORDS.search(block.text)):
            report.look(
                f"This may be a call to action, which the page has of its own; it was left in: {quoted(block.text)}"
            )
    return blocks


# The title -------------------------------------------------------------------------------------------------------------


def take_title(blocks, head, name, report):
    at, title, whence = find_title(blocks, head, name)
    if at is not None:
        blocks = blocks[:at] + blocks[at + 1 :]
    if len(title) > LONGEST_TITLE:
        report.look(f"The title was too long and is cut: {quoted(title)}")
        title = title[: LONGEST_TITLE - 1].rstrip() + "…"
    else:
        report.guessed(f"{whence}: {quoted(title)}")
    for block in [block for block in blocks[:4] if same(block.text) == same(title)]:
        report.dropped("The title once more", block.text)
        blocks.remove(block)
    return title, blocks


def find_title(blocks, head, name):
    """(the place of its block or None, the words, how it was found)"""
    tops = [at for at, block in enumerate(blocks) if block.kind == "heading" and block.level == 1]
    first = next(at for at, block in enumerate(blocks) if block.kind != "toggle")
    short = blocks[first].kind == "paragraph" and looks_like_heading(blocks[first], after=blocks[first + 1 : first + 2])
    if len(tops) > 1 and short and first < tops[0]:
        return first, blocks[first].text, "Taken as the title"
    if tops:
        return tops[0], blocks[tops[0]].text, "Taken as the title"
    head = re.split(r"\s+[|–—·»-]\s+", head.strip())[0]
    if head:
        return None, head, "Taken as the title, from the page's own"
    if short or (blocks[first].kind == "heading" and len([b for b in blocks if b.level == blocks[first].level]) == 1):
        return first, blocks[first].text, "Taken as the title"
    if stem := re.sub(r"[_-]+", " ", PurePath(name.replace("\\", "/")).stem).strip():
        return None, stem[:1].upper() + stem[1:], "Taken as the title, from the name of the file"
    return None, "Untitled guide", "There is no line that looks like a title. Write one in place of this"


# Headings --------------------------------------------------------------------------------------------------------------


def looks_like_heading(block, *, after):
    text = block.text
    if block.kind != "paragraph" or not after or len(text) > 90 or len(text.split()) > 14 or "\n" in text:
        return False
    if (
        not re.match(r"[\"“‘(¿]?[A-ZÀ-Þ0-9]", text)
        or text[-1] in ".,;:!…"
        or re.search(r"[.!;] \w", NUMBERED.sub("", text))
    ):
        return False
    return not re.search(r"https?://|@|^\W*\d[\d\s()+-]{5,}$", text)


def with_headings(blocks, report):
    """Where the document marks no headings, bold lines are taken for them; where it has none, short lines."""
    if any(block.kind == "heading" and not block.guessed for block in blocks):
        return blocks
    bold = [at for at, block in enumerate(blocks) if is_bold_line(block) and blocks[at + 1 : at + 2]]
    if bold:
        for at in bold:
            text = plain_text(BOLD_LINE.fullmatch(blocks[at].html)[1]).rstrip(":").strip()
            blocks[at] = Block("heading", escape(text), text, level=blocks[at].level, guessed=True)
    else:
        blocks = short_lines_as_headings(blocks, report)
    return give_levels(blocks)


def is_bold_line(block):
    return (
        block.kind == "paragraph"
        and len(block.text) <= 90
        and BOLD_LINE.fullmatch(block.html)
        and block.text[-1] not in ".,;!"
    )


def short_lines_as_headings(blocks, report):
    found, row = [], []
    texts = [block for block in blocks if block.kind != "toggle"]
    after = {id(block): texts[at + 1 : at + 2] for at, block in enumerate(texts)}
    for block in [*blocks, None]:
        if block and looks_like_heading(block, after=after.get(id(block))):
            row.append(block)
            continue
        if row:
            found += headings_of(row, block, report)
            row = []
        if block is not None:
            found.append(block)
    return found


def headings_of(row, following, report):
    """One short line is a heading, two are a heading and its first part; of more, the middle ones are a list."""
    if len(row) < 3:
        return [as_heading(block) for block in row]
    has_text = following is not None and (
        len(following.text) > 90 or following.kind != "paragraph" or following.text[-1:] in ".!?:"
    )
    if has_text and all(block.level for block in row[-1:]):
        middle, last = row[1:-1], [as_heading(row[-1])]
    else:
        middle, last = row[1:], []
    if len(middle) == 1:
        return [as_heading(row[0]), *middle, *last]
    html = str(clean_html("<ul>" + "".join(f"<li>{block.html[3:-4]}</li>" for block in middle) + "</ul>"))
    items = Block("list", html, plain_text(html), pictures=pictures_of(middle))
    report.guessed(f"Short lines were taken as a list: {quoted('; '.join(block.text for block in middle))}")
    return [as_heading(row[0]), items, *last]


def as_heading(block):
    return Block("heading", escape(block.text), block.text, level=block.level, pictures=block.pictures, guessed=True)


def give_levels(blocks):
    """Levels for guessed headings; so far their level is the number of blank lines above them."""
    headings = [block for block in blocks if block.kind == "heading" and block.guessed]
    numbers = [NUMBERED.match(block.text) for block in headings]
    capitals = [block.text.isupper() for block in headings]
    gaps = {block.level for block in headings[1:]}
    if sum(map(bool, numbers)) * 2 > len(headings) > 1:
        for block, number in zip(headings, numbers, strict=True):
            block.level = 3 if not number or "." in number[1].strip(".") else 2
            block.text = NUMBERED.sub("", block.text)
            block.html = escape(block.text)
    elif any(capitals) and not all(capitals):
        for block, capital in zip(headings, capitals, strict=True):
            block.level = 2 if capital else 3
    elif max(gaps, default=0) > 1 and min(gaps) == 1:
        for block in headings:
            block.level = 2 if block.level > 1 or block is headings[0] else 3
    else:
        levels_by_sense(blocks)
    return blocks


def levels_by_sense(blocks):
    """A heading right below another begins its parts; they go on until a heading that opens a chapter of any page."""
    in_parts = in_questions = False
    texts = [block for block in blocks if block.kind != "toggle"]
    for at, block in enumerate(texts):
        if block.kind != "heading":
            continue
        follows = texts[at + 1] if at + 1 < len(texts) else None
        above = texts[at - 1] if at else None
        opens = SAFETY_HEADING.search(block.text) or TOP.match(block.text)
        if in_questions and block.text.endswith("?"):
            block.level = 3
        elif above and above.kind == "heading" and above.level == 2 and not (follows and follows.kind == "heading"):
            block.level, in_parts = 3, True
        elif in_parts and not opens:
            block.level = 3
        else:
            block.level, in_parts = 2, False
            in_questions = bool(QUESTIONS.search(block.text))


def in_two_levels(blocks, report):
    """The levels that the document uses, as the two that a guide has; headings below them become bold lines."""
    levels = sorted({block.level for block in blocks if block.kind == "heading"})
    found = []
    for block in blocks:
        if block.kind == "heading":
            place = levels.index(block.level)
            if place > 1 or len(block.text) > LONGEST_HEADING:
                why = "deeper than two levels" if place > 1 else f"longer than {LONGEST_HEADING} characters"
                report.guessed(f"Made a bold line, because the heading is {why}: {quoted(block.text)}")
                html = f"<p><strong>{block.html}</strong></p>"
                block = Block("paragraph", html, block.text, pictures=block.pictures)
            else:
                is_first = not any(before.kind == "heading" for before in found)
                block.level = 2 if place == 0 or is_first else 3
                if block.guessed:
                    report.guessed(f"{GUESSED_LEVEL[block.level]}: {quoted(block.text)}")
        found.append(block)
    return found


# Sources ---------------------------------------------------------------------------------------------------------------


def take_sources(blocks, report):
    """The entries below a heading such as “Sources”, where each can be told apart; else they stay a section."""
    start = next((at for at, b in enumerate(blocks) if b.kind == "heading" and SOURCES.fullmatch(b.text)), None)
    if start is None:
        return [], blocks
    end = next((at for at in range(start + 1, len(blocks)) if blocks[at].kind == "heading"), len(blocks))
    entries = [entry for block in blocks[start + 1 : end] if block.kind != "toggle" for entry in entries_of(block)]
    sources = [source_of(html) for html in entries]
    if not sources or None in sources:
        report.look(
            "The list of sources could not be told apart: it is a section. Move its entries to “Sources” below."
        )
        return [], blocks
    report.guessed(f"Taken as sources: {quoted('; '.join(source['title'] for source in sources))}")
    return sources, blocks[:start] + blocks[end:]


def entries_of(block):
    if block.kind == "list":
        return re.findall(r"<li>(.*?)</li>", block.html, re.DOTALL)
    return [block.html]


def source_of(html):
    """{"organization", "title", "year", "url"}, or None where the entry does not say enough."""
    text = plain_text(html).replace("\n", " ")
    url = next((link for link in [*links(html), *ADDRESS.findall(text)] if link.startswith("http")), "").rstrip(".,;)")
    text = ADDRESS.sub("", text).replace("<>", "").replace("()", "").strip(" .,;:–-")
    text = NUMBERED.sub("", text) if re.match(r"\d{1,2}[.)]\s", text) else text
    year = (YEAR.findall(text) or [""])[-1]
    if year:
        text = re.sub(rf"[\s,.]*(?:\({year}\)|\b{year}\b)[.,;]*\s*$", "", text)
    organization, title = named_and_titled(text)
    if not organization and url:
        organization = urlsplit(url).hostname or ""
    source = {"organization": organization.strip(), "title": title.strip(" .") or url, "year": year, "url": url}
    longest = {"organization": 120, "title": 200, "year": 10, "url": 200}
    if (
        not source["organization"]
        or not source["title"]
        or any(len(source[name]) > most for name, most in longest.items())
    ):
        return None
    return source


def named_and_titled(text):
    for divider in (": ", " – ", " — ", ". ", ", "):
        before, _, after = text.partition(divider)
        if after and before.count("(") == before.count(")"):
            return before, after
    return "", text


# Sections --------------------------------------------------------------------------------------------------------------


def sections_of(blocks, report):
    """(the summary, the sections as data)"""
    start = next((at for at, block in enumerate(blocks) if block.kind == "heading"), len(blocks))
    summary, intro = take_summary([block for block in blocks[:start] if block.kind != "toggle"], report)
    note_toggles(blocks[:start], report)
    sections = []
    if intro:
        report.look("The text before the first heading stands under “Introduction”. Give it a better heading.")
        sections.append(section_of(Block("heading", text="Introduction", level=2), intro, paired=False))
    paired = any(block.kind == "toggle" and ends_toggle(block.text) for block in blocks)
    while start < len(blocks):
        end = next((at for at in range(start + 1, len(blocks)) if blocks[at].kind == "heading"), len(blocks))
        note_toggles(blocks[start:end], report)
        sections.append(section_of(blocks[start], blocks[start + 1 : end], paired=paired))
        start = end
    return summary, sections


def note_toggles(blocks, report):
    for block in blocks:
        if block.kind == "toggle" and not block.guessed:
            report.dropped("A word of the page's own buttons", block.text)


def take_summary(intro, report):
    """The first paragraph, if it fits; of a longer one the sentences that fit, and it stays in the text."""
    if not intro or intro[0].kind not in ("paragraph", "quote"):
        report.look("No text stands before the first heading: “In short” is empty. Write three plain sentences there.")
        return "", intro
    text = intro[0].text.replace("\n", " ")
    if len(text) <= LONGEST_SUMMARY:
        report.guessed(f"Taken as “In short”: {quoted(text)}")
        if links(intro[0].html):
            report.look(f"“In short” holds no links; these are gone from it: {', '.join(links(intro[0].html))[:300]}")
        return text, intro[1:]
    fits = re.match(r".{1,399}[.!?](?=\s)", text)
    report.guessed(
        "The first paragraph is too long for “In short”: its beginning stands there, and all of it in the text."
    )
    return (fits[0] if fits else text[: LONGEST_SUMMARY - 1].rstrip() + "…"), intro


def section_of(heading, blocks, *, paired):
    kind = "text"
    if blocks and (label := re.fullmatch(r"<p><em>([^<]*)</em></p>", blocks[0].html)) and label[1] in KINDS:
        kind, blocks = KINDS[label[1]], blocks[1:]
    shown, hidden = behind_the_toggle(blocks, paired)
    if not shown:
        shown, hidden = hidden, []
    body, more = ("\n".join(block.html for block in part) for part in (shown, hidden))
    return {
        "level": heading.level,
        "kind": kind,
        "heading": heading.text,
        "body": str(clean_html(body)),
        "more": str(clean_html(more)),
        "picture": None,
        "pictures": pictures_of([heading, *blocks]),
    }


def behind_the_toggle(blocks, paired):
    """(what is shown, what is hidden): from a “Read more” to its “Read less”, or to the end where a page has none."""
    shown, hidden, opened = [], [], False
    last_end = max(
        (at for at, block in enumerate(blocks) if block.kind == "toggle" and ends_toggle(block.text)), default=0
    )
    for at, block in enumerate(blocks):
        if block.kind != "toggle":
            (hidden if opened else shown).append(block)
        elif ends_toggle(block.text):
            opened = False
        elif opens_toggle(block.text):
            opened = not paired or at < last_end
    return shown, hidden


def bring_safety_into_sight(sections, report):
    """What the house rules would not let be published hidden is not hidden by an import. Its language is chosen later."""
    drafts = [Draft({"sections": sections, "language": language}, today=date.min) for language in LISTS]
    places = sorted({finding.section for draft in drafts for finding in safety_in_plain_sight(draft)})
    for place in places:
        section = sections[place]
        report.look(
            f"Kept in plain sight, though it stood behind “Read more” (it is about safety): {quoted(plain_text(section['more']))} "
            f"in “{section['heading']}”"
        )
        section["body"], section["more"] = str(clean_html(f"{section['body']}\n{section['more']}")), ""
    for section in sections:
        if section["more"]:
            words = quoted(plain_text(section["more"]), 120)
            report.guessed(f"Put behind “Read more” in “{section['heading']}”, as it was there: {words}")
