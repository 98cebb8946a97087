"""What kind of document it is, judged by what it holds and not by its name; and its text, whatever its encoding."""

import json
import re
from io import BytesIO

from .blocks import blocks_of_html
from .exported import read_exported
from .outline import draft_of
from .plain import blocks_of_text
from .report import Refused

NOT_TEXT = {
    b"%PDF": "This is a PDF. Open it, copy its text and paste it here, or save the original document as Word (.docx).",
    b"{\\rtf": "This is an RTF file. Open it in a word processor and save it as Word (.docx).",
    b"\x89PNG": "This is a picture. Add it to the picture library instead.",
    b"\xff\xd8\xff": "This is a picture. Add it to the picture library instead.",
    b"GIF8": "This is a picture. Add it to the picture library instead.",
    b"BM": None,
    b"II*\x00": "This is a picture. Add it to the picture library instead.",
    b"MM\x00*": "This is a picture. Add it to the picture library instead.",
    b"\x1f\x8b": "This is a packed file. Unpack it and choose the document in it.",
    b"7z\xbc\xaf": "This is a packed file. Unpack it and choose the document in it.",
    b"Rar!": "This is a packed file. Unpack it and choose the document in it.",
    b"MZ": None,
}
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_TEXT = 5 * 1024 * 1024
UNREADABLE = "This is not a text document. Use Word (.docx), Markdown, HTML or plain text, or paste the text."
MARKS = [
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
]
DECLARED = re.compile(rb"""<meta[^>]{0,200}charset\s{0,5}=\s{0,5}["']?([A-Za-z0-9_-]{1,20})""", re.IGNORECASE)
KNOWN_ENCODINGS = re.compile(r"windows-125\d|iso-8859-\d{1,2}|koi8-r|macintosh|shift_jis|gb2312|gbk|big5|euc-[a-z]{2}")
CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
HTML = re.compile(
    r"\A\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,5000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
HTML_TAGS = re.compile(r"</(?:p|h[1-6]|li|ul|ol|div|table|td|strong|b|a|section|article)>|<br\s*/?>", re.IGNORECASE)
MARKDOWN = re.compile(
    r"^ {0,3}#{1,6} +\S|^ {0,3}```|\[[^\]\n]{1,200}\]\([^)\s]{1,500}\)|(?<!\w)(?:\*\*|__)\S[^*_\n]{0,200}(?:\*\*|__)"
    r"|^ {0,3}\|?(?: *:?-{3,}:? *\|)+|^[^\s\-*•].{0,200}\n(?:={3,}|-{3,})\s*$",
    re.MULTILINE,
)


def read_document(content, name, report):
    """(what it was read as, the draft as data). Raises Refused."""
    try:
        return judged(content, name, report)
    except (MemoryError, RecursionError) as error:
        raise Refused(
            "This document is too complicated to read. Open it, copy the text alone into a new document, and import that one."
        ) from error


def judged(content, name, report):
    if content.startswith(b"PK\x03\x04") or content.startswith(b"PK\x05\x06"):
        from .word import html_of_word  # what only one kind needs costs the others half a second

        html = html_of_word(BytesIO(content), report)
        return "a Word document", draft_of(blocks_of_html(html, report), report, name=name)
    refuse_what_is_no_text(content)
    text = report.found.out_of(decoded(content, report))
    if len(text) > MOST_TEXT:
        raise Refused("This is larger than 5 MB without its pictures. Split it, and import the parts one by one.")
    if text.lstrip()[:1] in ("{", "[") and (exported := as_json(text)) is not None:
        return "a guide exported from such a site", read_exported(exported, report)
    has_tags = len(HTML_TAGS.findall(text[:200_000])) > 2
    if HTML.match(text) or (has_tags and text.lstrip().startswith("<")):
        return "a web page", draft_of(blocks_of_html(text, report), report, name=name)
    if MARKDOWN.search(text[:200_000]):  # which may hold tags, too
        from .markdown import html_of_markdown

        return "Markdown", draft_of(blocks_of_html(html_of_markdown(text, report), report), report, name=name)
    if has_tags:
        return "a web page", draft_of(blocks_of_html(text, report), report, name=name)
    return "plain text", draft_of(blocks_of_text(text, report), report, name=name)


def refuse_what_is_no_text(content):
    if content.startswith(OLD_OFFICE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Refused(
                "This Word document is locked with a password. Open it, take the password away, and save it again."
            )
        raise Refused("This is an old Word document (.doc). Open it and save it as Word (.docx), then import that.")
    for mark, says in NOT_TEXT.items():
        if content.startswith(mark) and (says or b"\x00" in content[:2000]):
            raise Refused(says or UNREADABLE)
    if (content[:4] == b"RIFF" and content[8:12] == b"WEBP") or content[4:12] in (
        b"ftypavif",
        b"ftypheic",
        b"ftypmif1",
    ):
        raise Refused("This is a picture. Add it to the picture library instead.")
    if re.match(rb"\s*(?:From|MIME-Version|Content-Type|Date|Subject):", content, re.IGNORECASE) and (
        b"multipart/" in content[:5000]
    ):
        raise Refused(
            "This is a saved web archive or e-mail. Save the page as “HTML only”, or copy its text and paste it."
        )


def decoded(content, report):
    """The text. Raises Refused where the bytes are none."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            text = content[len(mark) :].decode(encoding, "replace")
            break
    else:
        text = without_mark(content, report)
    text = text.encode("utf-8", "replace").decode()  # no half characters
    if "\x00" in text or len(CONTROLS.findall(text[:100_000])) > 20 + len(text) // 200:
        raise Refused(UNREADABLE)
    if lost := text.count("\ufffd"):
        report.look(
            f"Characters that could not be read stand in it as \ufffd: {lost}. Look for them and write them anew."
        )
    return CONTROLS.sub("", text)


def without_mark(content, report):
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = DECLARED.search(content[:5000])
    encoding = declared[1].decode().lower() if declared else ""
    if KNOWN_ENCODINGS.fullmatch(encoding):
        return content.decode(encoding, "replace")
    report.look("Its letters were read as Windows-1252 (Western European). Check special ones, such as ’ and é.")
    return content.decode("windows-1252", "replace")


def as_json(text):
    """What it holds if it is JSON at all."""
    try:
        return json.loads(text)
    except RecursionError:
        raise
    except ValueError:
        if re.match(r'\s*\{\s*"schema"', text):
            raise Refused(
                "This guide's JSON is damaged: it breaks off or was changed by hand. Export it again."
            ) from None
        return None
