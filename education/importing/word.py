"""Word documents to HTML, by mammoth: the package is judged before anything of it is inflated."""

import re
import zipfile
from io import BytesIO
from xml.parsers import expat

import mammoth

from .report import Refused

MOST_ENTRIES = 3000
MOST_BYTES = 100 * 1024 * 1024  # of all parts together, pictures too
MOST_XML = 12 * 1024 * 1024  # of one part that is parsed
MOST_ELEMENTS = 200_000
DEEPEST = 150
HIGHEST_RATIO = 300  # Word's own XML reaches 30 or so, and what repeats itself 200
FREE_OF_RATIO = 200_000  # bytes
MOST_OF_A_PICTURE = 10 * 1024 * 1024
PARSED = (".xml", ".rels")
PICTURE = re.compile(r"word/media/[^/]+\.(?:png|jpe?g|webp|avif)$", re.IGNORECASE)
TWICE_STRUCK = re.compile(rb"(</?w:)dstrike(?=[\s/>])")  # two lines through a word, which mammoth does not know
STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='List Bullet'] => ul > li:fresh
p[style-name='List Number'] => ol > li:fresh
u => span
strike => s
comment-reference =>
"""
DAMAGED = "This Word document is damaged. Open it, save it again as Word (.docx), and try once more."
TOO_MUCH = "This Word document unpacks to more than a guide can hold. Copy the text that you need into a new document, and import that."
OTHERS = {
    "xl/workbook.xml": "This is a spreadsheet. Copy what you need into a Word document, or paste it here.",
    "ppt/presentation.xml": "These are slides. Copy their text into a Word document, or paste it here.",
    "META-INF/container.xml": "This is an e-book. Copy the text that you need and paste it here.",
    "content.xml": "This is an OpenDocument file. Open it in your word processor and save it as Word (.docx).",
}


def html_of_word(file, report):
    file = judged(file)
    try:
        answer = mammoth.convert_to_html(
            file,
            style_map=STYLES,
            convert_image=mammoth.images.img_element(lambda image: picture(image, report.found)),
            external_file_access=False,
        )
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # a broken document makes it raise nearly anything
        raise Refused(DAMAGED) from error
    for message in answer.messages:
        if message.type == "error":
            report.look(f"The document says of itself: {message.message[:200]}")
    return answer.value


def picture(image, found):
    """One that is no part of the document, or is too large, is named and no more."""
    alt = image.alt_text or ""
    try:
        with image.open() as part:
            content = part.read()
    except Exception:  # a link to elsewhere, which mammoth does not follow, or a part that was left out
        return {"src": "", "alt": alt}
    return {"src": found.add(content), "alt": alt}


def judged(file):
    """A package of the parts that hold text, as they were judged: what else the file says of itself counts no more."""
    parts = {}
    try:
        with zipfile.ZipFile(file) as package:
            refuse_bombs(package.infolist())
            names = set(package.namelist())
            for name, says in OTHERS.items():
                if name in names:
                    raise Refused(says)
            if "word/document.xml" not in names and not any(name.endswith("document.xml") for name in names):
                raise Refused("This is a packed file and no Word document. Unpack it, and choose the document in it.")
            for entry in package.infolist():
                if PICTURE.match(entry.filename) and entry.file_size <= MOST_OF_A_PICTURE:
                    with package.open(entry) as part:
                        parts[entry.filename] = part.read(entry.file_size + 1)
                elif entry.filename.endswith(PARSED):
                    with package.open(entry) as part:
                        content = part.read(entry.file_size + 1)  # without a number it would inflate all there is
                    judge_xml(content)
                    parts[entry.filename] = TWICE_STRUCK.sub(rb"\1strike", content)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(DAMAGED) from error
    except RuntimeError as error:  # what zipfile says of a password
        raise Refused(
            "This document is locked with a password. Open it, take the password away, and save it again."
        ) from error
    except Exception as error:
        if type(error).__module__ in ("zlib", "lzma", "struct"):
            raise Refused(DAMAGED) from error
        raise
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    buffer.seek(0)
    return buffer


def refuse_bombs(entries):
    """By what the package says of itself; more than that is never inflated."""
    total = sum(entry.file_size for entry in entries)
    too_dense = any(
        entry.file_size > FREE_OF_RATIO and entry.file_size > HIGHEST_RATIO * max(1, entry.compress_size)
        for entry in entries
    )
    too_long = any(entry.file_size > MOST_XML for entry in entries if entry.filename.endswith(PARSED))
    if len(entries) > MOST_ENTRIES or total > MOST_BYTES or too_dense or too_long:
        raise Refused(TOO_MUCH)


def judge_xml(content):
    """Word writes no document types, so no entity is ever needed; and no person nests so deep."""
    depth = elements = 0

    def refuse(*arguments):
        raise Refused(DAMAGED)

    def start(name, attributes):
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > DEEPEST or elements > MOST_ELEMENTS:
            raise Refused(TOO_MUCH)

    def end(name):
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise Refused(DAMAGED) from error
