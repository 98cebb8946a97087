"""Staff word the messages to patients: look at them first, and find back."""

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from appointments.models import MessageTemplate
from appointments.wording import ENGLISH, WORDS
from tests.factories import a_request, a_user

from .pages import LIST, detail

MESSAGES = reverse("admin:appointments_messagetemplate_changelist")


@pytest.fixture
def booked(clinic, staff_client):
    staff_client.get(MESSAGES)
    return MessageTemplate.objects.get(step="booked", language="en")


def page(template):
    return reverse("admin:appointments_messagetemplate_change", args=[template.pk])


def test_there_is_a_message_for_each_step_in_each_of_our_languages(staff_client, clinic):
    response = staff_client.get(MESSAGES)
    staff_client.get(MESSAGES)

    assertContains(response, "On the waiting list")
    assertContains(response, "Spanish")
    assert MessageTemplate.objects.count() == sum(map(len, WORDS.values()))


def test_a_message_is_added_in_one_more_language_and_can_be_taken_back(staff_client, booked):
    typed = {"step": "booked", "active": "on", "subject": "Nouvèl", "body": "Gade: {link}"}
    page_to_add = staff_client.get(f"{MESSAGES}add/")
    assertNotContains(page_to_add, "Back to the words")
    assert staff_client.post(f"{MESSAGES}add/", {**typed, "language": "xx"}).status_code == 200
    assert staff_client.post(f"{MESSAGES}add/", {**typed, "language": "vi"}).status_code == 302
    again = staff_client.post(f"{MESSAGES}add/", {**typed, "language": "vi"})
    assertContains(again, "exists in this language already")

    added = MessageTemplate.objects.get(language="vi")
    assertNotContains(staff_client.get(page(added)), "Back to the words")
    delete = reverse("admin:appointments_messagetemplate_delete", args=[added.pk])
    assert staff_client.post(delete, {"post": "yes"}).status_code == 302
    assert not MessageTemplate.objects.filter(language="vi").exists()


def test_what_comes_with_the_site_is_switched_off_and_not_deleted(staff_client, booked):
    delete = reverse("admin:appointments_messagetemplate_delete", args=[booked.pk])

    assert staff_client.post(delete, {"post": "yes"}).status_code == 403


def test_a_message_is_changed(staff_client, booked):
    response = staff_client.post(page(booked), {"subject": "News", "body": "Look: {link}"})

    assertRedirects(response, MESSAGES)
    booked.refresh_from_db()
    assert (booked.active, booked.subject, booked.body) == (False, "News", "Look: {link}")


def test_an_unknown_mark_is_told_with_those_that_exist(staff_client, booked):
    response = staff_client.post(page(booked), {"active": "on", "subject": "News", "body": "Dear {name}, {link}"})

    assertContains(response, "“{name}” means nothing here")
    assertContains(response, "{promised_by}")
    booked.refresh_from_db()
    assert booked.body == ENGLISH["booked"][1]


def test_a_preview_shows_it_filled_and_saves_nothing(staff_client, booked):
    typed = {"active": "on", "subject": "News of {clinic}", "body": "<b>Call</b> {phone}, {reference}", "_preview": "1"}

    response = staff_client.post(page(booked), typed)

    assertContains(response, "News of Test Clinic")
    assertContains(response, "&lt;b&gt;Call&lt;/b&gt; (212) 555-0142")
    assertContains(response, "&lt;b&gt;Call&lt;/b&gt; {phone}")  # and still in the form
    booked.refresh_from_db()
    assert booked.body == ENGLISH["booked"][1]


def test_a_preview_of_a_mistake_shows_the_mistake(staff_client, booked):
    response = staff_client.post(page(booked), {"subject": "", "body": "{wrong}", "_preview": "1"})

    assertContains(response, "means nothing here")
    assertNotContains(response, "So a patient reads it")


def test_the_first_words_come_back(staff_client, booked):
    MessageTemplate.objects.update(subject="x", body="y")

    assertRedirects(staff_client.post(page(booked), {"_reset": "1"}), page(booked))

    booked.refresh_from_db()
    assert (booked.subject, booked.body) == ENGLISH["booked"]


def test_without_the_permission_nothing_is_changed(client, booked):
    client.force_login(a_user(superuser=False))

    for button in ("_save", "_preview", "_reset"):
        assert client.post(page(booked), {"subject": "x", "body": "y", button: "1"}).status_code == 403
    booked.refresh_from_db()
    assert booked.subject == ENGLISH["booked"][0]


def test_each_step_says_what_the_patient_is_told(staff_client, clinic):
    with_address, without = a_request(email="pat@example.org"), a_request()
    MessageTemplate.objects.create(step="waitlisted", active=False, subject="x", body="y")

    told, untold = staff_client.get(detail(with_address)), staff_client.get(detail(without))

    assertContains(told, "The patient is told by e-mail")
    assertContains(told, "E-mail about this step is switched off.", 1)
    assertNotContains(untold, "The patient is told by e-mail")
    assertContains(untold, "There is no e-mail address")


def test_what_the_patient_added_is_on_the_page_and_marked_in_the_list(staff_client, clinic):
    appointment_request = a_request()
    assertNotContains(staff_client.get(LIST), "The patient has added")
    appointment_request.add_reply(kind="message", text="Bring <my> dog?")

    assertContains(staff_client.get(LIST), "The patient has added")
    assertContains(staff_client.get("/admin/"), "News from the patient")
    assertContains(staff_client.get(detail(appointment_request)), "Bring &lt;my&gt; dog?")
    assertNotContains(staff_client.get(LIST), "The patient has added")  # somebody has read it
    assertNotContains(staff_client.get("/admin/"), "News from the patient")


def test_a_message_that_may_be_an_emergency_is_read_first(client, staff_client, clinic):
    appointment_request = a_request()
    staff_client.get(detail(appointment_request))

    address = reverse("appointments:message", args=[appointment_request.secret])
    client.post(address, "message=Now+I+have+chest+pain", content_type="application/x-www-form-urlencoded")

    assertContains(staff_client.get(LIST), "Read first")


def test_a_patients_message_is_listed_as_the_patients(staff_client, staff, clinic):
    appointment_request = a_request(email="zqcanary@example.org")
    appointment_request.waitlist(by=staff)

    assertContains(staff_client.get(detail(appointment_request)), "about “On the waiting list”")
    listed = staff_client.get(reverse("admin:appointments_delivery_changelist"))
    assert listed.status_code == 200
    assertNotContains(listed, "zqcanary")
