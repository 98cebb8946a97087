"""Plain text, as it is copied off a page, out of a mail or a word processor, to blocks."""

import re
from html import escape

from ..content import clean_html, plain_text
from .blocks import Block, paragraph
from .noise import TOGGLE, around_the_text
from .report import Refused

BULLET = re.compile(r"(\s*)(?:[•‣▪◦●○·∙■□➢➤✓✔*+–—-]|o(?=\s{1,8}\S))(?:\s+|(?<=[•‣▪●■])(?=\S))")
LONE_BULLET = re.compile(r"\s*[•‣▪◦●○·∙■*-]\s*")
NUMBER = re.compile(r"(\s*)\(?(?:(\d{1,2})|([a-h]))[.)]\s+")
UNDERLINE = re.compile(r"\s*(?:={3,}|-{3,}|_{3,}|~{3,}|\*{3,})\s*")
MOST_LINES = 50_000
NARROWEST, WIDEST = 50, 110  # columns of a text that was wrapped by hand or by a mail program
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
ADDRESS = re.compile(r"https?://[^\s<>\"]{1,500}[^\s<>\".,;:!?)]")


def blocks_of_text(text, report):
    text = INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\xa0", " "))
    lines = [line.expandtabs(4).rstrip() for line in re.split("[\n\r\u2028\u2029\x0b\x0c]", text)]
    if len(lines) > MOST_LINES:
        raise Refused(
            f"This text has more than {MOST_LINES:,} lines. Split it into several guides and import them one by one."
        )
    return Lines(bullets_with_their_words(lines), report).blocks()


def bullets_with_their_words(lines):
    """A bullet that stands alone belongs to the next line, as some browsers copy it."""
    found, waiting = [], ""
    for line in lines:
        if LONE_BULLET.fullmatch(line):
            waiting = line.rstrip() + " "
        elif waiting and not line:
            continue
        else:
            found.append(waiting + line.lstrip() if waiting else line)
            waiting = ""
    return found


def width_of(lines):
    """The column at which the text was wrapped; 0 for a text whose paragraphs are lines."""
    lengths = [len(line) for line in lines if line]
    if not lengths or not NARROWEST <= max(lengths) <= WIDEST:
        return 0
    return max(lengths)


class Lines:
    def __init__(self, lines, report):
        self.lines, self.report, self.width = lines, report, width_of(lines)
        self.found, self.items, self.gap = [], [], 0

    def blocks(self):
        if self.width and any(self.goes_on(at) for at in range(len(self.lines) - 1)):
            self.report.guessed(f"Lines broken at {self.width} characters were joined to paragraphs.")
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if not line.strip():
                self.gap += 1
                at += 1
                continue
            if UNDERLINE.fullmatch(line):
                self.underlined(line)
            elif TOGGLE.fullmatch(line):
                self.close()
                self.found.append(Block("toggle", text=line.strip()))
            elif why := around_the_text(line):
                self.report.dropped(why, line)
            else:
                start = at
                while at + 1 < len(self.lines) and self.goes_on(at, in_item=bool(marker(self.lines[start]))):
                    at += 1
                self.take([line, *(more.strip() for more in self.lines[start + 1 : at + 1])])
            self.gap = 0
            at += 1
        self.close()
        return self.found

    def goes_on(self, at, *, in_item=False):
        """Whether the next line is the same paragraph: its first word would not have fitted here."""
        line, following = self.lines[at], self.lines[at + 1]
        if not line or not following.strip() or marker(following) or UNDERLINE.fullmatch(following):
            return False
        if TOGGLE.fullmatch(following) or around_the_text(following):
            return False
        if in_item and following.startswith("  ") and not self.lines[at].endswith((".", "!", "?", ":")):
            return True
        word = following.split(maxsplit=1)[0]
        return bool(self.width) and len(line) + 1 + len(word) > self.width

    def underlined(self, line):
        """A line of signs below a single line makes that a heading; elsewhere it only divides."""
        last = self.found[-1] if self.found and not self.items else None
        if self.gap == 0 and last and last.kind == "paragraph" and len(last.text) <= 120:
            level = 1 if line.strip()[0] == "=" else 2
            self.found[-1] = Block("heading", escape(last.text), last.text, level=level)

    def take(self, lines):
        text = " ".join(lines)
        if item := marker(text):
            self.items.append(item)
            return
        self.close()
        self.found.append(paragraph(linked(text.strip())))
        self.found[-1].level = self.gap  # blank lines above, for whoever looks for headings

    def close(self):
        """The bullets or numbers that stand together, as one list; a number that stands alone is part of its line."""
        items, self.items = self.items, []
        while items:
            kind = items[0][1]
            depth = items[0][0]
            taken = 1
            while taken < len(items) and (items[taken][1] == kind or items[taken][0] > depth):
                taken += 1
            group, items = items[:taken], items[taken:]
            if kind == "ol" and (len(group) == 1 or len(group[0][3]) > 400):
                self.found += [paragraph(f"{number}. {linked(text)}") for _, _, number, text in group]
            else:
                html = str(clean_html(nested(group)))
                self.found.append(Block("list", html, plain_text(html)))


def marker(line):
    """(columns before it, "ul" or "ol", the number, the words) of a line that begins with a bullet or a number."""
    if match := BULLET.match(line):
        return len(match[1]), "ul", "", line[match.end() :].strip()
    if match := NUMBER.match(line):
        return len(match[1]), "ol", match[2] or match[3], line[match.end() :].strip()
    return None


def nested(items):
    """The HTML of a list; items that stand further in than the one above belong to it."""
    depth, kind, number, _ = items[0]
    html, at = "", 0
    while at < len(items):
        inner = at + 1
        while inner < len(items) and items[inner][0] > depth + 1:
            inner += 1
        within = nested(items[at + 1 : inner]) if inner > at + 1 and inner - at < 500 else ""
        html += f"<li>{linked(items[at][3])}{within}</li>"
        at = inner
    start = f' start="{number}"' if kind == "ol" and number.isdecimal() and number not in ("0", "1") else ""
    return f"<{kind}{start}>{html}</{kind}>"


def linked(text):
    """The words with their web addresses as links."""
    parts, at = [], 0
    for match in ADDRESS.finditer(text):
        parts += [escape(text[at : match.start()], quote=False), f'<a href="{escape(match[0])}">{escape(match[0])}</a>']
        at = match.end()
    return "".join([*parts, escape(text[at:], quote=False)])
