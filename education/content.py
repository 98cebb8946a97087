"""What a guide's text may hold, and how it is read: pure, no models."""

import html
import json
import re

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from .tables import boxed

TAGS = {"p", "br", "ul", "ol", "li", "strong", "em", "blockquote", "a"}
TABLE_TAGS = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {
    "*": set(),
    "a": {"href"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
}
VANISH_WITH_THEIR_TEXT = {"script", "style", "template", "svg", "math", "iframe", "noscript", "title"}
WHAT_BROWSERS_SKIP = re.compile(r"[\x00-\x20]")  # "/\t/elsewhere" is "//elsewhere" to them
# Ids that the public template gives out itself; a test reads the page and finds each id once.
IDS_OF_THE_PAGE = {
    "main",
    "emergency",
    "emergency-title",
    "call-title",
    "about-title",
    "sources-title",
    "tools",
    "clear",
    "clear-title",
    "related-title",
    "words-title",
}
READ_MORE = ".more"  # ends the id of what a section folds away; no heading's own id holds a dot
# The editor's menus offer the same and no more.
EDITOR_EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "HardBreak": True,
    "Link": {"enableTarget": False},
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "WordPaste": True,
}


def _same_site_or_named_scheme(tag, attribute, value):
    """Drops addresses that leave out the scheme ("//elsewhere"): they look like ours and are not."""
    if attribute == "href" and WHAT_BROWSERS_SKIP.sub("", value).replace("\\", "/").startswith("//"):
        return None
    if attribute in ("colspan", "rowspan", "start") and not value.isdecimal():
        return None
    return value


_cleaner = nh3.Cleaner(
    tags=TAGS | TABLE_TAGS,
    clean_content_tags=VANISH_WITH_THEIR_TEXT,
    attributes=ATTRIBUTES,
    attribute_filter=_same_site_or_named_scheme,
    url_schemes={"https", "http", "mailto", "tel"},
    link_rel=None,
)


def clean_html(value) -> SafeString:
    """Editors' HTML without anything that could run, load or restyle. This module alone calls HTML safe, and only what was cleaned here."""
    cleaned = _cleaner.clean((value or "").encode("utf-8", "replace").decode())  # no half characters
    cleaned = _cleaner.clean(cleaned)  # a link in a link, once unfolded, is read differently the second time
    return mark_safe("" if not plain_text(cleaned) else cleaned.strip())


def plain_text(value: str) -> str:
    """The words of a piece of HTML, blocks divided by line breaks."""
    value = re.sub(r"</(?:p|li|tr|blockquote|caption)>|<br\s*/?>", "\n", value or "")
    value = re.sub(r"</(?:th|td)>", " ", value)
    text = html.unescape(re.sub(r"<[^>]*>", "", value)).replace("\xa0", " ")
    return re.sub(r"[ \t]*\n\s*", "\n", re.sub(r"[ \t]+", " ", text)).strip()


def links(value: str) -> list[str]:
    """The addresses that a piece of clean HTML links to."""
    return [html.unescape(address) for address in re.findall(r'<a href="([^"]*)"', value or "")]


def tables_for_phones(value: SafeString) -> SafeString:
    """Each table in a box of its own: on a phone it is stacked row by row, or scrolls while the page does not."""
    return mark_safe(boxed(value))


WHOLE_OR_TAG = re.compile(r"(<(a|th|caption)\b[^>]*>.*?</\2>|<[^>]*>)", re.DOTALL)


def in_text(value: SafeString, change) -> SafeString:
    """Clean HTML with change(text) in place of each run of text, both escaped; links and headings stay as they are."""
    parts, end = [], 0
    for found in WHOLE_OR_TAG.finditer(value):
        parts += [change(value[end : found.start()]), found[0]]
        end = found.end()
    return mark_safe("".join([*parts, change(value[end:])]))


def pictures_in(data) -> list[dict]:
    """The pictures that a guide's frozen data show, in their order."""
    shown = [data.get("picture"), *(section.get("picture") for section in data.get("sections", ()))]
    return [picture for picture in shown if picture]


def anchors(headings: list[str]) -> list[str]:
    """An id for each heading, unique on the page, readable in an address."""
    taken, found = set(IDS_OF_THE_PAGE), []
    for heading in headings:
        anchor = base = slugify(heading)[:60].strip("-") or "section"
        number = 2
        while anchor in taken:
            anchor, number = f"{base}-{number}", number + 1
        taken.add(anchor)
        found.append(anchor)
    return found


def json_in_html(data) -> SafeString:
    """Data as JSON that no word in it can break out of, for a <script> that only holds data."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace").decode()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return mark_safe(text)
