"""Two accounts and a guest on one guide, in real Chromium: written, commented, signed, published."""

import pytest
from playwright.sync_api import expect

from education.models import Guide, PreviewLink
from tests.factories import a_guide
from tests.staff.people import somebody

from .conftest import axe, every_look, scrolls_sideways, sign_in

pytestmark = pytest.mark.browser


def form_of(guide):
    return f"/admin/education/guide/{guide.pk}/change/"


@pytest.fixture
def page_of(new_context, live_server):
    """Each person in a browser of their own."""

    def enter(person=None):
        context = new_context()
        if person:
            sign_in(context, live_server.url, person)
        return context.new_page()

    return enter


def test_from_a_draft_to_a_signature_by_two_accounts(page_of, clinic):
    guide = a_guide("Swallow test", is_sample=False)
    clinician = somebody("Clinical reviewer", first_name="Ada")
    editor, reviewer = page_of(somebody("Editor", first_name="Erin")), page_of(clinician)

    editor.goto(form_of(guide))
    editor.get_by_role("link", name="Ask for a review", exact=True).click()
    editor.get_by_label("Reviewer").select_option("Ada")
    editor.get_by_label("A few words to them").fill("Please look at the times.")
    editor.get_by_role("button", name="Ask for a review").click()
    expect(editor.locator(".success")).to_contain_text("Ada is told by e-mail.")

    reviewer.goto("/admin/")
    reviewer.get_by_role("link", name="1 guide waits for your review").click()
    reviewer.get_by_role("link", name="Swallow test").click()
    expect(reviewer.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    reviewer.get_by_role("link", name="Read, comment, sign off").click()
    expect(reviewer.get_by_text("Please look at the times.")).to_be_visible()
    reviewer.get_by_text("Comment on this part: What it is").click()
    reviewer.locator(".margin").get_by_label("Your comment").fill("Say how long it takes.")
    reviewer.locator(".margin").get_by_role("button", name="Send this comment").click()
    expect(reviewer.locator(".margin .comments")).to_contain_text("Say how long it takes.")
    reviewer.get_by_role("button", name="Send it back to the editors").click()

    editor.goto(form_of(guide))
    expect(editor.get_by_text("Sent back with comments")).to_be_visible()
    editor.get_by_role("link", name="“What it is”", exact=True).click()
    expect(editor.locator("#sections-0 .said-here")).to_contain_text("Say how long it takes.")
    editor.locator("#id_summary").fill("It takes ten minutes.")
    editor.get_by_role("button", name="Save and continue editing").click()
    expect(editor.locator(".success")).to_contain_text("was changed successfully", timeout=30_000)
    editor.get_by_role("button", name="Mark as done").click()
    expect(editor.locator(".success")).to_contain_text("The comment is marked as done.", timeout=30_000)
    assert Guide.objects.get().summary == "It takes ten minutes."

    reviewer.goto(f"/admin/education/guide/{guide.pk}/review/")
    expect(reviewer.get_by_text("It takes ten minutes.")).to_be_visible()
    reviewer.get_by_role("button", name="Sign this guide off").click()
    expect(reviewer.locator("#error-summary")).to_contain_text("Tick the box")
    reviewer.get_by_label("Your role").fill("radiologist")
    reviewer.get_by_label("I have read the whole guide").check()
    reviewer.get_by_role("button", name="Sign this guide off").click()
    expect(reviewer.get_by_role("status")).to_contain_text("You signed this text on")
    assert Guide.objects.get().reviewed_by == "Ada, radiologist"

    publisher = page_of(somebody("Publisher"))
    publisher.goto(form_of(guide))
    publisher.get_by_role("link", name="Publish…").click()
    publisher.get_by_role("button", name="Publish").click()
    expect(publisher.locator(".success")).to_contain_text("Patients now read revision 1")


def test_a_guest_reads_comments_and_signs_without_javascript(new_context, live_server, clinic):
    guide = a_guide("Swallow test", is_sample=False)
    link = PreviewLink.objects.create(guide=guide, name="Dr. Ada Lind", email="ada@example.org")
    page = new_context(java_script_enabled=False).new_page()

    page.goto(link.get_absolute_url())
    page.get_by_role("button", name="Open the draft").click()
    expect(page.get_by_role("heading", level=1, name="Swallow test")).to_be_visible()
    page.get_by_text("Comment on this part: What it is").click()
    page.locator(".margin").get_by_label("Your comment").fill("Good.")
    page.locator(".margin").get_by_role("button", name="Send this comment").click()
    expect(page.locator(".margin .comments")).to_contain_text("Good.")
    page.get_by_label("Your role").fill("radiologist")
    page.get_by_label("I have read the whole guide").check()
    page.get_by_role("button", name="Sign this guide off").click()

    expect(page.get_by_role("status")).to_contain_text("You signed this text on")
    assert guide.sign_offs.get().email == "ada@example.org"


PARTS = [{"heading": "What it is", "body": "<p>Short.</p>"}, {"heading": "Before", "body": "<p>Eat nothing.</p>"}]


def comment_on(page, heading):
    """The form below that part, opened."""
    summary = page.locator("summary", has_text=f"Comment on this part: {heading}")
    part = page.locator(".margin details", has=summary)
    part.locator("summary").click()
    return part


def send(form):
    form.get_by_role("button", name="Send this comment").click()


def test_comments_that_are_not_sent_yet_are_not_lost_by_sending_another_one(page_of, clinic):
    guide = a_guide("Swallow test", is_sample=False, sections=PARTS)
    page = page_of(somebody("Clinical reviewer", first_name="Ada"))
    page.goto(f"/admin/education/guide/{guide.pk}/review/")
    first, second = comment_on(page, "What it is"), comment_on(page, "Before")
    first.get_by_label("Your comment").fill("Say how long it takes.")
    second.get_by_label("Your comment").fill("From midnight on.")
    first.locator("summary").click()  # folded again, and forgotten

    send(second)
    notice = page.locator("#unsent-words")
    expect(notice).to_contain_text("What you typed under “Comment on this part: What it is” is not saved")
    assert not guide.review_comments.exists()
    assert (axe(page), scrolls_sideways(page)) == ([], 0)
    notice.get_by_role("link").click()
    expect(first.get_by_label("Your comment")).to_be_focused()
    send(first)
    expect(notice).to_contain_text("Comment on this part: Before")
    send(first)  # pressed once more: the other one is left
    expect(page.locator(".margin .comments")).to_contain_text("Say how long it takes.")

    page.get_by_label("Your role").fill("radiologist")
    page.locator("#your-review__text").fill("Good.")
    page.locator("#your-review__whole").get_by_role("button").click()
    expect(notice).to_contain_text("What you typed under “Sign it off” is not saved")
    page.get_by_label("Your role").fill("")
    page.locator("#your-review__whole").get_by_role("button").click()
    expect(page.locator(".review-panel .comments")).to_contain_text("Good.")
    assert [comment.text for comment in guide.review_comments.order_by("pk")] == ["Say how long it takes.", "Good."]


def test_a_comment_that_was_refused_is_not_lost_by_sending_another_form(page_of, clinic):
    guide = a_guide("Swallow test", is_sample=False, sections=PARTS)
    link = PreviewLink.objects.create(guide=guide, name="Dr. Ada Lind", email="ada@example.org")
    page = page_of()
    page.goto(link.get_absolute_url())
    page.get_by_role("button", name="Open the draft").click()
    first = comment_on(page, "What it is")
    first.get_by_label("Your comment").fill("Say how long it takes.")
    guide.sections.first().delete()
    send(first)
    expect(page.locator("#error-summary")).to_contain_text("This part was removed meanwhile")

    page.get_by_role("button", name="Sign this guide off").click()

    expect(page.locator("#unsent-words")).to_contain_text(
        "What you typed under “Comment on the whole guide” is not saved"
    )
    page.locator("#unsent-words a").click()
    expect(page.locator("#your-review__whole textarea")).to_be_focused()
    send(page.locator("#your-review__whole"))
    expect(page.locator(".review-panel .comments")).to_contain_text("Say how long it takes.")


def test_who_leaves_a_draft_with_words_that_are_not_sent_is_asked(page_of, clinic):
    guide = a_guide("Swallow test", is_sample=False, sections=PARTS)
    page = page_of(somebody("Clinical reviewer", first_name="Ada"))
    page.goto(f"/admin/education/guide/{guide.pk}/review/")
    asked = []

    def answer(dialog):
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.reload()
    assert asked == []  # nothing is typed yet
    expect(page.get_by_text("Send each comment before you begin the next")).to_have_count(0)  # the script sees to it
    comment_on(page, "Before").get_by_label("Your comment").fill("From midnight on.")

    page.get_by_role("link", name="Back to the guide’s form").click()

    page.wait_for_url("**/change/")
    assert asked == ["beforeunload"]


def test_without_javascript_the_page_says_that_one_comment_is_sent_at_a_time(new_context, live_server, clinic):
    guide = a_guide("Swallow test", is_sample=False)
    context = new_context(java_script_enabled=False)
    sign_in(context, live_server.url, somebody("Clinical reviewer", first_name="Ada"))
    page = context.new_page()

    page.goto(f"/admin/education/guide/{guide.pk}/review/")

    expect(page.get_by_text("Send each comment before you begin the next")).to_be_visible()


@every_look
def test_the_pages_of_a_review_are_accessible_and_fit(signed_in_page, clinic, scheme, width):
    guide = a_guide("Swallow test", is_sample=False)
    link = PreviewLink.objects.create(guide=guide, name="Dr. Ada Lind", email="ada@example.org")
    guide.review_comments.create(text="Say how long it takes. " * 20, name="Ada", section=guide.sections.get())
    base = f"/admin/education/guide/{guide.pk}/"
    for address in (link.get_absolute_url(), base + "review/", base + "ask-review/", base + "links/", base + "change/"):
        signed_in_page.goto(address)
        assert axe(signed_in_page) == [], address
        assert scrolls_sideways(signed_in_page) <= 0, address
