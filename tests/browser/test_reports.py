"""Who saw what, what goes, a person's data: in every look, without a barrier, and erased by keyboard."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from appointments.models import AppointmentRequest
from tests.factories import a_request

from .conftest import axe, every_look, scrolls_sideways

ACCESS = "/admin/appointments/accessevent/"
REMOVALS = "/admin/appointments/purgerun/"
PERSON = "/admin/appointments/erasure/"


def looked_at(page, name, found):
    found[name] = axe(page, best_practice=True)
    if scrolls_sideways(page):
        found[name].append(f"scrolls sideways by {scrolls_sideways(page)} px")


@every_look
def test_the_reports_have_no_barrier(signed_in_page, clinic, settings, scheme, width):
    page, found = signed_in_page, {}
    settings.PURGE_FUSE_PERCENT = settings.PURGE_NEVER_STOPS_AT = 0
    for number in range(12):
        a_request(name="Petra Private", email="petra@example.org", message=f"Words {number}")
    old = AppointmentRequest.objects.first()
    at = timezone.now() - timedelta(days=40)
    AppointmentRequest.objects.filter(pk=old.pk).update(status="closed", outcome="withdrawn", closed_at=at)
    page.goto("/admin/appointments/appointmentrequest/?status=all")

    page.goto(ACCESS)
    looked_at(page, "questions", found)
    page.get_by_label("Reference").fill("x")
    page.get_by_role("button", name="Show who saw it").click()
    expect(page.get_by_text("A reference has 8 letters")).to_be_visible()
    looked_at(page, "a question with a mistake", found)
    page.get_by_label("Reference").fill(old.reference)
    page.get_by_role("button", name="Show who saw it").click()
    expect(page.get_by_role("heading", name=f"Who saw {old.reference}")).to_be_visible()
    looked_at(page, "who saw it", found)
    page.goto(ACCESS)
    page.get_by_role("button", name="Show what they saw").click()
    expect(page.get_by_text("newest first")).to_be_visible()
    looked_at(page, "what they saw", found)
    page.goto(REMOVALS)
    expect(page.get_by_text("A run stops itself now")).to_be_visible()
    looked_at(page, "removals", found)
    page.goto(PERSON)
    page.get_by_label("Phone number, e-mail").fill("petra@example.org")
    page.get_by_role("button", name="Find their requests").click()
    expect(page.get_by_text(old.reference)).to_be_visible()
    looked_at(page, "a person", found)
    page.get_by_role("button", name="Show it for printing").click()
    expect(page.get_by_role("heading", name="All that we hold")).to_be_visible()
    looked_at(page, "printout", found)

    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_person_is_erased_by_keyboard(signed_in_page, clinic):
    page = signed_in_page
    a_request(name="Petra Private", email="petra@example.org")
    stays = a_request(name="Somebody Else", phone="+12125550188")
    page.goto(PERSON)

    page.get_by_label("Phone number, e-mail").fill("petra@example.org")
    page.keyboard.press("Enter")
    page.get_by_label("Erase them for good").press("Space")
    page.get_by_role("button", name="Erase", exact=True).press("Enter")

    expect(page.get_by_text("Nothing is left of it.")).to_be_visible()
    assert list(AppointmentRequest.objects.all()) == [stays]
