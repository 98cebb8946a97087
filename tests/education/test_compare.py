"""Two states of a guide side by side: the pure comparison, and its page."""

import time

import pytest
from django.core.files.storage import default_storage
from pytest_django.asserts import assertContains, assertNotContains

from education.comparing import compare
from education.differences import side_by_side
from education.images import delete_renditions
from education.models import Picture
from tests.factories import a_guide, a_picture, a_published_guide, a_topic

from .test_editor_desk import change, page_of, post_of


def section(heading, body="<p>Words.</p>", **facts):
    return {"heading": heading, "level": 2, "kind": "text", "body": body, "more": "", "picture": None, **facts}


def data(*sections, **facts):
    return {"title": "A guide", "summary": "", "picture": None, "sections": list(sections), "sources": [], **facts}


def became(old, new):
    return {part.name: part.became for part in compare(old, new)}


def texts(runs):
    return [words.strip() for words, kind in runs if kind == "differs"]


# Words ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "lost", "new"),
    [
        ("one two three", "one three", ["two"], []),
        ("one three", "one two three", [], ["two"]),
        ("call us today", "call them today", ["us"], ["them"]),
        ("the last word", "the last word is new", [], ["is new"]),
        ("", "all new", [], ["all new"]),
        ("all gone", "", ["all gone"], []),
        ("same", "same", [], []),
        ("one\ntwo\nthree", "one\nthree\nfour", ["two"], ["four"]),
    ],
)
def test_words_that_only_one_text_has_are_marked(before, after, lost, new):
    left, right = side_by_side(before, after)

    assert [words.strip() for words, differs in left if differs] == lost
    assert [words.strip() for words, differs in right if differs] == new
    assert "".join(words for words, _ in left) == before
    assert "".join(words for words, _ in right) == after


def test_a_word_or_two_in_the_middle_of_much_that_changed_are_shown_as_changed():
    before = "a b c d of e f g h"
    left, _ = side_by_side(before, "i j k l of m n o p")
    assert left == [(before, True)]

    left, _ = side_by_side("a of b", "c of d")
    assert [words for words, differs in left if not differs] == ["of "]


HOSTILE = {
    "one word again and again": ("a " * 200_000, "a b " * 100_000),
    "lines without end": ("a\n" * 200_000, "b\n" * 200_000),
    "nothing in common": (" ".join(map(str, range(60_000))), " ".join(map(str, range(60_000, 120_000)))),
    "a pattern turned round": ("a b c d " * 50_000, "d c b a " * 50_000),
    "one word of 400 KB": ("x" * 400_000, "y" * 400_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_makes_the_search_for_words_slow(name):
    before, after = HOSTILE[name]
    started = time.process_time()

    left, right = side_by_side(before, after)

    assert time.process_time() - started < 5
    assert "".join(words for words, _ in left) == before
    assert "".join(words for words, _ in right) == after


def test_a_page_of_hostile_sections_is_as_quick_as_one():
    old = data(*(section(f"Part {number}", f"<p>{'a b ' * 5000}</p>") for number in range(60)))
    new = data(*(section(f"Part {number}", f"<p>{'b c ' * 5000}</p>") for number in range(60)))
    started = time.process_time()

    parts = compare(old, new)

    assert time.process_time() - started < 8
    assert len(parts) == 60
    assert all(part.became == ("changed",) for part in parts)


# Sections -------------------------------------------------------------------------------------------------------------


def test_sections_are_added_removed_moved_and_changed():
    one, two, three, four = (section(name, f"<p>{name} {name} words.</p>") for name in ("One", "Two", "Three", "Four"))
    old = data(one, two, three, four)
    new = data(three, one, {**four, "body": "<p>Four other words.</p>"}, section("Five", "<p>Quite new.</p>"))

    assert became(old, new) == {
        "Three": ("moved",),
        "One": (),
        "Two": ("removed",),
        "Four": ("changed",),
        "Five": ("added",),
    }


def test_a_renamed_section_is_known_by_its_words():
    words = "<p>You lie on a table while a camera takes pictures of how you swallow.</p>"

    [part] = compare(data(section("How it goes", words)), data(section("What happens", words)))

    assert part.became == ("changed",)
    assert [row.where for row in part.rows] == ["Heading"]


def test_sections_of_one_name_are_told_apart():
    one, two = section("Risks", "<p>First.</p>"), section("Risks", "<p>Second.</p>")

    assert [part.became for part in compare(data(one, two), data(one, two))] == [(), ()]
    assert sorted(part.became for part in compare(data(one, two), data(two))) == [(), ("removed",)]


def test_kind_level_and_the_rest_are_named_as_the_form_names_them():
    old = section("Call us", more="<p>Old detail.</p>")
    new = {**old, "kind": "urgent", "level": 3, "more": "<p>New detail.</p>"}

    [part] = compare(data(old), data(new))

    rows = {row.where: (texts(row.old), texts(row.new)) for row in part.rows}
    assert rows == {
        "Level": (["Section"], ["Sub-section"]),
        "Kind": (["Text"], ["Care card: urgent"]),
        "Read more": (["Old"], ["New"]),
    }


def test_links_bullets_and_formatting_are_seen():
    [part] = compare(
        data(section("A", '<p><a href="/guides/a/">See</a></p>')),
        data(section("A", '<p><a href="/guides/b/">See</a></p>')),
    )
    assert texts(part.rows[0].new) == ["[/guides/b/]"]

    [part] = compare(data(section("A", "<p>See.</p>")), data(section("A", "<p><strong>See.</strong></p>")))
    assert part.rows[0].note == "The same words, with other paragraphs or formatting."


def test_facts_and_sources_and_what_later_versions_add_are_compared():
    old = data(title="Backs", is_sample=True, topic="backs")
    source = {"organization": "WHO", "title": "On backs", "year": "2025", "url": ""}
    new = data(title="Back pain", is_sample=False, topic="backs", sources=[source], reading_time=4, related=["knees"])

    rows = {row.where: texts(row.new) for part in compare(old, new) for row in part.rows}

    assert rows["Title"] == ["Back pain"]
    assert rows["Sample content"] == ["no"]
    assert rows["Sources"] == ["WHO: On backs, 2025"]
    assert rows["Reading time"] == ["4"]
    assert "knees" in rows["Related guides"][0]
    assert "Topic" not in rows


def test_pictures_are_shown_when_they_change_and_their_words_when_those_do():
    table, stairs = ({"folder": name, "widths": [1], "alt": name, "caption": "", "credit": ""} for name in ("t", "s"))

    [part] = compare(data(section("A", picture=table)), data(section("A", picture=stairs)))
    assert [(row.where, row.pictures) for row in part.rows] == [
        ("Picture", (table, stairs)),
        ("Picture: text alternative", ()),
    ]

    [part] = compare(data(picture=table), data(picture={**table, "caption": "New"}))
    assert [row.where for row in part.rows] == ["Picture: caption"]


def test_long_stretches_that_are_the_same_are_left_out():
    words = " ".join(f"w{number}" for number in range(1000))
    [part] = compare(data(section("A", f"<p>{words} end</p>")), data(section("A", f"<p>{words} END</p>")))

    assert [kind for _, kind in part.rows[0].new] == ["left out", "same", "differs"]
    assert part.rows[0].new[0][0] == "971 words that are the same"
    assert len(str(part.rows[0].new)) < 1000


# The page -------------------------------------------------------------------------------------------------------------


def compared(client, guide, old="", new=""):
    return client.get(page_of(guide, "compare"), {"old": old, "new": new})


def test_what_patients_read_beside_the_draft(staff_client, clinic):
    guide = a_published_guide("Backs", sections=[{"heading": "What it is", "body": "<p>Plain words.</p>"}])
    guide.sections.update(body="<p>Plainer words &lt;b&gt;.</p>")

    page = compared(staff_client, guide, "live", "draft")

    assertContains(page, "<del>Plain words.</del>")
    assertContains(page, "<ins>Plainer words &lt;b&gt;.</ins>")
    assertContains(page, "What patients read now: revision 1")


def test_any_two_entries_of_the_history(staff_client, clinic):
    guide = a_guide("Backs", topic=a_topic())
    for summary in ("First words.", "Second words.", "Third words."):
        staff_client.post(change(guide), post_of(guide, summary=summary))
    entries = {entry.data["summary"]: entry for entry in guide.history.all()}

    page = compared(staff_client, guide, entries["First words."].pk, entries["Third words."].pk)

    assertContains(page, "<del>First </del>words.")
    assertContains(page, "<ins>Third </ins>words.")
    assertNotContains(page, "Second words")
    assertContains(compared(staff_client, guide, entries["Third words."].pk, "draft"), "Both are the same.")


def test_both_pictures_are_shown_and_one_whose_file_is_gone_is_told(
    staff_client, clinic, django_capture_on_commit_callbacks
):
    table, stairs = a_picture("Table", alt="A table"), a_picture("Stairs", alt="Some stairs")
    guide = a_published_guide(picture=table)
    guide.picture = stairs
    guide.save()

    page = compared(staff_client, guide, "live", "draft")
    assertContains(page, f'src="/media/{table.folder}/')
    assertContains(page, f'src="/media/{stairs.folder}/')
    assertContains(page, 'alt="Some stairs"')

    entry = guide.keep(by=None)
    guide.picture = table
    guide.save()
    with django_capture_on_commit_callbacks(execute=True):
        Picture.objects.filter(pk=stairs.pk).delete()  # past the model: its own delete() refuses
    delete_renditions(stairs.folder, stairs.widths, default_storage)  # as a disk loses them
    assertContains(compared(staff_client, guide, entry.pk, "draft"), "The picture is no longer in the library.")


@pytest.mark.parametrize("side", ["x", "0", "9" * 40, "\x00", "-1", "live", "²"])
def test_a_side_that_is_not_there_is_not_found(staff_client, clinic, side):
    guide, other = a_guide(), a_published_guide()

    assert compared(staff_client, guide, side, "draft").status_code == 404
    assert compared(staff_client, guide, other.history.first().pk, "draft").status_code == 404


def test_a_hostile_section_of_400_kb_does_not_hang_the_page(staff_client, clinic):
    guide = a_published_guide(sections=[{"heading": "Long", "body": f"<p>{'a b ' * 100_000}</p>"}])
    guide.sections.update(body=f"<p>{'b a c ' * 66_000}</p>")
    started = time.process_time()

    page = compared(staff_client, guide, "live", "draft")

    assert time.process_time() - started < 10
    assertContains(page, "more characters")
    assert len(page.content) < 200_000
