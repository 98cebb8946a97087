"""Guides as files to take along: Markdown to read and reuse, JSON to bring back exactly. Pure, no models."""

import json
import re
from html import escape

from .content import plain_text
from .importing.blocks import Tree
from .importing.outline import KINDS
from .importing.report import Refused

LABELS = {kind: label for label, kind in KINDS.items()}
SPECIAL = re.compile(r"([\\`*_\[\]<>|])")
LINE_START = re.compile(r"^(\s*)(?:([#+>-]|={3,}|~{3,})|(\d{1,9})([.)]))(?=\s|$|[#>=~-])", re.MULTILINE)
UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")  # what editors of text files drop or turn into line ends
FORMATS = {"markdown": ("md", "text/markdown"), "json": ("json", "application/json")}


def export(data, name):
    """The draft in the format `name`, as text; `data` is what Guide.as_data() gives."""
    return {"markdown": as_markdown, "json": as_json}[name](data)


def as_json(data):
    text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    return UNSEEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def as_markdown(data):
    parts = [f"# {plain(data['title'])}", plain(data["summary"]), picture_line(data["picture"])]
    for section in data["sections"]:
        parts.append(f"{'#' * section['level']} {plain(section['heading'])}")
        if section["kind"] in LABELS:
            parts.append(f"*{LABELS[section['kind']]}*")
        parts += [markdown_of(section["body"]), picture_line(section["picture"])]
        if section["more"]:
            parts += ["<details><summary>Read more</summary>", markdown_of(section["more"]), "</details>"]
    if data["sources"]:
        parts += ["## Sources", "\n".join(map(source_line, data["sources"]))]
    return "\n\n".join(filter(None, parts)) + "\n"


def source_line(source):
    year = f" ({plain(source['year'])})" if source["year"] else ""
    url = f" <{address(source['url'])}>" if source["url"] else ""
    return f"- {plain(source['organization'])}: {plain(source['title'])}{year}{url}"


def picture_line(picture):
    return picture and f"![{plain(picture['alt'])}](/media/{picture['folder']}/{picture['widths'][-1]}.webp)"


def plain(text):
    """Words that are to mean nothing to Markdown, in one line."""
    return LINE_START.sub(without_meaning, SPECIAL.sub(r"\\\1", " ".join(text.split())))


def without_meaning(match):
    return f"{match[1]}{match[3]}\\{match[4]}" if match[3] else f"{match[1]}\\{match[2]}"


def address(url):
    return re.sub(r"[\s<>()]", lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), url)


def markdown_of(html):
    tree = Tree()
    try:
        tree.feed(html)
        tree.close()
    except Refused:  # nested as no person writes
        return plain(plain_text(html))
    return "\n\n".join(blocks_of(tree.root))


def blocks_of(node):
    """Each paragraph, list, quotation and table below it, as Markdown."""
    found, run, list_before = [], [], ""
    for child in [*node.children, None]:
        if child is not None and (isinstance(child, str) or child.tag in ("strong", "em", "a", "br")):
            run.append(words_of(child))
            continue
        if words := in_lines("".join(run)):
            found.append(words)
            list_before = ""
        run = []
        if child is None:
            break
        blocks = block_of(child, list_before)
        list_before = child.tag + blocks[0][:1] if child.tag in ("ul", "ol") and blocks else ""
        found += blocks
    return found


def block_of(node, list_before):
    if node.tag in ("ul", "ol"):
        return [list_of(node, list_before)] if node.children else []
    if node.tag == "blockquote":
        quoted = "\n\n".join(blocks_of(node))
        return ["\n".join(f"> {line}".rstrip() for line in quoted.split("\n"))] if quoted else []
    if node.tag == "table":
        return [table_of(node)]
    return blocks_of(node)


def list_of(node, list_before):
    """A list right after another takes another marker, or Markdown would make one of both."""
    number = int(node.attributes.get("start", "1")[:6] or 1)
    items = []
    for item in node.children:
        if isinstance(item, str):
            continue
        if node.tag == "ul":
            marker = "* " if list_before == "ul-" else "- "
        else:
            marker = f"{number}{')' if list_before.startswith('ol') else '.'} "
        number += 1
        parts = blocks_of(item)
        several = sum(not re.match(r"(?:[-*]|\d+[.)]) ", part) for part in parts) > 1
        words = ("\n\n" if several else "\n").join(parts)
        items.append(marker + words.replace("\n", "\n" + " " * len(marker)))
    return re.sub(r"^ +$", "", "\n".join(items), flags=re.MULTILINE)


def table_of(node):
    """Markdown draws a grid with a head; a caption or merged cells stay HTML, which Markdown lets through."""
    rows = [[cell for cell in row.children if not isinstance(cell, str)] for row in node.find("tr")]
    merged = any(cell.attributes for row in rows for cell in row if cell.attributes.keys() - {"scope"})
    if merged or any(node.find("caption")) or not rows or not all(cell.tag == "th" for cell in rows[0]):
        return html_of(node)
    if any(cell.tag == "th" for row in rows[1:] for cell in row):
        return html_of(node)
    width = max(map(len, rows))
    lines = [[" ".join("".join(map(words_of, cell.children)).split()) for cell in row] for row in rows]
    lines = [line + [""] * (width - len(line)) for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], ["---"] * width, *lines[1:]])


def html_of(node):
    if isinstance(node, str):
        return escape(" ".join(node.split()) and re.sub(r"\s+", " ", node), quote=False)
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node.attributes.items())
    if node.tag == "br":
        return "<br>"
    return f"<{node.tag}{attributes}>{''.join(map(html_of, node.children))}</{node.tag}>"


def in_lines(text):
    """A paragraph, in which only a <br> breaks the line."""
    text = re.sub(r"\s*\x00\s*", "\x00", re.sub(r"\s+", " ", text)).strip(" \x00")
    return "  \n".join(LINE_START.sub(without_meaning, line) for line in text.split("\x00"))


def words_of(node):
    if isinstance(node, str):
        return SPECIAL.sub(r"\\\1", node)
    inside = "".join(map(words_of, node.children))
    if node.tag == "br":
        return "\x00"
    if node.tag == "a":
        return f"[{inside}]({address(node.attributes.get('href', ''))})" if inside.strip() else inside
    if node.tag not in ("strong", "em"):
        return inside + " "
    before, words, after = re.fullmatch(r"([\s\x00]*)(.*?)([\s\x00]*)", inside, re.DOTALL).groups()
    if not words:
        return inside
    if re.fullmatch(r"\w.*\w|\w", words, re.DOTALL):
        sign = "**" if node.tag == "strong" else "*"
        return f"{before}{sign}{words}{sign}{after}"
    return f"{before}<{node.tag}>{words}</{node.tag}>{after}"
