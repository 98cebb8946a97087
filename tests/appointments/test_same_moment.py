"""One moment, wherever it is said: on the receipt, in both mails, on the patient's page and on the desk."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains

from appointments import deliveries
from appointments.models import AppointmentRequest
from clinic.hours import add_opening_time
from clinic.models import ClinicProfile, OpeningHours, clinic_calendar
from clinic.templatetags.clinic import moment, near
from tests.triage.pages import LIST, detail

from .test_status_page import address


@pytest.fixture
def with_a_lunch_break(clinic):
    OpeningHours.objects.all().delete()
    halves = [("08:30", "12:15"), ("13:45", "17:30")]
    OpeningHours.objects.bulk_create(
        OpeningHours(weekday=day, opens=opens, closes=closes) for day in range(7) for opens, closes in halves
    )


def test_the_same_moment_stands_everywhere(with_a_lunch_break, client, form_page, staff_client, mailoutbox):
    client.post("/request/", form_page(client, email="pat@example.org"))
    stored = AppointmentRequest.objects.get()
    deliveries.sweep()

    hours = timedelta(hours=ClinicProfile.objects.current().promise_hours)
    promised = add_opening_time(clinic_calendar(), stored.created_at, hours)
    assert stored.promised_by == promised
    said = moment(promised)
    for page in (stored.get_absolute_url(), address(stored)):
        assertContains(client.get(page), said)
    assert {tuple(mail.to) for mail in mailoutbox} > {("pat@example.org",)}
    for mail in mailoutbox:
        assert said in mail.body
    for page in (detail(stored), LIST):
        assertContains(staff_client.get(page), "opening hour")
    assertContains(staff_client.get(detail(stored)), f"contact by {near(promised)}")
    assert timezone.localtime(promised) == promised
