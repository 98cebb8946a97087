"""The patient's details corrected, and a request kept from being removed: steps like all others."""

import pytest
from django.contrib.auth.models import Permission
from pytest_django.asserts import assertContains, assertNotContains

from appointments.models import AccessEvent, AppointmentRequest, StepNotAllowed
from tests.factories import a_request, a_user

from .pages import detail, take


@pytest.fixture
def appointment_request(clinic):
    return a_request(name="Petra Privat", email="petra@example.org", language="Spanish")


def as_it_is(appointment_request, **typed):
    known = {name: getattr(appointment_request, name) for name in AppointmentRequest.CORRECTABLE}
    return {name: value for name, value in {**known, **typed}.items() if value}


def test_a_correction_is_saved_and_the_old_value_is_nowhere(staff_client, staff, appointment_request):
    typed = as_it_is(appointment_request, name="Petra Private", phone="(212) 555-0177", needs_interpreter="on")

    taken = take(staff_client, appointment_request, "correct", **typed)

    assert taken.status_code == 302
    appointment_request.refresh_from_db()
    assert (appointment_request.name, appointment_request.phone) == ("Petra Private", "+12125550177")
    assert appointment_request.needs_interpreter is True
    change = appointment_request.status_changes.last()
    assert change.reason == "Corrected: name to call you by, phone, interpreter"
    assert (change.by, change.to_status) == (staff, "new")
    event = AccessEvent.objects.get(action="change")
    assert (event.step, event.reference) == ("correct", appointment_request.reference)
    page = staff_client.get(detail(appointment_request))
    assertContains(page, "Corrected: name")
    assertNotContains(page, "Petra Privat<")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": ""}, "Write the name"),
        ({"phone": "", "email": ""}, "so that we can contact you"),
        ({"phone": "12"}, "It seems too short"),
        ({"email": "petra"}, "valid email"),
        ({}, "Nothing is different"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_and_keeps_what_was_typed(
    staff_client, appointment_request, typed, said
):
    refused = take(staff_client, appointment_request, "correct", **as_it_is(appointment_request, **typed))

    assertContains(refused, said, status_code=422)
    for word in typed.values():
        assertContains(refused, f'value="{word}"' if word else "", status_code=422)
    appointment_request.refresh_from_db()
    assert (appointment_request.name, appointment_request.version) == ("Petra Privat", 1)


def test_a_correction_of_what_somebody_else_corrected_is_a_conflict(staff_client, appointment_request):
    AppointmentRequest.objects.get(pk=appointment_request.pk).correct(by=a_user(), name="Petra Prévost")

    stale = take(staff_client, appointment_request, "correct", **as_it_is(appointment_request, name="Petra Private"))

    assert stale.status_code == 409
    appointment_request.refresh_from_db()
    assert appointment_request.name == "Petra Prévost"


def test_nothing_else_can_be_corrected(staff, appointment_request):
    with pytest.raises(TypeError):
        appointment_request.correct(by=staff, message="Other words")


def test_a_hold_needs_permission_and_a_reason(client, appointment_request):
    clerk = a_user(superuser=False)
    clerk.user_permissions.add(Permission.objects.get(codename="triage_appointmentrequest"))
    client.force_login(clerk)
    assert take(client, appointment_request, "hold", reason="A complaint").status_code == 403

    clerk.user_permissions.add(Permission.objects.get(codename="hold_appointmentrequest"))
    assert take(client, appointment_request, "hold", reason="").status_code == 422
    assert take(client, appointment_request, "hold", reason="A complaint").status_code == 302
    appointment_request.refresh_from_db()
    assert appointment_request.on_hold
    assertContains(client.get(detail(appointment_request)), "On hold: A complaint")

    assert take(client, appointment_request, "lift-hold", reason="Settled").status_code == 302
    appointment_request.refresh_from_db()
    assert not appointment_request.on_hold


def test_nothing_is_done_any_more_with_a_request_whose_patient_is_not_known(staff_client, staff, appointment_request):
    AppointmentRequest.objects.filter(pk=appointment_request.pk).update(
        status="closed",
        outcome="withdrawn",
        closed_at=appointment_request.created_at,
        words_removed_at=appointment_request.created_at,
        anonymized_at=appointment_request.created_at,
        name="",
        phone="",
        email="",
    )
    appointment_request.refresh_from_db()

    page = staff_client.get(detail(appointment_request))
    assertContains(page, "Whose request this was is not known any more")
    assert page.context["steps"] == {}
    with pytest.raises(StepNotAllowed):
        appointment_request.reopen(by=staff, reason="Why not")
    for slug, typed in (("reopen", {"reason": "Why not"}), ("attempt", {"channel": "phone", "outcome": "busy"})):
        assert take(staff_client, appointment_request, slug, **typed).status_code == 422
