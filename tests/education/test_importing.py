"""Documents to drafts: what each kind becomes, and that what was guessed or dropped is said."""

import pytest

from education.house_rules import Draft, in_the_way
from education.importing import Imported, Refused, read
from education.importing.kinds import read_document
from education.importing.outline import KINDS
from education.importing.report import Report
from education.models import Section

from . import documents
from .documents import docx, p


def imported(content, name=""):
    """As read() gives it, without the process of its own that test_import_hostile.py looks at."""
    report = Report()
    kind, data = read_document(content.encode() if isinstance(content, str) else content, name, report)
    return Imported(kind, data, report.as_list())


def outline(found):
    return [(section["level"], section["heading"]) for section in found.data["sections"]]


def section(found, heading):
    return next(section for section in found.data["sections"] if section["heading"] == heading)


def said(found, group=None):
    return "\n".join(says for which, says in found.report if group in (None, which))


# Text that was copied off a page ---------------------------------------------------------------------------------------


def test_text_copied_off_a_web_page_becomes_a_sensible_draft():
    found = imported(documents.COPIED_PAGE)

    assert found.kind == "plain text"
    assert found.data["title"] == "Understanding fluoroscopy"
    assert found.data["summary"] == "Fluoroscopy is a moving X-ray picture. It shows how your body works."
    assert outline(found) == [
        (2, "How it works"),
        (2, "What it is used for"),
        (3, "Looking at the inside"),
        (3, "Guiding needles"),
        (2, "Possible risks"),
        (2, "Afterwards"),
        (2, "Getting ready"),
    ]
    inside = section(found, "Looking at the inside")
    assert inside["body"] == (
        "<p>We watch food go down:</p>\n<ul><li>the mouth</li><li>the stomach</li><li>the bowel</li></ul>"
    )
    assert inside["more"] == "<p>Barium is white and thick.</p>"
    ready = "<ol><li>Eat nothing for six hours.</li><li>Bring a list of your medicines.</li></ol>"
    assert section(found, "Getting ready")["body"] == ready


def test_all_that_was_guessed_or_dropped_is_said():
    found = imported(documents.COPIED_PAGE)

    dropped = said(found, "dropped")
    for words in (
        "Skip to main content",
        "Accept all cookies",
        "We use cookies",
        "Home > Imaging",
        "About us",
        "Read more",
    ):
        assert words in dropped
    for words in (
        "Expand all",
        "Share this page",
        "Request your appointment online",
        "Book now",
        "All rights reserved",
    ):
        assert words in dropped
    guessed = said(found, "guessed")
    assert "Taken as the title: “Understanding fluoroscopy”" in guessed
    assert "Taken as a heading of the second level: “Guiding needles”" in guessed
    assert "Taken as a heading of the first level: “Possible risks”" in guessed


def test_each_word_of_the_document_is_in_the_draft_or_in_the_report():
    found = imported(documents.COPIED_PAGE)

    everywhere = str(found.data) + said(found)
    assert [word for word in documents.COPIED_PAGE.split() if word not in everywhere and word not in "• 1. 2."] == []


def test_what_is_about_safety_is_never_put_behind_read_more():
    found = imported(documents.COPIED_PAGE)

    assert section(found, "How it works")["more"]
    assert section(found, "Possible risks")["more"] == section(found, "Afterwards")["more"] == ""
    assert "Skin may turn red" in section(found, "Possible risks")["body"]
    assert "Call us if you have a fever." in section(found, "Afterwards")["body"]
    assert "Kept in plain sight" in said(found, "look")
    # The judge is the list that stands in the way of publishing.
    draft = Draft(found.data, today=None)
    assert not [finding for finding in in_the_way(draft) if finding.field == "more"]


def test_a_read_more_without_an_end_hides_nothing_where_others_have_one():
    text = "Title\n\nIntro here.\n\nFirst part\nSeen.\nRead more\nHidden.\nRead less\n\nSecond part\nSeen too.\nRead more\nStill seen.\n"

    found = imported(text)

    assert section(found, "First part")["more"] == "<p>Hidden.</p>"
    assert section(found, "Second part")["body"] == "<p>Seen too.</p>\n<p>Still seen.</p>"


def test_a_call_to_action_that_says_more_than_that_is_left_in_and_pointed_at():
    text = "Title\n\nIntro here.\n\nAfterwards\nYou go home.\n\nCall us to make an appointment, and call 911 if you have trouble breathing.\n"

    found = imported(text)

    assert "trouble breathing" in section(found, "Afterwards")["body"]
    assert "may be a call to action" in said(found, "look")


def test_medical_words_that_look_like_noise_stay():
    text = "Title\n\nIntro here.\n\nFood\nEat no cookies before the test.\nDo not close your eyes.\nYou see more of the bowel then.\n"

    found = imported(text)

    assert section(found, "Food")["body"].count("<p>") == 3


def test_lines_that_were_broken_by_hand_are_joined():
    text = """Preparing for your barium enema

This leaflet explains what happens before, during and after a barium
enema. Please read it carefully and bring it along with you when you
come to the hospital.

BEFORE THE TEST

You need an empty bowel. We send you a laxative with a sheet that says
how to take it. Drink plenty of water.

  - Eat nothing on the day of the test, not even a small piece of toast
    or a sweet.
  - Bring your medicines.

DURING THE TEST

You lie on a table. A soft tube is put into the bottom.

What it feels like

You may feel full.
"""
    found = imported(text)

    assert found.data["summary"].endswith("bring it along with you when you come to the hospital.")
    assert outline(found) == [(2, "BEFORE THE TEST"), (2, "DURING THE TEST"), (3, "What it feels like")]
    assert (
        "<li>Eat nothing on the day of the test, not even a small piece of toast or a sweet.</li>"
        in (section(found, "BEFORE THE TEST")["body"])
    )
    assert "were joined" in said(found, "guessed")


def test_numbers_before_headings_give_their_levels():
    text = "Scan\n\nIntro here.\n\n1. What it is\nA scan.\n\n1.1 How it works\nIt turns.\n\n2. Getting ready\nEat nothing.\n"

    assert outline(imported(text)) == [(2, "What it is"), (3, "How it works"), (2, "Getting ready")]


def test_a_list_of_contents_is_dropped():
    text = "Scan\n\nIntro here.\n\nOn this page\n• What it is\n• Getting ready\n\nWhat it is\nA scan.\n\nGetting ready\nEat nothing.\n"

    found = imported(text)

    assert outline(found) == [(2, "What it is"), (2, "Getting ready")]
    assert "A list of contents" in said(found, "dropped")


def test_nested_bullets_stay_nested():
    found = imported("Scan\n\nIntro here.\n\nBring\n- a list\n    - of medicines\n    - of allergies\n- water\n")

    assert section(found, "Bring")["body"] == (
        "<ul><li>a list<ul><li>of medicines</li><li>of allergies</li></ul></li><li>water</li></ul>"
    )


def test_sources_are_recognized():
    text = (
        "Scan\n\nIntro here.\n\nWhat it is\nA scan.\n\nSources\n• FDA: Fluoroscopy (2023) https://www.fda.gov/f\n"
        "• Chan and others, European Journal of Radiology: Injections, 2006\n"
    )

    found = imported(text)

    assert found.data["sources"] == [
        {"organization": "FDA", "title": "Fluoroscopy", "year": "2023", "url": "https://www.fda.gov/f"},
        {
            "organization": "Chan and others, European Journal of Radiology",
            "title": "Injections",
            "year": "2006",
            "url": "",
        },
    ]
    assert outline(found) == [(2, "What it is")]
    kept = imported("Scan\n\nIntro here.\n\nWhat it is\nA scan.\n\nSources\nA friend told me\n")
    assert (kept.data["sources"], outline(kept)[-1]) == ([], (2, "Sources"))


def test_a_document_without_headings_keeps_all_its_text():
    found = imported("Just one sentence. " * 40)

    assert found.data["title"] == "Untitled guide"
    assert len(found.data["summary"]) <= 400
    assert found.data["sections"][0]["body"].count("Just one sentence.") == 40
    assert imported("One line only, with a full stop.", "my_test-page.txt").data["title"] == "My test page"


# Web pages -------------------------------------------------------------------------------------------------------------


def test_a_saved_web_page_becomes_a_draft_without_what_stands_around_its_text():
    found = imported(documents.SAVED_PAGE, "page.txt")  # the name decides nothing

    assert found.kind == "a web page"
    assert (found.data["title"], found.data["summary"]) == ("Barium swallow", "A short film of how you swallow.")
    assert outline(found) == [(2, "Before"), (3, "Medicines"), (2, "Questions"), (3, "Will it hurt?")]
    before, medicines = section(found, "Before"), section(found, "Medicines")
    assert before["body"] == (
        '<p>See <a href="https://www.nhs.uk/x">the NHS</a>.</p>\n'
        "<ul><li>Eat nothing<ul><li>not even gum</li></ul></li><li>Drink water</li></ul>"
    )
    assert medicines["body"].startswith("<p>Take 10³ mg.</p>\n<p>Ask us.</p>\n<p><strong>With food</strong></p>")
    assert '<th scope="col">Exam</th>' in medicines["body"]
    assert medicines["more"] == "<p>Barium tastes of chalk.</p>"
    dropped = said(found, "dropped")
    for words in (
        "We value your privacy",
        "Home Services",
        "Our address",
        "A drink",
        "Book your appointment",
        "Book now",
    ):
        assert words in dropped
    assert "alert" not in str(found.data)


@pytest.mark.parametrize(
    ("html", "body"),
    [
        ("<p>• one</p><p>• two</p>", "<ul><li>one</li><li>two</li></ul>"),
        ("<p>• one<br>• two</p>", "<ul><li>one</li><li>two</li></ul>"),
        ("<dl><dt>Who</dt><dd>You</dd></dl>", "<p><strong>Who</strong>: You</p>"),
        (
            "<dl><dt>Adults</dt><dt>Children over 12</dt><dd>10 mg</dd><dd>once</dd><dt>Others</dt><dd>ask</dd></dl>",
            "<p><strong>Adults</strong>, <strong>Children over 12</strong>: 10 mg</p>\n<p>once</p>\n"
            "<p><strong>Others</strong>: ask</p>",
        ),
        (
            "<dl><dt>Adults</dt><dt>Children</dt><dd><p>10 mg</p></dd><dt>Not yet</dt><dt>known</dt></dl>",
            "<p><strong>Adults</strong>, <strong>Children</strong>:</p>\n<p>10 mg</p>\n"
            "<p><strong>Not yet</strong>, <strong>known</strong></p>",
        ),
        ("<table><tr><td><p>Only laid out</p></td></tr></table>", "<p>Only laid out</p>"),
        ("<blockquote>Said</blockquote>", "<blockquote><p>Said</p></blockquote>"),
        ("<ol><li>a</li></ol><ol start=2><li>b</li></ol>", '<ol><li>a</li></ol>\n<ol start="2"><li>b</li></ol>'),
        ("<div>loose <i>words</i><div>and more</div></div>", "<p>loose <em>words</em></p>\n<p>and more</p>"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("<p>H<sub>2</sub>O</p>", "<p>H₂O</p>"),
        ("<pre>a\nb</pre>", "<p>a<br>b</p>"),
    ],
)
def test_html_of_any_make_becomes_plain(html, body):
    found = imported(f"<!doctype html><h1>Title</h1><p>Intro.</p><h2>Part</h2>{html}<p>End.</p>")

    assert section(found, "Part")["body"] == f"{body}\n<p>End.</p>"


@pytest.mark.parametrize(
    "struck",
    [
        "<s>20 mg</s>",
        "<del>20 mg</del>",
        "<STRIKE>20 <b>mg</b></STRIKE>",
        '<span style="color:red;text-decoration:line-through">20 mg</span>',
    ],
)
def test_what_is_struck_out_is_left_out_and_said(struck):
    found = imported(
        f"<!doctype html><h1>Title</h1><p>Intro.</p><h2>Part</h2><p>Take {struck} 2 mg.</p>"
        f"<ul><li>{struck}</li><li>Not {struck}</li></ul><p>{struck}</p><h3>{struck}</h3><div>{struck}<p>End.</p></div>"
    )

    assert outline(found) == [(2, "Part")]
    assert section(found, "Part")["body"] == "<p>Take 2 mg.</p>\n<ul><li>Not</li></ul>\n<p>End.</p>"
    assert "Struck out: “20 mg” (6 times)" in said(found, "dropped")


def test_a_style_that_strikes_nothing_out_leaves_the_words():
    found = imported(
        '<!doctype html><h1>Title</h1><p>Intro.</p><h2>Part</h2><p style="color:red">Take <u>2</u> mg.</p>'
    )

    assert (section(found, "Part")["body"], said(found, "dropped")) == ("<p>Take 2 mg.</p>", "")


def test_whole_paragraphs_that_are_struck_out_are_left_out():
    found = imported(
        "<!doctype html><h1>Title</h1><p>Intro.</p><h2>Part</h2><del><p>Old.</p><p>Older.</p></del><p>New.</p>"
    )

    assert section(found, "Part")["body"] == "<p>New.</p>"
    assert "Struck out: “Old. Older.”" in said(found, "dropped")


def test_bold_lines_are_headings_where_there_are_no_others():
    found = imported(
        "<div><h1>Title</h1><p>Intro.</p><p><b>Before</b></p><p>Eat.</p><p><b>After</b></p><p>Go.</p></div>"
    )
    marked = imported("<div><h1>Title</h1><h2>Before</h2><p><b>Bold</b></p><p>Eat.</p></div>")

    assert outline(marked) == [(2, "Before")]
    assert section(marked, "Before")["body"] == "<p><strong>Bold</strong></p>\n<p>Eat.</p>"
    found = imported("<p>Title</p><p>Intro here.</p><p><b>Before</b></p><p>Eat.</p><p><b>After</b></p><p>Go.</p>")
    assert outline(found) == [(2, "Before"), (2, "After")]


# Markdown --------------------------------------------------------------------------------------------------------------


def test_what_markdown_strikes_out_is_left_out_and_said():
    found = imported("# My guide\n\nShort intro.\n\n## Part\n\nTake ~~20 mg~~ **2 mg**.\n")

    assert section(found, "Part")["body"] == "<p>Take <strong>2 mg</strong>.</p>"
    assert "Struck out: “20 mg”" in said(found, "dropped")


def test_markdown_becomes_a_draft():
    text = (
        "# My guide\n\nShort intro.\n\n## First\n\nSome *text* with [a link](https://x.example/a).\n\n* one\n* two\n  * deep\n\n"
        "### Part\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<details><summary>Read more</summary>\n\nHidden *words*.\n\n</details>\n\n"
        "## When to get help\n\n*Care card: urgent*\n\nCall us if you bleed.\n"
    )

    found = imported(text, "guide.html")

    assert found.kind == "Markdown"
    assert outline(found) == [(2, "First"), (3, "Part"), (2, "When to get help")]
    assert section(found, "First")["body"] == (
        '<p>Some <em>text</em> with <a href="https://x.example/a">a link</a>.</p>\n'
        "<ul><li>one</li><li>two<ul><li>deep</li></ul></li></ul>"
    )
    assert section(found, "Part")["more"] == "<p>Hidden <em>words</em>.</p>"
    assert section(found, "When to get help")["kind"] == "urgent"


def test_the_words_for_kinds_are_those_of_the_form():
    assert {label: kind for kind, label in Section.Kind.choices if kind != "text"} == KINDS


# Word ------------------------------------------------------------------------------------------------------------------


def test_a_word_document_becomes_a_draft():
    content = docx(
        p("Your scan", "Title"),
        p("A scan takes pictures."),
        p("Before", "Heading1"),
        p("Bring:"),
        p("a list", "ListParagraph", bullet=0),
        p("of medicines", "ListParagraph", bullet=1),
        p("water", "ListParagraph", bullet=0),
        p("Steps", "Heading2"),
        p("Come in.", number=0),
        p("Sit down.", number=0),
        documents.table(["Exam", "Time"], ["Scan", "20 minutes"]),
        documents.link("Our page", "rId9"),
        documents.drawing("rId8", "The scanner"),
        relations=[
            ("rId9", "hyperlink", "https://x.example/", True),
            ("rId8", "image", "media/image1.png", False),
        ],
        more={"word/media/image1.png": b"\x89PNG not really"},
    )

    found = imported(content, "scan.txt")

    assert found.kind == "a Word document"
    assert (found.data["title"], found.data["summary"]) == ("Your scan", "A scan takes pictures.")
    assert outline(found) == [(2, "Before"), (3, "Steps")]
    assert section(found, "Before")["body"] == (
        "<p>Bring:</p>\n<ul><li>a list<ul><li>of medicines</li></ul></li><li>water</li></ul>"
    )
    assert section(found, "Steps")["body"] == (
        "<ol><li>Come in.</li><li>Sit down.</li></ol>\n<table><tbody><tr><td>Exam</td><td>Time</td></tr>"
        '<tr><td>Scan</td><td>20 minutes</td></tr></tbody></table>\n<p><a href="https://x.example/">Our page</a></p>'
    )
    assert section(found, "Steps")["picture"] == {"folder": "found/0", "alt": "The scanner"}


@pytest.mark.parametrize(
    "line", ["<w:strike/>", '<w:strike w:val="true"/>', "<w:dstrike/>", '<w:b/><w:dstrike w:val="1"/>']
)
def test_what_is_struck_out_in_word_is_left_out_and_said(line):
    def run(text, properties=""):
        return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'

    runs = run("Take "), run("20 ", line), run("mg", line), run(" 2 mg.", '<w:strike w:val="0"/>')
    dose = f"<w:p>{''.join(runs)}</w:p>"
    found = imported(docx(p("Your scan", "Title"), p("Intro."), p("Part", "Heading1"), dose))

    assert section(found, "Part")["body"] == "<p>Take 2 mg.</p>"
    assert "Struck out: “20 mg”" in said(found, "dropped")


def test_a_word_document_that_only_looks_like_it_has_headings():
    content = docx(
        p("Your scan", bold=True),
        p("A scan takes pictures."),
        p("Before", bold=True),
        p("•\tEat nothing."),
        p("•\tDrink water."),
        p("After", bold=True),
        p("Go home."),
    )

    found = imported(content)

    assert found.data["title"] == "Your scan"
    assert outline(found) == [(2, "Before"), (2, "After")]
    assert section(found, "Before")["body"] == "<ul><li>Eat nothing.</li><li>Drink water.</li></ul>"


# Encodings -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "windows-1252"])
def test_letters_survive_their_encoding(encoding):
    found = imported("Café “guide”\n\nIt’s naïve – really.\n\nWhat it is\nÀ la carte.\n".encode(encoding))

    assert (found.data["title"], found.data["summary"]) == ("Café “guide”", "It’s naïve – really.")
    assert ("Windows-1252" in said(found, "look")) == (encoding == "windows-1252")


def test_a_page_may_name_its_own_encoding():
    page = '<!doctype html><meta charset="iso-8859-2"><h1>Zażółć</h1><p>Gęślą.</p>'.encode("iso-8859-2")

    assert imported(page).data["title"] == "Zażółć"


def test_letters_that_are_lost_are_counted():
    found = imported(b"\xff\xfe" + "Title\n\nGood words here.".encode("utf-16-le") + b"\x41")

    assert "could not be read" in said(found, "look")


def test_the_process_of_its_own_says_the_same():
    assert read(documents.COPIED_PAGE.encode()) == imported(documents.COPIED_PAGE)


def test_a_document_without_words_is_refused():
    for content in ("", "   \n ", "<!doctype html><p></p>", "Read more\nRead less\n"):
        with pytest.raises(Refused):
            imported(content)
