"""When the time of a booked appointment has passed: it took place, or the patient did not come."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments import bookings
from appointments.models import AppointmentRequest, Delivery, StepNotAllowed
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def booked_for(clinic, staff):
    """`booked_for(days_ago=2)`: a request whose appointment was then."""

    def booked(days_ago):
        request = factories.a_request(email="pat@example.org")
        soon = timezone.now() + timedelta(days=1)
        request.book(by=staff, start=soon, end=soon + timedelta(minutes=30), place="Room 2")
        start = timezone.now() - timedelta(days=days_ago)
        AppointmentRequest.objects.filter(pk=request.pk).update(start=start, end=start + timedelta(minutes=30))
        request.refresh_from_db()
        return request

    return booked


@pytest.mark.parametrize(("verb", "outcome"), [("close_fulfilled", "fulfilled"), ("close_noshow", "noshow")])
def test_staff_say_what_became_of_it_and_the_patient_is_not_written_to(booked_for, staff, verb, outcome):
    request = booked_for(days_ago=1)
    Delivery.objects.all().delete()

    getattr(request, verb)(by=staff)

    assert (request.status, request.outcome) == ("closed", outcome)
    assert request.closed_at and request.start
    assert not request.was_called_off
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("verb", ["close_fulfilled", "close_noshow"])
def test_nothing_has_taken_place_before_its_time_or_without_a_booking(booked_for, staff, verb):
    for request in (booked_for(days_ago=-2), factories.a_request()):
        with pytest.raises(StepNotAllowed, match="whose time has come"):
            getattr(request, verb)(by=staff)


def test_what_nobody_closes_is_closed_after_a_week_and_the_history_says_by_whom(booked_for, staff):
    over, lately, ahead = booked_for(days_ago=8), booked_for(days_ago=6), booked_for(days_ago=-1)

    assert bookings.close_old_ones() == 1
    assert bookings.close_old_ones() == 0

    over.refresh_from_db()
    last = over.status_changes.last()
    assert (over.outcome, last.by, last.author) == ("fulfilled", None, "the site")
    assert "Nobody said otherwise" in last.reason
    for request in (lately, ahead):
        request.refresh_from_db()
        assert request.status == "booked"


def test_past_bookings_are_counted_on_the_desk_and_closed_in_two_clicks(staff_client, booked_for):
    over = booked_for(days_ago=1)
    detail = reverse("admin:appointments_appointmentrequest_change", args=[over.pk])

    assertContains(staff_client.get(reverse("admin:index")), "<strong>1</strong> Over, not closed")
    page = staff_client.get(detail)
    assertContains(page, "Close: it took place")
    step = reverse("admin:appointments_appointmentrequest_step", args=[over.pk, "took-place"])
    staff_client.post(step, {"version": over.version, "shown_at": timezone.now().isoformat()})

    over.refresh_from_db()
    assert over.outcome == "fulfilled"
    assertNotContains(staff_client.get(reverse("admin:index")), "Over, not closed")


def test_a_booking_ahead_offers_no_end_that_is_not_known_yet(staff_client, booked_for):
    detail = reverse("admin:appointments_appointmentrequest_change", args=[booked_for(days_ago=-2).pk])

    assertNotContains(staff_client.get(detail), "it took place")
