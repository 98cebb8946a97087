"""The saved draft beside its form, in real Chromium."""

import pytest
from playwright.sync_api import expect

from tests.factories import a_guide

from .conftest import axe, scrolls_sideways
from .test_editor import SECTIONS, fold, form_of, open_form, save

pytestmark = pytest.mark.browser
LONG = [{**section, "body": "<p>Plain words.</p>" * 40} for section in SECTIONS]


def inside(page):
    return page.frame_locator(".guide-preview iframe")


def show(page):
    page.get_by_role("button", name="Preview beside the form").click()
    expect(inside(page).get_by_role("heading", level=1)).to_be_visible()


def test_after_saving_it_is_open_again_at_the_section_that_was_worked_on(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide("Swallow test", sections=LONG)
    open_form(page, guide)
    show(page)
    fold(page, "Medicines").click()
    page.locator("#id_sections-2-heading").fill("Your medicines")

    save(page)

    expect(inside(page).get_by_role("heading", name="Your medicines")).to_be_in_viewport()
    expect(fold(page, "Your medicines")).to_have_attribute("aria-expanded", "true")
    expect(fold(page, "Your medicines")).to_be_in_viewport()


def test_it_is_as_wide_as_a_phone_or_a_desk_and_remembers_which(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide("Swallow test", sections=SECTIONS)
    open_form(page, guide)
    show(page)
    width = inside(page).locator("html")
    assert width.evaluate("html => html.clientWidth") == 375

    page.get_by_role("button", name="Desktop").click()
    assert width.evaluate("html => innerWidth") == 1280
    assert (axe(page), scrolls_sideways(page)) == ([], 0)

    page.reload()
    expect(page.get_by_role("button", name="Desktop")).to_have_attribute("aria-pressed", "true")
    expect(inside(page).get_by_role("heading", level=1)).to_be_visible()


def test_its_links_open_beside_and_do_not_take_its_place(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide("Swallow test", sections=SECTIONS)
    open_form(page, guide)
    show(page)

    with page.context.expect_page() as opened:
        inside(page).get_by_role("link", name="Request your appointment online").first.click()

    assert "/request/" in opened.value.url
    expect(inside(page).get_by_role("heading", level=1)).to_have_text("Swallow test")


@pytest.mark.parametrize("width", [320])
def test_on_a_small_screen_it_lies_over_the_form_until_it_is_closed(signed_in_page, clinic, width):
    page, guide = signed_in_page, a_guide("Swallow test", sections=SECTIONS)
    open_form(page, guide)
    expect(page.locator(".guide-preview")).to_be_hidden()

    show(page)
    expect(page.get_by_role("button", name="Close the preview")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator(".guide-preview")).to_be_hidden()
    expect(page.get_by_role("button", name="Preview beside the form")).to_be_focused()
    assert form_of(guide) in page.url
