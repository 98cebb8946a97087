"""Typed text outlives what can go wrong when it is saved, in real Chromium."""

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from playwright.sync_api import expect

from education.models import Guide
from tests.factories import a_guide

from .conftest import sign_in
from .test_editor import SECTIONS, fold, form_of, open_form, save

pytestmark = pytest.mark.browser


def type_something(page):
    fold(page, "What it is").click()
    page.get_by_role("textbox", name="Text", exact=True).locator("visible=true").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Typed.")


def typed_into(page):
    """A guide whose form is open, with words in it that are not saved yet."""
    guide = a_guide(sections=SECTIONS)
    open_form(page, guide)
    type_something(page)
    return guide


def assert_saved(page, guide):
    save(page)
    assert guide.sections.first().body == "<p>Plain words. Typed.</p>"


def test_who_was_signed_out_signs_in_in_another_tab_and_saves(signed_in_page, clinic, settings):
    page, guide = signed_in_page, typed_into(signed_in_page)
    Session.objects.all().delete()

    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".not-saved")).to_contain_text("You have been signed out. Nothing is lost")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    door = opened.value
    door.locator("input[name=login]").fill("staff")
    door.locator("input[name=password]").fill("a long test password")
    door.keyboard.press("Enter")
    door.wait_for_url("**/admin/")

    assert_saved(page, guide)


def test_when_the_network_is_away_the_page_stays_and_saves_later(signed_in_page, clinic, faults):
    page, guide = signed_in_page, typed_into(signed_in_page)
    page.context.set_offline(True)

    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".not-saved")).to_contain_text("The site cannot be reached just now. Nothing is lost")
    faults.clear()  # the browser said so too
    page.context.set_offline(False)

    assert_saved(page, guide)


@pytest.mark.parametrize("status", [502, 503, 429])
def test_while_the_proxy_says_that_the_site_is_away_the_page_stays_and_saves_later(
    signed_in_page, clinic, faults, status
):
    page, guide = signed_in_page, typed_into(signed_in_page)
    page.route("**/admin/education/guide/**", lambda route: route.fulfill(status=status, body="<h1>Bad Gateway</h1>"))

    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".not-saved")).to_contain_text("The site cannot save just now")
    expect(page.get_by_role("textbox", name="Text", exact=True).locator("visible=true")).to_contain_text("Typed.")
    faults.clear()  # the browser said so too
    page.unroute_all()

    assert_saved(page, guide)


def test_while_the_database_is_away_the_page_stays_and_saves_later(signed_in_page, clinic, faults, monkeypatch):
    page, guide = signed_in_page, typed_into(signed_in_page)

    def away(self):
        raise OperationalError("away")

    with monkeypatch.context() as broken:
        broken.setattr(BaseDatabaseWrapper, "ensure_connection", away)
        broken.setattr(BaseDatabaseWrapper, "_cursor", away)
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".not-saved")).to_contain_text("The site cannot save just now")
    assert [fault for fault in faults if fault.startswith("503")]
    faults.clear()

    assert_saved(page, guide)


def test_an_answer_that_is_not_the_site_s_own_does_not_lame_the_button(signed_in_page, clinic, faults):
    """As a hotel's network answers whoever has not paid yet."""
    page, guide = signed_in_page, typed_into(signed_in_page)
    page.route("**/still-here/", lambda route: route.fulfill(body="<h1>Welcome</h1>", content_type="text/html"))

    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".not-saved")).to_contain_text("The site cannot be reached just now")
    page.unroute_all()

    assert_saved(page, guide)


def test_without_javascript_a_page_keeps_what_was_typed(no_js_page, staff, clinic, live_server):
    page, guide = no_js_page, a_guide("Backs")
    sign_in(page.context, live_server.url, staff)
    page.goto(form_of(guide))
    page.locator("#id_title").fill("Backs, with care")
    Session.objects.all().delete()

    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("Nothing is lost: what you typed is kept")).to_be_visible()
    sign_in(page.context, live_server.url, staff)
    page.get_by_role("button", name="Save what I typed").click()

    expect(page.locator(".success")).to_be_visible()
    assert Guide.objects.get().title == "Backs, with care"
