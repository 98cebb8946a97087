"""The page a patient lands on, and keeps."""

import pytest
from pytest_django.asserts import assertContains

from appointments.models import AppointmentRequest
from tests import factories


def test_the_receipt_shows_reference_and_promise_and_nothing_about_the_patient(client, services):
    stored = factories.a_request(
        name="Quentin Canary", phone="+12125550199", email="canary@example.org", message="Sore"
    )

    response = client.get(stored.get_absolute_url())

    assertContains(response, f"{stored.reference[:4]} {stored.reference[4:]}")
    page = response.content.decode()
    assert not [word for word in ("Canary", "555-0199", "5550199", "canary@", "Sore", "Imaging") if word in page]
    assert response["Cache-Control"] == "no-store, private"
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies


@pytest.mark.parametrize("secret", ["x", "a" * 32, "%00", "..", "1"])
def test_a_guessed_receipt_is_not_found(client, services, secret):
    factories.a_request()

    assert client.get(f"/request/sent/{secret}/").status_code == 404


def test_the_reference_opens_nothing(client, services):
    stored = factories.a_request()

    assert client.get(f"/request/sent/{stored.reference}/").status_code == 404
    assert len(AppointmentRequest.objects.get().secret) * 6 >= 128  # bits
