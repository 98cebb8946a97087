"""The guide's form in real Chromium: a picture is chosen by sight, by keyboard too; without JavaScript from the list."""

import pytest
from django.urls import reverse

from education.models import Guide
from tests.factories import a_clinic, a_guide, a_picture

from .conftest import axe, scrolls_sideways


@pytest.mark.parametrize("width", [320, 1280])
def test_a_picture_is_chosen_by_sight(signed_in_page, width):
    a_clinic()
    a_picture("A room")
    door = a_picture("A door")
    guide = a_guide("Swallow test")
    page = signed_in_page
    page.goto(reverse("admin:education_guide_change", args=[guide.pk]))
    assert page.locator(".picker-chosen").count() == 0

    page.locator(".field-picture .picker-open").first.press("Enter")
    dialog = page.get_by_role("dialog", name="Choose a picture")
    assert [rule for rule in axe(page) if "picker" in rule] == []
    assert scrolls_sideways(page) <= 0
    dialog.get_by_role("button", name="A door").press("Enter")

    assert not dialog.is_visible()
    chosen = page.locator(".field-picture .picker-chosen img").first
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=chosen.element_handle())
    with page.expect_navigation():
        page.get_by_role("button", name="Save and continue editing").click()
    assert page.locator("#id_picture").input_value() == str(door.pk)
    assert Guide.objects.get().picture == door


def test_escape_leaves_the_picture_as_it_was(signed_in_page):
    a_clinic()
    room = a_picture("A room")
    guide = a_guide("Swallow test", picture=room)
    page = signed_in_page
    page.goto(reverse("admin:education_guide_change", args=[guide.pk]))

    button = page.locator(".field-picture .picker-open").first
    button.click()
    page.keyboard.press("Escape")

    assert page.locator("#id_picture").input_value() == str(room.pk)
    assert button.evaluate("button => button === document.activeElement")
