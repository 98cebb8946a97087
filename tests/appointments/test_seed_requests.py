"""Fictional requests by the thousand: whole as real ones, and never among real ones."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from appointments.management.commands.worker import NO_REQUEST_YET
from appointments.models import AppointmentRequest, ContactAttempt, Delivery, SearchEntry, StatusChange
from appointments.search import find
from clinic import demo
from clinic.models import Service
from tests import factories


def seed(number, **options):
    call_command("seed_requests", number, stdout=StringIO(), **options)


@pytest.fixture
def demo_clinic(db):
    demo.load()
    factories.a_recipient()


def test_they_are_whole_and_people_who_do_not_exist(demo_clinic):
    seed(400)

    requests = AppointmentRequest.objects.all()
    assert len(requests) == 400
    for request in requests[:40]:
        request.full_clean()
    for request in requests:
        assert request.phone.startswith("+121255501") or request.email.endswith("@example.org")
        assert request.created_at < request.promised_by
        assert request.status_changes.last().to_status == request.status
        assert bool(request.first_attempt_at) == request.attempts.exists()
    assert {request.status for request in requests} == set(AppointmentRequest.Status.values)
    assert Delivery.objects.filter(state="accepted").count() == 400
    assert Delivery.objects.undelivered().count() == 0
    assert not SearchEntry.objects.missing(below=NO_REQUEST_YET).exists()
    assert requests[7].pk in find(requests[7].reference, 1).requests


def test_a_real_request_finds_its_place_after_them(demo_clinic):
    seed(50)
    seed(50)

    factories.a_request(service=Service.objects.first())

    assert AppointmentRequest.objects.count() == 101
    assert StatusChange.objects.values("request").distinct().count() == 101


def test_their_phone_numbers_are_those_kept_for_fiction(demo_clinic):
    seed(200)

    numbers = AppointmentRequest.objects.exclude(phone="").values_list("phone", flat=True)
    assert {number[:-2] for number in numbers} == {"+121255501"}
    assert not ContactAttempt.objects.exclude(address__startswith="+121255501").exclude(
        address__endswith="@example.org"
    )


def test_a_production_site_refuses_them(demo_clinic, settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="production"):
        seed(1, yes_fictional=True)


def test_a_clinic_that_is_not_the_demo_refuses_them_unless_told_that_it_is_fictional(clinic):
    factories.a_service()

    with pytest.raises(CommandError, match="not the demo"):
        seed(1)
    assert not AppointmentRequest.objects.exists()

    seed(1, yes_fictional=True)
    assert AppointmentRequest.objects.count() == 1


def test_without_services_it_says_what_to_do(clinic):
    with pytest.raises(CommandError, match=r"manage\.py demo"):
        seed(1, yes_fictional=True)
