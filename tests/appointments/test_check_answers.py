"""Between writing and sending: the answers are read back, everything can be changed, and nothing is stored yet."""

import html
import re

import pytest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from appointments.models import AppointmentRequest, RequestCount
from tests import factories

from .conftest import HIDDEN, Browser

URL = "/request/"
CARRIED = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture
def check_page(client, form_page):
    """What the page to check the answers shows for these answers."""

    def shown(**answers):
        return client.post(URL, form_page(client, step=None, **answers))

    return shown


def carried(response):
    """What the page's own button would send."""
    fields = {}
    for name, value in CARRIED.findall(response.content.decode()):
        fields.setdefault(name, []).append(html.unescape(value))
    return fields


def in_words(response):
    page = response.content.decode()
    rows = re.findall(r"<dt>(.*?)</dt>\s*<dd\b[^>]*>(.*?)</dd>", page, re.DOTALL)
    return {question: re.sub(r"<[^>]+>", "", answer) for question, answer in rows}


def test_the_answers_are_read_back_in_plain_words_and_nothing_is_stored(check_page, services):
    response = check_page(
        service=services[1].pk,
        patient_type="returning",
        for_whom="other",
        message="First line\nsecond & last",
        preferred_days=["monday", "friday"],
        best_time_to_call="morning",
        voicemail_ok="on",
    )

    answers = in_words(response)
    assert answers["What is it about?"] == "Injections"
    assert answers["Who is the appointment for?"] == "Someone else"
    assert answers["Have you been to this clinic before?"] == "I have been to this clinic before"
    assert answers["Anything you want to add?"] == "First linesecond &amp; last"
    assert answers["Phone number"] == "(212) 555-0142"
    assert answers["E-mail address"] == "Not given"
    assert answers["Which days suit you?"] == "Monday, Friday"
    assert answers["When is a good time to call you?"] == "Morning"
    assert answers["You may leave a message on my voicemail"] == "Yes"
    assert answers["I would like an interpreter"] == "No"
    assertContains(response, "Nothing is sent yet")
    assert response["Cache-Control"] == "no-store, private"
    assert not AppointmentRequest.objects.exists()
    assert not RequestCount.objects.exists()


def test_every_question_of_the_form_can_be_changed(check_page):
    response = check_page()

    places = re.findall(r'formaction="/request/#(\w+)"', response.content.decode())
    form = response.context["form"]
    shown = [field.name for field in form.visible_fields() if field.name != "website"]
    assert len(places) == len(shown) == 15
    rendered = form.reopened()
    for place in places:
        assert any(f'id="{place}"' in str(rendered[name]) for name in shown), place


def test_sending_the_page_as_it_is_stores_what_was_read_back(client, check_page):
    page = check_page(message="Two\r\nlines", preferred_days=["monday", "friday"])

    response = client.post(URL, carried(page))

    stored = AppointmentRequest.objects.get()
    assertRedirects(response, stored.get_absolute_url(), status_code=303)
    assert (stored.message, stored.preferred_days) == ("Two\nlines", ["monday", "friday"])
    assert client.post(URL, carried(page)).url == response.url
    assert AppointmentRequest.objects.count() == 1


def test_change_opens_the_form_as_it_was_without_complaints(client, check_page):
    page = check_page(
        message="Two & more", preferred_days=["monday", "friday"], voicemail_ok="on", email="a@example.org"
    )

    response = client.post(URL, {**carried(page), "change": "phone"})

    form = response.context["form"]
    assert not form.errors
    assertContains(response, "Two &amp; more")
    assertContains(response, 'value="a@example.org"')
    checked = re.findall(r'name="(\w+)" value="(\w+)"[^>]* checked', response.content.decode())
    assert ("preferred_days", "monday") in checked
    assert ("preferred_days", "friday") in checked
    assertContains(response, f'value="{carried(page)["form_token"][0]}"')
    assert not AppointmentRequest.objects.exists()


def test_the_last_send_checks_everything_again(client, check_page, services):
    page = check_page()
    services[0].active = False
    services[0].save()

    response = client.post(URL, carried(page))

    assertContains(response, "We no longer offer that online")
    assert not AppointmentRequest.objects.exists()


def test_a_mistake_is_met_before_the_answers_are_read_back(check_page):
    response = check_page(name="")

    assertContains(response, "Write the name that we should call you by.")
    assertNotContains(response, "Check your answers</h1>")


def test_the_check_page_of_a_request_that_was_sent_leads_to_its_receipt(client, form_page):
    """Back, and "resend the form?": nothing that was typed comes up again."""
    answers = form_page(client)
    receipt = client.post(URL, answers).url

    for again in ({"step": "check"}, {"change": "name"}):
        assert client.post(URL, {**answers, **again}).url == receipt


def test_a_form_from_a_cache_does_not_lead_a_second_patient_to_the_first_ones_receipt(client, form_page):
    answers = form_page(client)
    client.post(URL, answers)

    response = client.post(URL, {**answers, "name": "Another", "step": "check"})

    assertContains(response, "Another")
    client.post(URL, carried(response))
    assert AppointmentRequest.objects.count() == 2


def test_the_guide_goes_along(client, check_page, services):
    factories.a_published_guide("Fluoroscopy", slug="fluoroscopy", service=services[1])

    page = check_page(guide="fluoroscopy")
    client.post(URL, carried(page))

    assertContains(page, "our guide “Fluoroscopy”")
    assert AppointmentRequest.objects.get().guide_title == "Fluoroscopy"


def test_the_promise_is_the_one_of_the_chosen_service(check_page, services):
    services[1].promise_hours = 80
    services[1].save()

    ordinary, slow = check_page(), check_page(service=services[1].pk)

    assert slow.context["promised_by"] > ordinary.context["promised_by"]


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", '"><b>', "' onclick='x"])
def test_what_was_typed_is_text_on_the_check_page(check_page, payload):
    response = check_page(name=payload, message=payload)

    assertNotContains(response, payload)
    assert carried(response)["name"] == [payload]


def test_a_page_that_failed_on_the_way_leads_back_to_where_it_was(client, form_page):
    """After a page about trouble, the check page is the check page again and the last step the last one."""
    stranger = Browser(csrf=True)
    for step, status in ((None, 200), ("send", 303)):
        answers = form_page(client, message="My words", step=step)
        failed = stranger.post(URL, answers)
        assertContains(failed, "Please send that once more", status_code=403)
        again = dict(HIDDEN.findall(html.unescape(failed.content.decode()))) | {
            name: values for name, values in carried(failed).items() if name != "csrfmiddlewaretoken"
        }
        assert stranger.post(URL, again).status_code == status
    assert AppointmentRequest.objects.get().message == "My words"
