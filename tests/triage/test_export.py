"""Requests leave as a file: by permission, each written down before, and never as a formula."""

import csv
import gc
import http.client
import json
import re
import tracemalloc
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from fhir.resources.bundle import Bundle as R5Bundle
from fhir.resources.R4B.bundle import Bundle as R4Bundle
from pytest_django.asserts import assertContains, assertNotContains

from appointments import export
from appointments.admin.access import record
from appointments.models import AccessEvent, AppointmentRequest
from clinic.wsgi import application
from tests.factories import a_request, a_service, a_user, in_opening_hours
from tests.served import served

from .pages import EXPORT, LIST

SIGNS = tuple("=+-@\t\r\n\0＝＋－＠")  # what a spreadsheet may take for the beginning of a formula


def asked(file_format="csv", **changes):
    today = timezone.localdate()
    first = today - timedelta(days=30)
    return {"first": first, "last": today, "status": "all", "file_format": file_format, **changes}


def taken_out(client, file_format="csv", **changes):
    return client.post(EXPORT, asked(file_format, **changes))


def text_of(response):
    return b"".join(response.streaming_content).decode()


def rows_of(response):
    return list(csv.DictReader(StringIO(text_of(response).removeprefix("\ufeff"))))


def many_requests(number, **facts):
    """Straight into the table: it is about how many there are."""
    now, service = timezone.now(), a_service()
    AppointmentRequest.objects.bulk_create(
        (
            AppointmentRequest(
                **{"name": "Pat Sample", "phone": "+12125550142", "message": "Words " * 40, "patient_type": "new"},
                service=service,
                form_token=uuid.uuid4(),
                consented_at=now,
                created_at=now - timedelta(seconds=number - at),
                promised_by=now,
                **facts,
            )
            for at in range(number)
        ),
        batch_size=500,
    )


@pytest.fixture
def two_requests(clinic):
    return [
        a_request(name="Petra Private", phone="+12125550177", email="petra@example.org"),
        a_request(name="Paul Private"),
    ]


@pytest.fixture
def exporter(clinic):
    user = a_user(superuser=False)
    user.user_permissions.add(Permission.objects.get(codename="export_appointmentrequest"))
    return user


def test_each_request_is_written_down_as_exported(staff_client, staff, two_requests):
    response = taken_out(staff_client)

    events = AccessEvent.objects.order_by("pk")
    assert [(one.action, one.reference, one.by) for one in events] == [
        ("export", request.reference, staff) for request in two_requests
    ]  # before anything was read from the answer
    assert len({one.step for one in events}) == 1 and events[0].step.startswith("csv ")
    assert [row["Reference"] for row in rows_of(response)] == [request.reference for request in two_requests]


@pytest.mark.parametrize("file_format", ["csv", "fhir-r4", "fhir-r5"])
def test_what_cannot_be_written_down_does_not_leave(staff_client, two_requests, file_format, events_cannot_be_written):
    response = taken_out(staff_client, file_format)

    assertContains(response, "We cannot show that just now", status_code=503)
    for private in ("Private", "petra@", "5550177", two_requests[0].reference):
        assertNotContains(response, private, status_code=503)


def test_only_who_may_export(client, two_requests):
    triage = a_user(superuser=False)
    triage.user_permissions.add(Permission.objects.get(codename="triage_appointmentrequest"))
    client.force_login(triage)

    assert client.get(EXPORT).status_code == 403
    assert taken_out(client).status_code == 403
    assertNotContains(client.get(LIST), EXPORT)
    assert not AccessEvent.objects.filter(action="export").exists()


def test_somebody_with_this_permission_alone_can(client, exporter, two_requests):
    client.force_login(exporter)

    assert client.get(EXPORT).status_code == 200
    assert len(rows_of(taken_out(client))) == 2


def test_the_list_leads_to_it(staff_client, two_requests):
    assertContains(staff_client.get(LIST), f'href="{EXPORT}"')


def test_it_is_the_answer_to_a_post_of_our_own_page_alone(staff, two_requests):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff)

    page = client.get(EXPORT, asked())
    assert not page.streaming and "Private" not in page.content.decode()
    assert taken_out(client).status_code == 403
    assert not AccessEvent.objects.exists()


def test_somebody_who_is_not_signed_in_is_sent_to_the_door(client, two_requests):
    assert taken_out(client)["Location"].startswith("/admin/login/")


def test_the_file_s_name_says_which_and_how_many_and_not_who(staff_client, two_requests):
    today = timezone.localdate()
    response = taken_out(staff_client, first=today, last=today)

    assert response["Content-Disposition"] == f'attachment; filename="requests_{today}_{today}_csv_2.csv"'
    assert "no-store" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"first": ""}, "Choose the first day."),
        ({"first": "soon"}, "Write a date."),
        ({"first": "0001-01-01"}, "Choose a day in this century."),
        ({"last": "9999-12-31"}, "Choose a day that has come."),
        ({"first": "2026-02-01", "last": "2026-01-01"}, "The last day cannot be before the first."),
        ({"status": "x\0"}, "not one of the available choices"),
        ({"file_format": "exe"}, "not one of the available choices"),
        ({"status": "booked"}, "No request fits."),
    ],
)
def test_what_cannot_be_answered_is_said_beside_it(staff_client, two_requests, changes, said):
    page = taken_out(staff_client, **changes)

    assertContains(page, said, status_code=422)
    assertContains(page, "Nothing was exported", status_code=422)
    assert not AccessEvent.objects.exists()


def test_days_are_the_clinic_s_own(staff_client, clinic):
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
    moments = [-timedelta(seconds=1), timedelta(0), timedelta(hours=23, minutes=59), timedelta(days=1)]
    _, first, last, _ = (a_request(created_at=midnight + moment) for moment in moments)

    found = {row["Reference"] for row in rows_of(taken_out(staff_client, first=midnight.date(), last=midnight.date()))}

    assert found == {first.reference, last.reference}


def test_a_status_can_be_chosen_and_spam_is_never_in_it(staff_client, staff, clinic):
    new, waits, spam, suspected = (a_request() for _ in range(4))
    waits.waitlist(by=staff)
    spam.mark_spam(by=staff)
    AppointmentRequest.objects.filter(pk=suspected.pk).update(suspected_spam=True)
    closed = a_request()
    closed.withdraw(by=staff)

    def found(status):
        return {row["Reference"] for row in rows_of(taken_out(staff_client, status=status))}

    assert found("all") == {new.reference, waits.reference, closed.reference}
    assert found("open") == {new.reference, waits.reference}
    assert found("waitlisted") == {waits.reference}
    assert found("closed") == {closed.reference}


def test_what_patients_wrote_is_in_it_only_when_asked_for(staff_client, clinic):
    a_request(message="Canary words", access_needs="Canary needs", language="Canarian", guide_title="Canary guide")

    for file_format in ("csv", "fhir-r4", "fhir-r5"):
        assert "anar" not in text_of(taken_out(staff_client, file_format))
        with_words = text_of(taken_out(staff_client, file_format, words="on"))
        assert all(word in with_words for word in ("Canary words", "Canary needs", "Canarian"))


def test_what_staff_wrote_is_never_in_it(staff_client, staff, clinic):
    request = a_request()
    request.add_note(by=staff, text="Canary note")
    request.record_attempt(by=staff, channel="phone", outcome="reached", note="Canary attempt")
    request.decline(by=staff, reason="Canary reason", text_for_patient="Canary text")

    for file_format in ("csv", "fhir-r4", "fhir-r5"):
        assert "Canary" not in text_of(taken_out(staff_client, file_format, words="on"))


PAYLOADS = ["=1+1", "+1-555", "-2+3", "@SUM(A1)", "=HYPERLINK(0)", "＝1", "＋1", "－1", "＠x", '="x",=1+1', ";=1+1"]
PADDING = ["", " ", "\t", "\r", "\n", "\u00a0", "\u200b", "'", '"', "\r\n="]


@pytest.fixture
def hostile(clinic):
    """A thousand requests with formulas in each field that somebody types."""
    service, now = a_service("=Service"), timezone.now()
    typed = ["name", "phone", "language", "message", "access_needs", "guide_title", "place"]
    texts = [PADDING[at % len(PADDING)] + PAYLOADS[at % len(PAYLOADS)] + str(at) for at in range(1000)]
    AppointmentRequest.objects.bulk_create(
        AppointmentRequest(
            **dict.fromkeys(typed, text),
            email="=cmd@example.org",
            service=service,
            patient_type="new",
            form_token=uuid.uuid4(),
            consented_at=now,
            promised_by=now,
        )
        for text in texts
    )


def dangerous_cells(text):
    """Cells that may be taken for a formula, and cells that may end a line: there are to be none."""
    cells = [cell for row in csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")) for cell in row]
    assert len(cells) > 20_000
    return [cell for cell in cells if cell.lstrip(" \u00a0\u200b").startswith(SIGNS) or re.search(r"[\r\n\t\0]", cell)]


def test_a_spreadsheet_takes_no_cell_for_a_formula(staff_client, hostile):
    text = text_of(taken_out(staff_client, words="on"))

    assert dangerous_cells(text) == []
    lines = text.removeprefix("\ufeff").split("\r\n")[:-1]
    assert len(lines) == 1001
    assert all(re.fullmatch(r'"([^"]|"")*"(,"([^"]|"")*")*', line) for line in lines)


def test_twin_without_the_apostrophe_it_would(staff_client, hostile, monkeypatch):
    monkeypatch.setattr(export, "AS_TEXT", "")

    assert len(dangerous_cells(text_of(taken_out(staff_client, words="on")))) > 1000


def test_a_phone_number_gets_an_apostrophe_and_the_page_says_so(staff_client, clinic):
    a_request(phone="+442079460018")

    assert rows_of(taken_out(staff_client))[0]["Phone"] == "'+442079460018"
    assertContains(staff_client.get(EXPORT), "'+44 20 7946 0018")


def test_a_spreadsheet_knows_that_it_is_utf_8(staff_client, clinic):
    a_request(name="Zoë Müller")

    response = taken_out(staff_client)
    content = b"".join(response.streaming_content)

    assert response["Content-Type"].startswith("text/csv; charset=utf-8")
    assert content.startswith(b"\xef\xbb\xbf") and "Zoë Müller".encode() in content


@pytest.mark.parametrize(("file_format", "model"), [("fhir-r4", R4Bundle), ("fhir-r5", R5Bundle)])
def test_a_bundle_is_valid_fhir(staff_client, staff, two_requests, file_format, model):
    start = in_opening_hours()
    two_requests[0].book(by=staff, start=start, end=start + timedelta(minutes=30), place="Main Street 1")

    response = taken_out(staff_client, file_format)
    text = text_of(response)

    assert response["Content-Type"].startswith("application/fhir+json")
    assert [entry.resource.status for entry in model.model_validate_json(text).entry] == ["booked", "proposed"]


def test_what_was_erased_meanwhile_does_not_leave(staff_client, two_requests):
    response = taken_out(staff_client)
    two_requests[0].delete()

    assert [row["Reference"] for row in rows_of(response)] == [two_requests[1].reference]


def test_what_came_meanwhile_was_not_written_down_and_does_not_leave(staff_client, staff, two_requests):
    response = taken_out(staff_client)
    a_request(name="Later")
    record("export", ["BCDF7346"], by=staff, step="csv of-another")

    assert len(rows_of(response)) == 2


# Many -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", ["csv", "fhir-r4"])
def test_pages_hold_each_request_once_and_in_order(staff_client, clinic, file_format):
    many_requests(2 * export.PAGE + 7)
    same_moment = timezone.now() - timedelta(days=1)
    AppointmentRequest.objects.filter(pk__in=AppointmentRequest.objects.values("pk")[: export.PAGE + 50]).update(
        created_at=same_moment
    )
    expected = list(AppointmentRequest.objects.order_by("created_at", "pk").values_list("reference", flat=True))

    response = taken_out(staff_client, file_format)

    if file_format == "csv":
        found = [row["Reference"] for row in rows_of(response)]
    else:
        found = [entry["resource"]["id"] for entry in json.loads(text_of(response))["entry"]]
    assert found == expected
    assert sorted(AccessEvent.objects.values_list("reference", flat=True)) == sorted(expected)


@pytest.mark.once
def test_memory_does_not_grow_with_the_file(staff_client, clinic):
    def most_memory(number):
        AppointmentRequest.objects.all().delete()
        many_requests(number)
        gc.collect()
        tracemalloc.start()
        size = sum(len(piece) for piece in taken_out(staff_client, words="on").streaming_content)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, peak

    small_size, small_peak = most_memory(2 * export.PAGE)
    large_size, large_peak = most_memory(8 * export.PAGE)

    assert large_size > 3.9 * small_size
    assert large_peak < 1.5 * small_peak


@pytest.fixture
def port(transactional_db):
    with served(application) as port:
        yield port


def from_the_wire(port, client, file_format):
    """The answer's head and body as a browser would get them."""
    client.get(EXPORT)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    form = {**asked(file_format), "csrfmiddlewaretoken": client.cookies["csrf"].value}
    body = "&".join(f"{name}={value}" for name, value in form.items())
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    browser = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    browser.request("POST", EXPORT, body, headers)
    return browser.getresponse()


@pytest.mark.parametrize("file_format", ["csv", "fhir-r4"])
def test_a_file_that_breaks_off_is_seen_to_be_broken(port, client, file_format):
    client.force_login(a_user())
    many_requests(3 * export.PAGE)
    whole = from_the_wire(port, client, file_format)
    assert whole.status == 200 and len(whole.read()) > 10_000

    broken_row = AppointmentRequest.objects.order_by("created_at")[2 * export.PAGE + 3].pk
    AppointmentRequest.objects.filter(pk=broken_row).update(preferred_days=["no such day"])
    response = from_the_wire(port, client, file_format)

    assert response.status == 200  # the first rows are on their way before anybody can know
    with pytest.raises(http.client.IncompleteRead):
        response.read()
    assert from_the_wire(port, client, "csv").status == 200  # and the server goes on
