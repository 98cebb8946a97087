"""Words that may mean an emergency: found however they are written, shown to the patient, put first for staff."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.asserts import assertContains, assertNotContains

from appointments.models import AppointmentRequest
from appointments.warnings import found
from clinic.models import WARNING_PHRASES

URL = "/request/"
URGENT = "Do you need help now?"


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("I have CHEST   pain!", "chest pain"),
        ("chest\npain since noon", "chest pain"),
        ("chest-pain", "chest pain"),
        ("chest pains", "chest pain"),
        ("I can’t breathe", "can't breathe"),
        ("i cant breathe", "can't breathe"),
        ("can`t breathe", "can't breathe"),
        ("Tengo dolor de corazon", "dolor de corazón"),
        ("Dolor de corazo\u0301n", "dolor de corazon"),
        ("Ich kann nicht schlie\u00dfen", "schliessen"),
        ("\uff23hest pain", "chest pain"),
        ("stroke?", "stroke"),
        ("我现在胸痛得很厉害", "胸痛"),
        ("боль в груди", "Боль в груди"),
    ],
)
def test_a_phrase_is_found_however_it_is_written(text, phrase):
    assert found(text, f"other\n {phrase} \n\nlast") == [phrase]


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("breaststroke hurts", "stroke"),
        ("an orchestra pain", "chest pain"),
        ("chest. No other pain", "chest pain"),
        ("", "stroke"),
        ("anything", ""),
        ("anything", "!!!"),
    ],
)
def test_other_words_are_left_alone(text, phrase):
    assert found(text, phrase) == []


@given(st.text(), st.text())
def test_no_text_and_no_list_breaks_it(text, phrases):
    for phrase in found(text, phrases):
        assert phrase in phrases


def test_each_phrase_of_the_first_list_finds_itself():
    for phrase in WARNING_PHRASES.splitlines():
        assert phrase in found(f"Help: {phrase.upper()}.", WARNING_PHRASES)


@pytest.mark.parametrize("field", ["message", "access_needs"])
def test_the_patient_is_told_what_to_do_and_can_still_send(client, form_page, field):
    answers = form_page(client, **{field: "I have chest pain"})

    page = client.post(URL, {**answers, "step": "check"})
    receipt = client.get(client.post(URL, answers).url)

    for response in (page, receipt):
        assertContains(response, URGENT)
        assertContains(response, 'href="tel:911"')
    assertContains(page, "Send my request")
    stored = AppointmentRequest.objects.get()
    assert stored.read_first
    assert not stored.suspected_spam
    assert stored.deliveries.count() == 2


def test_other_requests_are_as_they_were(client, form_page):
    answers = form_page(client, message="My knee hurts")

    assertNotContains(client.post(URL, {**answers, "step": "check"}), URGENT)
    assertNotContains(client.get(client.post(URL, answers).url), URGENT)
    assert not AppointmentRequest.objects.get().read_first


def test_staff_edit_the_list(client, form_page, clinic):
    clinic.warning_phrases = "knee"
    clinic.save()

    client.post(URL, form_page(client, message="My knee hurts"))
    client.post(URL, form_page(client, message="Chest pain"))

    assert list(AppointmentRequest.objects.order_by("pk").values_list("read_first", flat=True)) == [True, False]


def test_the_notice_before_the_first_question_says_whom_to_call(client, clinic, services):
    clinic.emergency_number = "112"
    clinic.save()

    page = client.get(URL).content.decode()

    assert page.index("is it an emergency?") < page.index('href="tel:112"') < page.index("What is it about?")
