"""Tables that a phone can show: each cell says under which heading it stands. Pure, on HTML that was cleaned before."""

import re
from html import escape, unescape
from html.parser import HTMLParser

TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
STACKED = '<div class="table stacked">{}</div>'
SCROLLED = '<div class="table" role="region" tabindex="0" aria-label="Table">{}</div>'
MOST_COLUMNS = 8


def boxed(html: str) -> str:
    """Each table in a box: one that can be stacked row by row on a phone, or one that scrolls while the page does not."""
    return TABLE.sub(lambda found: in_its_box(found[0]), html)


def in_its_box(table):
    headings = headings_of(table)
    return STACKED.format(Labels(headings).put_on(table)) if headings else SCROLLED.format(table)


def headings_of(table):
    """The words over the columns; None where cells span several or no row of headings leads the table."""
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    if len(rows) < 2 or re.search(r"\b(?:col|row)span=", table):
        return None
    cells = [re.findall(r"<(t[hd])\b[^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    width = len(cells[0])
    if not 2 <= width <= MOST_COLUMNS or any(len(row) != width for row in cells):
        return None
    if any(tag != "th" for tag, _ in cells[0]):
        return None
    return [" ".join(unescape(re.sub(r"<[^>]*>", " ", words)).split()) for _, words in cells[0]]


class Labels(HTMLParser):
    """Writes the table anew with its roles, which style sheets that stack it would take away, and a label on each cell."""

    ROLES = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell"}

    def __init__(self, headings):
        super().__init__(convert_charrefs=False)
        self.headings, self.row, self.column, self.written = headings, -1, -1, []

    def put_on(self, table):
        self.feed(table)
        self.close()
        return "".join(self.written)

    def handle_starttag(self, tag, attrs):
        start = self.get_starttag_text()
        if tag == "tr":
            self.row, self.column = self.row + 1, -1
        if tag in ("th", "td"):
            self.column += 1
            start = f"<{tag}{self.attributes(tag)}>"
        elif tag in self.ROLES:
            start = f'<{tag} role="{self.ROLES[tag]}">'
        self.written.append(start)

    def attributes(self, tag):
        if self.row == 0:
            return ' role="columnheader" scope="col"'
        role = ' role="rowheader" scope="row"' if tag == "th" else ' role="cell"'
        first = self.column == 0  # the row's own name, at the top of its card on a phone
        return role if first else f'{role} data-label="{escape(self.headings[self.column])}"'

    def handle_endtag(self, tag):
        self.written.append(f"</{tag}>")

    def handle_data(self, data):
        self.written.append(data)

    def handle_entityref(self, name):
        self.written.append(f"&{name};")

    def handle_charref(self, name):
        self.written.append(f"&#{name};")
