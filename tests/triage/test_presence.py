"""Who else has a request open, and how long a claim holds."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments.models import AccessEvent, AppointmentRequest, Presence
from tests.factories import a_request, a_user

from .pages import action, detail


@pytest.fixture
def appointment_request(clinic):
    return a_request(name="Petra Private")


@pytest.fixture
def rosa(client, clinic):
    browser = client.__class__()
    browser.force_login(a_user("rosa", first_name="Rosa"))
    return browser


def test_each_sees_that_the_other_looks(staff_client, rosa, appointment_request):
    assertNotContains(rosa.get(detail(appointment_request)), "open, too")

    page = staff_client.get(detail(appointment_request))

    assertContains(page, "<strong>Rosa</strong> has this open, too")
    assertContains(rosa.get(detail(appointment_request)), "<strong>staff</strong> has this open, too")


def test_who_has_gone_is_forgotten_after_two_minutes(staff_client, rosa, appointment_request):
    rosa.get(detail(appointment_request))
    Presence.objects.update(seen_at=timezone.now() - timedelta(minutes=2, seconds=1))

    assertNotContains(staff_client.get(detail(appointment_request)), "open, too")
    Presence.forget_old()
    assert [presence.user.username for presence in Presence.objects.all()] == ["staff"]


def test_somebody_at_another_request_is_not_in_the_way(staff_client, rosa, appointment_request):
    rosa.get(detail(a_request()))

    assertNotContains(staff_client.get(detail(appointment_request)), "open, too")


def test_an_open_page_asks_again_and_hears_of_changes(staff_client, staff, rosa, appointment_request):
    rosa.get(detail(appointment_request))
    looks = AccessEvent.objects.count()

    first = staff_client.post(action(appointment_request, "here")).json()
    appointment_request.waitlist(by=staff)
    second = staff_client.post(action(appointment_request, "here")).json()

    assert first == {"others": ["Rosa"], "version": 1}
    assert second == {"others": ["Rosa"], "version": 2}
    assert AccessEvent.objects.count() == looks, "it shows nothing of the patient, so it is no look"
    assertContains(rosa.get(detail(appointment_request)), "<strong>staff</strong> has this open, too")


def test_asking_needs_a_post_and_the_right_to_look(staff_client, client, appointment_request):
    assert staff_client.get(action(appointment_request, "here")).status_code == 405
    assert staff_client.post(action(AppointmentRequest(pk=0), "here")).status_code == 404
    client.force_login(a_user(superuser=False))
    assert client.post(action(appointment_request, "here")).status_code == 403
    assert not Presence.objects.exists()


def test_a_claim_says_how_long_it_holds(staff_client, staff, appointment_request):
    appointment_request.claim(by=staff)

    page = staff_client.get(detail(appointment_request))

    assertContains(page, "Yours until")
    assertContains(page, "minutes left")


def test_a_claim_that_ran_out_says_so_to_who_held_it(staff_client, rosa, staff, appointment_request):
    appointment_request.claim(by=staff)
    AppointmentRequest.objects.update(claimed_until=timezone.now() - timedelta(minutes=1))

    assertContains(staff_client.get(detail(appointment_request)), "Your claim ran out")
    page = rosa.get(detail(appointment_request))
    assertNotContains(page, "Your claim ran out")
    assertContains(page, "Free.")
