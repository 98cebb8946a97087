"""The desk keeps itself up to date in real Chromium, and stays out of the way of who works there."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from appointments.models import AppointmentRequest, WorkerHeartbeat
from tests.factories import a_recipient, a_request, a_service

from .conftest import LOOKS, axe, scrolls_sideways, sign_in

A_ROUND = 31_000  # milliseconds of the page's clock
NEWS = re.compile(r"^\(1\) ")


@pytest.fixture
def desk(clinic, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    WorkerHeartbeat.beat("worker")
    a_recipient("desk@example.org")
    return [a_request(promised_by=timezone.now() + timedelta(hours=hours)) for hours in (1, 2, 3)]


@pytest.fixture
def page_with_a_clock(signed_in_page, desk):
    page = signed_in_page
    page.clock.install()
    page.goto("/admin/")
    return page


def titled(page, title):
    """Let rounds go by until the title is this: a look that is under way lets its round pass."""
    for _ in range(4):
        page.clock.run_for(A_ROUND)
        try:
            return expect(page).to_have_title(title, timeout=2_000)
        except AssertionError:
            continue
    expect(page).to_have_title(title)


def references(page):
    return page.locator("#desk-live a.reference").all_inner_texts()


def test_what_is_new_appears_and_is_said(page_with_a_clock, desk):
    page = page_with_a_clock
    title = page.title()
    new = a_request(name="Petra Private", message="I have chest pain")

    page.clock.run_for(A_ROUND)

    expect(page.locator("#desk-live a.reference").first).to_have_text(new.reference)
    assert page.title() == f"(1) {title}"
    expect(page.locator("#desk-news")).to_have_text("1 new request or message.")
    assert page.locator("#desk-news").get_attribute("role") == "status"
    assert "Petra" not in page.content()

    titled(page, title)


def test_nothing_chosen_is_lost_and_the_list_waits_for_it(page_with_a_clock, desk):
    page = page_with_a_clock
    first = desk[0].reference
    page.get_by_label(f"Choose {first}").check()
    new = a_request(message="I have chest pain")

    page.clock.run_for(A_ROUND)

    expect(page.locator("#desk-state")).to_contain_text("Something has changed")
    assert new.reference not in references(page)
    expect(page.get_by_label(f"Choose {first}")).to_be_checked()

    page.get_by_label(f"Choose {first}").uncheck()
    page.clock.run_for(A_ROUND)
    expect(page.locator("#desk-live a.reference").first).to_have_text(new.reference)


def test_the_focus_stays_where_it_was(page_with_a_clock, desk):
    page = page_with_a_clock
    button = page.get_by_role("button", name=f"claim {desk[1].reference}")
    button.focus()
    new = a_request(message="I have chest pain")

    page.clock.run_for(A_ROUND)

    expect(page.get_by_role("link", name=new.reference)).to_be_visible()
    expect(button).to_be_focused()


def test_nothing_moves_under_a_hand(page_with_a_clock, desk):
    page = page_with_a_clock
    new = a_request(message="I have chest pain")
    asked = []
    page.on("request", lambda request: asked.append(request.method) if "/admin/desk/" in request.url else None)
    button = page.get_by_role("button", name=f"claim {desk[1].reference}")

    for second in range(A_ROUND // 1_000):
        button.hover(position={"x": 5 + second % 2, "y": 5})
        page.clock.run_for(1_000)
    page.wait_for_timeout(300)
    assert asked, "a round has gone by"
    assert new.reference not in references(page)

    page.clock.run_for(7_000)
    expect(page.get_by_role("link", name=new.reference)).to_be_visible()


def test_what_is_typed_elsewhere_on_the_page_stays(page_with_a_clock, desk):
    page = page_with_a_clock
    page.get_by_text("Send a test mail").first.click()
    page.get_by_label("To", exact=True).focus()
    new = a_request()

    page.clock.run_for(A_ROUND)

    expect(page.get_by_role("link", name=new.reference)).to_be_visible()
    expect(page.get_by_label("To", exact=True)).to_be_focused()


def test_a_hidden_tab_only_listens(page_with_a_clock, desk):
    page = page_with_a_clock
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => window.away ?? false, configurable: true })")
    page.evaluate("window.away = true")
    asked = []
    page.on("request", lambda request: asked.append(request.method) if "/admin/desk/" in request.url else None)
    new = a_request()

    page.clock.run_for(A_ROUND)
    expect(page).to_have_title(NEWS)
    assert asked == ["HEAD"]
    assert new.reference not in references(page)

    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("link", name=new.reference)).to_be_visible()
    assert "GET" in asked


def test_the_sound_is_off_until_somebody_wants_it_and_this_browser_remembers(page_with_a_clock, context, desk):
    page = page_with_a_clock
    sound = page.get_by_role("button", name="Sound for what is new")
    expect(sound).to_have_attribute("aria-pressed", "false")
    sound.click()
    expect(sound).to_have_attribute("aria-pressed", "true")
    kept = page.evaluate("({ ...localStorage })")
    assert kept.pop("staff-used").split()[1].isdecimal()  # when: see unattended.js
    assert kept == {"theme": "auto", "desk-sound": "on"}

    another = context.new_page()
    another.goto("/admin/")
    expect(another.get_by_role("button", name="Sound for what is new")).to_have_attribute("aria-pressed", "true")


def test_it_sounds_once_for_what_is_new(page_with_a_clock, desk):
    page = page_with_a_clock
    page.evaluate(
        """() => {
            window.tones = 0;
            const start = OscillatorNode.prototype.start;
            OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
        }"""
    )
    a_request()
    titled(page, NEWS)
    assert page.evaluate("window.tones") == 0  # it is off

    page.get_by_role("button", name="Sound for what is new").click()
    assert page.evaluate("window.tones") == 1  # to hear what it is like
    titled(page, re.compile(r"^[^(]"))
    assert page.evaluate("window.tones") == 1
    a_request()
    titled(page, NEWS)
    assert page.evaluate("window.tones") == 2


def test_somebody_who_was_signed_out_is_told(page_with_a_clock, context, desk):
    context.clear_cookies()

    page_with_a_clock.clock.run_for(A_ROUND)

    expect(page_with_a_clock.locator("#desk-state")).to_contain_text("Not up to date")


def test_enter_on_a_box_leads_to_the_page_that_asks(signed_in_page, desk):
    page = signed_in_page
    for address in ("/admin/", "/admin/appointments/appointmentrequest/"):
        page.goto(address)
        page.get_by_label(f"Choose {desk[0].reference}").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Claim: 1 request")).to_be_visible()
    assert not AppointmentRequest.objects.exclude(assigned_to=None).exists()


def claim_two_and_the_rest(page, desk):
    page.goto("/admin/")
    for row in desk[:2]:
        page.get_by_label(f"Choose {row.reference}").check()
    page.get_by_role("button", name="Claim…").click()
    expect(page.get_by_role("heading", name="Claim: 2 requests")).to_be_visible()
    page.get_by_role("button", name="Claim for 30 minutes").click()
    expect(page.get_by_text("2 requests claimed for 30 minutes")).to_be_visible()


def test_several_are_claimed_from_the_desk(signed_in_page, desk, staff):
    claim_two_and_the_rest(signed_in_page, desk)

    assert AppointmentRequest.objects.filter(assigned_to=staff).count() == 2


def test_several_are_claimed_without_javascript(new_context, live_server, desk, staff):
    context = new_context(java_script_enabled=False)
    sign_in(context, live_server.url, staff)
    claim_two_and_the_rest(context.new_page(), desk)

    assert AppointmentRequest.objects.filter(assigned_to=staff).count() == 2


def test_all_shown_are_chosen_with_one_box(signed_in_page, desk):
    page = signed_in_page
    for address in ("/admin/", "/admin/appointments/appointmentrequest/"):
        page.goto(address)
        page.get_by_label("All shown").check()
        assert page.locator('input[name="chosen"]:checked').count() == 3
        page.get_by_label(f"Choose {desk[0].reference}").uncheck()
        expect(page.get_by_label("All shown")).not_to_be_checked()


@pytest.fixture
def forty(desk):
    """A hard morning: some late, some to be read first, all times of day, some without a phone."""
    now = timezone.now()
    services = [a_service(name) for name in ("X-ray, fluoroscopy or another scan", "An injection", "A barium test")]
    wishes = ["any", "morning", "midday", "afternoon"]
    return [
        a_request(
            service=services[number % 3],
            promised_by=now + timedelta(hours=number - 8),
            best_time_to_call=wishes[number % 4],
            message="I have chest pain" if number in (20, 30) else "",
            phone="" if number % 5 == 0 else f"+121255501{number:02}",
            email=f"patient{number}@example.org" if number % 5 == 0 else "",
        )
        for number in range(40)
    ]


@pytest.mark.parametrize(("scheme", "width"), [*LOOKS, ("light", 768)])  # a tablet stands at many a reception
def test_no_barrier_with_forty_requests(signed_in_page, forty, scheme, width):
    signed_in_page.goto("/admin/")

    assert axe(signed_in_page, best_practice=True) == []
    assert not scrolls_sideways(signed_in_page)


def test_forty_requests_are_worked_through_by_keyboard(signed_in_page, forty, staff):
    """From the desk to the call and back, forty times: five keys each beside what happened."""
    page = signed_in_page
    page.goto("/admin/")
    total = AppointmentRequest.objects.to_call(staff).count()
    for _ in range(total):
        page.locator("#desk-live .call-list button").first.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Yours until")).to_be_visible()
        page.get_by_role("radio", name="Reached", exact=True).focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Save the attempt").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("The contact attempt is recorded.")).to_be_visible()
        page.goto("/admin/")

    expect(page.get_by_text("Nobody waits for a call.")).to_be_visible()
    assert AppointmentRequest.objects.filter(contacted_at=None).count() == 0
