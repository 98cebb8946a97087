"""The reading view of a guide: large letters on the screen and on paper, with no script and no cookie."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from .conftest import axe, every_look, scrolls_sideways
from .every_page import GUIDE, a_whole_site

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def site(live_server):
    return a_whole_site()


def size(page):
    return page.locator(".guide p").first.evaluate("words => parseFloat(getComputedStyle(words).fontSize)")


def test_without_a_script_letters_are_large_and_the_way_back_is_there(no_js_page):
    page = no_js_page
    page.goto(GUIDE)
    usual = size(page)

    page.get_by_role("link", name="Large letters").click()

    assert size(page) >= 1.3 * usual
    assert page.locator(".site-nav").is_hidden()
    assert page.locator("link[rel=canonical]").get_attribute("href").endswith(GUIDE)
    assert page.get_by_text("you faint").is_visible()
    assert page.context.cookies() == []
    page.get_by_role("link", name="Back to the usual page").click()
    page.wait_for_url(f"**{GUIDE}")


def test_paper_has_large_print(page):
    sizes = []
    page.goto(GUIDE + "read/")

    for leaf in PdfReader(BytesIO(page.pdf())).pages:
        leaf.extract_text(
            visitor_text=lambda text, ctm, tm, font, size: sizes.append((text, abs(size * tm[3] * ctm[3])))
        )

    drink = [size for text, size in sizes if "drink" in text]
    assert drink and min(drink) >= 17.5, drink


@every_look
def test_it_passes_axe_and_fits(page, scheme, width):
    page.goto(GUIDE + "read/")

    assert axe(page, best_practice=True) == []
    assert scrolls_sideways(page) <= 0
