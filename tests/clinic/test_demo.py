import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from appointments import demo as requests_demo
from appointments.models import AppointmentRequest, ContactAttempt, Delivery, Note, StatusChange
from clinic.management.commands import demo
from clinic.models import ClinicProfile
from education.models import GlossaryTerm, Guide, Picture

pytestmark = pytest.mark.django_db


def test_the_demo_is_a_whole_clinic(client):
    password = demo.load()

    requests = AppointmentRequest.objects.all()
    assert set(requests.values_list("status", flat=True)) == set(AppointmentRequest.Status)
    outcomes = set(requests.exclude(outcome="").values_list("outcome", flat=True))
    assert outcomes == set(AppointmentRequest.Outcome)
    assert AppointmentRequest.objects.overdue().exists()
    assert AppointmentRequest.objects.to_contact().filter(promised_by__gt=timezone.now()).count() >= 5
    assert not Guide.objects.filter(live_revision=None).exists()
    assert all(guide.is_sample and guide.last_reviewed is None for guide in Guide.objects.all())
    for term in GlossaryTerm.objects.all():
        term.full_clean()
        assert term.shown_on(), term
    assert not Delivery.objects.in_trouble().filter(state=Delivery.State.FAILED).exists()
    for guide in Guide.objects.all():
        assert client.get(guide.get_absolute_url()).status_code == 200
    assert client.login(username="demo", password=password)
    for appointment_request in requests:
        page = client.get(f"/admin/appointments/appointmentrequest/{appointment_request.pk}/change/")
        assert page.status_code == 200


def test_the_demo_holds_together():
    demo.load()

    for appointment_request in AppointmentRequest.objects.all():
        appointment_request.full_clean()
        received = appointment_request.created_at
        reopened = (
            appointment_request.status_changes.filter(from_status="closed", to_status="new").order_by("at").last()
        )
        promised = reopened.at if reopened else received  # who is opened again is called again
        assert appointment_request.promised_by == ClinicProfile.objects.current().promised_by(promised)
        story = [
            *appointment_request.status_changes.values_list("at", flat=True),
            *appointment_request.attempts.values_list("at", flat=True),
            *appointment_request.notes.values_list("at", flat=True),
        ]
        assert all(received <= at <= timezone.now() for at in story), appointment_request.name
        times = [appointment_request.first_attempt_at, appointment_request.contacted_at, appointment_request.closed_at]
        assert all(received <= at <= timezone.now() for at in times if at), appointment_request.name
        steps = list(appointment_request.status_changes.order_by("at", "pk"))
        assert [step.to_status for step in steps[:-1]] == [step.from_status for step in steps[1:]]
        assert "555-01" in appointment_request.phone.replace("+1212555", "555-") or not appointment_request.phone
        assert appointment_request.email.endswith("@example.org") or not appointment_request.email
    assert Picture.objects.count() >= 6
    assert ContactAttempt.objects.count() > 15
    assert Note.objects.exists()
    assert StatusChange.objects.filter(from_status="closed", to_status="new").exists()


def test_the_demo_leaves_a_clinic_alone(clinic):
    with pytest.raises(CommandError, match="holds a clinic already"):
        call_command("demo")

    assert ClinicProfile.objects.get().name == "Test Clinic"
    assert not get_user_model().objects.exists()


def test_the_demo_refuses_a_production_site(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="production"):
        call_command("demo")


def test_a_demo_that_breaks_off_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(requests_demo, "RECIPIENTS", [("One", "same@example.org"), ("Two", "same@example.org")])

    with pytest.raises(Exception, match=r"(?i)unique"):
        demo.load()

    assert demo.is_empty()
    assert not get_user_model().objects.exists()


def test_the_password_is_the_one_that_was_named(settings):
    settings.DEMO_PASSWORD = "a password of my own"
    assert demo.give_account() == ""
    user = get_user_model().objects.get(username="demo")
    assert user.check_password("a password of my own")

    settings.DEMO_PASSWORD = "another password"
    demo.renew_password()
    user.refresh_from_db()
    assert user.check_password("another password")

    settings.DEMO_PASSWORD = ""
    demo.renew_password()
    user.refresh_from_db()
    assert user.check_password("another password")
