"""The page of a guide in real Chromium: what is folded, on paper, on a phone, without JavaScript."""

from io import BytesIO

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from education import feedback
from education.models import Feedback
from tests.factories import a_guide, a_sign_off

from .conftest import axe, every_look, scrolls_sideways
from .every_page import KINDS, TABLE

PARTS = [
    {"heading": "What it is", "body": "<p>Plain words.</p>", "more": "<p>A folded xylophone.</p>"},
    {"heading": "Does it hurt?", "body": f"<p>A little.</p>{TABLE}", "more": "<p>More of that.</p>"},
    *KINDS,
]
ADDRESS = "/guides/back-pain/"
FOLDED = "#what-it-is\\.more"


@pytest.fixture(autouse=True)
def guide(live_server, clinic):
    feedback.recently.forget(0)
    guide = a_guide("Back pain", sections=PARTS, written_by="A. Writer", is_sample=False)
    guide.sources.create(organization="WHO", title="On bruises", url="https://example.org/")
    a_sign_off(guide, name="Dr. B", role="doctor")
    guide.publish(by=None)
    return guide


@every_look
def test_every_kind_of_section_passes_axe_and_fits(page, scheme, width):
    page.goto(ADDRESS)
    page.get_by_role("button", name="Open every").click()

    assert scrolls_sideways(page) <= 0
    assert axe(page, best_practice=True) == []


def test_one_button_opens_and_closes_everything(page):
    page.goto(ADDRESS)
    button = page.locator(".tools button").first
    assert button.text_content() == "Open every “Read more”"

    button.click()
    assert page.locator(".guide details[open]").count() == 2
    page.locator(".guide summary").first.click()
    expect(button).to_contain_text("Open every")
    button.click()
    expect(button).to_contain_text("Close every")
    button.click()

    assert page.locator(".guide details[open]").count() == 0


def test_a_link_into_what_is_folded_opens_it(page):
    page.goto(f"{ADDRESS}#what-it-is.more")
    assert page.locator(FOLDED).is_visible()

    page.goto(ADDRESS)
    page.evaluate("location.hash = '#does-it-hurt.more'")
    expect(page.locator("#does-it-hurt\\.more")).to_be_visible()
    page.evaluate("document.getElementById('does-it-hurt.more').closest('details').open = false")
    page.evaluate(
        "() => { const a = document.createElement('a'); a.href = '#does-it-hurt.more'; document.body.append(a); a.click(); }"
    )

    expect(page.locator("#does-it-hurt\\.more")).to_be_visible()
    page.goto(f"{ADDRESS}#%E0%A4%A")  # means nothing, and breaks nothing


def test_the_browser_s_own_search_opens_what_it_finds(page):
    """A link to a text takes the same way through the page as Ctrl-F does."""
    page.goto(ADDRESS)
    assert not page.locator(FOLDED).is_visible()

    page.goto("about:blank")
    page.goto(f"{ADDRESS}#:~:text=xylophone")

    expect(page.locator(FOLDED)).to_be_visible()


def test_paper_shows_everything_and_no_navigation(page):
    page.goto(ADDRESS)

    words = "\n".join(leaf.extract_text() for leaf in PdfReader(BytesIO(page.pdf())).pages)

    assert "/guides/back-pain/" in "".join(words.split())  # it may stand on two lines
    for said in ("A folded xylophone.", "More of that.", "Reviewed by Dr. B", "drive", "911"):
        assert said in words, said
    for of_the_screen in (
        "Read more",
        "Read less",
        "On this page",
        "Was this page clear",
        "Print this page",
        "Staff sign-in",
    ):
        assert of_the_screen not in words, of_the_screen
    assert page.locator(".guide details[open]").count() == 0


def test_without_javascript_all_can_be_read_and_answered(no_js_page):
    page = no_js_page
    page.goto(f"{ADDRESS}#what-it-is.more")
    assert page.locator(FOLDED).is_visible()  # the browser itself opens it
    assert page.locator(".tools button").count() == 0
    page.get_by_text("Read more").last.click()
    assert page.get_by_text("More of that.").is_visible()

    page.get_by_role("button", name="No, not all of it").click()
    page.get_by_label("Which part do you mean?").select_option("Does it hurt?")
    page.get_by_label("What was not clear").fill("What is barium?")
    page.get_by_role("button", name="Send").click()

    assert page.get_by_role("heading", name="Thank you").is_visible()
    [said] = Feedback.objects.all()
    assert (said.clear, said.section, said.words) == (False, "Does it hurt?", "What is barium?")
    assert page.context.cookies() == []


@pytest.mark.parametrize("width", [320])
def test_on_a_phone_a_table_stands_row_by_row(page, width):
    page.goto(ADDRESS)
    cell = page.get_by_role("cell", name="1.5")

    label = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
    rows = page.locator(".stacked tr").all()

    assert "In one country" in label
    assert page.locator(".stacked").evaluate("box => box.scrollWidth <= box.clientWidth")
    assert rows[1].evaluate("row => getComputedStyle(row).display") == "block"
    assert page.get_by_role("columnheader", name="In another").count() == 1
    buttons = page.locator(".tool:visible, .more > summary:visible").all()  # what only a reading aloud needs is hidden
    assert len(buttons) > 5
    for button in buttons:
        assert button.bounding_box()["height"] >= 44


@every_look
def test_the_page_of_thanks_passes_axe(page, scheme, width):
    page.goto(ADDRESS)
    page.get_by_role("button", name="Yes, it was clear").click()

    assert axe(page, best_practice=True) == []
    assert scrolls_sideways(page) <= 0
