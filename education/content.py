"""What a guide's text may hold, and how it is read: pure, no models."""

import html
import re

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

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
IDS_OF_THE_PAGE = {"main", "emergency", "emergency-title", "call-title", "about-title", "sources-title"}
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
    """Editors' HTML without anything that could run, load or restyle. The one place that calls HTML safe."""
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


def tables_that_scroll(value: SafeString) -> SafeString:
    """Each table in a box of its own, so that on a phone the table scrolls and the page does not."""
    boxed = value.replace("<table>", '<div class="table" role="region" tabindex="0" aria-label="Table"><table>')
    return mark_safe(boxed.replace("</table>", "</table></div>"))


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
