"""An editor's day in real Chromium, from a blank page to a guide that patients read, mostly by keyboard. No console message.

Each step is a function of the trip, in STEPS in the order of the day; a step of another part of the desk is one more.
"""

import re
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from appointments.management.commands.worker import do_all
from education.models import Guide
from tests.education.posts import saved
from tests.education.test_editor_desk import change, post_of
from tests.factories import a_picture_file, a_topic, a_user
from tests.staff.people import somebody

from .test_editor import fold, form_of, headings, open_form, press, save
from .test_review import page_of

__all__ = ["page_of"]  # a fixture of the review's own test

pytestmark = pytest.mark.browser


def text_of(page, name="Text"):
    return page.get_by_role("textbox", name=name, exact=True).locator("visible=true").last


def begin_a_guide(trip):
    page = trip.page
    page.goto("/admin/education/guide/add/")
    page.locator("#id_title").focus()
    page.keyboard.type("Swallow test")
    expect(page.locator("#id_slug")).to_have_value("swallow-test")
    page.locator("#id_topic").select_option(label="X-rays and scans")
    page.locator("#id_summary").fill("We film how you swallow. It does not hurt. Ask us for a time.")
    page.get_by_role("button", name="Add another Section").focus()
    for heading, words in (("Getting ready", "Eat nothing."), ("What it is", "A film."), ("Risks", "There are few.")):
        page.keyboard.press("Enter")
        page.keyboard.type(heading)
        text_of(page).click()
        page.keyboard.type(words)
        page.get_by_role("button", name="Add another Section").focus()
    save(page)
    trip.guide = Guide.objects.get()


DOCUMENT = """
# Swallow test

We film how you swallow. It does not hurt. Ask us for a time.

## Getting ready

Eat nothing.

## What it is

A film.

## Risks

There are few.

Accept all cookies

Request your appointment online, we will contact you as soon as possible.
"""


def import_a_document(trip):
    page = trip.page
    page.goto("/admin/education/guide/import/")
    page.get_by_label("Topic").select_option(label="X-rays and scans")
    page.locator("input[type=file]").set_input_files(
        {"name": "swallow.md", "mimeType": "text/markdown", "buffer": DOCUMENT.encode()}
    )
    page.get_by_role("button", name="Look at what it becomes").click()
    expect(page.locator("main, #content").first).to_contain_text("Accept all cookies")  # left out, and said so
    page.get_by_role("button", name="Make the draft").click()
    expect(page.locator("#id_title")).to_have_value("Swallow test")
    trip.guide = Guide.objects.get()
    assert [section.heading for section in trip.guide.sections.all()] == ["Getting ready", "What it is", "Risks"]


def mend_the_sections_by_keyboard(trip):
    page = trip.page
    page.get_by_role("button", name="Move: What it is", exact=True).focus()
    page.keyboard.press("ArrowUp")
    press(page, "Duplicate: Risks")
    page.keyboard.type("If you are pregnant")
    page.get_by_role("button", name="Move: If you are pregnant", exact=True).focus()
    page.keyboard.press("ArrowRight")
    assert headings(page) == ["What it is", "Getting ready", "Risks", "If you are pregnant"]
    save(page)
    assert [section.level for section in trip.guide.sections.all()] == [2, 2, 2, 3]


def add_a_picture_and_be_refused_without_its_text(trip):
    page = trip.page
    page.goto("/admin/education/picture/add/")
    page.locator("#id_title").fill("The room")
    file = a_picture_file((640, 400))
    page.locator("#id_file").set_input_files({"name": file.name, "mimeType": "image/png", "buffer": file.read()})
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Write a text alternative, or tick “decorative”.")).to_be_visible()
    page.locator("#id_alt").fill("A room with a table and a camera.")
    page.locator("#id_file").set_input_files(
        {"name": file.name, "mimeType": "image/png", "buffer": a_picture_file((640, 400)).read()}
    )
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".success")).to_be_visible()
    do_all(settings.WORKER_EACH_TURN)  # as the worker does: it writes the other sizes

    open_form(page, trip.guide)
    fold(page, "What it is").focus()
    page.keyboard.press("Enter")
    page.locator("#id_sections-0-picture").select_option(label="The room")
    save(page)


def be_refused_for_hidden_safety(trip):
    page = trip.page
    open_form(page, trip.guide)
    fold(page, "Risks").focus()
    page.keyboard.press("Enter")
    text_of(page, "Read more").click()
    page.keyboard.type("Call us if you bleed.")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("Saved, but not published")
    expect(page.locator(".outline li", has_text="Risks")).to_contain_text("to mend")

    page.locator(".findings li", has_text="is about safety: move its").get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    save(page)


def look_at_the_preview(trip):
    page = trip.page
    page.get_by_role("button", name="Preview beside the form").focus()
    page.keyboard.press("Enter")
    draft = page.frame_locator(".guide-preview iframe")
    expect(draft.get_by_role("heading", level=1, name="Swallow test")).to_be_visible()
    expect(draft.get_by_role("img", name="A room with a table and a camera.")).to_be_attached()


def get_it_signed_off_by_another_account(trip):
    page = trip.page
    open_form(page, trip.guide)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("Saved, but not published")
    expect(page.locator(".findings").first).to_contain_text("No clinician has signed")

    clinician = trip.page_of(somebody("Clinical reviewer", first_name="Ada"))
    clinician.goto(f"/admin/education/guide/{trip.guide.pk}/review/")
    clinician.get_by_label("Your role").fill("radiologist")
    clinician.get_by_label("I have read the whole guide").check()
    clinician.get_by_role("button", name="Sign this guide off").click()
    expect(clinician.get_by_role("status")).to_contain_text("You signed this text on")
    open_form(page, trip.guide)


def publish_and_see_it(trip):
    page = trip.page
    with page.expect_navigation():
        page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("Patients now read revision 1")
    expect(page.frame_locator(".guide-preview iframe").get_by_role("heading", level=1)).to_be_visible()
    page.goto("/guides/swallow-test/")
    assert page.locator("article :is(h2, h3)").all_text_contents() == [
        "What it is",
        "Getting ready",
        "Risks",
        "If you are pregnant",
    ]


def edit_while_a_colleague_saves(trip):
    page = trip.page
    open_form(page, trip.guide)
    page.locator("#id_summary").fill("My own words.")
    colleague = Client()
    colleague.force_login(a_user("ana"))
    theirs = post_of(trip.guide, summary="The words of Ana.", sections=saved(trip.guide))
    assert colleague.post(change(trip.guide), theirs).status_code == 302

    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_role("heading", name=re.compile("^ana saved this guide"))).to_be_visible()
    expect(page.locator("#id_summary")).to_have_value("My own words.")
    page.locator("#id_summary").fill("The words of both.")
    save(page)
    assert Guide.objects.get().summary == "The words of both."
    expect(page.locator(".state-changed")).to_have_text("Live, with unpublished changes")


def compare_and_restore(trip):
    page = trip.page
    page.goto(f"/admin/education/guide/{trip.guide.pk}/history/")
    page.get_by_role("radio", name=re.compile(r"Old\s*: Published revision 1")).check()
    page.get_by_role("button", name="Compare the chosen two").click()
    expect(page.locator("ins", has_text="words of both")).to_be_visible()
    page.get_by_role("link", name="Restore the old one as draft").click()
    page.get_by_role("button", name="Restore as draft").click()
    expect(page.locator("#id_summary")).to_have_value("We film how you swallow. It does not hurt. Ask us for a time.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#id_summary")).to_have_value("The words of both.")


STEPS = [
    mend_the_sections_by_keyboard,
    add_a_picture_and_be_refused_without_its_text,
    be_refused_for_hidden_safety,
    look_at_the_preview,
    get_it_signed_off_by_another_account,
    publish_and_see_it,
    edit_while_a_colleague_saves,
    compare_and_restore,
]


@pytest.mark.parametrize("begin", [begin_a_guide, import_a_document])
def test_from_the_first_word_to_what_patients_read(begin, signed_in_page, page_of, clinic):
    a_topic("X-rays and scans")
    trip = SimpleNamespace(page=signed_in_page, page_of=page_of, guide=None)

    for step in [begin, *STEPS]:
        step(trip)

    assert form_of(trip.guide) in trip.page.url
