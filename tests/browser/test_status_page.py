"""The patient's page in a real browser: with and without JavaScript, by keyboard, on paper."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from appointments.models import AppointmentRequest
from tests import factories

from .conftest import LOOKS, axe, scrolls_sideways

SOON = timezone.now() + timedelta(days=3)


@pytest.fixture
def stored(live_server):
    factories.opening_hours()
    factories.a_clinic(address="12 Harbor Lane\nSampletown", directions="The door is beside the bakery.")
    service = factories.a_service(preparation="Please eat nothing for six hours.\n\nDrink water as you like.")
    return factories.a_request(email="pat@example.org", service=service, message="Zqcanary")


def status_page(stored):
    return f"/request/status/{stored.secret}/"


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def patient(request, stored, new_context):
    return new_context(java_script_enabled=request.param == "with JavaScript").new_page()


def test_a_patient_looks_asks_writes_and_withdraws(patient, stored, staff):
    patient.goto(stored.get_absolute_url())
    patient.get_by_role("link", name="The page of your request").click()
    expect(patient.get_by_role("heading", level=1)).to_have_text("We have your request")

    patient.get_by_role("link", name="Please call me at another time").click()
    patient.get_by_role("button", name="Tell the clinic").click()
    expect(patient.locator("#error-summary")).to_be_focused()
    patient.get_by_label("Afternoon").check()
    patient.get_by_label("Anything else about the call?").fill("Not on Tuesdays")
    patient.get_by_role("button", name="Tell the clinic").click()
    expect(patient.get_by_text("called at another time")).to_be_visible()
    expect(patient.get_by_role("link", name="Please call me at another time")).to_have_count(0)

    patient.get_by_role("link", name="Add a message").click()
    patient.get_by_label("Your message").fill("I have the referral")
    patient.get_by_role("button", name="Send my message").click()
    expect(patient.get_by_text("We have your message")).to_be_visible()
    assert "referral" not in patient.content() and "Tuesdays" not in patient.content()

    stored.refresh_from_db()
    stored.book(by=staff, start=SOON, end=SOON + timedelta(minutes=30), place="Room 2")
    patient.reload()
    expect(patient.get_by_role("heading", level=1)).to_have_text("Your appointment is booked")
    with patient.expect_download() as download:
        patient.get_by_role("link", name="Add it to my calendar").click()
    assert download.value.suggested_filename == "appointment.ics"

    patient.get_by_role("link", name="Cancel my appointment").click()
    patient.get_by_role("link", name="No, keep it").click()
    patient.get_by_role("link", name="Cancel my appointment").click()
    patient.get_by_role("button", name="Yes, cancel my appointment").click()
    expect(patient.get_by_role("heading", level=1)).to_have_text("Your appointment is canceled")
    assert AppointmentRequest.objects.get().outcome == "withdrawn"


def test_what_was_written_is_gone_from_the_back_button(patient, stored):
    patient.goto(status_page(stored) + "message/")
    patient.get_by_label("Your message").fill("zqcanary words")
    patient.get_by_role("button", name="Send my message").click()
    expect(patient.get_by_text("We have your message")).to_be_visible()

    patient.go_back()

    expect(patient.get_by_text("We have your message")).to_be_visible()  # the form is gone, its address leads back
    assert "zqcanary" not in patient.content()


def test_every_page_is_accessible_and_fits(page, stored, staff):
    names = ["", "message/", "another-time/", "withdraw/"]
    for step in (None, "book", "withdraw"):
        if step == "book":
            stored.book(by=staff, start=SOON, end=SOON + timedelta(minutes=30), place="Room 2")
        if step == "withdraw":
            stored.withdraw()
        addresses = [stored.get_absolute_url(), *(status_page(stored) + name for name in (names if not step else [""]))]
        for scheme, width in LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            for address in addresses:
                page.goto(address)
                assert axe(page, best_practice=True) == [], (address, scheme, width, step)
                assert scrolls_sideways(page) <= 0, (address, width)


def test_on_paper_stand_the_reference_and_an_address_to_type(page, stored):
    page.goto(stored.get_absolute_url())
    page.emulate_media(media="print")

    expect(page.locator(".reference")).to_be_visible()
    expect(page.locator(".link-to-type")).to_contain_text(status_page(stored))
    page.goto(status_page(stored))
    expect(page.locator(".doings")).to_be_hidden()
