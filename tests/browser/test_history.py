"""The history of a guide in real Chromium: edit, compare, restore, undo."""

import re

import pytest
from playwright.sync_api import expect

from education.models import Guide
from tests.factories import a_guide, a_picture, a_published_guide

from .conftest import axe, every_look, scrolls_sideways, sign_in

pytestmark = pytest.mark.browser

SECTIONS = [
    {"heading": "What it is", "body": "<p>You drink a white liquid.</p>"},
    {"heading": "Getting ready", "body": "<p>Eat nothing before noon.</p>"},
]


def form_of(guide):
    return f"/admin/education/guide/{guide.pk}/change/"


def save(page, note):
    page.get_by_label("What did you change?").fill(note)
    with page.expect_navigation():
        page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".success")).to_be_visible()


def walk(page, guide):
    page.goto(form_of(guide))
    page.get_by_label("Title").first.fill("Barium test")
    save(page, "A plainer title")
    page.get_by_label("In short").fill("It takes half an hour.")
    save(page, "Said how long it takes")

    page.goto(f"/admin/education/guide/{guide.pk}/history/")
    expect(page.get_by_text("A plainer title")).to_be_visible()
    page.get_by_role("radio", name=re.compile(r"Old\s*: Published revision 1")).check()
    page.get_by_role("button", name="Compare the chosen two").click()
    expect(page.locator("del", has_text="Swallow")).to_be_visible()
    expect(page.locator("ins", has_text="Barium")).to_be_visible()
    expect(page.locator("ins", has_text="It takes half an hour.")).to_be_visible()

    page.get_by_role("link", name="Restore the old one as draft").click()
    expect(page.get_by_text("is kept in the history first")).to_be_visible()
    page.get_by_role("button", name="Restore as draft").click()
    expect(page.get_by_label("Title").first).to_have_value("Swallow test")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Title").first).to_have_value("Barium test")
    expect(page.get_by_label("In short")).to_have_value("It takes half an hour.")
    assert Guide.objects.get().live_revision.title == "Swallow test"


def test_edit_compare_restore_undo(signed_in_page, clinic):
    walk(signed_in_page, a_published_guide("Swallow test", sections=SECTIONS))


def test_the_same_without_javascript(no_js_page, live_server, staff, clinic):
    sign_in(no_js_page.context, live_server.url, staff)
    walk(no_js_page, a_published_guide("Swallow test", sections=SECTIONS))


@every_look
def test_its_pages_are_accessible_and_fit(signed_in_page, clinic, scheme, width):
    page, guide = signed_in_page, a_published_guide("Swallow test", sections=SECTIONS, picture=a_picture("Cup"))
    guide.sections.filter(heading="What it is").update(body="<p>You drink a cup of white liquid.</p>", more="<p>a</p>")
    guide.sections.filter(heading="Getting ready").delete()
    guide.sections.create(heading="Afterwards", body="<p>Eat as usual.</p>", kind="urgent", position=50)
    Guide.objects.update(picture=a_picture("Glass", alt="A glass"))
    guide.refresh_from_db()
    guide.keep(by=None, note="A long note, by somebody who explains what was changed and why it had to be changed")

    for tail in ("history/", "compare/?old=live&new=draft", "schedule/", "history/1/restore/"):
        entry = f"history/{guide.history.first().pk}/restore/" if "restore" in tail else tail
        page.goto(f"/admin/education/guide/{guide.pk}/{entry}")
        assert axe(page) == [], tail
        assert scrolls_sideways(page) <= 0, tail
    page.goto(form_of(guide))
    assert scrolls_sideways(page) <= 0


def test_a_time_is_set_and_taken_back(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide("Swallow test", sections=SECTIONS)
    page.goto(form_of(guide))
    page.get_by_role("link", name="Schedule…").click()
    page.get_by_label("Day").fill("2020-01-01")
    page.get_by_label("Time").fill("08:00")
    page.get_by_role("button", name="Schedule", exact=True).click()
    expect(page.get_by_text("That day has passed.")).to_be_visible()
    expect(page.get_by_label("Time")).to_have_value("08:00")

    tomorrow = page.evaluate("new Date(Date.now() + 2 * 86400000).toISOString().slice(0, 10)")
    page.get_by_label("Day").fill(tomorrow)
    page.get_by_role("button", name="Schedule", exact=True).click()
    expect(page.locator(".step-waiting")).to_contain_text("To be published on")
    page.get_by_role("button", name="Do not publish it then").click()
    expect(page.locator(".success")).to_contain_text("It is off the schedule.")
