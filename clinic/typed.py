"""What people type, made fit to store and to show: pure, never raises, never refuses."""

import re
import unicodedata

LINE_BREAKS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
SPACES = re.compile(r"[\t\v\f ]+")
# Characters that no one types on purpose: they cut texts short, turn them round or are no characters at all.
UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters
    "\u202a-\u202e\u2066-\u2069"  # direction overrides, which show a text other than it is
    "\ufeff\ufff9-\ufffb"  # byte order mark, annotation marks
    "\ud800-\udfff\ufdd0-\ufdef"  # lone surrogates, noncharacters
    + "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)


def tidy(text):
    """Several lines: composed characters, one kind of line break, nothing invisible that could harm."""
    text = UNWANTED.sub("", LINE_BREAKS.sub("\n", text))
    return unicodedata.normalize("NFC", text).strip()


def tidy_line(text):
    """The same for one line: breaks and runs of spaces become one space."""
    return SPACES.sub(" ", tidy(text).replace("\n", " ")).strip()
