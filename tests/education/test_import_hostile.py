"""Broken, huge and hostile documents: each a refusal that says what to do, soon and with little memory."""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from contextlib import suppress
from io import BytesIO
from random import Random

import mammoth
import pytest

from education import importing
from education.importing import MAX_BYTES, MAX_WITH_PICTURES, Refused, blocks, read, reader
from education.importing.kinds import read_document
from education.importing.report import Report

from . import documents
from .documents import NAMESPACES, docx, p, package
from .hostile import PAYLOADS, dangers

MEGABYTE = 1024 * 1024
WORD = f'<?xml version="1.0"?>{{}}<w:document {NAMESPACES}><w:body>{{}}</w:body></w:document>'
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


def bomb(size=110 * MEGABYTE):
    """A document whose text is all zeros: 110 MB of them in 110 KB."""
    return docx(p("Hello"), more={"word/footnotes.xml": b"\x00" * size})


def lying_bomb():
    """The same, with a directory that says it is small."""
    content = bomb()
    at = content.rindex(b"word/footnotes.xml") - 46  # its entry in the directory at the end
    assert content[at : at + 4] == b"PK\x01\x02"
    return content[: at + 24] + struct.pack("<I", 5000) + content[at + 28 :]


def old_word(marker):
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512 + marker.encode("utf-16-le") + b"\x00" * 512


def locked():
    buffer = bytearray(docx(p("Secret")))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := buffer.find(mark, at + 1)) >= 0:
            buffer[at + place] |= 1
    return bytes(buffer)


def guide_json(**facts):
    section = {"level": 2, "kind": "text", "heading": "A", "body": "<p>b</p>", "more": "", "picture": None}
    whole = {"schema": 1, "title": "T", "slug": "t", "summary": "s", "topic": "x", "sections": [section], "sources": []}
    section |= facts.pop("section", {})
    return json.dumps(whole | facts).encode()


LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)) + "]>"
)
HOSTILE = {
    # name: (the document, what the refusal says, or None where it is only read)
    "zip bomb": (bomb(), "unpacks to more"),
    "zip bomb that lies": (lying_bomb(), "damaged"),
    "zip of many entries": (package({f"word/{n}.xml": "" for n in range(5000)}), "unpacks to more"),
    "text of 100 MB in Word": (docx(p("a" * 30), document=WORD.format("", p("a" * 13 * MEGABYTE))), "unpacks to more"),
    "entities that laugh": (docx(document=WORD.format(LAUGHS, p("x").replace(">x<", ">&a11;<"))), "damaged"),
    "entity that reads a file": (
        docx(
            document=WORD.format(
                '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>', p("x").replace(">x<", ">&f;<")
            )
        ),
        "damaged",
    ),
    "entities in UTF-16": (
        docx(document=WORD.format(LAUGHS, p("x")).replace("?>", ' encoding="utf-16"?>').encode("utf-16")),
        "damaged",
    ),
    "entities in the styles": (docx(p("x"), more={"word/styles.xml": WORD.format(LAUGHS, "")}), "damaged"),
    "deep XML": (docx(document=WORD.format("", "<w:sdt>" * 100_000 + "</w:sdt>" * 100_000)), "unpacks to more"),
    "XML of many parts": (docx(document=WORD.format("", "<w:p/>" * 600_000)), "unpacks to more"),
    "truncated Word": (docx(p("Hello"), p("again"))[:-200], "damaged"),
    "Word with broken XML": (docx(document="<w:document><w:body>"), "damaged"),
    "Word without words": (package({"word/document.xml": "<a/>"}), ""),
    "locked Word": (old_word("EncryptedPackage"), "locked with a password"),
    "locked package": (locked(), "locked with a password"),
    "old Word": (old_word("WordDocument"), "save it as Word (.docx)"),
    "PDF": (b"%PDF-1.7\n" + b"\x00" * 100, "This is a PDF"),
    "RTF": (b"{\\rtf1 Hello}", "RTF"),
    "picture": (PNG, "This is a picture"),
    "JPEG": (b"\xff\xd8\xff\xe0" + b"\x00" * 100, "This is a picture"),
    "AVIF": (b"\x00\x00\x00\x1cftypavif" + b"\x00" * 100, "This is a picture"),
    "spreadsheet": (package({"xl/workbook.xml": "<a/>"}), "spreadsheet"),
    "OpenDocument": (package({"mimetype": "x", "content.xml": "<a/>"}), "OpenDocument"),
    "some package": (package({"readme.txt": "hello"}), "no Word document"),
    "program": (b"MZ" + b"\x00" * 500, "not a text document"),
    "NULs": (b"Hello\x00World", "not a text document"),
    "noise": (bytes(range(256)) * 100, "not a text document"),
    "web archive": (b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x", "web archive"),
    "100,000 nested div": (b"<!doctype html>" + b"<div>" * 100_000 + b"a", "nested too deeply"),
    "100,000 nested b": (b"<!doctype html>" + b"<b>" * 100_000 + b"a", "nested too deeply"),
    "100,000 nested lists": (b"<!doctype html>" + b"<ul><li>" * 100_000 + b"a", "nested too deeply"),
    "100,000 nested tables": (b"<!doctype html>" + b"<table><tr><td>" * 100_000 + b"a", "nested too deeply"),
    "a million tags": (b"<!doctype html>" + b"<br>" * 1_000_000, "more markup"),
    "formatting that is reopened": (
        b"<!doctype html>" + b"".join(b"<b id=%d>" % n for n in range(250)) + b"<p>a" * 100_000,
        "nested too deeply",
    ),
    "5 MB of <": (b"<!doctype html>" + b"<" * (MAX_BYTES - 100), "more markup"),
    "5 MB of comments": (b"<!doctype html>" + b"<!--" * 1_200_000, ""),
    "5 MB of open attributes": (b"<!doctype html>" + b"<a href='" * 500_000, ""),
    "5 MB of &": (b"<!doctype html><p>" + b"&" * (MAX_BYTES - 100), "more markup"),
    "100,000 brackets": (b"# T\n\n" + b"[" * 100_000, "nested too deeply"),
    "100,000 quotations": (b"# T\n\n" + b"> " * 100_000 + b"a", "nested too deeply"),
    "100,000 stars": (b"# T\n\n" + b"*a " * 30_000 + b"a** " * 20_000, ""),
    "100,000 links that do not close": (b"# T\n\n" + b"[a](" * 24_000, None),
    "100,000 back ticks": (b"# T\n\n" + b" ".join(b"`" * (n % 300) for n in range(600)), None),
    "a list 2,000 deep": (b"# T\n\n" + b"\n".join(b" " * (2 * n) + b"- a" for n in range(2000)), None),
    "a table of 5,000 columns": (b"# T\n\n|" + b"a|" * 5000 + b"\n|" + b"-|" * 5000 + b"\n" + b"|b|\n" * 5000, ""),
    "a line of 5 MB": (b"word " * 1_000_000, "more than one guide can hold"),
    "a word of 5 MB": (b"w" * (MAX_BYTES - 1), "more than one guide can hold"),
    "5 MB of line ends": (b"a\n" + b"\n" * (MAX_BYTES - 10), "lines"),
    "5 MB of bullets": ("• a\n".encode() * 800_000, "lines"),
    "5 MB of spaces": (b"Title\n\n" + b" " * (MAX_BYTES - 100) + b"x", None),
    "5 MB of toggles": (b"Title\n\nText here.\n\n" + b"Read more\n" * 40_000, None),
    "half characters": (b"\xff\xfe" + b"T\x00i\x00\n\x00" + b"\x00\xd8" * 50, None),
    "deep JSON": (b"[" * 1_000_000, "too complicated"),
    "deep JSON guide": (b'{"schema":' + b"[" * 100_000, "too complicated"),
    "JSON that breaks off": (guide_json()[:-5], "damaged"),
    "another JSON": (b'{"a": 1}', "no guide exported"),
    "a list as JSON": (b"[1, 2]", "no guide exported"),
    "a huge number": (b'{"schema": 1' + b"0" * 1_000_000 + b', "sections": []}', "damaged"),
    "another schema": (guide_json(schema=2), "schema “2”"),
    "true for a number": (guide_json(schema=True), "schema"),
    "no title": (guide_json(title=" "), "no title"),
    "a number for a title": (guide_json(title=5), "“title” in this file is not a text"),
    "a long title": (guide_json(title="t" * 121), "“title” in this file is longer than 120"),
    "half a character in a title": (guide_json(title="t\ud800"), "“title” in this file holds characters"),
    "NUL in a text": (guide_json(section={"body": "a\x00b"}), "“section 1: body” in this file holds characters"),
    "no address": (guide_json(slug="../../etc"), "no address"),
    "a day that is none": (guide_json(last_reviewed="2026-02-31"), "“last_reviewed” in this file is not a day"),
    "a list for a day": (guide_json(next_review=[]), "“next_review” in this file is not a day"),
    "days in the wrong order": (guide_json(last_reviewed="2026-02-01", next_review="2026-01-01"), "not later"),
    "a level of 7": (guide_json(section={"level": 7}), "“section 1: level”"),
    "a level that is true": (guide_json(section={"level": True}), "“section 1: level”"),
    "a kind of its own": (guide_json(section={"kind": []}), "“section 1: kind”"),
    "sections that are none": (guide_json(sections=[1]), "“sections” in this file is not a list"),
    "1,000 sections": (guide_json(sections=[{"heading": "a"}] * 1000), "more than 300 sections"),
    "a picture elsewhere": (guide_json(picture={"folder": "../secret", "alt": ""}), "the name of a picture"),
    "a text of 400,001": (guide_json(section={"body": "a" * 400_001}), "longer than 400,000"),
    "a deep text": (guide_json(section={"body": "<blockquote>" * 5000}), "nested too deeply"),
    "sample that is a text": (guide_json(is_sample="no"), "“is_sample”"),
}


# To Linux a new program's peak begins with that of the process that started it: so a small one starts it, not the tests.
MEASURED = """
import os, sys
silent = [(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
used = os.wait4(child, 0)[2]
sys.stderr.write(f"{used.ru_utime + used.ru_stime} {used.ru_maxrss}")
"""


def cost(content):
    """(the answer, seconds of the processor, megabytes at the peak) of the process that reads it."""
    process = subprocess.Popen(
        [sys.executable, "-Sc", MEASURED, sys.executable, "-m", "education.importing.reader", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=importing.ROOT,
    )
    answer = []
    taker = threading.Thread(target=lambda: answer.append(process.stdout.read()))
    taker.start()
    try:
        process.stdin.write(content)
        process.stdin.close()
    except BrokenPipeError:
        pass
    taker.join()
    seconds, kilobytes = process.stderr.read().split()
    process.wait()
    return answer[0], float(seconds), int(kilobytes) / 1024


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_in_a_sentence_soon_and_with_little_memory(name):
    content, sentence = HOSTILE[name]
    answer, seconds, megabytes = cost(content)
    answer = json.loads(answer)  # it answered itself: nothing had to end it

    if sentence is None:
        assert answer["data"]["title"]
    else:
        assert sentence in answer["refused"]
        assert answer["refused"].endswith(".") and len(answer["refused"]) < 300
    assert (seconds < 6, megabytes < 400) == (True, True), (seconds, megabytes)


def test_what_is_empty_or_too_large_is_refused_before_anything_reads_it(monkeypatch):
    monkeypatch.setattr(importing, "answer_to", None)

    for content, sentence in ((b"", "is empty"), (b"a" * (MAX_WITH_PICTURES + 1), "larger than 10 MB")):
        with pytest.raises(Refused, match=sentence):
            read(content)


# The controls can fail -------------------------------------------------------------------------------------------------


def run(code):
    return subprocess.run([sys.executable, "-c", code], cwd=importing.ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        ("bytearray(1024 * 1024 * 1024)", "MemoryError"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "PermissionError"),
        ("import subprocess; subprocess.run(['true'])", "PermissionError"),
        ("import os; os.system('true')", "PermissionError"),
        ("open('harm.txt', 'w')", "PermissionError"),
        ("import os; os.open('harm.txt', os.O_RDWR | os.O_CREAT)", "PermissionError"),
    ],
)
def test_the_process_that_reads_can_do_no_harm(harm, error, tmp_path):
    limited = run(
        f"from education.importing import reader; reader.limit(); import os; os.chdir({str(tmp_path)!r}); {harm}"
    )
    free = run(f"from education.importing import reader; import os; os.chdir({str(tmp_path)!r}); {harm}")

    assert error in limited.stderr
    assert error not in free.stderr


def test_a_process_that_never_ends_is_ended(monkeypatch):
    monkeypatch.setattr(importing, "SECONDS", 0.01)

    with pytest.raises(Refused, match="too complicated"):
        read(b"Some words.")


def test_the_processor_time_has_an_end():
    ended = run(
        "from education.importing import reader; reader.PROCESSOR_SECONDS = 1; reader.limit()\nwhile True: pass"
    )

    assert ended.returncode < 0


def test_without_the_look_beforehand_a_parser_takes_the_square_of_the_depth(monkeypatch):
    def seconds(depth):
        before = os.times().user
        blocks._structure.clean("<div>" * depth)
        return os.times().user - before

    assert seconds(16_000) > 6 * seconds(4_000)  # four times the depth
    with pytest.raises(Refused):
        blocks.refuse_hostile("<div>" * 16_000)


def test_a_bomb_is_judged_before_it_is_inflated(monkeypatch):
    def inflated(*arguments, **options):
        raise AssertionError("inflated")

    monkeypatch.setattr(zlib, "decompressobj", inflated)

    with pytest.raises(Refused, match="unpacks to more"):
        read_document(bomb(), "", Report())
    with pytest.raises(AssertionError, match="inflated"):
        read_document(docx(p("Hello")), "", Report())


def test_nothing_that_a_document_points_to_is_fetched():
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.png"
        content = docx(
            p("Title", "Title"),
            p("Words."),
            documents.drawing("rId8", "A tracker", linked=True),
            relations=[("rId8", "image", address, True)],
        )

        def listen():
            try:
                while True:
                    connection, _ = server.accept()
                    asked.append(connection.recv(100))
                    connection.close()
            except OSError:
                return

        listener = threading.Thread(target=listen)
        listener.start()
        found = read(content)
        page = f'<!doctype html><h1>T</h1><p>W.</p><img src="{address}"><link rel=stylesheet href="{address}">'
        read(page.encode())
        listener.join()
        assert asked == []
        assert ("dropped", "A picture (add it in the picture library): “A tracker”") in found.report

        listener = threading.Thread(target=listen)  # mammoth would, if it were let
        listener.start()
        with suppress(Exception):
            mammoth.convert_to_html(BytesIO(content), external_file_access=True)
        listener.join()
        assert asked


# What runs in a browser ------------------------------------------------------------------------------------------------


def parts_of(data):
    return [section[part] for section in data["sections"] for part in ("body", "more")]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_could_run_comes_through(payload):
    doors = [
        f"<!doctype html><h1>T</h1><p>Intro.</p><h2>A</h2><p>x</p>{payload}",
        f"<!doctype html><h1>T</h1><p>Intro.</p><h2>A</h2><ul><li>{payload}</li></ul><table><tr><td>{payload}</td><td>b</td></tr></table>",
        f"# T\n\nIntro.\n\n## A\n\n{payload}\n\n[x](javascript:alert(1)) [y](//elsewhere.example)\n",
        f"T\n\nIntro here.\n\nPart\n{payload}\n",
        guide_json(
            section={"body": payload.encode("utf-8", "replace").decode().replace("\x00", ""), "more": "<p>x</p>"}
        ).decode(),
    ]

    for content in doors:
        try:
            _, data = read_document(content.encode("utf-8", "replace").replace(b"\x00", b""), "", Report())
        except Refused:
            continue
        for html in parts_of(data):
            assert dangers(html) == [], content


def test_words_that_look_like_tags_stay_words():
    content = docx(p("T", "Title"), p("Intro."), p("A", "Heading1"), p("<script>alert(1)</script> & <b>bold</b>"))

    body = read(content).data["sections"][0]["body"]

    assert body == "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;bold&lt;/b&gt;</p>"


def test_ordinary_documents_are_far_from_the_limits():
    words = Random(1).choices(documents.COPIED_PAGE.split(), k=80_000)  # a book
    long = docx(p("T", "Title"), *[p(" ".join(words[at : at + 80])) for at in range(0, len(words), 80)])
    page = "<!doctype html><h1>T</h1>" + "<h2>Part</h2><p>A sentence of quite ordinary length.</p>" * 250

    for content in (long, page.encode()):
        answer, seconds, megabytes = cost(content)
        assert "data" in json.loads(answer)
        assert seconds < reader.PROCESSOR_SECONDS / 2
        assert megabytes < 400  # of 768, most of it the site's own libraries


def test_a_document_from_word_may_hold_large_pictures():
    more = {f"word/media/image{n}.png": os.urandom(400_000) for n in range(5)}

    assert zipfile.is_zipfile(BytesIO(docx(p("T"), more=more)))
    assert read(docx(p("Title here"), p("Some words in it."), more=more)).data["title"] == "Title here"
