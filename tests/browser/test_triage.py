"""The desk in real Chromium: from sign-in to a booking, and every page in every look."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone
from playwright.sync_api import expect

from appointments.models import AppointmentRequest, Delivery
from tests.factories import a_recipient, a_request, a_service

from .conftest import axe, every_look, scrolls_sideways

REQUESTS = "/admin/appointments/appointmentrequest/"


@pytest.fixture
def desk(clinic, staff, settings):
    """A day at the desk: a late request, a claimed one, one for each later state, and mail in trouble."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    a_recipient("desk@example.org")
    late = a_request(
        service=a_service("X-ray, fluoroscopy or another scan"),
        name="Wilhelmina Featherstonehaugh-Sample",
        phone="+12125550188",  # nobody else's
        email="a-very-long-address-of-somebody-patient@long-subdomain.example.org",
        message="A long-word: " + "Donaudampfschifffahrt" * 3 + "\n<b>second line</b>",
        guide_title="Fluoroscopy: a gentle guide",
        needs_interpreter=True,
        language="Spanish",
        promised_by=timezone.now() - timedelta(days=20),
    )
    a_request().claim(by=staff)
    a_request().await_patient(by=staff, text_for_patient="Send a referral")
    a_request().mark_spam(by=staff)
    tried = a_request(email="both@example.org")
    tried.record_attempt(by=staff, channel="phone", outcome="voicemail", note="Asked to call back")
    tried.add_note(by=staff, text="Daughter answers the phone")
    tomorrow = timezone.now() + timedelta(days=1)
    booked = a_request()
    booked.book(by=staff, start=tomorrow, end=tomorrow + timedelta(minutes=30), place="Room 2")
    Delivery.objects.filter(request=late).update(attempts=3, last_error="The mail server answered 451.")
    EmailMessage("A new appointment request is waiting", "See http://127.0.0.1/admin/", to=["desk@example.org"]).send()
    return late


def walk_through_the_day(page, request):
    """Sign in, claim from the desk, record that nobody answered, call again, book."""
    page.goto("/admin/")
    page.get_by_label("User name").fill("staff")
    page.get_by_label("Password").fill("a long test password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Something needs you")).to_be_visible()

    page.get_by_role("button", name=f"claim {request.reference}").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(request.reference)
    expect(page.get_by_text("Yours until")).to_be_visible()

    page.get_by_label("No answer").check()
    page.get_by_role("button", name="Save the attempt").click()
    expect(page.get_by_text("The contact attempt is recorded.")).to_be_visible()

    page.get_by_text("Book the appointment").click()
    page.get_by_label("Date and time").fill("2020-01-01T10:30")
    page.get_by_label("Place").fill("Room 2")
    page.get_by_role("button", name="Book it").click()
    expect(page.get_by_text("The appointment must be in the future.")).to_be_visible()
    expect(page.get_by_label("Place")).to_have_value("Room 2")

    page.get_by_label("Date and time").fill((timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT10:30"))
    page.get_by_role("button", name="Book it").click()
    expect(page.get_by_text("The appointment is booked.")).to_be_visible()


def test_a_request_is_claimed_called_and_booked(page, desk):
    walk_through_the_day(page, desk)

    desk.refresh_from_db()
    assert (desk.status, desk.place) == ("booked", "Room 2")
    assert desk.attempts.get().outcome == "no_answer"


def test_the_same_without_javascript(no_js_page, desk):
    walk_through_the_day(no_js_page, desk)

    desk.refresh_from_db()
    assert (desk.status, desk.place) == ("booked", "Room 2")


def test_a_search_finds_and_leaves_nothing_in_the_address(signed_in_page, desk):
    page = signed_in_page
    page.goto(REQUESTS)
    page.get_by_label("Find a request").fill("featherstonehaugh")
    page.keyboard.press("Enter")

    expect(page.get_by_text("1 found")).to_be_visible()
    expect(page.get_by_role("link", name=desk.reference)).to_be_visible()
    assert "featherstonehaugh" not in page.url
    assert page.get_by_role("link", name="Featherstonehaugh").count() == 0


def test_the_list_claims_with_a_button(signed_in_page, desk):
    signed_in_page.goto(REQUESTS)
    signed_in_page.get_by_role("button", name=f"Claim {desk.reference}").click()

    expect(signed_in_page.get_by_text("Yours until")).to_be_visible()


def test_the_keyboard_reaches_the_phone_then_the_steps(signed_in_page, desk):
    page = signed_in_page
    page.goto(f"{REQUESTS}{desk.pk}/change/")
    page.get_by_role("link", name="(212) 555-0188", exact=True).focus()

    order = []
    for _ in range(5):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.innerText || document.activeElement.name"))
    assert order == [desk.email, "Claim c", "Record a contact attempt", "channel", "outcome"]


def test_rows_of_opening_hours_are_added_in_the_browser(signed_in_page, desk):
    page = signed_in_page
    page.goto("/admin/clinic/clinicprofile/1/change/")
    page.get_by_text("Add another Row").first.click()
    rows = page.locator("#form-group tbody tr.form-row:not(.empty-form)")
    row = rows.last
    row.get_by_label("Weekday").select_option("Saturday")
    row.get_by_label("Opens").fill("09:00")
    row.get_by_label("Closes").fill("12:00")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert page.locator("#form-group select").evaluate_all("all => all.map(one => one.value)").count("5") == 1


def pages(desk):
    booked = AppointmentRequest.objects.get(status="booked")
    tried = AppointmentRequest.objects.get(status="contacting")
    closed = AppointmentRequest.objects.get(status="closed")
    service = a_service()
    return [
        "/admin/",
        "/admin/statistics/?days=7",
        "/admin/statistics/?days=365",
        REQUESTS,
        f"{REQUESTS}?status=all",
        *(f"{REQUESTS}{request.pk}/change/" for request in (desk, tried, booked, closed)),
        "/admin/mail/",
        "/admin/clinic/clinicprofile/1/change/",
        "/admin/clinic/service/",
        f"/admin/clinic/service/{service.pk}/change/",
        f"/admin/clinic/service/{service.pk}/delete/",
        "/admin/appointments/recipient/",
        "/admin/appointments/recipient/add/",
        "/admin/appointments/delivery/",
        "/admin/appointments/accessevent/",
        "/admin/auth/user/",
        "/admin/auth/user/add/",
        "/admin/auth/user/1/change/",
        "/admin/auth/group/add/",
        "/admin/password_change/",
    ]


@every_look
def test_no_barrier_on_any_page_of_the_desk(signed_in_page, desk, staff, scheme, width):
    page = signed_in_page
    found = {}
    for address in pages(desk):
        page.goto(address.replace("user/1/", f"user/{staff.pk}/"))
        found[address] = axe(page, best_practice=True)
        if scrolls_sideways(page):
            found[address].append(f"scrolls sideways by {scrolls_sideways(page)} px")
    page.goto("/admin/mail/")
    page.get_by_role("link", name="A new appointment request").click()
    found["message"] = axe(page, best_practice=True)
    page.goto(REQUESTS)
    page.get_by_label("All shown").check()
    for button in ("Assign…", "Close as spam…"):
        page.get_by_role("button", name=button).click()
        found[button] = axe(page, best_practice=True)
        page.go_back()
    page.goto(f"{REQUESTS}{desk.pk}/change/")
    page.get_by_role("button", name="Save the attempt").click()
    found["a step with a mistake"] = axe(page, best_practice=True)

    assert {address: lines for address, lines in found.items() if lines} == {}
