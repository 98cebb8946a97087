"""The printout for a person: each field that is held stands on it, or is named here with the reason why not."""

from datetime import date, datetime, timedelta

import pytest
from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone
from pytest_django.asserts import assertContains

from appointments.admin.person import PRINTED, all_of, fact, seen
from appointments.models import (
    AccessEvent,
    AppointmentRequest,
    ContactAttempt,
    Delivery,
    Note,
    PatientReply,
    Recipient,
    StatusChange,
)
from tests.factories import a_recipient, a_request, a_user

from .test_person import PAGE, may

ROW = "a number of the row, of nobody"
OWN = "which request it belongs to: it stands below it"
NOT_PRINTED = {
    "AppointmentRequest": {
        "id": ROW,
        "secret": "whoever has it may read and withdraw the request",
        "form_token": "a random number that keeps one form from being stored twice",
        "content_digest": "a digest of the words, which are printed",
        "version": "counts changes, which are printed",
        "calendar_sequence": "counts bookings, which are printed",
    },
    "StatusChange": {"id": ROW, "request": OWN, "from_status": "what the line before it led to"},
    "ContactAttempt": {"id": ROW, "request": OWN},
    "Note": {"id": ROW, "request": OWN},
    "PatientReply": {"id": ROW, "request": OWN},
    "Delivery": {
        "id": ROW,
        "request": OWN,
        "day": "of a digest, which is of no request",
        "message_id": "a random number that names one mail to mail servers",
        "next_attempt_at": "when the site sends it, moved on at each try",
        "lease": "which worker sends it just now",
        "lease_until": "which worker sends it just now",
        "needs_help": "what is printed as the last trouble",
    },
    "AccessEvent": {"id": ROW, "reference": OWN},
}
HELD_AS = {
    StatusChange: "history",
    ContactAttempt: "attempts",
    Note: "notes",
    PatientReply: "replies",
    Delivery: "deliveries",
    AccessEvent: "seen",
}
FIELDS = [
    (model, field.name)
    for model in (AppointmentRequest, *HELD_AS)
    for field in model._meta.concrete_fields
    if field.name not in NOT_PRINTED[model.__name__]
]


def other_value(field, value):
    """A value that reads differently."""
    if field.is_relation:
        return {"User": lambda: a_user("other"), "AppointmentRequest": a_request, "Recipient": lambda: Recipient(name="Rita"),
                "StatusChange": lambda: StatusChange(at=timezone.now(), to_status="booked"), "Service": lambda: type(value)(name="Other")}[field.related_model.__name__]()  # fmt: skip
    if field.choices:
        return next(choice for choice, _ in field.choices if choice not in (value, ""))
    match value:
        case bool():
            return not value
        case int():
            return value + 41
        case list():
            return [AppointmentRequest.Day.values[1]] if field.name == "preferred_days" else ["Something else"]
        case datetime() | date():
            return value + timedelta(days=400)
    return (
        timezone.now()
        if isinstance(field, models.DateTimeField)
        else 4711
        if isinstance(field, models.IntegerField)
        else "es"
    )


def printed(part):
    return render_to_string("admin/appointments/erasure/printout.html", {"held": [part]})


@pytest.fixture
def petra(clinic, staff):
    a_recipient()
    row = a_request(name="Petra Private", email="petra@example.org", language="Welsh")
    row.record_attempt(by=staff, channel="phone", outcome="reached")
    row.add_note(by=staff, text="A note")
    row.add_reply(kind="message", text="A word")
    AccessEvent.objects.create(by=staff, action="view", reference=row.reference)
    return row


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=lambda value: getattr(value, "__name__", value))
def test_a_field_that_changes_changes_the_printout(petra, model, name):
    part = all_of(petra)
    part |= {key: list(part[key]) for key in HELD_AS.values()}
    held = petra if model is AppointmentRequest else part[HELD_AS[model]][0]
    before = printed(part)

    setattr(held, name, other_value(model._meta.get_field(name), getattr(held, name)))
    if held is petra:
        part["facts"] = [fact(petra, label) for label in PRINTED]
    if model is AccessEvent:
        seen(held)

    assert printed(part) != before


@pytest.mark.parametrize("model", [AppointmentRequest, *HELD_AS])
def test_what_is_not_printed_is_a_field_and_has_a_reason(model):
    names = {field.name for field in model._meta.concrete_fields}

    assert NOT_PRINTED[model.__name__].keys() <= names
    assert all(NOT_PRINTED[model.__name__].values())


def test_it_is_printed_in_plain_words_and_without_the_secret(client, clinic):
    nurse = a_user("nurse", first_name="Nora", last_name="Nurse")
    row, kept = (
        a_request(email="petra@example.org", sent_in="es", guide_slug="barium", guide_title="Barium"),
        a_request(),
    )
    row.claim(by=nurse)
    AccessEvent.objects.create(by=nurse, action="change", reference=row.reference, step="claim")
    step = StatusChange.objects.create(request=row, to_status="booked", by=nurse)
    Delivery.objects.create(request=row, kind="event", status_change=step, last_error="It does not answer", attempts=2)
    AppointmentRequest.objects.filter(pk=row.pk).update(duplicate_of=kept, words_removed_at=timezone.now())
    may(client, "disclose_appointmentrequest")

    page = client.post(PAGE, {"q": row.reference, "do": "print", "request": row.pk})

    for held in ("Nora Nurse</td>", kept.reference, "<td>Spanish</td>", "barium", "Words removed because of their age"):
        assertContains(page, held)
    assertContains(page, "Nora Nurse: changed, Claim</li>")
    assertContains(page, "exported or printed, a person’s data, for printing</li>")
    assertContains(page, "Event to the practice system, to the practice system, of ")
    assertContains(
        page,
        "Booked: waiting to be sent, tried 2 times, last trouble: It does not answer</li>",
    )
    for kept_back in (row.secret, str(row.form_token), row.content_digest):
        assert kept_back not in page.content.decode()
