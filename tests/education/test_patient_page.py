"""What a worried reader meets on the page of a guide, beside its plain text."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from clinic.languages import day
from education.chances import chance_in, chance_of
from education.content import clean_html, tables_for_phones
from education.house_rules import advice
from tests.factories import a_guide, a_published_guide, a_sign_off

TABLE = "<table><thead><tr><th>Test</th><th>{}</th></tr></thead><tbody><tr><th>Barium</th><td><p>1.5</p></td></tr></tbody></table>"


def test_the_summary_stands_in_lines_and_a_long_one_in_one_piece(client, clinic):
    guide = a_published_guide("Back pain")
    guide.live_revision.__class__.objects.update(summary="It is a test. Dr. Lee takes 1.5 minutes. Then ask us.")
    few = client.get(guide.get_absolute_url())
    guide.live_revision.__class__.objects.update(summary="One. Two. Three. Four. Five.")

    many = client.get(guide.get_absolute_url())

    assertContains(few, "<li>Dr. Lee takes 1.5 minutes.</li>", html=True)
    assertContains(many, '<p class="lead">One. Two. Three. Four. Five.</p>', html=True)


def test_the_top_says_how_long_it_takes_and_who_stands_behind_it(client, clinic):
    sections = [{"heading": "What it is", "body": f"<p>{'word ' * 700}</p>"}]
    guide = a_guide("Back pain", sections=sections, written_by="A. Writer", is_sample=False)
    signed = a_sign_off(guide, name="Dr. B", role="doctor")
    guide.publish(by=None)

    page = client.get(guide.get_absolute_url())

    assertContains(page, "<li>4 minutes to read</li>", html=True)
    assertContains(page, "<li>Written by A. Writer</li>", html=True)
    assertContains(page, f"<li>Reviewed by Dr. B, doctor on {day(signed.reviewed_on.isoformat())}</li>", html=True)


def test_what_to_do_and_what_not_is_said_in_words(client, clinic):
    parts = [
        {"heading": "After the test", "kind": "do", "body": "<ul><li>drink</li></ul>"},
        {"heading": "For a day", "kind": "do_not", "body": "<ul><li>drive</li></ul>"},
    ]

    page = client.get(a_published_guide("Back pain", sections=parts).get_absolute_url())

    assertContains(page, 'Do<span class="visually-hidden">: </span></span>After the test</h2>')
    assertContains(page, 'Do not<span class="visually-hidden">: </span></span>For a day</h2>')


def test_a_kind_that_its_text_does_not_keep_is_pointed_out(db):
    parts = [
        {"heading": "No list", "kind": "do", "body": "<p>drink</p>"},
        {"heading": "No number", "kind": "number", "body": "<p>few</p>"},
        {"heading": "Both", "kind": "number", "body": "<p>1 in 10 or 1 in 100</p>"},
        {"heading": "Well", "kind": "do_not", "body": "<ul><li>drive</li></ul>"},
        {"heading": "Good", "kind": "number", "body": "<p>About 1 in 10.</p>"},
    ]

    said = [finding.section for finding in advice(a_guide(sections=parts).as_draft()) if "is shown" in finding.says]

    assert said == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "says", "drawn"),
    [
        ("About 1 in 200 people", "1 in 200", True),
        ("One in 10 people, that is 1 in 10.", "1 in 10", True),
        ("3 out of every 1,000", "3 in 1,000", True),
        ("The UKHSA says 1 in 13,000.", "1 in 13,000", False),
        ("1 in 10 000", "1 in 10,000", False),
        ("1 in 10\u202f000.", "1 in 10,000", False),
        ("1 de cada 10 000 personas", "1 in 10,000", False),
        ("1 in 2 million people", "1 in 2,000,000", False),
        ("1 de cada 10 mil", "1 in 10,000", False),
        ("1 من كل ١٠٬٠٠٠ شخص", "1 in 10,000", False),
        ("2 500 in 10 000", "2,500 in 10,000", False),
        ("1 in 10\n200 people were asked.", "1 in 10", True),
    ],
)
def test_a_chance_is_read_from_the_text(text, says, drawn):
    chance = chance_in(text)

    assert chance["says"] == says
    assert (chance["drawing"] is not None) == drawn


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none",
        "1 in 10 to 1 in 20",
        "5 in 5",
        "0 in 10",
        "9 in 3",
        "1.5 in 10",
        "1 in 0",
        "1 in 10.5",
        "Fewer than 1 in 10 million",
        "No more than 1 in 10",
        "Más de 1 de cada 10",
        "أقل من 1 من كل 100",
        "None in 1,000",
        "None in 1,000, and that is not 1 in 10.",
        "Ninguno de cada 100",
        "Ni uno de cada 100",
        "No one in 10",
        "All but 1 in 10",
        "Twenty-one in 100",
        "Twenty one in 100",
        "Treinta y uno de cada 100",
        "1 in 100 to 200",
        "1 in 100–200",
        "1 de cada 100 a 200",
        "1 in 100 or more",
        "1 or 2 in 100",
        "1-2 in 100",
        "1 in 2.5 million",
        "1 in 10 billion",
        "1 in 10²",
        "1 in 10%",
        "1 in 1,00,000",
        "1 in 1,000 000",
        "1 in 10 000.5",
        "Vitamin B12 in 100 people",
        f"1 in 1{',000' * 2000}",
    ],
)
def test_what_is_no_single_chance_is_not_drawn(text):
    assert chance_in(text) is None


def test_numbers_in_two_cells_of_a_table_are_two_numbers():
    row = "<table><tr><td>1 in 10</td><td>200</td></tr></table>"

    assert chance_of(row)["says"] == "1 in 10"


@pytest.mark.parametrize(("many", "of"), [(1, 7), (1, 200), (1, 333), (7, 1000), (3, 10), (100, 101)])
def test_the_drawing_has_as_many_dots_as_the_number_says(many, of):
    drawing = chance_in(f"{many} in {of}")["drawing"]

    assert len(drawing["rows"]) * len(drawing["row"]) + len(drawing["last"]) == of
    assert len(drawing["marked"]) == many
    assert all(0 < dot["x"] < drawing["width"] and 0 < dot["y"] < drawing["height"] for dot in drawing["marked"])


def test_a_number_stands_large_above_its_text(client, clinic):
    parts = [{"heading": "Bruises", "kind": "number", "body": "<p>About 1 in 200 people get one, says the WHO.</p>"}]
    guide = a_guide("Back pain", sections=parts)
    guide.sources.create(organization="WHO", title="On bruises")
    guide.publish(by=None)

    page = client.get(guide.get_absolute_url())

    assertContains(page, '<p class="chance">1 in 200</p>', html=True)
    assertContains(page, "Each dot is one person. 1 of 200 is filled in.")


def test_on_a_phone_each_cell_says_its_column():
    table = tables_for_phones(clean_html(TABLE.format("Dose &amp; <em>more</em>")))

    assert '<div class="table stacked"><table role="table">' in table
    assert '<th role="rowheader" scope="row">Barium</th>' in table
    assert '<td role="cell" data-label="Dose &amp; more"><p>1.5</p></td>' in table


def test_a_hostile_heading_stays_within_its_label():
    table = tables_for_phones(clean_html(TABLE.format("&quot; onclick=&quot;alert(1)&quot; &lt;img src=x&gt;")))

    assert 'data-label="&quot; onclick=&quot;alert(1)&quot; &lt;img src=x&gt;"' in table
    assert "<img" not in table


@pytest.mark.parametrize(
    "table",
    [
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>",
        '<table><tr><th>a</th><th>b</th></tr><tr><td colspan="2">c</td></tr></table>',
        "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td></tr></table>",
        "<table><tr><th>a</th><th>b</th></tr></table>",
    ],
)
def test_a_table_that_cannot_be_stacked_scrolls(table):
    assert 'role="region" tabindex="0"' in tables_for_phones(clean_html(table))


def test_what_is_folded_away_can_be_linked_to(client, clinic):
    parts = [
        {"heading": "Risks of none", "body": '<p><a href="#detail.more">detail</a></p>'},
        {"heading": "Detail", "body": "<p>a</p>", "more": "<p>b</p>"},
    ]
    guide = a_published_guide("Back pain", sections=parts)
    other = a_guide(
        "Other", sections=[{"heading": "A", "body": '<p><a href="/guides/back-pain/#risks-of-none.more">b</a></p>'}]
    )

    page = client.get(guide.get_absolute_url())

    assertContains(page, 'id="detail.more"', count=1)
    assert other.as_draft().dead_links == {"/guides/back-pain/#risks-of-none.more"}


def test_the_page_says_its_address_on_paper_whatever_the_visitor_called_it(client, clinic, settings):
    settings.SITE_URL = "https://clinic.example.org"
    guide = a_published_guide("Back pain")

    page = client.get(guide.get_absolute_url(), headers={"host": "localhost"})

    assertContains(page, 'Back pain: <bdi dir="ltr">https://clinic.example.org/guides/back-pain/</bdi>')
    assertNotContains(page, "localhost")
