"""The guide form in real Chromium, under the strict policy, mostly by keyboard."""

import pytest
from playwright.sync_api import expect

from education.models import Guide, Section
from tests.factories import a_guide, a_picture, a_published_guide

from .conftest import axe, every_look, scrolls_sideways, sign_in

pytestmark = pytest.mark.browser

SECTIONS = [
    {"heading": "What it is", "body": "<p>Plain words.</p>"},
    {"heading": "Getting ready", "body": "<p>Eat nothing.</p>"},
    {"heading": "Medicines", "level": 3, "body": "<p>Ask us.</p>"},
    {"heading": "When to call", "kind": "urgent", "body": "<p>If it bleeds.</p>"},
]
FROM_WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><body>
<h1 style='mso-margin-top-alt:auto'>Before the test<o:p></o:p></h1>
<p class=MsoNormal style='color:red'>Please <b>rest</b>.<o:p></o:p></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraphCxSpFirst style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·<span>&nbsp;</span></span>Drink</p>
<p class=MsoListParagraphCxSpMiddle style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>o<span>&nbsp;</span></span>Water</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·<span>&nbsp;</span></span>Sleep</p>
<p class=MsoNormal>Then:</p>
<p class=MsoListParagraphCxSpFirst style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>1.<span>&nbsp;</span></span>Come</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>2.<span>&nbsp;</span></span>Wait</p>
</body></html>"""


def form_of(guide):
    return f"/admin/education/guide/{guide.pk}/change/"


def open_form(page, guide):
    page.goto(form_of(guide))
    expect(page.locator(".section-fold").first).to_be_visible()


def fold(page, heading):
    return page.locator(".section-fold", has_text=heading)


def headings(page):
    return page.locator(".section-title:visible").all_text_contents()


def stored(guide):
    return [section.heading for section in guide.sections.all()]


def press(page, button):
    """By keyboard: found by its name, focused, Enter; what stands in a section's menu after the menu is opened."""
    found = page.get_by_role("button", name=button, exact=True, include_hidden=True)
    expect(found).to_have_count(1)
    menu = page.locator("details.section-menu:not([open])", has=found)
    if menu.count():
        menu.locator("summary").focus()
        page.keyboard.press("Enter")
    found.focus()
    page.keyboard.press("Enter")


def focused(page):
    return page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent")


def save(page):
    with page.expect_navigation():  # an earlier message of success may still stand there
        page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".success")).to_be_visible()


def test_from_opening_a_section_to_the_published_page(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide("Swallow test", sections=SECTIONS)
    open_form(page, guide)
    assert headings(page) == ["What it is", "Getting ready", "Medicines", "When to call"]
    expect(page.locator("#id_sections-0-heading")).to_be_hidden()
    expect(fold(page, "When to call")).to_contain_text("Care card: urgent")

    fold(page, "What it is").focus()
    page.keyboard.press("Enter")
    expect(fold(page, "What it is")).to_have_attribute("aria-expanded", "true")
    page.locator("#id_sections-0-heading").fill("What a swallow test is")
    expect(page.locator(".section-title").first).to_have_text("What a swallow test is")
    editor = page.get_by_role("textbox", name="Text", exact=True).locator("visible=true")
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" You drink and we film.")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+b")

    page.get_by_role("button", name="Save and preview").click()
    expect(page.get_by_role("heading", level=1, name="Swallow test")).to_be_visible()
    expect(page.locator("article.guide strong")).to_have_text("Plain words. You drink and we film.")
    expect(page.get_by_text("This is the draft")).to_be_visible()
    assert not Guide.objects.get().is_live

    page.go_back()
    page.goto(form_of(guide))
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".success")).to_contain_text("Patients now read revision 1")
    page.goto(guide.get_absolute_url())
    expect(page.get_by_role("heading", name="What a swallow test is")).to_be_visible()


def test_sections_move_by_keyboard_and_take_their_sub_sections_along(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)

    press(page, "Move up: Getting ready")
    assert headings(page) == ["Getting ready", "Medicines", "What it is", "When to call"]
    assert focused(page) == "Move up: Getting ready"
    expect(page.locator("[role=status]")).to_have_text("“Getting ready” moved to place 1 of 4.")
    press(page, "Move up: Getting ready")
    expect(page.locator("[role=status]")).to_have_text("“Getting ready” is already first.")

    press(page, "Move down: Getting ready")
    press(page, "Move down: Getting ready")
    assert headings(page) == ["What it is", "When to call", "Getting ready", "Medicines"]
    press(page, "Move up: Medicines")  # a sub-section moves alone
    assert headings(page) == ["What it is", "When to call", "Medicines", "Getting ready"]

    save(page)
    assert stored(guide) == ["What it is", "When to call", "Medicines", "Getting ready"]
    assert headings(page) == stored(guide)


def test_a_section_is_inserted_where_it_belongs(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)

    press(page, "Insert after: What it is")
    assert page.evaluate("document.activeElement.id") == "id_sections-4-heading"
    page.keyboard.type("How it feels")
    assert headings(page)[:2] == ["What it is", "How it feels"]
    page.get_by_role("textbox", name="Text", exact=True).locator("visible=true").click()
    page.keyboard.type("Like a drink.")
    press(page, "Insert after: Getting ready")
    page.keyboard.type("Clothes")
    expect(page.locator("#id_sections-5-level")).to_have_value("3")  # among the sub-sections

    save(page)
    assert stored(guide) == ["What it is", "How it feels", "Getting ready", "Clothes", "Medicines", "When to call"]
    assert guide.sections.get(heading="How it feels").body == "<p>Like a drink.</p>"


def test_removing_a_new_section_above_others_loses_none_of_them(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)
    press(page, "Insert after: What it is")
    page.keyboard.type("Stays")
    press(page, "Insert after: What it is")
    page.keyboard.type("Goes")

    press(page, "Remove: Goes")
    fold(page, "Getting ready").click()
    page.locator(".inline-related", has=fold(page, "Getting ready")).get_by_label("Heading").fill("Be ready")

    save(page)
    assert stored(guide) == ["What it is", "Stays", "Be ready", "Medicines", "When to call"]
    assert guide.sections.get(heading="Be ready").body == "<p>Eat nothing.</p>"


def test_all_sections_open_and_fold_at_once_and_an_error_stays_open(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)

    press(page, "Open all sections")
    expect(page.locator(".section-fold[aria-expanded=true]")).to_have_count(4)
    page.locator("#id_sections-1-heading").fill("")
    press(page, "Fold all sections")
    expect(page.locator(".section-fold[aria-expanded=true]")).to_have_count(0)
    page.get_by_role("button", name="Save and continue editing").click()

    expect(page.locator(".section-fold[aria-expanded=true]")).to_have_count(1)
    expect(page.locator("#id_sections-1-heading")).to_be_visible()
    expect(page.get_by_text("This field is required.", exact=True)).to_be_visible()


def test_the_order_survives_an_error(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)
    press(page, "Move up: Getting ready")
    page.locator("#id_summary").fill("")
    page.get_by_role("button", name="Save and continue editing").click()

    expect(page.get_by_text("This field is required.", exact=True)).to_be_visible()
    assert headings(page) == ["Getting ready", "Medicines", "What it is", "When to call"]

    press(page, "Move up: When to call")  # numbers all of them anew
    page.locator("#id_summary").fill("In short.")
    save(page)
    assert stored(guide) == ["Getting ready", "Medicines", "When to call", "What it is"]


@pytest.mark.parametrize("work", ["typed", "moved", "none"])
def test_unsaved_work_is_not_left_without_a_question(signed_in_page, clinic, work):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    open_form(page, guide)
    expect(page.get_by_role("textbox", name="Text", exact=True, include_hidden=True)).to_have_count(4)
    fold(page, "What it is").click()

    if work == "typed":
        page.get_by_role("textbox", name="Text", exact=True).locator("visible=true").click()
        page.keyboard.type("more")
    if work == "moved":
        press(page, "Move down: What it is")
    page.goto("/admin/")

    assert asked == ([] if work == "none" else ["beforeunload"])


def test_saving_asks_nothing(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    page.on("dialog", lambda dialog: pytest.fail("asked"))
    open_form(page, guide)
    page.get_by_label("Title").first.fill("New title")

    save(page)

    assert Guide.objects.get().title == "New title"


def test_text_from_word_becomes_plain_paragraphs_and_lists(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=[{"heading": "Start"}])
    open_form(page, guide)
    fold(page, "Start").click()
    editor = page.get_by_role("textbox", name="Text", exact=True).locator("visible=true")
    editor.click()

    editor.evaluate(
        """(editor, html) => {
            const clipboardData = new DataTransfer()
            clipboardData.setData("text/html", html)
            editor.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}))
        }""",
        FROM_WORD,
    )
    save(page)

    assert Section.objects.get().body == (
        "<p><strong>Before the test</strong></p><p>Please <strong>rest</strong>.</p>"
        "<ul><li><p>Drink</p><ul><li><p>Water</p></li></ul></li><li><p>Sleep</p></li></ul><p>Then:</p>"
        "<ol><li><p>Come</p></li><li><p>Wait</p></li></ol>"
    )


def test_a_finding_leads_to_its_field_by_keyboard(signed_in_page, clinic):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    guide.sections.filter(heading="Getting ready").update(more="<p>Call us if you bleed. It helps 5% of people.</p>")
    open_form(page, guide)
    finding = page.locator(".findings li", has_text="hides what readers must see")
    expect(finding).to_contain_text("Call us if you bleed.")

    finding.get_by_role("link").focus()
    page.keyboard.press("Enter")

    expect(fold(page, "Getting ready")).to_have_attribute("aria-expanded", "true")
    assert focused(page) == "Read more"
    page.keyboard.press("Control+a")
    page.keyboard.type("Wear loose clothes.")
    save(page)
    expect(page.get_by_text("hides what readers must see")).to_have_count(0)
    assert guide.sections.get(heading="Getting ready").more == "<p>Wear loose clothes.</p>"


def test_two_editors_see_both_texts_and_bring_them_together(signed_in_page, clinic):
    first, guide = signed_in_page, a_guide(sections=SECTIONS)
    second = first.context.new_page()
    for page, words in ((first, " From the first."), (second, " From the second.")):
        open_form(page, guide)
        fold(page, "What it is").click()
        page.get_by_role("textbox", name="Text", exact=True).locator("visible=true").click()
        page.keyboard.press("Control+End")
        page.keyboard.type(words)

    save(first)
    second.get_by_role("button", name="Save and continue editing").click()
    expect(second.locator(".conflict del")).to_have_text("first.")
    expect(second.locator(".conflict ins")).to_have_text("second.")
    assert guide.sections.first().body == "<p>Plain words. From the first.</p>"

    second.get_by_role("textbox", name="Text", exact=True).locator("visible=true").click()  # open, as it was left
    second.keyboard.press("Control+End")
    second.keyboard.type(" And the first.")
    save(second)
    assert guide.sections.first().body == "<p>Plain words. From the second. And the first.</p>"


@every_look
def test_two_editors_meet_on_an_accessible_page(signed_in_page, clinic, scheme, width):
    page, guide = signed_in_page, a_guide(sections=SECTIONS)
    open_form(page, guide)
    guide.sections.filter(heading="What it is").update(body="<p>Other words.</p>")
    guide.count_edit()

    page.get_by_role("button", name="Save and continue editing").click()

    expect(page.locator(".conflict")).to_be_visible()
    assert (axe(page), scrolls_sideways(page)) == ([], 0)


def test_without_javascript_a_finding_leads_to_its_field(no_js_page, staff, clinic, live_server):
    page, guide = no_js_page, a_guide(sections=[{"heading": "Hollow"}])
    sign_in(page.context, live_server.url, staff)
    page.goto(form_of(guide))

    page.locator(".findings a").click()

    expect(page.locator("#id_sections-0-body:target")).to_be_in_viewport()


def test_without_javascript_the_numbers_give_the_order(no_js_page, staff, clinic, live_server):
    page, guide = no_js_page, a_guide(sections=SECTIONS)
    sign_in(page.context, live_server.url, staff)
    page.goto(form_of(guide) + "?blank=1")

    page.locator("#id_sections-3-position").fill("5")
    page.locator("#id_sections-4-heading").fill("Last of all")
    page.locator("#id_sections-4-body").fill("<p>Written as <em>HTML</em>.</p><script>alert(1)</script>")
    page.get_by_role("button", name="Save and continue editing").click()

    assert stored(guide) == ["What it is", "When to call", "Getting ready", "Medicines", "Last of all"]
    assert guide.sections.last().body == "<p>Written as <em>HTML</em>.</p>"


@every_look
def test_the_desk_is_accessible(signed_in_page, clinic, scheme, width):
    page = signed_in_page
    picture = a_picture()
    guide = a_published_guide("Back pain", sections=SECTIONS, picture=picture)
    a_guide("A draft")
    guide.sections.filter(heading="Medicines").update(body="")
    hard = "Radiological examinations of the gastrointestinal tract necessitate considerable dietary preparation. " * 4
    guide.sections.filter(heading="What it is").update(body=f"<p>{hard} Contrast is radioactive.</p>")

    found = {}
    for address in (
        "/admin/education/guide/",
        "/admin/education/guide/add/",
        form_of(guide),
        f"/admin/education/guide/{guide.pk}/withdraw/",
        f"/admin/education/guide/{guide.pk}/preview/",
        f"/admin/education/picture/{picture.pk}/change/",
        "/admin/education/picture/",
    ):
        page.goto(address)
        if address == form_of(guide):
            press(page, "Open all sections")
            expect(page.get_by_role("textbox", name="Text", exact=True)).to_have_count(4)
            page.get_by_text("How it reads").click()
            page.get_by_text("Its hardest sentences").first.click()
            expect(page.locator("mark").first).to_be_visible()
        found[address] = axe(page), scrolls_sideways(page)

    assert found == dict.fromkeys(found, ([], 0))
