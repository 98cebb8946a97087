"""Finding a guide by what a reader types."""

import re
import time

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test import Client
from pytest_django.asserts import assertContains

from clinic import doctor
from clinic.logs import PlainFormatter
from education import scheduling, search, spelling
from education.models import GlossaryTerm, Guide, KnownWord, NotPublishable, ShelfEntry
from education.words import asked_words, distance, marked, part_with, stem, stems_in
from tests.factories import a_guide, a_published_guide, a_topic

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL")


@pytest.fixture
def guides(clinic):
    """Three guides that have “barium” in the title, in a heading and in the text, and others."""
    a_published_guide(
        "Your stomach",
        slug="in-text",
        sections=[{"heading": "What it is", "body": "<p>You drink barium before the pictures are taken.</p>"}],
    )
    a_published_guide(
        "Your throat", slug="in-heading", sections=[{"heading": "The barium", "body": "<p>It is white.</p>"}]
    )
    a_published_guide(
        "Barium test", slug="in-title", sections=[{"heading": "What it is", "body": "<p>Pictures of you.</p>"}]
    )
    a_published_guide(
        "Injections",
        slug="injections",
        sections=[{"heading": "Needles", "body": "<p>We inject the medicine. A café is near.</p>"}],
    )
    a_published_guide(
        "X-rays for children", slug="x-rays", sections=[{"heading": "Pictures", "body": "<p>A parent stays.</p>"}]
    )


def found(client, question):
    """The last parts of the addresses of what was found, best first."""
    response = client.get("/guides/search/", {"q": question})
    assert response.status_code == 200, question
    return [hit.address.split("/")[2] for hit in response.context["found"].hits]


# Found ----------------------------------------------------------------------------------------------------------------


def test_a_word_in_the_title_counts_more_than_in_a_heading_and_there_more_than_in_the_text(client, guides):
    assert found(client, "barium") == ["in-title", "in-heading", "in-text"]


@pytest.mark.parametrize(
    "question", ["injection", "Injections", "injected", "INJECTING", "inject", "injec", "needle", "cafe", "cafés"]
)
def test_endings_capitals_and_accents_do_not_matter(client, guides, question):
    assert found(client, question) == ["injections"]


@pytest.mark.parametrize("question", ["x-ray", "X ray", "xrays", "x‑rays", "children's x-rays", "child X-ray"])
def test_an_x_ray_is_found_however_it_is_written(client, guides, question):
    assert found(client, question)[0] == "x-rays"


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("bariem", "barium"),
        ("braium", "barium"),
        ("barum tset", "barium test"),
        ("injektions", "injections"),
        ("stomack", "stomach"),
        ("childern", "children"),
    ],
)
def test_a_small_misspelling_is_understood_and_said(client, guides, question, corrected):
    response = client.get("/guides/search/", {"q": question})

    assert response.context["found"].hits
    assertContains(response, f"We found nothing for “{question}”")
    assertContains(response, f"<strong>{corrected}</strong>", html=True)


def test_when_no_guide_has_all_the_words_those_that_have_some_are_shown(client, guides):
    response = client.get("/guides/search/", {"q": "barium needles"})

    assert {hit.address for hit in response.context["found"].hits} >= {"/guides/in-title/", "/guides/injections/"}
    assertContains(response, "No guide has all of these words")


def test_a_question_in_a_sentence_is_answered(client, guides):
    assert found(client, "What is it that I have to drink before my stomach test?")[0] in ("in-text", "in-title")


def test_what_was_found_is_marked_and_nothing_on_the_page_runs(client, clinic):
    a_published_guide(
        "<script>alert(1)</script> needle",
        slug="hostile",
        sections=[{"heading": "A", "body": "<p>Words &lt;b&gt; about the needles &amp; more.</p>"}],
    )

    page = client.get("/guides/search/", {"q": 'needle "><script>alert(2)</script>'}).text

    assert "<mark>needle</mark>" in page
    assert "&lt;<mark>script</mark>&gt;<mark>alert</mark>(1)&lt;/<mark>script</mark>&gt;" in page
    assert "<script>alert" not in page
    assert "“needle &quot;&gt;&lt;script&gt;" in page


def test_the_part_of_the_text_that_has_the_word_is_shown(client, guides):
    assertContains(
        client.get("/guides/search/", {"q": "barium"}), "You drink <mark>barium</mark> before the pictures", html=False
    )


def test_more_than_a_page_says_so(client, clinic):
    for number in range(22):
        a_published_guide(f"Knee {number}")

    response = client.get("/guides/search/", {"q": "knee"})

    assert len(response.context["found"].hits) == 20
    assertContains(response, "The first 20 guides")


# Not found ------------------------------------------------------------------------------------------------------------


def test_finding_nothing_helps_on(client, guides):
    response = client.get("/guides/search/", {"q": "zzyzx quagga"})

    assertContains(response, "We found no guide for “zzyzx quagga”")
    for way in ("/guides/a-z/", "tel:+1-212-555-0142", "/request/", "/guides/topic/x-rays-and-scans/"):
        assertContains(response, f'href="{way}"')


def test_the_box_alone_invites(client, guides):
    response = client.get("/guides/search/")

    assertContains(response, "What would you like to know?")
    assertContains(response, 'name="q"')


@pytest.mark.parametrize("address", ["/", "/guides/", "/guides/a-z/", "/guides/topic/x-rays-and-scans/"])
def test_the_box_stands_where_guides_are_listed_and_needs_no_script(client, guides, address):
    page = client.get(address).text

    form = re.search(r'<form class="search-box".*?</form>', page, re.DOTALL)[0]
    assert 'method="get"' in form and 'action="/guides/search/"' in form
    assert 'type="submit"' in form and "<label" in form


HOSTILE = [
    "",
    " ",
    "\x00",
    "barium\x00test",
    '"',
    '"""',
    "'",
    "barium OR",
    "AND",
    "NOT barium",
    "NEAR(barium test, 2)",
    "title:barium",
    "{title} : barium",
    "bar*",
    "*",
    "^barium",
    "barium & !test | (",
    "barium:*",
    "'barium':A",
    "\\",
    "%",
    "_%",
    "-- drop",
    "'; DROP TABLE education_guide; --",
    "<>&amp;",
    "the and of",
    "a",
    "é",
    "\ud800",
    "日本語",
    "٣",
    "ﷺ",
    "ﬁ",
    "İ",
    "ß",
    "👩‍⚕️",
    "a" * 10_000,
    "barium " * 2_000,
    "the " * 2_500,
    " ".join(f"word{number}" for number in range(1_500)),
    "x" * 40 + "y",
    "̀" * 500,
    "barium" + "̀" * 5_000,
]


@pytest.mark.parametrize("question", HOSTILE, ids=[repr(question[:20]) for question in HOSTILE])
def test_whatever_is_typed_gets_a_normal_page_soon(client, guides, question):
    began = time.perf_counter()

    response = client.get("/guides/search/", {"q": question.encode("utf-8", "surrogatepass")})

    assert response.status_code == 200
    assertContains(response, "Search the guides")
    assert time.perf_counter() - began < 5


def test_a_question_of_empty_words_asks_for_one_that_says_something(client, guides):
    assertContains(client.get("/guides/search/", {"q": "what is it"}), "Please write a word that says what it is about")


@on_postgresql
def test_a_search_that_takes_too_long_ends_in_a_page_that_helps_on(client, guides, monkeypatch):
    monkeypatch.setattr(search, "PATIENCE", "50ms")
    monkeypatch.setitem(search.STATEMENTS, "postgresql", lambda name, words: ("SELECT pg_sleep(5), %s, %s", words))

    assertContains(client.get("/guides/search/", {"q": "barium"}), "We found no guide")


def test_a_database_that_is_away_is_not_taken_for_nothing_found(guides, monkeypatch):
    def away():
        raise OperationalError("away")

    monkeypatch.setattr(search, "be_quick", away)

    response = Client(raise_request_exception=False).get("/guides/search/", {"q": "barium"})

    assert response.status_code == 503


# Kept to the reader ---------------------------------------------------------------------------------------------------


def test_no_cache_and_no_search_engine_keeps_what_somebody_looked_for(client, guides, settings):
    settings.GUIDES_HELD_FOR = 3
    response = client.get("/guides/search/", {"q": "barium"})

    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "ETag" not in response.headers
    assert not response.cookies


def test_no_log_has_what_somebody_looked_for(guides, monkeypatch, caplog):
    def broken(question):
        raise ValueError(question)

    monkeypatch.setattr("education.views.find", broken)
    client = Client(raise_request_exception=False)

    assert client.get("/guides/search/", {"q": "quagga disease"}).status_code == 500

    said = "".join(PlainFormatter().format(record) for record in caplog.records)
    assert "/guides/search/" in said
    assert "quagga" not in said


# In step with what is published -----------------------------------------------------------------------------------------


def test_a_draft_is_not_found_nor_what_was_changed_in_it(client, guides):
    draft = a_guide("Quagga")
    guide = Guide.objects.get(slug="in-title")
    guide.title = "Quagga"
    guide.save()

    assert found(client, "quagga") == []

    draft.publish(by=None)
    assert found(client, "quagga") == ["quagga"]


def test_publishing_and_withdrawing_move_it_at_once(client, guides):
    guide = Guide.objects.get(slug="in-title")
    guide.title = "Swallowing"
    guide.save()
    guide.publish(by=None)
    assert found(client, "barium") == ["in-heading", "in-text"]
    assert found(client, "swallow") == ["in-title"]

    guide.withdraw(by=None)
    assert found(client, "swallow") == []


def test_a_publishing_that_fails_leaves_the_search_as_it_was(client, guides):
    guide = Guide.objects.get(slug="in-title")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        guide.withdraw(by=None)
        raise ZeroDivisionError
    assert "in-title" in found(client, "barium")

    guide = Guide.objects.get(slug="in-title")
    guide.title = "Swallowing"
    guide.sections.all().delete()
    with pytest.raises(NotPublishable):
        guide.publish(by=None)
    assert "in-title" in found(client, "barium")


def test_an_index_that_was_lost_is_written_anew(client, guides):
    ShelfEntry.objects.all().delete()
    KnownWord.objects.all().delete()
    assert found(client, "barium") == []

    call_command("index_guides", verbosity=0)

    assert found(client, "barium") == ["in-title", "in-heading", "in-text"]
    assert found(client, "bariem") == ["in-title", "in-heading", "in-text"]


def test_the_index_that_publishing_keeps_is_the_one_that_the_command_writes(guides):
    fields = ("guide_id", "topic_id", "letter", "sort_key", "title", "headings", "text")
    kept = set(ShelfEntry.objects.values_list(*fields))

    call_command("index_guides", verbosity=0)

    assert set(ShelfEntry.objects.values_list(*fields)) == kept


def test_terms_of_a_glossary_find_the_guide_that_names_them(client, guides):
    guide = Guide.objects.get(slug="in-title")
    revision = guide.live_revision
    revision.words = [{"term": "esophagram"}]
    ShelfEntry.objects.put([revision])

    assert found(client, "esophagrams") == ["in-title"]


@pytest.mark.parametrize("slug", ["search", "a-z"])
def test_no_guide_takes_the_address_of_these_pages(staff_client, db, slug):
    page = staff_client.post("/admin/education/guide/add/", {"title": "A", "slug": slug, "topic": a_topic().pk})

    assertContains(page, "This address belongs to another page of the site")


# Spelling -------------------------------------------------------------------------------------------------------------


def test_without_trigrams_a_word_with_the_same_beginning_is_still_found(client, guides, monkeypatch):
    monkeypatch.setattr(spelling, "SQLITE_KNOWS_TRIGRAMS", False)
    monkeypatch.setattr(spelling, "has_trigrams", lambda: False)

    assert found(client, "bariem") == ["in-title", "in-heading", "in-text"]


@on_postgresql
def test_the_doctor_says_when_the_extension_is_missing(guides):
    def said():
        return [(finding.level, finding.says) for finding in doctor.search()]

    assert [level for level, _ in said()] == ["OK"]

    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")
    assert [level for level, _ in said()] == ["WARNING"]
    assert "pg_trgm" in doctor_do()

    call_command("index_guides", verbosity=0)
    assert [level for level, _ in said()] == ["OK"]


def doctor_do():
    return " ".join(finding.do for finding in doctor.search())


def test_the_doctor_says_when_a_guide_is_missing_from_the_search(guides):
    assert [finding.level for finding in doctor.search()] == ["OK"]

    ShelfEntry.objects.filter(guide__slug="in-title").delete()

    assert [finding.level for finding in doctor.search()] == ["WARNING"]
    assert "index_guides" in doctor_do()


# Words, without a database --------------------------------------------------------------------------------------------


def test_distances():
    cases = {("barium", "barium"): 0, ("bariem", "barium"): 1, ("braium", "barium"): 1, ("brm", "barium"): 3}
    assert {pair: distance(*pair, 3) for pair in cases} == cases
    assert distance("a", "abcdefgh", 2) == 3


def test_words_of_a_question():
    assert asked_words("What IS the X-ray, don't you?", 8) == ["ray", "dont"]
    assert asked_words("a b c " * 100, 8) == []
    assert len(asked_words(" ".join(f"word{n}" for n in range(50)), 8)) == 8
    assert stems_in("X-rays") == ["x", "ray", "xray"]


def test_marking_keeps_every_letter():
    text = "Injections: we inject, and <b> injectable; re-injected. Ünïted"

    pieces = marked(text, {stem("injection")})

    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, is_word in pieces if is_word] == ["Injections", "inject", "injectable", "injected"]


def test_the_part_around_a_word():
    text = "Start " + "word " * 200 + "needle " + "end " * 200

    part = part_with(text, {"needl"})

    assert part.startswith("… ") and part.endswith(" …") and "needle" in part
    assert len(part) < 260
    assert part_with(text, {"zzz"}) == ""
    assert part_with("needle", {"needl"}) == "needle"


# Words that are explained ----------------------------------------------------------------------------------------------


@pytest.fixture
def words(clinic):
    GlossaryTerm.objects.create(term="stent", other_forms="stents, mesh tube", meaning="A small support in a vessel.")
    GlossaryTerm.objects.create(term="contrast liquid", meaning="A liquid that makes vessels easy to see.")


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("stenting", ["stent"]),
        ("what is a mesh tube", ["stent"]),
        ("contrast", ["contrast liquid"]),
        ("stent for the heart", ["stent"]),
        ("vessel", ["contrast liquid", "stent"]),
        ("small liquid", []),
        ("heart", []),
    ],
)
def test_a_word_of_the_glossary_is_found_where_no_guide_says_it(words, question, meant):
    assert [word.term for word in search.find(question).meanings] == meant


def test_its_meaning_stands_above_the_guides_with_the_way_to_the_glossary(client, words):
    a_published_guide("After a stent")

    page = client.get("/guides/search/", {"q": "stent"}).text

    assert page.index('<a class="tall" href="/guides/words/#word.stent">stent</a>') < page.index("After a <mark>stent")
    assert "A small support in a vessel." in page
    assert "A small support" in client.get("/guides/search/", {"q": "mesh"}).text  # with “We found no guide”
    assert "What it means" not in client.get("/guides/search/", {"q": "knee"}).text


def test_words_that_stand_in_no_live_guide_any_more_are_forgotten(clinic):
    guide = a_published_guide("Zebrafish", sections=[{"heading": "One", "body": "<p>Xylophones and back pain.</p>"}])
    a_published_guide("Back pain")
    assert spelling.meant("zebrafsh") == "zebrafish"
    guide.withdraw(by=None)

    look = scheduling.Round()
    look()

    known = set(KnownWord.objects.values_list("word", flat=True))
    assert {"back", "pain"} <= known
    assert not {"zebrafish", "xylophones"} & known
    assert spelling.meant("zebrafsh") == ""


def test_all_words_are_looked_at_little_by_little(clinic):
    a_published_guide("Alpha bravo charlie delta")
    KnownWord.objects.create(word="zulu")
    seen, after = [], ""
    while after := search.forget_words(after, 2):
        seen.append(after)

    assert seen == sorted(seen) and len(seen) > 2
    assert not KnownWord.objects.filter(word="zulu").exists()
    assert KnownWord.objects.filter(word="bravo").exists()
