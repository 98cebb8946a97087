"""A screen that nobody sits at shows no patient, and nothing that was typed is lost; in real Chromium, with a clock of the test's own."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from clinic.staff import sessions
from tests.factories import a_request, a_user
from tests.faults.processes import until
from tests.staff.people import PASSWORD
from tests.triage.pages import DESK, LIST, detail, same

from .conftest import axe, every_look, scrolls_sideways, sign_in

NAME = "Zephyrine Sample"
UNUSED_FOR = "Date.now() - localStorage.getItem('staff-used').split(' ')[1]"  # milliseconds
PERSON = reverse("admin:appointments_erasure_changelist")


@pytest.fixture
def request_of_somebody(clinic):
    return a_request(name=NAME, email="pat@example.org")


@pytest.fixture
def page(signed_in_page):
    """Its clock goes on by itself, and at once when the test says so."""
    signed_in_page.clock.install()
    return signed_in_page


def open_one(page, request):
    page.goto(detail(request))


def open_two(page, request):
    page.goto(same(request, a_request(name="Somebody Else", email="pat@example.org")))


def open_search(page, request):
    page.goto(LIST)
    page.get_by_label("Find a request").fill("Zephyrine")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_text("1 found")).to_be_visible()


def open_person(page, request):
    page.goto(PERSON)
    page.get_by_label("Phone number, e-mail").fill(request.reference)
    page.get_by_role("button", name="Find their requests").click()
    expect(page.get_by_role("heading", name="What is held")).to_be_visible()


def open_printout(page, request):
    open_person(page, request)
    page.get_by_role("button", name="Show it for printing").click()
    expect(page.get_by_role("heading", name="All that we hold")).to_be_visible()


def is_away(page):
    expect(page).to_have_title("Signed out")
    expect(page.get_by_role("heading", level=1)).to_have_text("Signed out")
    html = page.content()
    return NAME not in html[html.index("<body") :]


def sign_in_by_hand(page, name="staff"):
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda address: "/login/" not in address)


@pytest.mark.parametrize("opened", [open_one, open_two, open_search, open_person, open_printout])
def test_after_a_quarter_of_an_hour_unused_the_patient_is_gone_from_the_screen(page, request_of_somebody, opened):
    opened(page, request_of_somebody)
    page.clock.run_for("14:00")
    assert NAME in page.content()
    Session.objects.all().delete()  # as the server does

    page.clock.run_for("02:00")

    assert is_away(page)
    page.get_by_role("link", name="Sign in").click()
    sign_in_by_hand(page)
    assert "/admin/appointments/" in page.url


def test_signing_in_leads_back_to_the_page(page, request_of_somebody):
    open_one(page, request_of_somebody)
    Session.objects.all().delete()
    page.clock.run_for("16:00")

    page.get_by_role("link", name="Sign in").click()
    sign_in_by_hand(page)

    assert page.url.endswith(detail(request_of_somebody))
    expect(page.get_by_text(NAME).first).to_be_visible()


def test_what_was_chosen_and_is_no_text_is_kept_like_words(page, request_of_somebody):
    open_one(page, request_of_somebody)
    box = page.locator("input[type=checkbox], input[type=datetime-local]").first
    box.evaluate(
        "field => field.type === 'checkbox' ? field.checked = !field.checked : field.value = '2030-01-02T10:00'"
    )

    page.clock.run_for("16:00")

    expect(page.get_by_role("link", name="Sign in in a new tab")).to_be_visible()


def test_twin_without_the_script_the_patient_stays_on_the_screen(page, request_of_somebody):
    page.route("**/unattended*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    open_one(page, request_of_somebody)
    Session.objects.all().delete()

    page.clock.run_for("16:00")

    assert NAME in page.content()
    expect(page.get_by_text(NAME).first).to_be_visible()


def test_a_page_without_a_patient_stays(page, request_of_somebody):
    page.goto(LIST)

    page.clock.run_for("16:00")

    expect(page.get_by_role("heading", level=1)).not_to_have_text("Signed out")


# In use --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        lambda page: page.keyboard.press("Shift"),
        lambda page: [page.mouse.move(9, 9), page.mouse.move(60, 60)],
        lambda page: page.mouse.wheel(0, 99),
    ],
)
def test_a_key_a_pointer_and_the_wheel_keep_it(page, request_of_somebody, use):
    open_one(page, request_of_somebody)
    for _ in range(3):
        page.clock.run_for("10:00")
        use(page)
        until(lambda: page.evaluate(UNUSED_FOR) < 60_000)  # a wheel turns a moment later

    page.clock.run_for("14:00")
    assert NAME in page.content()
    page.clock.run_for("02:00")
    assert is_away(page)


def ends_soon():
    """The one sign-in there is was noted long ago, and ends in a minute."""
    session = SessionStore(Session.objects.get().session_key)
    session["seen"] = 0
    session.save()
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=1))


def ends_in():
    return Session.objects.get().expire_date - timezone.now()


@pytest.mark.parametrize("opened", [open_one, lambda page, _: page.goto(LIST)])
def test_a_long_note_keeps_its_writer_signed_in_and_an_open_page_does_not(page, request_of_somebody, opened):
    opened(page, request_of_somebody)
    ends_soon()
    page.clock.run_for("05:00")
    page.wait_for_timeout(500)
    assert ends_in() <= timedelta(minutes=1)

    page.keyboard.type("w")
    page.clock.run_for("00:40")

    until(lambda: ends_in() > timedelta(minutes=14))


def test_what_the_page_does_by_itself_keeps_nothing(page, request_of_somebody):
    open_one(page, request_of_somebody)
    lies_still = "dispatchEvent(new PointerEvent('pointermove', { screenX: 7, screenY: 7 }))"
    page.evaluate(lies_still)
    for _ in range(2):
        page.clock.run_for("05:00")
        page.evaluate("scrollBy(0, 40)")
        page.evaluate(lies_still)

    page.clock.run_for("06:00")
    assert is_away(page)


def test_what_is_used_in_another_tab_keeps_it_too(page, request_of_somebody):
    open_one(page, request_of_somebody)
    other = page.context.new_page()
    other.goto(DESK)
    page.clock.run_for("10:00")
    other.keyboard.press("Shift")

    page.clock.run_for("10:00")
    assert NAME in page.content()
    page.clock.run_for("06:00")
    assert is_away(page)


def test_after_a_sleep_the_first_touch_counts_for_nobody(page, request_of_somebody):
    """While a computer sleeps no timer runs: the clock has jumped before any does."""
    open_one(page, request_of_somebody)
    page.clock.set_system_time(timezone.now() + timedelta(hours=3))

    page.keyboard.press("s")  # the key that saves an attempt

    assert is_away(page)
    assert not request_of_somebody.attempts.exists()


def test_a_tab_that_is_looked_at_again_looks_at_the_clock(page, request_of_somebody):
    open_one(page, request_of_somebody)
    page.context.clear_cookies()
    page.clock.set_system_time(timezone.now() + timedelta(hours=3))

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    assert is_away(page)


def test_a_page_that_the_browser_kept_is_away_once_nobody_is_signed_in(page, request_of_somebody):
    open_one(page, request_of_somebody)
    kept = "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    page.evaluate(kept)
    page.wait_for_timeout(500)
    assert NAME in page.content()
    Session.objects.all().delete()

    page.evaluate(kept)

    assert is_away(page)


def test_signing_out_in_one_tab_takes_it_from_the_others(page, request_of_somebody):
    open_one(page, request_of_somebody)
    other = page.context.new_page()
    other.goto(DESK)
    other.get_by_role("button", name="Sign out", exact=True).click()
    expect(other.get_by_text("You are signed out")).to_be_visible()

    page.clock.run_for("00:06")

    assert is_away(page)


# What was typed ------------------------------------------------------------------------------------------------------


def type_a_note(page):
    page.keyboard.type("n")
    page.keyboard.type("Has a dog, needs the side door")


def back_to(page):
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")


def in_a_new_tab(page):
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    return opened.value


def test_what_was_typed_is_back_with_the_person_who_typed_it(page, request_of_somebody):
    open_one(page, request_of_somebody)
    type_a_note(page)
    Session.objects.all().delete()
    page.clock.run_for("16:00")
    assert is_away(page)
    expect(page.get_by_text("what you typed is kept while this page is open")).to_be_visible()

    sign_in_by_hand(in_a_new_tab(page))
    back_to(page)

    expect(page.get_by_label("Note for colleagues")).to_have_value("Has a dog, needs the side door")
    expect(page).to_have_title(re.compile(request_of_somebody.reference))
    page.get_by_role("button", name="Add the note").click()
    expect(page.get_by_text("The note is added.")).to_be_visible()
    assert request_of_somebody.notes.get().text == "Has a dog, needs the side door"


def test_it_stays_away_from_anybody_else(page, request_of_somebody):
    a_user("sam")
    open_one(page, request_of_somebody)
    type_a_note(page)
    Session.objects.all().delete()
    page.clock.run_for("16:00")

    sign_in_by_hand(in_a_new_tab(page), "sam")
    back_to(page)
    page.wait_for_timeout(500)

    assert is_away(page)


# Without JavaScript, and how it looks --------------------------------------------------------------------------------


def test_without_javascript_the_browser_goes_to_the_door(
    no_js_page, live_server, staff, request_of_somebody, monkeypatch
):
    """A minute after the sign-in has ended; here that is now."""
    monkeypatch.setattr(sessions, "idle_seconds", lambda: -58)
    page = no_js_page
    sign_in(page.context, live_server.url, staff)
    page.goto(detail(request_of_somebody))
    assert NAME in page.content()
    Session.objects.all().delete()

    page.wait_for_url(re.compile(r"/admin/login/\?next="))
    sign_in_by_hand(page)

    assert page.url.endswith(detail(request_of_somebody))


@every_look
def test_no_barrier_on_what_is_left(page, request_of_somebody, scheme, width):
    open_one(page, request_of_somebody)
    type_a_note(page)
    Session.objects.all().delete()
    page.clock.run_for("16:00")
    assert is_away(page)

    assert axe(page, best_practice=True) == []
    assert scrolls_sideways(page) == 0
    assert page.get_by_role("link", name="Sign in").bounding_box()["height"] >= 44
