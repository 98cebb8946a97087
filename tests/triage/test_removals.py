"""The page of what goes because of its age."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments.models import AccessEvent, AppointmentRequest, PurgeRun
from tests.factories import a_request, a_user

PAGE = reverse("admin:appointments_purgerun_changelist")


@pytest.fixture
def old(clinic):
    row = a_request(name="Petra Private", message="Words")
    at = timezone.now() - timedelta(days=60)
    AppointmentRequest.objects.filter(pk=row.pk).update(status="closed", outcome="withdrawn", closed_at=at)
    return row


def test_the_page_shows_what_is_due_and_records_that_it_did(staff_client, staff, old):
    page = staff_client.get(PAGE)

    assertContains(page, "The words go after 30 days")
    assertContains(page, old.reference)
    assertNotContains(page, "Petra")
    assert list(AccessEvent.objects.values_list("action", "reference", "step")) == [("list", old.reference, "removals")]


def test_a_run_by_hand_is_named_in_the_list(staff_client, old):
    page = staff_client.post(PAGE, follow=True)

    assertContains(page, "What was due is removed.")
    assertContains(page, "<td>staff</td><td>0</td><td>1</td><td>0</td><td>0</td>", html=False)
    old.refresh_from_db()
    assert old.message == ""


def test_a_run_that_stops_goes_on_only_when_somebody_says_so(staff_client, old, settings):
    settings.PURGE_FUSE_PERCENT = settings.PURGE_NEVER_STOPS_AT = 0

    assertContains(staff_client.get(PAGE), "A run stops itself now")
    assertContains(staff_client.post(PAGE, follow=True), "Nothing was removed. It would remove something from 1 of 1")
    old.refresh_from_db()
    assert old.message
    staff_client.post(PAGE, {"go_on": "yes"})
    old.refresh_from_db()
    assert old.message == ""


def test_without_the_permission_nobody_sees_or_runs_it(client, old):
    clerk = a_user(superuser=False)
    clerk.user_permissions.add(Permission.objects.get(codename="triage_appointmentrequest"))
    client.force_login(clerk)
    assert client.get(PAGE).status_code == client.post(PAGE).status_code == 403

    clerk.user_permissions.add(Permission.objects.get(codename="view_purgerun"))
    assertNotContains(client.get(PAGE), "Remove what is due now")
    assert client.post(PAGE).status_code == 403
    assert not PurgeRun.objects.exists()


def test_what_cannot_be_recorded_is_not_shown(staff_client, old, events_cannot_be_written):
    assertNotContains(staff_client.get(PAGE), old.reference, status_code=503)
