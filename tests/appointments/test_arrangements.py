"""Who sends a request meets the clinic as staff had arranged it three seconds ago at most; whoever looks at the form, as it is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains

from appointments.arrangements import Arrangements
from appointments.models import AppointmentRequest

URL = "/request/"


@pytest.fixture(autouse=True)
def memory(settings, monkeypatch):
    """As on the real site, with a longer hold: `memory()` ends it."""
    settings.ARRANGEMENTS_HOLD_FOR = 600

    def end():
        monkeypatch.setattr(Arrangements, "_read_at", float("-inf"))

    end()
    return end


def test_what_staff_change_holds_seconds_later_and_at_once_for_those_who_look(client, clinic, form_page, memory):
    answers = form_page(client)
    assert client.post(URL, answers).status_code == 303
    clinic.paused = True
    clinic.save()

    assert client.get(URL).status_code == 503
    assert client.post(URL, {**answers, "name": "In those seconds"}).status_code == 303
    memory()
    assert client.post(URL, {**answers, "name": "Seconds later"}).status_code == 503


def test_a_request_is_taken_in_at_a_known_price(client, form_page, memory):
    """The first one that finds the copy too old reads profile, hours, closures, services, and three tables for who is told."""
    answers = form_page(client, message="My knee hurts when I walk")
    prices = []
    for name in ("First", "Second"):
        with CaptureQueriesContext(connection) as asked:
            assert client.post(URL, {**answers, "name": name}).status_code == 303
        statements = [query["sql"].split()[0] for query in asked]
        prices.append(sum(word in ("SELECT", "INSERT") for word in statements))

    assert prices == [13, 6]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["service", "recipient"])
def test_what_is_deleted_in_that_second_costs_the_patient_one_more_click(client, form_page, services, memory, what):
    answers = form_page(client, message="Two words & more", service=services[1].pk)
    other = form_page(client)
    client.post(URL, other)
    AppointmentRequest.objects.all().delete()
    if what == "service":
        services[1].delete()
    else:
        Arrangements().rota.active[0].delete()

    response = client.post(URL, answers)
    assertContains(response, "Something at the clinic has just changed")
    assertContains(response, "Two words &amp; more")
    assert not AppointmentRequest.objects.exists()

    memory()
    if what == "service":
        assertContains(client.post(URL, answers), "We no longer offer that online")
        answers["service"] = services[0].pk
    assert client.post(URL, answers).status_code == 303
    assert AppointmentRequest.objects.get().deliveries.count() == (2 if what == "service" else 1)
