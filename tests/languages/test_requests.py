"""A request knows its language: what the patient reads is in it, and staff see it."""

from urllib.parse import urlencode

import pytest
from django.core import mail
from django.utils import timezone

from appointments import deliveries, intake
from appointments.models import AppointmentRequest, Delivery
from tests import factories

ANSWERS = {
    "for_whom": "self",
    "patient_type": "new",
    "name": "Ana Muestra",
    "email": "ana@example.org",
    "best_time_to_call": "any",
    "preferred_time": "any",
    "consent": "on",
    "step": "send",
}


def sent(client, prefix, **changes):
    answers = {**ANSWERS, "service": factories.a_service().pk, "form_token": factories.a_form_token(), **changes}
    response = client.generic(
        "POST", f"{prefix}request/", urlencode(answers, doseq=True), "application/x-www-form-urlencoded"
    )
    return response, AppointmentRequest.objects.order_by("pk").last()


def test_the_request_keeps_the_language_of_its_form_and_its_pages_go_on_in_it(clinic, client):
    response, stored = sent(client, "/es/")

    assert response.status_code == 303
    assert response["Location"] == f"/es/request/sent/{stored.secret}/"
    assert stored.sent_in == "es"
    assert "Tenemos su solicitud" in client.get(response["Location"]).content.decode()
    assert "وصلنا طلبك" in client.get(f"/ar/request/status/{stored.secret}/").content.decode()


def test_the_same_form_in_another_language_is_the_same_request(clinic, client):
    token = factories.a_form_token()

    _, first = sent(client, "/es/", form_token=token)
    _, second = sent(client, "/ar/", form_token=token)

    assert first.pk == second.pk


@pytest.mark.parametrize(
    ("sent_in", "named", "words", "address"),
    [
        ("es", "", "Hemos recibido su solicitud", "/es/request/status/"),
        ("ar", "", "وصلنا طلبك", "/ar/request/status/"),
        ("en", "español, por favor", "Hemos recibido su solicitud", "/es/request/status/"),
        ("es", "English", "We have your request", "/request/status/"),
        ("es", "Deutsch", "Hemos recibido su solicitud", "/es/request/status/"),  # we have no German words
        ("en", "Deutsch", "We have your request", "/request/status/"),
    ],
)
def test_the_patient_is_written_to_in_the_language_they_name_or_that_of_the_form(
    clinic, mailoutbox, sent_in, named, words, address
):
    stored = factories.a_request(email="ana@example.org", sent_in=sent_in, language=named)
    while deliveries.sweep():
        pass

    [message] = [one for one in mail.outbox if one.to == [stored.email]]

    assert words in message.subject
    assert f"{address}{stored.secret}/" in message.body
    if address == "/request/status/":
        assert "/es/" not in message.body


def test_news_of_a_step_goes_out_in_the_patients_language(clinic, staff, mailoutbox):
    stored = factories.a_request(email="ana@example.org", sent_in="es")
    stored.record_attempt(by=staff, channel="phone", outcome="no_answer")
    Delivery.objects.filter(kind="news", state="waiting").update(next_attempt_at=timezone.now())
    while deliveries.sweep():
        pass

    assert any("Hemos intentado llamarle" in message.subject for message in mailoutbox)


def test_staff_see_the_language_on_the_desk_in_the_list_and_on_the_request(clinic, staff_client):
    stored = factories.a_request(sent_in="es")
    factories.a_request(sent_in="en")

    for address in ("/admin/", "/admin/appointments/appointmentrequest/"):
        page = staff_client.get(address).content.decode()
        assert page.count('badge-language">Spanish<') == 1, address
    assert "Spanish" in staff_client.get(f"/admin/appointments/appointmentrequest/{stored.pk}/change/").content.decode()


def test_what_a_patient_chose_is_stored_for_staff_in_english(clinic, client):
    stored = factories.a_request(sent_in="es")

    client.generic(
        "POST",
        f"/es/request/status/{stored.secret}/another-time/",
        "best_time=morning",
        "application/x-www-form-urlencoded",
    )

    assert stored.replies.get().text == "Morning."


@pytest.mark.parametrize(
    "words",
    [
        "Tengo dolor en el pecho desde ayer",
        "mi madre NO PUEDE RESPIRAR",
        "أشعر بألم شديد، عندي ألم في الصدر",
        "عندي ألم في صدري",
        "وضيق في التنفس",
        "لديه نزيف",
        "I have chest pain",
    ],
)
def test_an_emergency_is_read_first_in_any_language_on_any_page(clinic, words):
    for language in ("en", "es", "ar"):
        assert factories.a_request(message=words, sent_in=language).read_first, (language, words)


def test_harmless_words_warn_of_nothing_in_any_language(clinic):
    profile = clinic
    for words in ("Me duele la rodilla", "أريد موعدًا لأشعة الركبة", "صدر القرار أمس", "Quisiera una cita"):
        assert intake.warning_phrases(profile, message=words, access_needs="") == [], words


def test_the_forms_language_is_changed_without_losing_what_is_typed(clinic, client):
    factories.a_service()
    page = client.get("/request/").content.decode()
    assert 'form="request" formaction="/es/request/" name="change" value="language"' in page

    response, _ = sent(client, "/es/", name="Zqcanary", step="", change="language")

    assert response.status_code == 200
    page = response.content.decode()
    assert 'value="Zqcanary"' in page and "Solicitar una cita" in page and "error-summary" not in page
    assert not AppointmentRequest.objects.exists()


@pytest.mark.parametrize(
    ("prefix", "shown"),
    [
        ("/es/", ["Número de teléfono", "¿Cuándo es buen momento para llamarle?", "Por la mañana", "Sí"]),
        ("/ar/", ["رقم الهاتف", "نعم"]),
        ("/", ["Phone number", "When is a good time to call you?", "Morning", "Yes"]),
    ],
)
def test_a_page_about_trouble_names_what_was_typed_as_the_form_does(clinic, client, settings, prefix, shown):
    settings.REQUESTS_PER_HOUR_REFUSED = 0

    response, stored = sent(
        client, prefix, phone="212-555-0142", best_time_to_call="morning", preferred_days=["monday", "friday"]
    )

    assert (response.status_code, stored) == (429, None)
    page = response.content.decode()
    assert not [words for words in shown if f">{words}<" not in page]
    assert "Best time to call" not in page and ">morning<" not in page and ">any<" not in page
    assert 'name="best_time_to_call" value="morning"' in page


def test_a_service_that_is_not_translated_is_one_piece_in_english(clinic, client):
    service = factories.a_service(description="Pictures of the inside.")

    page = client.get("/ar/request/").text
    assert '<span lang="en" dir="ltr">Imaging: Pictures of the inside.</span>' in page
    assert "Imaging: Pictures of the inside." in client.get("/request/").text

    service.words.create(language="ar", name="التصوير")
    assert 'التصوير: <span lang="en" dir="ltr">Pictures of the inside.</span>' in client.get("/ar/request/").text
