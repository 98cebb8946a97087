"""The page of one request in real Chromium: the call on one screen, by keyboard, by mouse and without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from appointments.models import AppointmentRequest, Presence, ReadyText
from clinic import demo
from clinic.models import Service
from tests.factories import a_request, a_user
from tests.faults import size
from tests.triage.pages import detail, same, take

from .conftest import axe, every_look, scrolls_sideways, sign_in

WORDS = "Words of a worried person, as many as the form takes. " * 9
IN_A_YEAR = timezone.localtime() + timedelta(days=365)


@pytest.fixture
def full(clinic, staff):
    """A request in which every field is filled, of somebody who has asked before."""
    for _ in range(3):
        a_request(email="pat@example.org").withdraw(by=staff)
    return a_request(
        name="Wilhelmina Featherstonehaugh-Sample",
        email="pat@example.org",
        message=WORDS[:500],
        language="Spanish",
        needs_interpreter=True,
        access_needs="A wheelchair, and somebody who comes along",
        guide_title="Fluoroscopy: a gentle guide",
        preferred_days=["monday", "wednesday", "friday"],
        best_time_to_call="morning",
        voicemail_ok=True,
    )


def test_all_that_the_call_needs_is_on_one_screen(signed_in_page, full):
    page = signed_in_page
    page.goto(detail(full))

    needed = [
        page.get_by_text("Identity not checked"),
        page.get_by_role("link", name="(212) 555-0142", exact=True),
        page.get_by_role("link", name="pat@example.org"),
        page.get_by_text("Yes, you may leave a message"),
        page.get_by_text("needs an interpreter", exact=True),
        page.get_by_text("A wheelchair"),
        page.get_by_text("Monday, Wednesday, Friday"),
        page.get_by_text("Fluoroscopy: a gentle guide"),
        page.locator("blockquote"),
        page.locator(".same-person li").last,
        page.get_by_role("button", name="Claim"),
        page.get_by_role("radio", name="Reached"),
        page.get_by_role("button", name="Save the attempt"),
        page.locator("#form-attempt [name=again]").last,
    ]
    lowest = {str(place): box["y"] + box["height"] for place in needed if (box := place.bounding_box())}
    assert len(lowest) == len(needed)
    assert {place: bottom for place, bottom in lowest.items() if bottom > 800} == {}


# Forty requests -------------------------------------------------------------------------------------------------------


@pytest.fixture
def forty(live_server, settings, staff):
    """As many open requests as a day has: those of the demo, and more. (By keyboard, by mouse.)"""
    settings.DEMO_PASSWORD = "a long demo password"
    demo.load()
    each = size(5, 20)
    found = AppointmentRequest.objects.filter(suspected_spam=False, status__in=["new", "contacting"])
    while found.count() < 2 * each:
        a_request(service=Service.objects.first())
    AppointmentRequest.objects.update(assigned_to=None, claimed_until=None)
    requests = list(found.order_by("promised_by", "pk")[: 2 * each])
    return requests[:each], requests[each:]


def said(page, words):
    expect(page.get_by_text(words)).to_be_visible()


def by_keyboard_no_answer(page):
    page.keyboard.type("2t")
    said(page, "The contact attempt is recorded.")


def by_keyboard_reached_and_waitlisted(page):
    page.keyboard.type("1s")
    said(page, "The contact attempt is recorded.")
    page.keyboard.type("w")
    page.keyboard.type("Until May, w and b are letters here")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said(page, "The request is on the waiting list.")


def by_keyboard_booked(page):
    page.keyboard.type("b")
    page.keyboard.type(f"{IN_A_YEAR:%m%d%Y}")
    page.keyboard.press("Tab")
    page.keyboard.type("1030AM")
    page.keyboard.press("Enter")
    said(page, "The appointment is booked.")


def by_keyboard_put_aside_and_back(page):
    page.keyboard.type("z")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Put aside until that time").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said(page, "It is put aside")
    page.keyboard.type("u")
    said(page, "The step is taken back.")


def by_keyboard_noted(page):
    page.keyboard.type("n")
    page.keyboard.type("Asks for a morning")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said(page, "The note is added.")


def by_mouse_no_answer(page):
    page.get_by_label("No answer").click()
    page.locator("#form-attempt [name=again]").last.click()
    said(page, "The contact attempt is recorded.")


def by_mouse_waiting_for_the_patient(page):
    page.locator("summary", has_text="Wait for the patient").click()
    page.locator("#form-await select").select_option("Send us the referral")
    page.locator("#form-await").get_by_role("button", name="Insert").click()
    page.locator("#form-await").get_by_role("button", name="Wait for the patient").click()
    said(page, "We are waiting for the patient.")


def by_mouse_booked(page):
    page.locator("summary", has_text="Book the appointment").click()
    page.get_by_label("Date and time").fill(f"{IN_A_YEAR:%Y-%m-%dT10:30}")
    page.get_by_role("button", name="Book it").click()
    said(page, "The appointment is booked.")


def by_mouse_spam_and_back(page):
    page.locator("summary", has_text="Spam").click()
    page.get_by_role("button", name="Close as spam").click()
    said(page, "The request is closed as spam.")
    page.get_by_role("button", name="Undo: Spam").click()
    said(page, "The step is taken back.")


def by_mouse_declined(page):
    page.locator("summary", has_text="Decline").click()
    page.get_by_label("Reason, for the record").fill("Not offered")
    page.locator("#form-decline select").select_option("Not offered here")
    page.locator("#form-decline").get_by_role("button", name="Insert").click()
    page.get_by_role("button", name="Decline and close").click()
    said(page, "The request is declined.")


BY_KEYBOARD = [
    (by_keyboard_no_answer, "contacting"),
    (by_keyboard_reached_and_waitlisted, "waitlisted"),
    (by_keyboard_booked, "booked"),
    (by_keyboard_put_aside_and_back, None),
    (by_keyboard_noted, None),
]
BY_MOUSE = [
    (by_mouse_no_answer, "contacting"),
    (by_mouse_waiting_for_the_patient, "awaiting_patient"),
    (by_mouse_booked, "booked"),
    (by_mouse_spam_and_back, None),
    (by_mouse_declined, "closed"),
]


def test_a_day_of_requests_is_worked_through(signed_in_page, forty, staff):
    """Forty in the drill: half by keyboard, half by mouse, and each stands where it was put."""
    for ready in [("patient", "Send us the referral"), ("patient", "Not offered here")]:
        ReadyText.objects.get_or_create(use=ready[0], title=ready[1], defaults={"text": "Words for a patient."})
    page = signed_in_page
    for requests, ways in zip(forty, (BY_KEYBOARD, BY_MOUSE), strict=True):
        for number, request in enumerate(requests):
            was = AppointmentRequest.objects.get(pk=request.pk).status
            page.goto(detail(request))
            if ways is BY_KEYBOARD:
                page.keyboard.type("c")
            else:
                page.get_by_role("button", name="Claim").click()
            said(page, "You have claimed it")
            way, status = ways[number % len(ways)]
            way(page)
            request.refresh_from_db()
            assert request.status == (status or was), way.__name__
            assert request.assigned_to == staff


# Keys -----------------------------------------------------------------------------------------------------------------


def test_keys_are_listed_stay_out_of_fields_and_can_be_switched_off(signed_in_page, full):
    page = signed_in_page
    page.goto(detail(full))
    expect(page.get_by_role("heading", name="Keyboard")).to_be_visible()
    page.keyboard.type("n")
    page.keyboard.type("c 2 s")
    expect(page.get_by_label("Note for colleagues")).to_have_value("c 2 s")
    expect(page.get_by_label("No answer")).not_to_be_checked()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+c")
    page.keyboard.type("2")
    expect(page.get_by_label("No answer")).to_be_checked()

    page.get_by_label("Single keys work").uncheck()
    page.reload()
    page.keyboard.type("2c")

    expect(page.get_by_label("No answer")).not_to_be_checked()
    expect(page.get_by_label("Single keys work")).not_to_be_checked()
    expect(page.locator("summary kbd").first).to_be_hidden()
    full.refresh_from_db()
    assert full.assigned_to is None


# What changes while it is open ----------------------------------------------------------------------------------------


def test_a_claim_that_runs_out_says_so_on_the_open_page(signed_in_page, full, staff):
    full.claim(by=staff)
    AppointmentRequest.objects.filter(pk=full.pk).update(claimed_until=timezone.now() + timedelta(seconds=8))

    signed_in_page.goto(detail(full))

    expect(signed_in_page.get_by_text("Yours until")).to_be_visible()
    expect(signed_in_page.get_by_text("Your claim ran out")).to_be_visible(timeout=15_000)


def test_who_comes_and_what_changes_is_said_on_the_open_page(signed_in_page, full, clinic):
    page = signed_in_page
    page.goto(detail(full))
    rosa = a_user("rosa", first_name="Rosa")
    Presence.others(full, rosa)
    full.waitlist(by=rosa)

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as when somebody comes back to the tab

    expect(page.get_by_text("Rosa has this open, too.")).to_be_visible()
    expect(page.get_by_text("has changed since you opened it")).to_be_visible()


def test_undo_goes_when_its_minute_is_over(signed_in_page, full, staff):
    full.waitlist(by=staff)
    type(full.last_step).objects.update(at=timezone.now() - timedelta(seconds=52))

    signed_in_page.goto(detail(full))

    expect(signed_in_page.get_by_role("button", name="Undo: On the waiting list")).to_be_visible()
    expect(signed_in_page.get_by_role("button", name="Undo: On the waiting list")).to_be_hidden(timeout=15_000)


# Without JavaScript, and in every look --------------------------------------------------------------------------------


def test_all_of_it_without_javascript(no_js_page, live_server, full, staff):
    sign_in(no_js_page.context, live_server.url, staff)
    other = a_request(email="pat@example.org", message="The other words")
    ready = ReadyText.objects.create(use="note", title="Calls back", text="Will call us back.")
    page = no_js_page
    page.goto(detail(full))
    expect(page.get_by_role("heading", name="Keyboard")).to_be_hidden()

    page.get_by_label("Busy").check()
    page.locator("#form-attempt select").select_option(str(ready.pk))
    page.locator("#form-attempt").get_by_role("button", name="Insert").click()
    expect(page.get_by_label("Busy")).to_be_checked()
    expect(page.get_by_label("Note about this attempt")).to_have_value("Will call us back.")
    page.locator("#form-attempt [name=again]").last.click()
    said(page, "The contact attempt is recorded.")
    page.get_by_role("button", name="Undo").click()
    said(page, "The step is taken back.")

    page.get_by_role("link", name=f"Compare with {other.reference}").click()
    expect(page.get_by_text("The other words")).to_be_visible()
    page.get_by_role("radio", name=full.reference).check()
    page.get_by_role("button", name="Close the other one").click()
    expect(page.get_by_role("heading", name="Merged into this request")).to_be_visible()
    other.refresh_from_db()
    assert (other.outcome, other.duplicate_of) == ("duplicate", full)


@every_look
def test_no_barrier_on_the_page_of_a_request(signed_in_page, client, full, staff, scheme, width):
    page = signed_in_page
    found = {}

    def look(name):
        found[name] = axe(page, best_practice=True)
        if scrolls_sideways(page):
            found[name].append(f"scrolls sideways by {scrolls_sideways(page)} px")

    other = a_request(email="pat@example.org")
    page.goto(same(full, other))
    look("side by side")
    page.get_by_role("button", name="Close the other one").click()
    full.refresh_from_db()
    other.refresh_from_db()
    kept = other if other.is_open else full
    kept.claim(by=staff)
    Presence.others(kept, a_user("rosa", first_name="Rosa"))
    kept.waitlist(by=staff)
    page.goto(detail(kept))
    look("merged, claimed, to be undone, with a colleague")
    kept.refresh_from_db()
    page.get_by_label("Busy").check()
    client.force_login(staff)
    take(client, kept, "attempt", channel="phone", outcome="reached", note="Somebody was quicker")
    page.get_by_role("button", name="Save the attempt").click()
    expect(page.get_by_text("Somebody else changed this request")).to_be_visible()
    look("two at once")

    assert {name: lines for name, lines in found.items() if lines} == {}


def test_what_was_typed_in_one_form_is_not_lost_by_sending_another(signed_in_page, full):
    page = signed_in_page
    page.goto(detail(full))
    page.keyboard.type("n")
    page.keyboard.type("Has a dog, needs the side door")
    page.keyboard.press("Escape")

    page.keyboard.type("3s")
    expect(page.locator("#unsent-words")).to_contain_text("What you typed under “Add a note” is not saved")
    assert not full.attempts.exists()
    page.locator("#unsent-words a").click()
    expect(page.locator("#form-note textarea")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said(page, "The note is added.")
    assert full.notes.get().text == "Has a dog, needs the side door"

    page.keyboard.type("3s")
    said(page, "The contact attempt is recorded.")


def test_whoever_leaves_typed_words_on_purpose_presses_twice(signed_in_page, full):
    page = signed_in_page
    page.goto(detail(full))
    page.keyboard.type("n")
    page.keyboard.type("Never mind")
    page.keyboard.press("Escape")

    page.keyboard.type("3s")
    expect(page.locator("#unsent-words")).to_be_visible()
    page.keyboard.type("s")
    said(page, "The contact attempt is recorded.")
    assert not full.notes.exists()


def test_twin_without_the_script_typed_words_are_lost_without_a_word(signed_in_page, full):
    page = signed_in_page
    page.route("**/unsent-words*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(detail(full))
    page.keyboard.type("n")
    page.keyboard.type("Has a dog, needs the side door")
    page.keyboard.press("Escape")

    page.keyboard.type("3s")
    said(page, "The contact attempt is recorded.")
    assert not full.notes.exists()


@pytest.mark.parametrize("width", [375])
def test_on_a_phone_call_opens_with_what_must_be_known_before_dialing(signed_in_page, full):
    page = signed_in_page
    page.goto("/admin/")

    page.locator(".call-list button").first.click()

    said(page, "Yours until")
    assert page.evaluate("scrollY") == 0
    expect(page.get_by_text("Identity not checked")).to_be_in_viewport()
    expect(page.locator(".request-patient .call-link").first).to_be_in_viewport()


def test_the_list_of_keys_shows_those_that_do_something(signed_in_page, full):
    page = signed_in_page
    page.goto(detail(full))

    listed = [key.inner_text() for key in page.locator("#key-list li:visible kbd:first-child").all()]
    assert {"s", "b", "n", "c"} <= set(listed)
    assert not {"r", "u"} & set(listed), "nothing is claimed, and there is nothing to take back"
