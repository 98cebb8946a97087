"""Pictures that a document holds within itself. They are taken out of it as they are and judged later, by the door through
which all pictures come in; those that stand elsewhere are never fetched."""

import base64
import re

MOST = 20  # of one document
MOST_BYTES = 30 * 1024 * 1024  # of all of them
NAME = re.compile(r"x-picture-(\d{1,3})")
IN_TEXT = re.compile(
    r"""(\bsrc\s{0,5}=\s{0,5}["']?\s{0,5}|\]\(\s{0,5}<?|\]:\s{0,5}<?)data:image/[\w.+-]{1,30};base64,([A-Za-z0-9+/=\s]*)""",
    re.IGNORECASE,
)


class Found:
    """In their order: {"content": base64, "alt"}. What stands in the text in their place is a name with a number."""

    def __init__(self, report):
        self.report, self.pictures, self.bytes = report, [], 0

    def add(self, content, alt=""):
        """The name that stands for it, empty where there are too many."""
        if len(self.pictures) >= MOST or self.bytes + len(content) > MOST_BYTES:
            limit = f"A document brings {MOST} pictures and {MOST_BYTES // 2**20} MB of them at most"
            self.report.look(f"{limit}: the others were left out. Add them in the picture library.")
            return ""
        self.bytes += len(content)
        self.pictures.append({"content": base64.b64encode(content).decode(), "alt": alt})
        return f"x-picture-{len(self.pictures) - 1}"

    def out_of(self, text):
        """The text with a name in place of each picture that it holds."""
        return IN_TEXT.sub(lambda found: found[1] + self.add(decoded(found[2])), text)

    def named(self, source):
        """The number of a picture of this document, or None."""
        name = NAME.fullmatch(source or "")
        return int(name[1]) if name and int(name[1]) < len(self.pictures) else None

    def place(self, number):
        """As a guide's data name a picture."""
        return {"folder": f"found/{number}", "alt": self.pictures[number]["alt"]}


def decoded(text):
    """What is damaged comes out as something that no door takes for a picture."""
    letters = re.sub(r"[\s=]", "", text)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.b64decode(letters + "=" * (-len(letters) % 4))
