"""HTML of any origin to a plain row of blocks: headings, paragraphs, lists, tables, and toggles such as “Read more”."""

import re
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

import nh3

from ..content import clean_html, plain_text
from .noise import TOGGLE
from .report import Refused

DEEPEST = 300
MOST_TAGS = 150_000
MOST_SIGNS = 400_000  # each "<" or "&" that begins nothing is an error that the parser remembers
MOST_REOPENED = 6_000_000  # each block may open anew all that was left open before it
MOST_CLEANED = 2_500_000  # characters
TOO_DEEP = "This page is nested too deeply to read. Open it in a browser, copy its text, and paste that here instead of the file."
TOO_MANY = "This page holds more markup than a guide can. Copy the text that you need, and paste that here."
HEADINGS = {f"h{level}": level for level in range(1, 7)}
CONTAINERS = {"div", "section", "article", "main", "figure", "header", "footer", "nav", "aside", "form", "fieldset"}
CONTAINERS |= {"address", "center", "body", "dialog", "hgroup", "search"}
INLINE = {"strong": "strong", "b": "strong", "em": "em", "i": "em"}
KEPT = {"a", "br", "p", "ul", "ol", "li", "blockquote", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
KEPT |= {
    "img",
    "details",
    "summary",
    "dl",
    "dt",
    "dd",
    "pre",
    "hr",
    "button",
    "sup",
    "sub",
    "span",
    "figcaption",
    "label",
}
GONE = {
    "script",
    "style",
    "template",
    "svg",
    "math",
    "iframe",
    "noscript",
    "title",
    "select",
    "textarea",
    "object",
    "video",
}
GONE |= {"audio", "canvas", "head"}
STRUCK = {"s", "del", "strike"}
STRUCK_BY_STYLE = "line-through"
SUPERSCRIPT = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
SUBSCRIPT = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
CHROME_ROLES = {"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "menu", "menubar"}
CHROME_NAMES = re.compile(
    r"(?<![a-z])(?:cookies?|consent|gdpr|onetrust|breadcrumbs?|navbar|nav|navigation|menu|share|sharing|social|newsletter|pagination|"
    r"pager|skip-?link|skip-?to|site-?footer|site-?header|advert|ads|toc)(?![a-z])",
    re.IGNORECASE,
)
BLANK = re.compile(r"[ \t\r\n\f]+")
PIECES = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)|<!--")
WITHOUT_END = {"br", "img", "hr", "input", "meta", "link", "col", "area", "base", "embed", "source", "track", "wbr"}
WITHOUT_END |= {"p", "li", "td", "th", "tr", "dt", "dd", "option", "tbody", "thead", "tfoot"}


def _no_style_but_a_line_through(tag, attribute, value):
    return value if attribute != "style" else STRUCK_BY_STYLE if STRUCK_BY_STYLE in value.lower() else None


_structure = nh3.Cleaner(
    tags=KEPT | CONTAINERS | set(HEADINGS) | set(INLINE) | STRUCK,
    clean_content_tags=GONE,
    attributes={
        "*": {"class", "id", "role", "style"},
        "a": {"href"},
        "img": {"alt", "src"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan", "scope"},
        "ol": {"start"},
    },
    attribute_filter=_no_style_but_a_line_through,
    url_schemes={"https", "http", "mailto", "tel"},
    link_rel=None,
)


@dataclass
class Block:
    kind: str  # heading, paragraph, list, table, quote, toggle
    html: str = ""
    text: str = ""
    level: int = 0  # of a heading
    pictures: tuple = ()  # numbers of those that stand after it
    guessed: bool = False  # a heading that the document does not mark as one; a toggle that it holds without words


def paragraph(html):
    html = str(clean_html(f"<p>{html}</p>"))
    return Block("paragraph", html, plain_text(html))


class Node:
    def __init__(self, tag, attributes=(), parent=None):
        self.tag, self.attributes, self.parent, self.children = tag, dict(attributes), parent, []

    @property
    def text(self):
        return BLANK.sub(" ", " ".join(self.words())).strip()

    def words(self):
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child.words()

    def find(self, *tags):
        for child in self.children:
            if not isinstance(child, str):
                if child.tag in tags:
                    yield child
                yield from child.find(*tags)


class Tree(HTMLParser):
    """The tree of HTML that was cleaned: each tag in it is closed."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("body")
        self.depth = 0

    def handle_starttag(self, tag, attributes):
        node = Node(tag, attributes, self.here)
        self.here.children.append(node)
        if tag not in ("br", "img", "hr"):
            self.here, self.depth = node, self.depth + 1
            if self.depth > DEEPEST:
                raise Refused(TOO_DEEP)

    def handle_endtag(self, tag):
        if tag == self.here.tag and self.here.parent:
            self.here, self.depth = self.here.parent, self.depth - 1

    def handle_data(self, data):
        self.here.children.append(data)


def refuse_hostile(html):
    """In one pass, before a parser sees it: parsers take the square of the depth."""
    if html.count("<") > MOST_SIGNS or html.count("&") > MOST_SIGNS:
        raise Refused(TOO_MANY)
    depth = deepest = tags = skip_to = 0
    for piece in PIECES.finditer(html):
        if piece.start() < skip_to:
            continue
        if not piece[2]:
            end = html.find("-->", piece.end())
            skip_to = end if end > 0 else len(html)
            continue
        tag = piece[2].lower()
        tags += 1
        if tags > MOST_TAGS:
            raise Refused(TOO_MANY)
        if tag in ("script", "style") and not piece[1]:
            end = re.compile(f"</{tag}", re.IGNORECASE).search(html, piece.end())
            skip_to = end.start() if end else len(html)
        elif tag not in WITHOUT_END:
            depth = max(0, depth - 1) if piece[1] else depth + 1
            deepest = max(deepest, depth)
            if deepest > DEEPEST:
                raise Refused(TOO_DEEP)
    if deepest * tags > MOST_REOPENED:
        raise Refused(TOO_DEEP)


def blocks_of_html(html, report):
    """[Block], and the title that the page's head gives, as a block of the kind "title"."""
    refuse_hostile(html)
    found = []
    if title := re.search(r"<title[^>]{0,200}>([^<]{1,500})", html, re.IGNORECASE):
        found.append(Block("title", text=plain_text(title[1])))
    cleaned = _structure.clean(html)
    if len(cleaned) > MOST_CLEANED:
        raise Refused(TOO_MANY)
    tree = Tree()
    tree.feed(cleaned)
    tree.close()
    leave_out_what_is_struck(tree.root, report)
    body = Walker(report)
    body.walk(main_part(tree.root, report))
    body.flush()
    if body.at_the_top:
        found.append(Block("title", pictures=body.at_the_top))
    return found + body.found


def leave_out_what_is_struck(node, report):
    """Words with a line through them are no longer meant: as plain text they would come back to life."""
    kept = []
    for child in node.children:
        if not isinstance(child, str):
            if child.tag in STRUCK or "style" in child.attributes:
                report.dropped("Struck out", child.text)
                continue
            leave_out_what_is_struck(child, report)
            if child.tag in (*INLINE, "a", "span") and not child.children:
                continue
        elif kept and isinstance(kept[-1], str):
            kept[-1] += child  # and of the blanks on both sides one is left
            continue
        kept.append(child)
    node.children = kept


def main_part(root, report):
    """The one <main> or <article> of a page, if most of its text is there."""
    for tag in ("main", "article"):
        parts = list(root.find(tag))
        if len(parts) == 1 and len(parts[0].text) * 2 > len(root.text):
            around = [text for child in root.children if (text := outside(child, parts[0]))]
            for text in around:
                report.dropped("Outside the main part of the page", text)
            return parts[0]
    return root


def outside(node, part):
    if node is part:
        return ""
    if isinstance(node, str):
        return node.strip()
    return " ".join(filter(None, (outside(child, part) for child in node.children)))


class Walker:
    """Goes through the tree and writes the blocks down, in the order in which they are read."""

    def __init__(self, report):
        self.report, self.found, self.run, self.level = report, [], [], 1
        self.at_the_top = ()

    def flush(self):
        html, self.run = "".join(self.run).strip(), []
        html = re.sub(r"^(?:\s*<br>)+|(?:<br>\s*)+$", "", html)
        if not plain_text(html):
            return
        lines = html.split("<br>")
        if len(lines) > 1 and all(plain_text(line)[:1] in "•‣▪●◦·" for line in lines if plain_text(line)):
            self.found += [paragraph(line) for line in lines if plain_text(line)]
        else:
            self.found.append(paragraph(html))

    def add(self, kind, html, **facts):
        html = str(clean_html(html))
        if html:
            self.found.append(Block(kind, html, plain_text(html), **facts))

    def walk(self, node):
        for child in node.children:
            if isinstance(child, str) or child.tag in INLINE or child.tag in ("a", "br", "span", "sup", "sub", "label"):
                self.inline(child)
                continue
            self.flush()
            if self.is_chrome(child):
                self.report.dropped("Part of the page around the text", child.text)
            else:
                getattr(self, f"take_{child.tag}", self.take_container)(child)

    def inline(self, child):
        if not isinstance(child, str) and any(child.find(*HEADINGS, "p", "ul", "ol", "table", "div", "details")):
            self.flush()
            self.walk(child)  # a link or a span around whole blocks
            return
        if not isinstance(child, str):
            self.note_pictures(child)
        piece = inline(child)
        if piece == "<br>" and self.run and self.run[-1] == "<br>":
            self.run.pop()
            self.flush()
        elif piece.strip() or (self.run and self.run[-1] != "<br>"):
            self.run.append(piece)

    def is_chrome(self, node):
        names = f"{node.attributes.get('class', '')} {node.attributes.get('id', '')}"
        named = node.tag in ("nav", "footer", "form", "dialog", "search") or node.attributes.get("role") in CHROME_ROLES
        named = named or (node.tag == "header" and not any(node.find("h1")))
        named = named or (node.tag in ("div", "section", "ul", "aside", "p") and CHROME_NAMES.search(names))
        return named and not any(node.find("h1")) and len(node.text) < 3000

    def take_container(self, node):
        self.walk(node)
        self.flush()

    def take_heading(self, node):
        self.note_pictures(node)
        if text := node.text:
            self.level = HEADINGS[node.tag]
            self.found.append(Block("heading", escape(text), text, level=self.level))

    take_h1 = take_h2 = take_h3 = take_h4 = take_h5 = take_h6 = take_heading

    def take_p(self, node):
        self.walk(node)
        self.flush()

    def take_img(self, node):
        alt = node.attributes.get("alt", "").strip()
        number = self.report.found.named(node.attributes.get("src", ""))
        if number is None:
            self.report.dropped("A picture (add it in the picture library)", alt or "without a text alternative")
            return
        self.report.found.pictures[number]["alt"] = alt
        if self.found:
            self.found[-1].pictures += (number,)
        else:
            self.at_the_top += (number,)

    def take_hr(self, node):
        pass

    def take_figcaption(self, node):
        self.report.dropped("The caption of a picture", node.text)

    def take_button(self, node):
        if TOGGLE.fullmatch(node.text):
            self.found.append(Block("toggle", text=node.text))
        else:
            self.report.dropped("A button", node.text)

    def take_details(self, node):
        """“Read more” hides detail; any other summary is a heading over what it opens."""
        summary = next(node.find("summary"), None)
        words = summary.text if summary else "Read more"
        level = self.level
        if TOGGLE.fullmatch(words):
            self.found.append(Block("toggle", text="Read more", guessed=True))
        elif any(summary.find(*HEADINGS)):
            self.walk(summary)
        else:
            self.found.append(Block("heading", escape(words), words, level=min(level + 1, 6), guessed=True))
        rest = Node("div")
        rest.children = [child for child in node.children if child is not summary]
        self.take_container(rest)
        self.level = level
        if TOGGLE.fullmatch(words):
            self.found.append(Block("toggle", text="Read less", guessed=True))

    def take_summary(self, node):
        self.take_container(node)

    def take_list(self, node):
        if any(node.find(*HEADINGS, "details", "table", "button")):
            self.take_items(node)
            return
        self.note_pictures(node)
        self.add("list", list_html(node))

    take_ul = take_ol = take_list

    def take_items(self, node):
        for child in node.children:
            if not isinstance(child, str):
                self.take_container(child)

    def take_dl(self, node):
        terms = []  # several of them may share one description
        for part in node.find("dt", "dd"):
            if part.tag == "dt":
                terms += [f"<strong>{escape(part.text)}</strong>"] if part.text else []
                continue
            self.run, terms = [f"{', '.join(terms)}: "] if terms else [], []
            if any(part.find("p", "ul", "ol", "table")):
                self.take_container(part)
            else:
                self.run.append("".join(map(inline, part.children)))
                self.flush()
        self.run = [", ".join(terms)]
        self.flush()

    def take_pre(self, node):
        lines = "".join(node.words()).strip().split("\n")
        self.found.append(paragraph("<br>".join(map(escape, lines))))

    def take_blockquote(self, node):
        inner = Walker(self.report)
        inner.walk(node)
        inner.flush()
        self.add("quote", f"<blockquote>{''.join(block.html for block in inner.found if block.html)}</blockquote>")

    def take_table(self, node):
        rows = [row for row in node.find("tr") if nearest(row, "table") is node]
        cells = [
            [cell for cell in row.children if not isinstance(cell, str) and cell.tag in ("td", "th")] for row in rows
        ]
        if max(map(len, cells), default=0) < 2 or any(node.find("table")) or any(node.find(*HEADINGS)):
            for cell in (cell for row in cells for cell in row):
                self.take_container(cell)  # a table that only lays things out
            return
        self.note_pictures(node)
        self.add("table", table_html(node, rows))

    def take_caption(self, node):
        self.take_container(node)

    def note_pictures(self, node):
        for picture in node.find("img"):
            self.take_img(picture)


def nearest(node, tag):
    while node.parent:
        node = node.parent
        if node.tag == tag:
            return node
    return None


def inline(node):
    """The HTML of what stands within a line."""
    if isinstance(node, str):
        return escape(BLANK.sub(" ", node), quote=False)
    if node.tag == "br":
        return "<br>"
    if node.tag in ("sup", "sub"):
        # A power of ten that loses its place is another number.
        table = SUPERSCRIPT if node.tag == "sup" else SUBSCRIPT
        text = node.text
        return escape(text.translate(table) if all(ord(sign) in table for sign in text) else f"{text} ")
    inside = "".join(map(inline, node.children))
    if not inside.strip():
        return " " if inside else ""
    if node.tag in INLINE:
        return f"<{INLINE[node.tag]}>{inside}</{INLINE[node.tag]}>"
    if node.tag == "a" and node.attributes.get("href"):
        return f'<a href="{escape(node.attributes["href"])}">{inside}</a>'
    return inside


def list_html(node):
    items = []
    for child in node.children:
        if isinstance(child, str):
            continue
        if child.tag in ("ul", "ol") and items:  # a list beside its item instead of in it, as old programs write
            items[-1] = items[-1].removesuffix("</li>") + list_html(child) + "</li>"
        elif inside := item_html(child):
            items.append(f"<li>{inside}</li>")
    start = node.attributes.get("start", "")
    opening = f'<ol start="{start}">' if node.tag == "ol" and start.isdecimal() and start != "1" else f"<{node.tag}>"
    return f"{opening}{''.join(items)}</{node.tag}>" if items else ""


def item_html(node):
    """The lines of an item, each a paragraph if there are several, and the lists within."""
    parts, run = [], []

    def close():
        if text := "".join(run).strip():
            parts.append(("p", text))
        run.clear()

    def gather(children):
        for child in children:
            if isinstance(child, str) or child.tag in INLINE or child.tag in ("a", "br", "span", "sup", "sub"):
                run.append(inline(child))
            elif child.tag in ("ul", "ol"):
                close()
                parts.append(("list", list_html(child)))
            elif child.tag != "img":
                close()
                gather(child.children)
                close()

    gather([node] if node.tag in INLINE or node.tag == "a" else node.children)
    close()
    several = sum(kind == "p" for kind, _ in parts) > 1
    return "".join(f"<p>{html}</p>" if kind == "p" and several else html for kind, html in parts)


def table_html(node, rows):
    caption = next((f"<caption>{escape(part.text)}</caption>" for part in node.find("caption") if part.text), "")
    written = []
    for row in rows:
        cells = [cell for cell in row.children if not isinstance(cell, str) and cell.tag in ("td", "th")]
        if not any(cell.text for cell in cells):
            continue
        in_head = nearest(row, "thead") is not None or (
            all(cell.tag == "th" for cell in cells) and all(h for h, _ in written)
        )
        written.append((in_head, "".join(cell_html(cell, in_head) for cell in cells)))
    head = []
    while written and written[0][0]:
        head.append(f"<tr>{written.pop(0)[1]}</tr>")
    body = "".join(f"<tr>{html}</tr>" for _, html in written)
    thead = f"<thead>{''.join(head)}</thead>" if head else ""
    return (
        f"<table>{caption}{thead}<tbody>{body}</tbody></table>"
        if body
        else f"<table>{caption}<tbody>{''.join(head)}</tbody></table>"
    )


def cell_html(cell, in_head):
    tag = "th" if in_head else cell.tag
    scope = f' scope="{"col" if in_head else "row"}"' if tag == "th" else ""
    spans = "".join(
        f' {name}="{value}"'
        for name in ("colspan", "rowspan")
        if (value := cell.attributes.get(name, "")).isdecimal() and value not in ("0", "1") and len(value) < 3
    )
    return f"<{tag}{scope}{spans}>{item_html(cell)}</{tag}>"
