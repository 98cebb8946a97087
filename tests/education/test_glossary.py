"""Words with a meaning: marked once on a page, explained at its end, listed from A to Z."""

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from education.glossary import Word, marked
from education.house_rules import Draft, advice_on_meaning, no_jargon
from education.models import GlossaryTerm
from tests.factories import a_guide, a_published_guide

from .test_claims import HELD

ADD = reverse("admin:education_glossaryterm_add")
LINK = '<a class="term" id="said.word.{0}" href="#word.{0}">{1}</a>'


def a_term(term="catheter", other_forms="catheters", meaning="A thin, soft tube."):
    return GlossaryTerm.objects.create(term=term, other_forms=other_forms, meaning=meaning)


def section(body, more="", kind="text"):
    from education.content import clean_html

    return {"body": clean_html(body), "more": clean_html(more), "kind": kind}


def marks(*sections, words=None):
    """The bodies and folded parts of these sections with their words marked."""
    words = words or [Word("catheter", ("catheter", "catheters"), "A tube."), Word("vein", ("vein",), "Carries blood.")]
    done, _ = marked([section(*parts) if isinstance(parts, tuple) else section(parts) for parts in sections], words)
    return [part[name] for part in done for name in ("body", "more") if part[name]]


def test_a_word_is_marked_where_the_page_says_it_first_and_explained_at_its_end(client, clinic):
    a_term()
    guide = a_published_guide(
        sections=[
            {"heading": "A catheter", "body": "<p>We use it.</p>"},
            {"heading": "Then", "body": "<p>Catheters are soft. A catheter is thin.</p>"},
        ]
    )

    page = client.get(guide.get_absolute_url())

    assertContains(page, LINK.format("catheter", "Catheters") + " are soft. A catheter is thin.")
    assertContains(page, ">A catheter</h2>")
    assertContains(page, '<h2 id="words-title">Words on this page</h2>', html=True)
    assertContains(page, '<div id="word.catheter" tabindex="-1">')
    assertContains(page, "A thin, soft tube.", count=1)
    assertContains(page, 'href="#said.word.catheter"')


def test_a_page_without_such_words_says_nothing_of_them(client, clinic):
    a_term()
    page = client.get(a_published_guide().get_absolute_url())

    assertNotContains(page, "Words on this page")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>CATHETER</p>", "<p>{CATHETER}</p>"),
        ("<p>A catheter, a catheter.</p>", "<p>A {catheter}, a catheter.</p>"),
        ("<p>Catheterize, micro-catheter, catheter-free</p>", "<p>Catheterize, micro-catheter, catheter-free</p>"),
        ('<p><a href="/x/">a catheter</a> is</p>', '<p><a href="/x/">a catheter</a> is</p>'),
        (
            '<p><a href="/x/">a <em>catheter</em></a>, catheter</p>',
            '<p><a href="/x/">a <em>catheter</em></a>, {catheter}</p>',
        ),
        ("<p>a <strong>catheter</strong></p>", "<p>a <strong>{catheter}</strong></p>"),
        (
            "<table><tbody><tr><th>catheter</th><td>catheter</td></tr></tbody></table>",
            "<table><tbody><tr><th>catheter</th><td>{catheter}</td></tr></tbody></table>",
        ),
        ("<p>&lt;catheter&gt; &amp; co</p>", "<p>&lt;{catheter}&gt; &amp; co</p>"),
        ('<p><a href="/catheter/">x</a></p>', '<p><a href="/catheter/">x</a></p>'),
    ],
)
def test_whole_words_in_any_case_outside_of_links_and_headings(body, expected):
    for word in ("catheter", "CATHETER"):
        expected = expected.replace("{" + word + "}", LINK.format("catheter", word))

    assert marks(body) == [expected]


def test_what_is_in_sight_is_marked_before_what_is_folded_away():
    body, more, later = marks(("<p>First.</p>", "<p>A catheter in a vein.</p>"), "<p>A catheter.</p>")

    assert body == "<p>First.</p>"
    assert "term" not in more.partition(" in ")[0]
    assert LINK.format("vein", "vein") in more
    assert LINK.format("catheter", "catheter") in later


def test_an_emergency_is_left_as_it_is():
    assert marks(("<p>A catheter bleeds.</p>", "", "emergency")) == ["<p>A catheter bleeds.</p>"]


def test_the_longest_word_wins():
    words = [Word("contrast", ("contrast",), "a"), Word("contrast liquid", ("contrast liquid",), "b")]

    (body,) = marks("<p>A contrast liquid.</p>", words=words)

    assert LINK.format("contrast-liquid", "contrast liquid") in body


@pytest.mark.parametrize(
    "term", ["amp", "lt", "p", "href", "a", "class", "<b>", "R&D", ".*", "(", "\\", "naïve", "X-ray"]
)
def test_no_term_breaks_the_page(term):
    body = '<p>a &amp; b &lt;p&gt; naïve X-ray R&amp;D .* ( \\ <a href="/x/">class</a></p>'

    (done,) = marks(body, words=[Word(term, (term,), "m")])

    from education.content import clean_html, plain_text

    assert plain_text(done) == plain_text(str(clean_html(body)))
    assert done.count("<a ") == done.count("</a>")


@pytest.mark.parametrize("bad", ["<script>alert(1)</script>x", '"><img src=x onerror=alert(1)>', "{{ x }}{% y %}"])
def test_hostile_terms_and_meanings_are_words(client, clinic, bad):
    GlossaryTerm.objects.create(term=bad, other_forms="plain", meaning=bad)
    guide = a_published_guide(sections=[{"heading": "One", "body": "<p>A plain word.</p>"}])

    for address in (guide.get_absolute_url(), "/guides/words/"):
        page = client.get(address).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_changed_meaning_waits_for_the_next_publishing_and_the_term_says_where(staff_client, clinic):
    term = a_term()
    guide = a_published_guide("Swallow test", sections=[{"heading": "One", "body": "<p>A catheter.</p>"}])

    staff_client.post(
        reverse("admin:education_glossaryterm_change", args=[term.pk]),
        {"term": "catheter", "language": "en", "other_forms": "", "meaning": "A hollow tube."},
    )

    assertContains(staff_client.get(guide.get_absolute_url()), "A thin, soft tube.")
    assertContains(staff_client.get("/guides/words/"), "A hollow tube.")
    assertContains(
        staff_client.get(reverse("admin:education_glossaryterm_change", args=[term.pk])),
        "Swallow test</a>: with the meaning it had before.",
    )
    guide.refresh_from_db()
    guide.publish(by=None)
    assertContains(staff_client.get(guide.get_absolute_url()), "A hollow tube.")
    assertNotContains(
        staff_client.get(reverse("admin:education_glossaryterm_change", args=[term.pk])), "the meaning it had before"
    )


def test_a_word_has_one_meaning(staff_client):
    a_term()

    twice = staff_client.post(ADD, {"term": "Catheter", "other_forms": "", "meaning": "Other."})
    as_form = staff_client.post(ADD, {"term": "tube", "other_forms": "CATHETERS, pipes", "meaning": "Other."})
    long = staff_client.post(ADD, {"term": "vein", "other_forms": "", "meaning": "a" * 201})

    assertContains(twice, "“catheter” is explained under “catheter” already.")
    assertContains(as_form, "“catheters” is explained under “catheter” already.")
    assertContains(as_form, "CATHETERS, pipes")
    assertContains(long, "at most 200 characters")
    assert GlossaryTerm.objects.count() == 1


def test_the_glossary_goes_from_a_to_z(client, clinic, django_assert_max_num_queries):
    assertContains(client.get("/guides/words/"), "There are no words here yet.")
    for term in ("vein", "barium", "Éclair", "3D scan", "biopsy"):
        a_term(term, "")

    with django_assert_max_num_queries(2):
        page = client.get("/guides/words/")

    text = page.text
    assert text.index("biopsy") > text.index("barium")
    assert [letter["name"] for letter in page.context["letters"]] == ["0–9", "B", "V", "É"]
    for anchor in ("letter.b", "word.barium", "word.vein"):
        assert f'id="{anchor}"' in text
    assert a_term("stent", "").get_absolute_url() == "/guides/words/#word.stent"


def test_jargon_that_the_glossary_explains_is_no_finding(clinic):
    guide = a_guide(sections=[{"heading": "One", "body": "<p>A catheter goes in.</p>"}])
    said = [finding.says for finding in no_jargon(guide.as_draft())]
    assert said == ["“One” says “catheter”: write “thin tube”, explain it there, or add it to the glossary."]

    a_term()
    assert list(no_jargon(guide.as_draft())) == []
    assert list(no_jargon(Draft(guide.as_data(), today=None)))


def test_a_meaning_with_a_banned_word_or_a_published_myth_is_pointed_out(staff_client, clinic):
    post = {
        "term": "contrast liquid",
        "language": "en",
        "other_forms": "",
        "meaning": "It is harmless and it is given prior to a scan.",
    }
    page = staff_client.post(ADD, post, follow=True)

    assertContains(page, "The meaning says “harmless”.")
    assertContains(page, "The meaning says “prior to”. Write “before”.")
    assert GlossaryTerm.objects.exists()  # it advises, as beside a guide

    plain = {**post, "term": "stent", "meaning": "A small support in a vessel."}
    assertNotContains(staff_client.post(ADD, plain, follow=True), "The meaning says")


def test_a_meaning_is_held_to_the_myths():
    myth = HELD["contrast is radioactive"][0]

    assert any("published often and wrong" in finding.says for finding in advice_on_meaning(myth))
    assert advice_on_meaning("A thin, soft tube.") == []


def test_a_filter_with_a_zero_character_is_refused_and_no_fault(staff_client, db):
    address = reverse("admin:education_glossaryterm_changelist")

    assert staff_client.get(f"{address}?language=a%00b").status_code == 400
    assert staff_client.get(f"{address}?q=a%00b").status_code == 200
