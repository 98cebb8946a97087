"""The words of the glossary on a guide's page, in real Chromium: by keyboard, without JavaScript, on paper."""

import re

import pytest
from playwright.sync_api import expect

from education.models import GlossaryTerm
from tests.factories import a_clinic, a_published_guide

from .conftest import axe, every_look, scrolls_sideways


@pytest.fixture
def guide(live_server):
    a_clinic()
    GlossaryTerm.objects.create(term="catheter", other_forms="catheters", meaning="A thin, soft tube.")
    GlossaryTerm.objects.create(term="radiologist", meaning="A doctor who reads X-rays.")
    text = "<p>A radiologist puts a catheter in. Catheters are soft.</p>"
    return a_published_guide("Swallow test", sections=[{"heading": "What it is", "body": text}])


def test_a_word_opens_and_closes_by_keyboard(page, guide):
    page.goto(guide.get_absolute_url())
    word = page.get_by_role("button", name="catheter")
    word.focus()

    page.keyboard.press("Enter")
    assert word.get_attribute("aria-expanded") == "true"
    assert page.locator("article .meaning").inner_text().strip() == "(A thin, soft tube.)"
    assert word.evaluate("word => word === document.activeElement")
    page.keyboard.press("Escape")
    assert page.locator("article .meaning").count() == 0
    assert page.locator("article p").first.text_content() == "A radiologist puts a catheter in. Catheters are soft."
    page.keyboard.press("Space")
    assert page.locator("article .meaning").count() == 1
    page.keyboard.press("Space")
    assert page.locator("article .meaning").count() == 0
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.textContent") == "radiologist"


def test_without_javascript_a_word_leads_to_its_meaning_and_back(no_js_page, guide):
    no_js_page.goto(guide.get_absolute_url())

    no_js_page.get_by_role("link", name="catheter", exact=True).press("Enter")
    assert no_js_page.url.endswith("#word.catheter")
    assert no_js_page.locator(":target").inner_text().startswith("catheter")
    no_js_page.get_by_role("link", name=re.compile("Back to the text.*catheter")).press("Enter")
    assert no_js_page.locator(":target").inner_text() == "catheter"


def test_paper_shows_the_list_and_no_marks(page, guide):
    page.goto(guide.get_absolute_url())
    page.get_by_role("button", name="catheter").click()

    page.emulate_media(media="print")

    assert page.get_by_role("heading", name="Words on this page").is_visible()
    assert not page.locator("article .meaning").is_visible()
    assert not page.get_by_text("Back to the text").first.is_visible()


@every_look
def test_the_words_fit_and_pass_the_rules(page, guide):
    page.goto(guide.get_absolute_url())
    page.get_by_role("button", name="catheter").click()
    assert axe(page, best_practice=True) == []
    assert scrolls_sideways(page) <= 0

    for address in ("/guides/words/", "/guides/topic/x-rays-and-scans/"):
        page.goto(address)
        assert axe(page, best_practice=True) == []
        assert scrolls_sideways(page) <= 0


def test_the_way_back_into_what_is_folded_opens_it(page, no_js_page, live_server):
    a_clinic()
    GlossaryTerm.objects.create(term="catheter", meaning="A thin, soft tube.")
    guide = a_published_guide(
        "Swallow", sections=[{"heading": "What", "body": "<p>A.</p>", "more": "<p>A catheter.</p>"}]
    )

    for tab in (page, no_js_page):
        tab.goto(guide.get_absolute_url())
        assert not tab.locator("article .term").is_visible()
        tab.get_by_role("link", name=re.compile("Back to the text")).click()
        expect(tab.locator("article .term")).to_be_visible()


@pytest.mark.parametrize(("number", "width", "columns"), [(9, 1280, 2), (9, 320, 1), (8, 1280, 1)])
def test_a_long_list_stands_in_columns_where_there_is_room(page, live_server, number, width, columns):
    a_clinic()
    terms = [f"word{letter}" for letter in "abcdefghi"[:number]]
    for term in terms:
        GlossaryTerm.objects.create(term=term, meaning="A plain meaning of it.")
    guide = a_published_guide("Swallow", sections=[{"heading": "What", "body": f"<p>{' '.join(terms)}</p>"}])
    page.set_viewport_size({"width": width, "height": 800})

    page.goto(guide.get_absolute_url())

    lefts = page.locator(".words dl > div").evaluate_all("rows => rows.map(row => row.getBoundingClientRect().left)")
    assert (len(lefts), len(set(lefts))) == (number, columns)
