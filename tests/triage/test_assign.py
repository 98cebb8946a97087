"""A lead gives a request to a colleague."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from appointments.models import AppointmentRequest, ChangedMeanwhile, StepNotAllowed
from tests.factories import a_request, a_user


@pytest.fixture
def row(clinic):
    return a_request()


@pytest.fixture
def colleague(db):
    user = a_user(superuser=False, first_name="Rosa")
    user.user_permissions.add(Permission.objects.get(codename="triage_appointmentrequest"))
    return user


def test_it_is_theirs_for_four_hours_whoever_held_it(row, staff, colleague):
    row.claim(by=a_user())

    row.assign(by=staff, to=colleague)

    assert row.assigned_to == colleague and row.claim_holds
    assert timedelta(hours=3, minutes=59) < row.claimed_until - timezone.now() <= timedelta(hours=4)
    assert row.status == "new"


def test_it_is_free_again_when_nobody_acts(row, staff, colleague):
    row.assign(by=staff, to=colleague)
    AppointmentRequest.objects.update(claimed_until=timezone.now() - timedelta(minutes=1))

    row.claim(by=staff)

    assert row.assigned_to == staff


def test_a_lead_gives_away_what_they_hold(row, staff, colleague):
    row.claim(by=staff)
    row.assign(by=staff, to=colleague)

    assert row.assigned_to == colleague


@pytest.mark.parametrize("facts", [{"is_active": False}, {"is_staff": False}])
def test_nobody_gets_it_who_cannot_act_on_it(row, staff, colleague, facts):
    type(colleague).objects.filter(pk=colleague.pk).update(**facts)

    with pytest.raises(StepNotAllowed, match="does not triage"):
        row.assign(by=staff, to=type(colleague).objects.get(pk=colleague.pk))
    with pytest.raises(StepNotAllowed, match="does not triage"):
        row.assign(by=staff, to=a_user(superuser=False))


def test_a_closed_request_is_nobodys(row, staff, colleague):
    row.mark_spam(by=staff)

    with pytest.raises(StepNotAllowed, match="closed"):
        row.assign(by=staff, to=colleague)


def test_of_two_who_assign_at_once_one_is_told(row, staff, colleague):
    seen_by_another = AppointmentRequest.objects.get()
    row.assign(by=staff, to=colleague)

    with pytest.raises(ChangedMeanwhile):
        seen_by_another.assign(by=staff, to=staff)
    assert AppointmentRequest.objects.get().assigned_to == colleague
