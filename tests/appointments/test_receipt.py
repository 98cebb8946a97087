"""The page a patient lands on, and keeps."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertRedirects

from appointments.models import AppointmentRequest
from tests import factories


def test_the_receipt_shows_reference_and_promise_and_nothing_about_the_patient(client, services):
    stored = factories.a_request(
        name="Quentin Canary",
        phone="+12125550199",
        email="canary@example.org",
        message="Sore",
        service=factories.a_service("Scan", preparation="Wear no metal."),
    )

    response = client.get(stored.get_absolute_url())

    assertContains(response, f"{stored.reference[:4]} {stored.reference[4:]}")
    page = response.content.decode()
    assert not [word for word in ("Canary", "555-0199", "5550199", "canary@", "Sore", "Scan") if word in page]
    assertContains(response, "Wear no metal.")  # the clinic's own words, of which its form says who reads them
    assert response["Cache-Control"] == "no-store, private"
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies


@pytest.mark.parametrize("what", ["booked", "withdrawn", "tried", "overdue"])
def test_once_it_no_longer_says_what_is_so_the_page_of_the_request_does(client, services, staff, what):
    stored = factories.a_request()
    soon = timezone.now() + timedelta(days=1)
    if what == "booked":
        stored.book(by=staff, start=soon, end=soon + timedelta(minutes=30), place="Room 2")
    elif what == "withdrawn":
        stored.withdraw(by=None)
    elif what == "tried":
        stored.record_attempt(by=staff, channel="phone", outcome="no_answer")
    else:
        AppointmentRequest.objects.update(promised_by=timezone.now() - timedelta(minutes=1))

    assertRedirects(client.get(stored.get_absolute_url()), f"/request/status/{stored.secret}/")


@pytest.mark.parametrize("secret", ["x", "a" * 32, "%00", "..", "1"])
def test_a_guessed_receipt_is_not_found(client, services, secret):
    factories.a_request()

    assert client.get(f"/request/sent/{secret}/").status_code == 404


def test_the_reference_opens_nothing(client, services):
    stored = factories.a_request()

    assert client.get(f"/request/sent/{stored.reference}/").status_code == 404
    assert len(AppointmentRequest.objects.get().secret) * 6 >= 128  # bits
