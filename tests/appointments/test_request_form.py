"""A patient sends the form: what is stored, what is said when something is missing, and that nothing typed is lost."""

import re

import pytest
from django.core import signing
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertNumQueries, assertRedirects

from appointments import form_token
from appointments.models import AppointmentRequest, StatusChange
from clinic.models import ClinicProfile, OpeningHours, Service
from tests import factories

URL = "/request/"


def test_a_request_is_stored_with_its_promise_and_its_deliveries(client, form_page):
    response = client.post(
        URL,
        form_page(
            client, message="My knee hurts.", preferred_days=["monday", "friday"], voicemail_ok="on", language=""
        ),
    )

    stored = AppointmentRequest.objects.get()
    assertRedirects(response, stored.get_absolute_url(), status_code=303)
    assert (stored.name, stored.phone, stored.message) == ("Pat Sample", "+12125550142", "My knee hurts.")
    assert stored.preferred_days == ["monday", "friday"]
    assert stored.voicemail_ok
    assert stored.status == "new"
    assert stored.promised_by == ClinicProfile.objects.current().promised_by(stored.created_at)
    assert stored.privacy_version
    assert stored.consented_at == stored.created_at
    assert stored.deliveries.count() == 2
    assert StatusChange.objects.get().to_status == "new"


def test_the_form_opens_empty_for_somebody_who_comes_from_nowhere(client, services):
    response = client.get(URL)

    assertContains(response, "What is it about?")
    assert response.context["guide_title"] == ""
    assert response.context["promised_by"] > timezone.now()
    assert response["Cache-Control"] == "no-store, private"


def test_a_guide_chooses_its_service_and_goes_along(client, services, form_page):
    factories.a_published_guide("Fluoroscopy", slug="fluoroscopy", service=services[1])

    page = client.get(URL, {"guide": "fluoroscopy"})
    client.post(URL, form_page(client, guide="fluoroscopy", guide_title="Forged"))

    assertContains(page, "our guide “Fluoroscopy”")
    assert page.context["form"].initial["service"] == services[1].pk
    stored = AppointmentRequest.objects.get()
    assert (stored.guide_slug, stored.guide_title, stored.guide_revision) == ("fluoroscopy", "Fluoroscopy", 1)


@pytest.mark.parametrize("slug", ["no-such-guide", "a draft", "../../etc", "x" * 300, "%00", "\x00", "'\"<b>"])
def test_an_unknown_guide_is_no_obstacle(client, form_page, slug):
    assert client.get(URL, {"guide": slug}).status_code == 200

    response = client.post(URL, form_page(client, guide=slug))

    assert response.status_code == 303
    assert AppointmentRequest.objects.get().guide_slug == ""


def test_a_guide_that_was_withdrawn_meanwhile_is_not_stored(client, form_page, staff):
    guide = factories.a_published_guide("Fluoroscopy", slug="fluoroscopy")
    answers = form_page(client, guide="fluoroscopy")
    guide.withdraw(by=staff)

    assert client.post(URL, answers).status_code == 303
    assert AppointmentRequest.objects.get().guide_title == ""


TYPED = {"name": "Zoë Sample", "phone": "(212) 555-0142", "message": "Two words & more", "language": "Spanish"}
MISTAKES = [
    ({"service": None}, "service_0", "Choose what your request is about."),
    ({"service": "999999999999999999999999"}, "service_0", "We no longer offer that online."),
    ({"patient_type": None}, "patient_type_0", "Tell us if you have been here before."),
    ({"for_whom": "nobody"}, "for_whom_0", "Tell us who the appointment is for."),
    ({"name": " \u200e\r\n ".replace("\u200e", "")}, "name", "Write the name that we should call you by."),
    ({"name": "n" * 101}, "name", "Please use 100 characters or fewer. There are 101 now."),
    ({"phone": "", "email": ""}, "phone", "Write a phone number or an e-mail address"),
    ({"phone": "12-3"}, "phone", "It seems too short."),
    ({"phone": "5" * 41}, "phone", "Write only the number here."),
    ({"email": "pat@"}, "email", "It should look like name@example.com."),
    ({"email": "a" * 250 + "@example.org"}, "email", "Check the e-mail address."),
    ({"message": "m" * 501}, "message", "Please use 500 characters or fewer. There are 501 now."),
    ({"preferred_days": ["monday", "tuesday", "wednesday", "thursday"]}, "preferred_days_0", "Choose up to 3 days."),
    ({"preferred_days": ["sunday"]}, "preferred_days_0", "We are not open on one of those days."),
    ({"preferred_time": "midnight"}, "preferred_time_0", "Choose a time from the list."),
    ({"best_time_to_call": None}, "best_time_to_call_0", "Choose a time."),
    ({"access_needs": "a" * 201}, "access_needs", "Please use 200 characters or fewer."),
    ({"language": "l" * 61}, "language", "Please use 60 characters or fewer."),
    ({"consent": None}, "consent", "Tick this box."),
]


@pytest.mark.parametrize(("mistake", "place", "sentence"), MISTAKES)
def test_each_mistake_is_said_in_words_with_a_link_to_its_place_and_nothing_typed_is_lost(
    client, form_page, mistake, place, sentence
):
    typed = {**TYPED, **mistake}

    response = client.post(URL, form_page(client, **typed))

    page = response.content.decode()
    assert response.status_code == 200
    assert not AppointmentRequest.objects.exists()
    assert "<title>Error:" in page
    link = re.search(rf'<a href="#id_{place}">([^<]*)</a>', page)
    assert link, "the summary has no link to the field"
    assert sentence in link[1]
    assert f'id="id_{place}"' in page
    for name, value in typed.items():
        if isinstance(value, str) and value.strip() and name in TYPED:
            assert response.context["form"][name].value() == value
            assertContains(response, value.replace("&", "&amp;"))


def test_what_was_mended_is_stored_from_the_same_page(client, form_page):
    answers = form_page(client, name="")
    client.post(URL, answers)

    response = client.post(URL, {**answers, "name": "Pat"})

    assert response.status_code == 303
    assert AppointmentRequest.objects.get().name == "Pat"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "forged",
        form_token.signer.sign("not a uuid"),
        signing.TimestampSigner(salt="another").sign("x"),
        "\u00e9:b:c",
    ],
    ids=["none", "forged", "not a UUID", "signed for something else", "not ASCII"],
)
def test_a_bad_token_stores_nothing_and_the_form_comes_back_ready_to_send(client, form_page, token):
    answers = form_page(client, **TYPED, form_token=token)

    response = client.post(URL, answers)

    assertContains(response, "This page was open for a long time")
    assertContains(response, "Two words &amp; more")
    assert not AppointmentRequest.objects.exists()
    fresh = response.context["form"]["form_token"].value()
    assertContains(response, fresh)
    assert client.post(URL, {**answers, "form_token": fresh}).status_code == 303


def test_a_page_that_was_open_for_too_long_comes_back_with_a_fresh_token(client, form_page, settings):
    answers = form_page(client)
    settings.FORM_TOKEN_MAX_AGE = -1

    response = client.post(URL, answers)

    assertContains(response, "This page was open for a long time")
    assert not AppointmentRequest.objects.exists()
    fresh = response.context["form"]["form_token"].value()
    settings.FORM_TOKEN_MAX_AGE = 60
    assert client.post(URL, {**answers, "form_token": fresh}).status_code == 303


@pytest.mark.parametrize("step", ["send", None], ids=["the send button", "the check button"])
def test_a_tab_that_was_restored_days_later_finds_the_request_it_has_sent(client, form_page, settings, step):
    answers = form_page(client, **TYPED)
    first = client.post(URL, answers)
    settings.FORM_TOKEN_MAX_AGE = -1

    again = client.post(URL, {name: value for name, value in answers.items() if name != "step" or step})
    other = client.post(URL, {**answers, "message": "Other words"})

    assertRedirects(again, first.url, status_code=303, fetch_redirect_response=False)
    assertContains(other, "This page was open for a long time")
    assert AppointmentRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("212-555-0142", "+12125550142"),
        ("(212) 555 0142 x 9", "+12125550142 ext. 9"),
        ("+44 20 7946 0958", "+442079460958"),
        ("٢١٢٥٥٥٠١٤٢", "+12125550142"),
        ("555-0142", "555-0142"),
        ("ask at desk 5550142", "ask at desk 5550142"),
        ("12345", "12345"),
        ("+999 12345678901", "+999 12345678901"),
    ],
)
def test_a_phone_number_is_written_in_international_form_or_kept_as_it_is(client, form_page, typed, stored):
    client.post(URL, form_page(client, phone=typed))

    assert AppointmentRequest.objects.get().phone == stored


def test_an_email_address_alone_is_enough(client, form_page):
    assert client.post(URL, form_page(client, phone="", email="pat@example.org")).status_code == 303


def test_five_hundred_characters_are_five_hundred_however_a_browser_breaks_lines(client, form_page):
    message = "\r\n".join(["x" * 99] * 5)  # 499 characters and line breaks of two bytes
    assert len(message) > 500 >= len(message.replace("\r\n", "\n"))

    response = client.post(URL, form_page(client, message=message + "x"))

    assert response.status_code == 303
    assert AppointmentRequest.objects.get().message == message.replace("\r\n", "\n") + "x"


def test_only_days_on_which_the_clinic_opens_can_be_chosen(client, form_page):
    OpeningHours.objects.exclude(weekday__in=[1, 3]).delete()

    choices = client.get(URL).context["form"].fields["preferred_days"].choices

    assert choices == [("tuesday", "Tuesday"), ("thursday", "Thursday")]


def test_a_service_that_is_not_offered_any_more_cannot_be_chosen(client, services, form_page):
    answers = form_page(client, **TYPED)
    Service.objects.filter(pk=services[0].pk).update(active=False)

    response = client.post(URL, answers)

    assertContains(response, "We no longer offer that online")
    assertNotContains(response, "Imaging")
    assertContains(response, "Zoë Sample")


def test_a_clinic_that_offers_nothing_asks_to_call_and_keeps_what_was_typed(client, form_page):
    answers = form_page(client, **TYPED)
    Service.objects.update(active=False)

    for response in (client.get(URL), client.post(URL, answers)):
        assertContains(response, "Please call us", status_code=503)
        assertContains(response, "(212) 555-0142", status_code=503)
    assertContains(response, "Two words &amp; more", status_code=503)


def test_optional_questions_are_marked_and_the_two_ways_to_reach_somebody_are_not(client, services):
    page = client.get(URL).content.decode()

    optional = [re.sub(r"\s+", " ", label) for label in re.findall(r">([^<>]+?)\s*<span class=\"optional\"", page)]
    assert [label.strip() for label in optional] == [
        "Anything you want to add?",
        "Which days suit you?",
        "Which language do you prefer?",
        "What would make your visit easier?",
    ]


def test_browsers_may_fill_in_who_somebody_is_and_never_what_they_tell_us(client, services):
    fields = client.get(URL).context["form"].fields

    tokens = {name: fields[name].widget.attrs.get("autocomplete") for name in ("name", "phone", "email", "message")}
    assert tokens == {"name": "name", "phone": "tel", "email": "email", "message": "off"}


def test_the_number_of_queries_does_not_grow(client, form_page, django_assert_max_num_queries):
    client.post(URL, form_page(client))
    answers = form_page(client)
    with django_assert_max_num_queries(25) as asked:
        client.post(URL, answers)
        number = len(asked)
    for _ in range(30):
        factories.a_request()
    answers = form_page(client)

    with assertNumQueries(number):
        client.post(URL, answers)


def test_nothing_stored_when_a_delivery_cannot_be(client, form_page):
    """One transaction: a request whose people cannot be told is not acknowledged."""
    client.raise_request_exception = False
    answers = form_page(client, **TYPED)

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE appointments_delivery RENAME TO no_such_table")
        response = client.post(URL, answers)
        cursor.execute("ALTER TABLE no_such_table RENAME TO appointments_delivery")

    assert response.status_code in (500, 503)  # SQLite does not tell a missing table from a missing database
    assertContains(response, "Two words &amp; more", status_code=response.status_code)
    assert not AppointmentRequest.objects.exists()


def test_the_address_of_the_form_is_what_pages_link_to():
    assert reverse("appointments:request") == URL
