"""Marked words: typed into the form, then looked for everywhere they must not be, in plain and in disguise."""

import base64
import binascii
import itertools
import json
import quopri
import re
import string
import zlib
from contextlib import suppress
from urllib.parse import unquote_to_bytes

LETTERS = string.ascii_lowercase.replace("z", "")
CANARY = re.compile(rb"zqx[a-y]{9}", re.IGNORECASE)
ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
DEEP = 3  # disguises inside one another
number = itertools.count(1)


def new():
    """Letters alone: no tidying, no upper case, no font of digits changes it."""
    rest, letters = next(number), ""
    for _ in range(9):
        rest, letter = divmod(rest, len(LETTERS))
        letters += LETTERS[letter]
    return f"zqx{letters}"


def found(content, deep=DEEP):
    """The canaries in some bytes (or anything that can be written down), decoded in all the ways that software encodes."""
    content = as_bytes(content)
    canaries = {canary.decode().lower() for canary in CANARY.findall(content)}
    if deep:
        for decoded in decodings(content):
            canaries |= found(decoded, deep - 1)
    return canaries


def as_bytes(content):
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else repr(content)).encode("utf-8", "replace")


def decodings(content):
    """Other readings of the same bytes, where they differ."""
    joined = re.sub(rb"(?<=[A-Za-z0-9+/])\r?\n(?=[A-Za-z0-9+/])", b"", content)  # base64 comes in lines
    for reading in (joined, content.replace(b"\0", b""), unquote_to_bytes(content), quopri.decodestring(content)):
        if reading != content:
            yield reading
    if b"\\u" in content:
        with suppress(ValueError):
            yield json.loads(b'"' + content.replace(b'"', b"'").replace(b"\n", b" ") + b'"').encode("utf-8", "replace")
    for packed in set(ENCODED.findall(joined)):
        with suppress(binascii.Error, ValueError):
            unpacked = base64.b64decode(packed.rstrip(b"=") + b"=" * (-len(packed.rstrip(b"=")) % 4), altchars=b"-_")
            yield unpacked
            with suppress(zlib.error):
                yield zlib.decompress(unpacked)
        with suppress(binascii.Error, ValueError):
            yield base64.b64decode(packed.rstrip(b"=") + b"=" * (-len(packed.rstrip(b"=")) % 4))
