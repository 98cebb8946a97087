"""What looks like spam is tagged: stored and answered like any other, and nobody gets a mail about it."""

import uuid
from datetime import timedelta

import pytest
from django.db.models import F
from pytest_django.asserts import assertContains

from appointments import intake, spam
from appointments.models import AppointmentRequest, Delivery, RequestCount
from tests import factories

from .conftest import Browser

URL = "/request/"
LIKE_A_PATIENT = {"words": "My knee hurts", "trap": "", "open_for": timedelta(minutes=2), "busy": False, "repeats": 0}


@pytest.mark.parametrize(
    "sign",
    [
        {},
        {"words": "See https://example.org for my scan"},
        {"words": "<b>bold</b> e.g. www is slow; url: none"},
        {"open_for": timedelta(seconds=3)},
        {"open_for": -timedelta(minutes=5)},  # the clock was set back
        {"repeats": spam.MOST_REPEATS - 1},
    ],
)
def test_a_patient_is_no_suspect(sign):
    assert spam.reasons(**{**LIKE_A_PATIENT, **sign}) == []


@pytest.mark.parametrize(
    ("sign", "word"),
    [
        ({"trap": "x"}, "cannot see"),
        ({"open_for": timedelta(seconds=2.9)}, "three seconds"),
        ({"busy": True}, "same connection"),
        ({"words": "https://a.example and HTTP://b.example"}, "links"),
        ({"words": "www.a.example www.b.example"}, "links"),
        ({"words": "[URL=a]b[/url]"}, "links"),
        ({"repeats": spam.MOST_REPEATS}, "same words"),
    ],
)
def test_each_sign_is_said_in_words(sign, word):
    [reason] = spam.reasons(**{**LIKE_A_PATIENT, **sign})
    assert word in reason


def suspects():
    return AppointmentRequest.objects.filter(suspected_spam=True)


@pytest.mark.parametrize(
    "like_spam",
    [
        {"website": "https://example.org"},
        {"message": "Buy https://a.example https://b.example"},
        {"form_token": "fresh"},
    ],
)
def test_a_suspect_is_stored_and_answered_like_any_other_and_nobody_gets_a_mail(client, form_page, like_spam):
    if like_spam.get("form_token"):
        like_spam = {"form_token": factories.a_form_token(timedelta())}

    response = client.post(URL, form_page(client, email="pat@example.org", **like_spam))

    stored = AppointmentRequest.objects.get()
    assert (response.status_code, response.url) == (303, stored.get_absolute_url())
    assertContains(client.get(response.url), "We have your request")
    assert stored.suspected_spam
    assert len(stored.spam_reasons) == 1
    assert stored.status_changes.count() == 1
    assert not Delivery.objects.exists()


def test_the_hidden_field_is_there_for_programs_alone(client, services):
    page = client.get(URL).content.decode()

    assert '<div class="visually-hidden" aria-hidden="true"><label for="id_website">' in page
    assert 'name="website" tabindex="-1" autocomplete="off"' in page


def test_more_than_five_in_ten_minutes_or_twenty_a_day_are_suspected_and_one_patient_is_not(form_page, settings):
    house, other = Browser(), Browser()
    for number in range(7):
        house.post(URL, form_page(house, name=f"Patient {number}"))
    other.post(URL, form_page(other, name="Neighbor"))

    assert list(suspects().order_by("pk").values_list("name", flat=True)) == ["Patient 5", "Patient 6"]

    settings.REQUESTS_PER_TEN_MINUTES_SUSPECTED = 1000
    for number in range(7, 22):
        house.post(URL, form_page(house, name=f"Patient {number}"))
    assert list(suspects().order_by("pk").values_list("name", flat=True)[2:]) == ["Patient 20", "Patient 21"]


def test_an_impatient_patient_is_no_crowd(client, form_page):
    """Ten clicks, and ten tries with a mistake, are one request."""
    answers = form_page(client)
    for _ in range(10):
        client.post(URL, {**answers, "name": ""})
        client.post(URL, answers)

    assert sum(RequestCount.objects.values_list("sent", flat=True)) == 1
    client.post(URL, form_page(client, name="Their child"))
    assert not suspects().exists()


def test_the_same_words_from_many_are_suspected_and_short_ones_are_not(form_page):
    words = "Please call me about your website"
    for number in range(spam.MOST_REPEATS + 1):
        for message in (words, "X-ray please"):
            patient = Browser()
            patient.post(URL, form_page(patient, name=f"Patient {number}", message=message))

    assert [request.message for request in suspects()] == [words]


def test_the_same_words_of_long_ago_count_for_nothing(form_page):
    words = "Please call me about my left knee"

    def send():
        patient = Browser()
        patient.post(URL, form_page(patient, message=words))

    for _ in range(spam.MOST_REPEATS):
        send()
    RequestCount.objects.update(began=F("began") - timedelta(hours=1))
    send()
    assert not suspects().exists()

    RequestCount.objects.update(began=F("began") + timedelta(minutes=59))
    send()
    assert suspects().exists()


def test_what_may_be_an_emergency_waits_for_no_decision(clinic):
    factories.a_recipient()
    fields = factories.request_fields(message="I have chest pain")

    stored = intake.receive(fields, form_token=uuid.uuid4(), spam_reasons=["It came from a busy connection."])

    assert stored.read_first
    assert not stored.suspected_spam
    assert stored.spam_reasons
    assert stored.deliveries.count() == 1
