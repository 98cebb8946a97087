"""Whatever is sent to the form: never a server error, always a clear page; and nothing of it leaks."""

import socket
import uuid
from urllib.parse import quote, quote_plus, urlencode, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains

from appointments import deliveries, intake
from appointments.models import AppointmentRequest, Delivery
from clinic.typed import UNWANTED
from tests import factories

URL = "/request/"
FORM = "application/x-www-form-urlencoded"
FIELDS = [
    "service",
    "patient_type",
    "message",
    "for_whom",
    "name",
    "phone",
    "email",
    "best_time_to_call",
    "voicemail_ok",
    "preferred_days",
    "preferred_time",
    "language",
    "needs_interpreter",
    "access_needs",
    "consent",
    "guide",
    "form_token",
]
# As they travel: percent-encoded bytes.
PAYLOADS = {
    "nul": "a%00b%00",
    "only nul": "%00",
    "lone surrogate": "%ED%A0%80x%ED%BF%BF",
    "broken utf-8": "%ff%fe%c3%28%f0%9f%92",
    "latin-1": quote("Größe".encode("latin-1")),
    "bidi overrides": quote("\u202epot\u2066\u2069\u202a"),
    "line breaks": "Pat%0d%0aBcc:%20everyone@example.org%0d%0a%0d%0abody",
    "markup": quote("<script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{7*7}}{% debug %}"),
    "sql": quote("'; DROP TABLE appointments_appointmentrequest; --%s%(x)s{0}"),
    "controls": "%01%02%08%0b%0c%1b%7f%c2%85%e2%80%a8",
    "emoji": quote("👩‍👩‍👧‍👦" * 40),
    "combining": quote("e" + "\u0301" * 300),
    "noncharacters": quote("\ufffe\uffff\ufdd0\U0010ffff"),
    "long": "x" * 20_000,
    "huge number": "9" * 400,
    "negative": "-1",
    "percent": "%25%25%s%n%",
    "json": quote('{"$ne": null}'),
    "path": quote("../../../../etc/passwd\x00.png"),
    "empty": "",
}
CLEAR = ("We have your request", "Please look at this again", "This page was open for a long time")


@pytest.fixture
def send(client, form_page):
    """Post a body byte for byte. A server error fails the test by its exception."""
    answers = form_page(client)

    def sent(body="", *, content_type=FORM, browser=client, **fields):
        encoded = {name: quote_plus(str(value)) for name, value in answers.items()} | fields
        body = body or "&".join(f"{name}={value}" for name, value in encoded.items())
        return browser.generic("POST", URL, body, content_type)

    return sent


def assert_clear(response):
    assert response.status_code < 500
    if response.status_code == 303:
        return
    page = response.content.decode()
    assert any(words in page for words in CLEAR) or "(212) 555-0142" in page
    assert "<script>alert" not in page
    assert "\x00" not in page
    assert not UNWANTED.search(page)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("field", FIELDS)
def test_nothing_in_any_field_breaks_the_form(send, client, field, payload):
    response = send(**{field: PAYLOADS[payload]})

    assert_clear(response)
    if response.status_code == 303:
        stored = AppointmentRequest.objects.get()
        for name in ("name", "phone", "email", "message", "language", "access_needs", "guide_slug"):
            value = getattr(stored, name)
            assert not UNWANTED.search(value)
            assert name == "message" or "\n" not in value
        assert client.get(response.url).status_code == 200
        deliveries.sweep()
        assert set(Delivery.objects.values_list("state", flat=True)) == {"accepted"}


@pytest.mark.parametrize("field", FIELDS)
def test_a_megabyte_is_refused_before_it_is_read(send, field):
    response = send(**{field: "x" * 1_000_000})

    assertContains(response, "That is too much text", status_code=413)
    assertContains(response, "(212) 555-0142", status_code=413)


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_sent_many_times_or_not_at_all(send, client, form_page, field):
    assert_clear(send(**{field: f"1&{field}=2&{field}=new&{field}=self"}))
    assert_clear(client.post(URL, form_page(client, **{field: None})))


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (f"{FORM}; charset=utf-8", 303),
        (f"{FORM};charset=UTF-8", 303),
        (f"{FORM}; charset=utf-16", 415),
        (f"{FORM}; charset=latin-1", 415),
        (f"{FORM}; charset=no-such-charset", 415),
        (f"{FORM}; charset=", 415),
        ("multipart/form-data; boundary=x", 415),
        ("multipart/form-data", 415),
        ("multipart/form-data; boundary=" + "x" * 5000, 415),
        ("application/json", 415),
        ("text/plain", 415),
        ("", 415),
        ("; ; ;charset", 415),
        ("\u00e9\u00df/\u00e9", 415),
    ],
)
def test_other_content_types_are_refused_in_words(send, content_type, status):
    response = send(content_type=content_type)

    assert response.status_code == status
    if status != 303:
        assertContains(response, "Please use the form on our page", status_code=status)
        assertContains(response, "(212) 555-0142", status_code=status)


def test_too_many_fields_are_refused(send):
    response = send("&".join(["a"] * 20_000))

    assertContains(response, "(212) 555-0142", status_code=400)


@pytest.mark.parametrize(
    "body", ["&&&===&&;;", "=" * 1000, "%", "%zz=%zz", "a=%u0041", "\x00=\x00", "name", "&" * 60_000, "{}", "[1"]
)
def test_bodies_that_are_no_form_get_the_form_or_a_clear_page(send, body):
    assert_clear(send(body))


def test_nobody_can_set_what_the_site_decides(send):
    response = send(
        status="booked",
        outcome="spam",
        version="99",
        secret="chosen",
        reference="CHOSEN22",
        id="77",
        pk="77",
        promised_by="2000-01-01",
        created_at="2000-01-01",
        consented_at="2000-01-01",
        assigned_to="1",
        content_digest="x",
        guide_title="Forged",
        guide_revision="9",
        text_for_patient="Forged",
        first_opened_at="2000-01-01",
    )

    assert response.status_code == 303
    stored = AppointmentRequest.objects.get()
    assert (stored.status, stored.outcome, stored.version, stored.assigned_to) == ("new", "", 1, None)
    assert stored.secret != "chosen"
    assert stored.reference != "CHOSEN22"
    assert stored.pk != 77
    assert stored.created_at.year == stored.promised_by.year != 2000
    assert (stored.guide_title, stored.guide_revision, stored.text_for_patient) == ("", None, "")
    assert stored.first_opened_at is None


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_other_methods_are_refused(client, services, method):
    response = client.generic(method, URL, "name=x", FORM)

    assert 400 <= response.status_code < 500


@pytest.mark.parametrize(
    "query", ["?guide=%00", "?guide=%ff", "?guide[]=1", "?" + "guide=a&" * 500, "?%00=%00", "?service=x"]
)
def test_odd_addresses_of_the_form_open_it(client, services, query):
    assert client.get(URL + query).status_code == 200


def test_without_the_check_of_origin_nothing_is_stored_and_what_was_typed_is_shown(services, form_page, client):
    stranger = Client(enforce_csrf_checks=True)
    body = "&".join(f"{name}={quote_plus(str(value))}" for name, value in form_page(client, message="My words").items())

    response = stranger.generic("POST", URL, body, FORM)

    assertContains(response, "Please send that once more", status_code=403)
    assertContains(response, "My words", status_code=403)
    assertContains(response, "(212) 555-0142", status_code=403)
    assert not AppointmentRequest.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},  # a browser that is told to hide where it comes from
        {"Origin": "http://testserver"},
        {},
    ],
)
def test_from_our_own_page_with_a_token_that_is_gone_what_was_typed_is_shown(services, form_page, client, headers):
    answers = form_page(client, message="My words") | {"best_time_to_call": "morning", "diagnosis": "Call 555-0199"}

    page = Client(enforce_csrf_checks=True, headers=headers).post(URL, urlencode(answers), content_type=FORM)

    assertContains(page, "My words", count=2, status_code=403)  # to read, and to send again
    assertContains(page, "Send it again", status_code=403)
    assertNotContains(page, "<dt>Diagnosis</dt>", status_code=403, html=True)  # our form does not ask that


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://other.testserver"},
        {"Referer": "https://elsewhere.example/"},
    ],
)
def test_words_that_a_page_elsewhere_made_up_are_not_shown_as_a_visitors_own(services, form_page, client, headers):
    answers = form_page(client, message="You owe us. Call 555-0199", name="Robin Sample")

    page = Client(enforce_csrf_checks=True, headers=headers).post(URL, urlencode(answers), content_type=FORM)

    assertContains(page, "Please send that once more", status_code=403)
    for words in ("You owe us", "Robin Sample", "What you wrote", "Send it again"):
        assertNotContains(page, words, status_code=403)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("head", "body"),
    [
        (f"Content-Type: {FORM}\r\nContent-Length: -5", b""),
        (f"Content-Type: {FORM}\r\nContent-Length: many", b""),
        (f"Content-Type: {FORM}\r\nContent-Length: 3", b"name=longer than said"),
        (f"Content-Type: {FORM}\r\nContent-Length: 99999999999999999999", b"name=x"),
        (f"Content-Type: {FORM}", b""),
        ("Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9", b"--x\r\n\r\n\x00"),
        (f"Content-Type: {FORM}; charset=utf-16\r\nContent-Length: 6", b"a\x00=\x00b\x00"),
    ],
)
def test_lies_about_the_body_through_a_socket(live_server, services, head, body):
    """Through a real connection: here the length that is said need not be the length that is sent."""
    host, port = urlsplit(live_server.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(f"POST {URL} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{head}\r\n\r\n".encode() + body)
        answer = line.makefile("rb").readline().decode()

    assert 400 <= int(answer.split()[1]) < 500


def test_nothing_a_patient_wrote_is_in_mail_or_log(client, form_page, log, mailoutbox):
    canary = "zqcanaryqz"
    answers = form_page(
        client,
        name=canary,
        email=f"{canary}@example.org",
        message=f"{canary}\r\nBcc: {canary}@example.org",
        language=canary,
        access_needs=canary,
    )

    client.post(URL, {**answers, "patient_type": canary})
    client.post(URL, {**answers, "form_token": canary})
    client.post(f"{URL}?x={canary}", {**answers, "service": canary})
    client.generic("POST", URL, f"message={canary}", "text/plain")
    assert client.post(URL, answers).status_code == 303
    deliveries.sweep()

    assert len(mailoutbox) == 3
    [confirmation] = [message for message in mailoutbox if message.to == [f"{canary}@example.org"]]
    confirmation.to = ["elsewhere@example.org"]  # where it goes is the one thing of the patient's in it
    assert not [message for message in mailoutbox if canary in str(message.message())]
    assert canary not in log.getvalue()


def test_an_error_of_ours_is_logged_without_what_was_typed(client, form_page, log, monkeypatch):
    """Exceptions quote what they choke on: the log keeps the place and drops the quotation."""
    client.raise_request_exception = False
    answers = form_page(client, message="zqcanaryqz")

    def choke(fields, **_):
        raise ValueError(f"cannot store {fields}")

    monkeypatch.setattr(intake, "receive", choke)
    response = client.post(URL, answers)

    assertContains(response, "Something went wrong on our side", status_code=500)
    assertContains(response, "zqcanaryqz", status_code=500)  # the patient keeps the words
    assert "ValueError" in log.getvalue()
    assert "zqcanaryqz" not in log.getvalue()


def test_a_second_sending_raises_nothing_that_a_database_would_log(clinic):
    """PostgreSQL writes a refused INSERT into its own log, with all its values: it must not be refused."""
    fields, token = factories.request_fields(), uuid.uuid4()
    first = intake.receive(fields, form_token=token)

    with CaptureQueriesContext(connection) as asked:
        assert intake.receive(fields, form_token=token) == first

    [insert] = [query["sql"] for query in asked if query["sql"].startswith("INSERT")]
    assert "OR IGNORE" in insert or "ON CONFLICT DO NOTHING" in insert
