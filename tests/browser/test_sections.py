"""The sections of the guide form in real Chromium: by drag, by keyboard, with a finger, and what the outline says."""

import re

import pytest
from playwright.sync_api import expect

from education.admin import SectionInline
from education.models import Guide
from tests.factories import a_guide, a_picture

from .conftest import axe, every_look, scrolls_sideways, sign_in
from .test_editor import SECTIONS, focused, fold, form_of, headings, open_form, press, save, stored

pytestmark = pytest.mark.browser

TITLES = ".outline-title"  # they follow the page a moment later


def handle(page, heading):
    return page.get_by_role("button", name=f"Move: {heading}", exact=True)


def place_of(page, heading):
    """Where the mouse takes hold of it, once it is in the middle of the window."""
    handle(page, heading).evaluate("handle => handle.scrollIntoView({block: 'center'})")
    box = handle(page, heading).bounding_box()
    return box["x"] + 20, box["y"] + 20


def with_more_parts(*parts):
    """A guide whose “Getting ready” has these sub-sections, too."""
    more = [{"level": 3, **part} for part in parts]
    return a_guide(sections=[*SECTIONS[:3], *more, *SECTIONS[3:]])


def says(page, text):
    expect(page.locator("#guide_form > [role=status]")).to_have_text(text)


def drag(page, heading, *, onto, sideways=0, hold=0):
    """By mouse, from its handle to the upper half of another section's head."""
    x, y = place_of(page, heading)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y + 10, steps=3)
    page.wait_for_timeout(50)  # the others have folded by now
    target = fold(page, onto).bounding_box()
    page.mouse.move(x + sideways, target["y"] + 4, steps=5)
    page.wait_for_timeout(100 + hold)
    page.mouse.up()


def test_a_section_is_dragged_with_its_sub_sections(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)
    press(page, "Open all sections")

    drag(page, "Getting ready", onto="What it is")

    assert headings(page) == ["Getting ready", "Medicines", "What it is", "When to call"]
    assert focused(page) == "Move: Getting ready"
    says(page, "“Getting ready” moved to place 1 of 4.")
    expect(page.locator(".section-fold[aria-expanded=true]")).to_have_count(4)  # open again
    save(page)
    assert stored(guide) == ["Getting ready", "Medicines", "What it is", "When to call"]


def test_a_section_never_comes_between_another_and_its_sub_sections(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)

    drag(page, "What it is", onto="Medicines")

    assert headings(page) == ["Getting ready", "Medicines", "What it is", "When to call"]


def test_a_sub_section_goes_anywhere_but_first_and_sideways_changes_the_level(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)

    drag(page, "Medicines", onto="What it is")
    assert headings(page) == ["What it is", "Medicines", "Getting ready", "When to call"]
    drag(page, "When to call", onto="Medicines", sideways=80)
    assert headings(page) == ["What it is", "When to call", "Medicines", "Getting ready"]
    drag(page, "Medicines", onto="Getting ready", sideways=-80)

    save(page)
    assert list(guide.sections.values_list("heading", "level")) == [
        ("What it is", 2),
        ("When to call", 3),
        ("Medicines", 2),
        ("Getting ready", 2),
    ]


def test_escape_leaves_it_where_it_was(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)
    x, y = place_of(page, "When to call")

    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 140, steps=5)
    page.keyboard.press("Escape")
    page.mouse.up()

    says(page, "“When to call” stays where it was.")
    assert headings(page) == ["What it is", "Getting ready", "Medicines", "When to call"]


def test_the_page_scrolls_while_a_section_is_held_at_its_edge(signed_in_page, clinic):
    page = signed_in_page
    guide = a_guide(sections=[{"heading": f"Part {n}", "body": "<p>Words.</p>"} for n in range(30)])
    open_form(page, guide)
    x, y = place_of(page, "Part 0")

    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, 795, steps=5)
    expect(fold(page, "Part 29")).to_be_in_viewport(timeout=20_000)
    page.wait_for_timeout(300)
    page.mouse.up()

    assert headings(page).index("Part 0") > 15


@pytest.mark.parametrize("width", [320])
def test_a_finger_drags_too(signed_in_page, clinic, width):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)
    x, start = place_of(page, "When to call")
    finger = page.context.new_cdp_session(page)

    def touch(kind, *points):
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    target = fold(page, "What it is").bounding_box()["y"] + 4
    touch("touchStart", (x, start))
    for part in range(1, 6):
        touch("touchMove", (x, start + (target - start) * part / 5))
        page.wait_for_timeout(50)
    touch("touchEnd")

    assert headings(page) == ["When to call", "What it is", "Getting ready", "Medicines"]


def test_the_arrow_keys_move_and_indent(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)
    handle(page, "When to call").focus()

    page.keyboard.press("ArrowUp")
    says(page, "“When to call” moved to place 2 of 4.")
    page.keyboard.press("ArrowRight")
    says(page, "“When to call” is now a sub-section.")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    handle(page, "Medicines").focus()
    page.keyboard.press("ArrowLeft")
    says(page, "“Medicines” is now a section.")
    assert focused(page) == "Move: Medicines"

    save(page)
    assert list(guide.sections.values_list("heading", "level")) == [
        ("When to call", 2),
        ("What it is", 2),
        ("Getting ready", 2),
        ("Medicines", 2),
    ]


def test_the_first_section_stays_a_section(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)
    handle(page, "What it is").focus()

    page.keyboard.press("ArrowRight")

    says(page, "The first section cannot be a sub-section.")


def test_a_section_is_duplicated_with_its_text(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    guide.sections.filter(heading="Medicines").update(more="<p>All of <strong>them</strong>.</p>", kind="warning")
    open_form(page, guide)

    press(page, "Duplicate: Medicines")
    says(page, "Copy of “Medicines”, place 4 of 5.")
    page.keyboard.type("Other medicines")  # its heading is selected

    save(page)
    copy = guide.sections.get(heading="Other medicines")
    original = guide.sections.get(heading="Medicines")
    assert stored(guide) == ["What it is", "Getting ready", "Medicines", "Other medicines", "When to call"]
    assert (copy.level, copy.kind, copy.body, copy.more) == (3, "warning", original.body, original.more)


def test_a_section_is_duplicated_with_its_sub_sections_and_takes_none_of_them(signed_in_page, clinic):
    clothes = {"heading": "Clothes", "body": "<p>Wide ones.</p>", "web_only": True}
    page, guide = signed_in_page, with_more_parts(clothes, {"heading": "Not wanted", "body": "<p>No.</p>"})
    open_form(page, guide)
    press(page, "Remove: Not wanted")

    press(page, "Duplicate: Getting ready")
    says(page, "Copy of “Getting ready” with 2 sub-sections, place 6 of 9.")
    page.keyboard.type("Getting ready for children")  # its heading is selected

    save(page)
    assert list(guide.sections.values_list("heading", "level", "web_only")) == [
        ("What it is", 2, False),
        ("Getting ready", 2, False),
        ("Medicines", 3, False),
        ("Clothes", 3, True),
        ("Getting ready for children", 2, False),
        ("Medicines", 3, False),
        ("Clothes", 3, True),
        ("When to call", 2, False),
    ]
    assert [section.body for section in guide.sections.filter(heading="Clothes")] == ["<p>Wide ones.</p>"] * 2
    page.locator(".section-menu summary").first.click()
    duplicate = page.get_by_role("button", name="Duplicate: What it is", exact=True)
    expect(duplicate).to_have_accessible_description("With its sub-sections, behind all of them")


def test_a_copy_has_all_that_its_section_has(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=[])
    facts = {"level": 2, "kind": "warning", "body": "<p>One.</p>", "more": "<p>Two.</p>", "web_only": True}
    facts["picture"] = a_picture()
    assert {"position", "heading", *facts} == set(SectionInline.fields)  # a new field needs its place here
    guide.sections.create(position=10, heading="Original", **facts)
    open_form(page, guide)

    press(page, "Duplicate: Original")

    save(page)
    copy = guide.sections.get(heading="Original (copy)")
    assert {name: getattr(copy, name) for name in facts} == facts


def test_what_was_removed_can_be_brought_back_until_it_is_saved(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)

    press(page, "Remove: Medicines")
    says(page, "“Medicines” goes when you save. You can bring it back until then.")
    assert focused(page) == "Bring it back: Medicines"
    page.keyboard.press("Enter")
    says(page, "“Medicines” is back.")
    press(page, "Insert after: What it is")
    page.keyboard.type("Never mind")
    press(page, "Remove: Never mind")

    save(page)
    assert stored(guide) == ["What it is", "Getting ready", "Medicines", "When to call"]


def test_a_section_is_removed_with_its_sub_sections_and_back_with_those_that_it_took(signed_in_page, clinic):
    page, guide = signed_in_page, with_more_parts({"heading": "Clothes"}, {"heading": "Food"})
    open_form(page, guide)
    press(page, "Remove: Food")

    press(page, "Remove: Getting ready")
    says(page, "“Getting ready” with 2 sub-sections goes when you save. You can bring it back until then.")
    expect(page.locator(".section-removed")).to_have_count(4)
    page.keyboard.press("Enter")
    says(page, "“Getting ready” with 2 sub-sections is back.")
    expect(page.locator(".section-removed")).to_have_count(1)
    press(page, "Remove: Getting ready")
    page.get_by_role("button", name="Bring it back: Clothes", exact=True).click()

    save(page)
    assert stored(guide) == ["What it is", "Clothes", "When to call"]


def test_an_error_loses_nothing(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)
    press(page, "Remove: Medicines")
    press(page, "Duplicate: What it is")
    page.keyboard.type("Copied")
    press(page, "Insert after: Copied")
    page.keyboard.type("Written")
    page.get_by_role("textbox", name="Text", exact=True).locator("visible=true").last.click()
    page.keyboard.press("Control+b")
    page.keyboard.type("Bold words.")
    press(page, "Insert after: Copied")
    page.keyboard.type("Not wanted")
    press(page, "Remove: Not wanted")
    press(page, "Move up: When to call")
    fold(page, "Copied").click()
    page.locator("#id_summary").fill("")
    page.get_by_role("button", name="Save and continue editing").click()

    expect(page.get_by_role("heading", name="Nothing is saved yet: 1 thing to correct")).to_be_visible()
    expect(page.locator(".section-removed")).to_have_count(2)
    expect(fold(page, "Written")).to_have_attribute("aria-expanded", "true")
    expect(fold(page, "Copied")).to_have_attribute("aria-expanded", "false")
    order = ["What it is", "Copied", "Not wanted", "Written", "When to call", "Getting ready", "Medicines"]
    expect(page.locator(TITLES)).to_have_text(order)
    page.locator("#id_summary").fill("In short.")
    save(page)
    assert stored(guide) == ["What it is", "Copied", "Written", "When to call", "Getting ready"]
    assert guide.sections.get(heading="Written").body == "<p><strong>Bold words.</strong></p>"
    assert guide.sections.get(heading="Copied").body == "<p>Plain words.</p>"
    expect(fold(page, "Written")).to_have_attribute("aria-expanded", "true")


def test_the_outline_shows_the_page_as_it_is_now_and_jumps(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    guide.sections.filter(heading="Medicines").update(body="")
    open_form(page, guide)
    line = page.locator(".outline li")

    expect(page.locator(TITLES)).to_have_text(["What it is", "Getting ready", "Medicines", "When to call"])
    expect(line.nth(2)).to_contain_text("1 to mend")
    expect(line.nth(2)).to_have_class(re.compile("outline-part"))
    expect(line.nth(3)).to_contain_text("Care card: urgent")
    press(page, "Move up: Medicines")
    expect(page.locator(TITLES)).to_have_text(["What it is", "Medicines", "Getting ready", "When to call"])

    page.get_by_role("link", name=re.compile("^When to call")).focus()
    page.keyboard.press("Enter")

    expect(fold(page, "When to call")).to_be_focused()
    expect(page.locator("#id_sections-3-heading")).to_be_in_viewport()
    page.locator("#id_sections-3-heading").fill("When to call us")
    expect(page.locator(TITLES).nth(3)).to_have_text("When to call us")
    expect(page.locator(".outline [aria-current]")).to_contain_text("When to call us")


def test_without_javascript_the_outline_is_a_list_of_links(no_js_page, staff, clinic, live_server):
    page, guide = no_js_page, a_guide(sections=SECTIONS)
    sign_in(page.context, live_server.url, staff)
    page.goto(form_of(guide))

    page.locator(".outline summary").click()
    page.locator(".outline").get_by_role("link", name="Medicines").click()

    expect(page.locator("#sections-2:target")).to_be_in_viewport()
    page.locator("#id_sections-2-DELETE").check()
    page.locator("#id_sections-3-level").select_option("3")
    page.get_by_role("button", name="Save and continue editing").click()
    assert list(guide.sections.values_list("heading", "level")) == [
        ("What it is", 2),
        ("Getting ready", 2),
        ("When to call", 3),
    ]


@every_look
def test_the_form_is_accessible_with_all_that_can_be_open(signed_in_page, clinic, scheme, width):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)
    press(page, "Remove: Medicines")
    page.locator("#id_summary").fill("")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".mistakes")).to_be_focused()
    if width < 1200:
        page.locator(".outline summary").click()
    page.locator(".section-menu summary").first.click()

    assert (axe(page), scrolls_sideways(page)) == ([], 0)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            ".section-bar button, .section-bar summary, .section-all button, .section-removed button, .outline a, .add-row a")]
            .filter((e) => e.checkVisibility()).map((e) => [e.textContent, e.getBoundingClientRect()])
            .filter(([, box]) => box.height < 44 || box.width < 44).map(([text, box]) => [text, box.width, box.height])"""
    )
    assert [found for found in small if "Source" not in found[0]] == []
    assert Guide.objects.get().sections.count() == 4
