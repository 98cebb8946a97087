"""What a page that shows a patient is told, so that it goes from a screen that nobody sits at; tests/browser/test_unattended.py sees it go."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertRedirects

from appointments.models import AppointmentRequest
from tests.factories import a_request
from tests.triage.pages import DESK, LIST, SEARCH, detail, same, take

from .people import OWN, sign_in, somebody
from .routes import Samples
from .table import table

STILL_HERE = "/admin/still-here/"
PERSON = reverse("admin:appointments_erasure_changelist")
NAME = "Zephyrine"
MARK = '<meta name="shows-patient"'


@pytest.fixture
def named(clinic):
    samples = Samples()
    AppointmentRequest.objects.update(name=f"{NAME} Sample", phone="+12125550188")
    samples.request = AppointmentRequest.objects.get(pk=samples.objects["appointments/appointmentrequest"].pk)
    return samples


def answers_to_forms(client, samples):
    """{what: page} of those that a form leads to."""
    request, other = samples.request, a_request(name=f"{NAME} Sample")
    whose = {"q": request.reference, "request": [str(request.pk)]}
    return {
        "search": client.post(SEARCH, {"q": NAME}),
        "side by side": client.get(same(request, other)),
        "a person's requests": client.post(PERSON, {**whose, "do": "find"}),
        "not sure": client.post(PERSON, {**whose, "do": "erase"}),
        "printout": client.post(PERSON, {**whose, "do": "print"}),
        "not saved": take(client, request, "attempt"),
        "changed meanwhile": take(client, request, "waitlist", version=99),
    }


def test_each_page_that_shows_a_patient_says_so(staff_client, named):
    pages = {samples_address: staff_client.get(samples_address) for samples_address in addresses(named)}
    pages |= answers_to_forms(staff_client, named)
    shows = {what for what, page in pages.items() if not page.streaming and NAME in page.content.decode()}

    assert shows >= {detail(named.request), *answers_to_forms(staff_client, named)}
    assert not shows & {DESK, LIST}
    assert [what for what in shows if MARK not in pages[what].content.decode()] == []
    assert MARK not in pages[LIST].content.decode() and MARK not in pages[DESK].content.decode()


def addresses(samples):
    return [samples.address(route) for route, methods in table().items() if route.startswith("admin/")]


def test_it_goes_when_the_sign_in_does_and_without_javascript_a_minute_later(staff_client, settings, named):
    page = staff_client.get(detail(named.request))
    assertContains(page, 'data-idle="900"')
    assertContains(page, f'content="960;url=/admin/login/?next={detail(named.request)}"')

    settings.SESSION_COOKIE_AGE = 300
    page = staff_client.get(detail(named.request))
    assertContains(page, 'data-idle="300"')
    assertContains(page, 'content="360;url=')


def test_words_that_came_back_count_as_typed(staff_client, named):
    assertContains(staff_client.get(detail(named.request)), f'{MARK} content="">')
    assertContains(take(staff_client, named.request, "attempt"), f'{MARK} content="typed">', status_code=422)


# Is the same person still here? --------------------------------------------------------------------------------------


def test_who_is_signed_in_is_told_to_themselves_alone(client, db, settings):
    person = somebody("Triage")
    assert client.get(STILL_HERE)["Location"].startswith("/admin/login/")
    sign_in(client, person)

    answer = client.get(STILL_HERE)

    assert answer.json()["person"] == str(person.pk)
    assert "no-store" in answer["Cache-Control"]
    settings.SECOND_FACTOR_REQUIRED = True
    assertRedirects(client.get(STILL_HERE), OWN)


def test_its_token_sends_a_form(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(somebody("Triage"))
    request = a_request()
    sent = {"version": request.version, "shown_at": timezone.now().isoformat(), "text": "A note"}
    address = f"/admin/appointments/appointmentrequest/{request.pk}/step/note/"
    assert client.post(address, sent).status_code == 403

    client.post(address, {**sent, "csrfmiddlewaretoken": client.get(STILL_HERE).json()["token"]})

    assert request.notes.get().text == "A note"


def test_asking_keeps_no_sign_in(client, db):
    sign_in(client, somebody("Triage"))
    client.get(OWN)
    session = client.session
    session["seen"] = 0
    session.save()
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=2))

    assert client.get(STILL_HERE, headers={"x-by-itself": "1", "sec-fetch-mode": "cors"}).status_code == 200

    assert Session.objects.get().expire_date < timezone.now() + timedelta(minutes=3)
