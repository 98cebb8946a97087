"""The whole way, as people go it: a patient reads a guide and sends a request, staff are told and book."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from appointments import deliveries
from appointments.models import AppointmentRequest, WorkerHeartbeat
from clinic.management.commands import demo
from tests import factories

from .conftest import LOOKS, axe, scrolls_sideways

WORDS = "My left knee makes a strange noise"
PASSWORD = "the password of this test"


@pytest.fixture
def site(live_server, settings):
    """The demo clinic, its mail caught on disk."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.DEMO_PASSWORD = PASSWORD
    demo.load()
    WorkerHeartbeat.beat("worker")
    deliveries.sweep()
    for file in settings.CAUGHT_MAIL_DIR.glob("*"):
        file.unlink()


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def reader(request, site, new_context):
    return new_context(java_script_enabled=request.param == "with JavaScript").new_page()


def caught_mail(settings):
    return "".join(file.read_text() for file in settings.CAUGHT_MAIL_DIR.glob("*"))


def test_from_the_home_page_to_a_booked_appointment(reader, settings):
    reads_a_guide(reader)
    asks_for_an_appointment(reader)
    appointment_request = AppointmentRequest.objects.order_by("pk").last()
    staff_are_told(settings, appointment_request)
    staff_book(reader, appointment_request)


def reads_a_guide(reader):
    reader.goto("/")
    reader.get_by_role("main").get_by_role("link", name="Fluoroscopy").first.click()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("Fluoroscopy")

    more = reader.locator("article details").first
    hidden = more.locator(".more-body")
    expect(hidden).to_be_hidden()
    more.locator("summary").click()
    expect(hidden).to_be_visible()
    expect(more.locator("summary")).to_contain_text("Read less")

    reader.get_by_role("link", name=re.compile("^Request (an|your) appointment")).last.click()
    expect(reader).to_have_url(re.compile(r"/request/\?guide=fluoroscopy$"))


def asks_for_an_appointment(reader):
    expect(reader.get_by_text("You come from our guide")).to_be_visible()
    expect(reader.get_by_role("heading", name=re.compile("emergency"))).to_be_visible()
    assert reader.locator("input[name=service]:checked").count() == 1  # the guide's

    reader.get_by_label("Anything you want to add?").fill(WORDS)
    reader.get_by_label("What name should we call you by?").fill("Quinn Sample")
    reader.get_by_role("button", name="Check my answers").click()

    summary = reader.locator("#error-summary")
    expect(summary).to_be_visible()
    expect(summary).to_be_focused()
    expect(reader).to_have_title(re.compile("^Error: "))
    expect(reader.get_by_label("Anything you want to add?")).to_have_value(WORDS)
    for link in summary.get_by_role("link").all():
        assert reader.locator(link.get_attribute("href")).count() == 1, link.inner_text()
    summary.get_by_role("link", name=re.compile("phone")).first.click()
    expect(reader.get_by_label("Phone number")).to_be_in_viewport()

    reader.get_by_label("Phone number").fill("(212) 555-0199")
    reader.get_by_label("I have not been to this clinic before").check()
    reader.get_by_label("The clinic may store what I wrote").check()
    reader.get_by_role("button", name="Check my answers").click()

    expect(reader.get_by_role("heading", level=1)).to_have_text("Check your answers")
    expect(reader.get_by_text(WORDS)).to_be_visible()
    expect(reader.get_by_text("You come from our guide")).to_be_visible()
    reader.wait_for_timeout(3000)  # whoever sends within three seconds is no person
    reader.get_by_role("button", name="Send my request").click()

    expect(reader.get_by_role("heading", level=1)).to_have_text("We have your request")
    assert "Quinn" not in reader.content()
    assert WORDS not in reader.content()


def staff_are_told(settings, appointment_request):
    assert appointment_request.message == WORDS
    assert appointment_request.guide_slug == "fluoroscopy"

    deliveries.sweep()

    mail = caught_mail(settings)
    assert mail.count("Message-ID:") == 2
    assert appointment_request.reference in mail
    for word in ("Quinn", "Sample", "0199", "knee", "luoroscopy", appointment_request.service.name):
        assert word not in mail, word


def staff_book(page, appointment_request):
    page.goto("/admin/")
    page.get_by_label("User name").fill("demo")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="read the caught mail").click()
    expect(page.get_by_role("main")).to_contain_text("A new appointment request is waiting")

    page.goto(f"/admin/appointments/appointmentrequest/{appointment_request.pk}/change/")
    expect(page.get_by_text(WORDS)).to_be_visible()
    page.get_by_role("button", name="Claim", exact=True).click()
    expect(page.get_by_text("Yours until")).to_be_visible()

    step = page.locator("#step-attempt")
    step.get_by_label("Reached").check()
    step.get_by_text("With a note, or another time to try again").click()
    step.get_by_label("Note about this attempt (optional)").fill("Will come on foot.")
    step.get_by_role("button", name="Save the attempt").click()
    expect(page.get_by_text("Will come on foot.")).to_be_visible()

    step = page.locator("#step-book")
    step.locator("summary").click()
    start = timezone.localtime(timezone.now() + timedelta(days=7)).replace(hour=10, minute=30)
    step.get_by_label("Date and time").fill(start.strftime("%Y-%m-%dT%H:%M"))
    step.get_by_label("Place").fill("Room 2")
    step.get_by_role("button", name="Book it").click()
    expect(page.locator(".badge")).to_contain_text("Booked")

    appointment_request.refresh_from_db()
    assert appointment_request.status == AppointmentRequest.Status.BOOKED
    assert appointment_request.place == "Room 2"
    assert appointment_request.assigned_to.username == "demo"
    assert appointment_request.contacted_at


def public_pages():
    sent = AppointmentRequest.objects.first().get_absolute_url()
    guides = ("fluoroscopy", "injections", "child-xray")
    return ["/", "/guides/", *[f"/guides/{slug}/" for slug in guides], "/request/", sent, "/privacy/", "/nothing-here/"]


def test_every_public_page_is_accessible_and_fits(site, page):
    """In light and dark, on a small phone and on a desk: one visit to the demo, because loading it takes a while."""
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        for address in public_pages():
            page.goto(address)
            page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
            assert axe(page, best_practice=True) == [], (address, scheme, width)
            assert scrolls_sideways(page) <= 0, (address, width)

        page.goto("/request/?guide=injections")
        page.get_by_role("button", name="Check my answers").click()
        expect(page.locator("#error-summary")).to_be_visible()
        assert axe(page, best_practice=True) == [], ("errors", scheme, width)
        assert scrolls_sideways(page) <= 0, ("errors", width)

        page.get_by_label("I have not been to this clinic before").check()
        page.get_by_label("Anything you want to add?").fill("W" * 60 + " and chest pain")
        page.get_by_label("What name should we call you by?").fill("Quinn Sample")
        page.get_by_label("Phone number").fill("(212) 555-0199")
        page.get_by_label("The clinic may store what I wrote").check()
        page.get_by_role("button", name="Check my answers").click()
        expect(page.get_by_role("heading", name="Do you need help now?")).to_be_visible()
        assert axe(page, best_practice=True) == [], ("answers", scheme, width)
        assert scrolls_sideways(page) <= 0, ("answers", width)


@pytest.fixture
def guide(clinic):
    return factories.a_published_guide("Knee X-ray", picture=factories.a_picture())


def test_the_keyboard_alone_reaches_the_text_first(guide, page):
    page.goto(guide.get_absolute_url())

    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("href", "#main")
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_pictures_come_in_a_modern_format(guide, page):
    page.goto(guide.get_absolute_url())

    picture = page.locator("main picture img").first
    expect(picture).to_be_visible()
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=picture.element_handle())
    assert picture.evaluate("image => image.currentSrc").endswith(".avif")
