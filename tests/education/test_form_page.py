"""What stands around the fields of the guide's form: outline, mistakes, and the draft in a frame."""

import re

from pytest_django.asserts import assertContains, assertNotContains

from tests.factories import a_guide, a_published_guide

from .posts import saved
from .test_editor_desk import ADD, change, page_of, post_of

TWO = [{"heading": "One", "body": "<p>a</p>"}, {"heading": "Two", "level": 3, "kind": "urgent", "body": "<p>b</p>"}]


def policy(response):
    parts = response.headers["Content-Security-Policy"].split(";")
    return {name: values for name, *values in (part.split() for part in parts if part.strip())}


def test_the_draft_may_stand_in_a_frame_of_ours_and_its_form_may_hold_it(staff_client, clinic):
    guide = a_guide()

    form, draft = staff_client.get(change(guide)), staff_client.get(page_of(guide, "preview"))

    assert policy(form)["frame-src"] == ["'self'"]
    assert policy(form)["frame-ancestors"] == ["'none'"]
    assert form.headers["X-Frame-Options"] == "DENY"
    assert policy(draft)["frame-ancestors"] == ["'self'"]
    assert draft.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src" not in policy(draft)
    assert policy(draft)["script-src"][0] == "'self'"


def test_no_other_page_stands_in_a_frame_or_holds_one(staff_client, clinic):
    guide = a_published_guide()

    for address in (guide.get_absolute_url(), "/guides/", page_of(guide, "withdraw"), "/admin/", "/request/"):
        response = staff_client.get(address)
        assert policy(response)["frame-ancestors"] == ["'none'"], address
        assert "frame-src" not in policy(response), address
        assert response.headers["X-Frame-Options"] == "DENY", address


def test_the_outline_shows_levels_kinds_and_what_is_to_be_mended(staff_client, clinic):
    guide = a_guide(sections=[*TWO, {"heading": "Three"}])

    outline = staff_client.get(change(guide)).context["outline"]

    assert [(line.row, line.title, line.is_part, line.kind, line.mend) for line in outline] == [
        ("sections-0", "One", False, "", 0),
        ("sections-1", "Two", True, "Care card: urgent", 0),
        ("sections-2", "Three", False, "", 1),
    ]


def test_each_mistake_is_listed_with_the_way_to_its_field(staff_client, clinic):
    guide = a_guide(sections=TWO)
    one, two = saved(guide)

    response = staff_client.post(change(guide), post_of(guide, summary="", sections=[one, {**two, "heading": ""}]))

    assertContains(response, "Nothing is saved yet: 2 things to correct")
    assertContains(response, '<a href="#id_summary">In short</a>. This field is required.', html=False)
    assertContains(response, '<a href="#id_sections-1-heading">Two: Heading</a>. This field is required.', html=False)
    assertNotContains(staff_client.get(change(guide)), "Nothing is saved yet")


def test_a_new_section_that_was_removed_again_stays_removed_through_an_error(staff_client, clinic):
    guide = a_guide(sections=TWO)
    new = [{"heading": "Kept", "body": "<p>c</p>"}, {"heading": "", "body": "<p>d</p>", "DELETE": "on"}]

    response = staff_client.post(change(guide), post_of(guide, summary="", sections=saved(guide) + new))
    assert re.search(r'name="sections-3-DELETE"[^>]* checked', response.text)
    assertContains(response, "1 thing to correct")

    staff_client.post(change(guide), post_of(guide, sections=saved(guide) + new))
    assert [section.heading for section in guide.sections.all()] == ["One", "Two", "Kept"]


def test_a_blank_form_says_what_the_outline_is_for_and_has_no_preview(staff_client, clinic):
    page = staff_client.get(ADD)

    assertContains(page, "The headings of the sections stand here as you write them.")
    assertNotContains(page, "guide-preview")
