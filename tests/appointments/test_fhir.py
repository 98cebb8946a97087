"""What is exported is FHIR: each status and outcome, in R4 and R5, by rules of our own and by a library's models."""

import itertools
import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fhir.resources.bundle import Bundle as R5Bundle
from fhir.resources.R4B.bundle import Bundle as R4Bundle

from appointments import fhir
from appointments.models import AppointmentRequest
from clinic.models import Service

SITE = "https://clinic.example.org"
NEW_YORK = ZoneInfo("America/New_York")
RECEIVED = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)  # a Wednesday
START = datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
TIMES = {"start": START, "end": START + timedelta(minutes=30), "place": "Main Street 1"}
BOTH = [fhir.R4, fhir.R5]
MODELS = {fhir.R4: R4Bundle, fhir.R5: R5Bundle}  # R4B's Appointment is R4's
# The required value sets, as https://hl7.org/fhir/R4/valueset-appointmentstatus.html and R5's have them.
STATUSES = {
    *("proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow", "entered-in-error", "checked-in"),
    "waitlist",
}
PARTICIPATION = {"accepted", "declined", "tentative", "needs-action"}
EXPECTED = {
    ("new", ""): "proposed",
    ("contacting", ""): "proposed",
    ("awaiting_patient", ""): "proposed",
    ("waitlisted", ""): "waitlist",
    ("booked", ""): "booked",
    ("closed", "declined"): "cancelled",
    ("closed", "redirected"): "cancelled",
    ("closed", "withdrawn"): "cancelled",
    ("closed", "unreachable"): "cancelled",
    ("closed", "duplicate"): "cancelled",
    ("closed", "spam"): "cancelled",
    ("closed", "fulfilled"): "fulfilled",
    ("closed", "noshow"): "noshow",
}
WITH_TIMES = [("booked", ""), ("closed", "fulfilled"), ("closed", "noshow")]
WITHOUT_TIMES = [stands for stands in EXPECTED if stands not in WITH_TIMES]
CALLED_OFF = [("closed", outcome) for outcome in ("declined", "withdrawn")]


def a_request(**facts):
    facts = {
        "reference": "BCDF7346",
        "name": "Pat Sample",
        "phone": "+12125550142",
        "email": "pat@example.org",
        "patient_type": "new",
        "service": Service(name="Imaging"),
        "created_at": RECEIVED,
        **facts,
    }
    if facts.get("status") == "closed":
        facts.setdefault("closed_at", RECEIVED + timedelta(days=3))
    return AppointmentRequest(**facts)


def exported(*requests, release=fhir.R4, **options):
    resources = (fhir.appointment(each, release=release, site=SITE, zone=NEW_YORK, **options) for each in requests)
    return json.loads("".join(fhir.bundle(resources, site=SITE, at=RECEIVED)))


def an_appointment(release=fhir.R4, with_words=False, **facts):
    return exported(a_request(**facts), release=release, with_words=with_words)["entry"][0]["resource"]


def every_request():
    """Each state with each way in which a request can look."""
    states = [{"status": status, "outcome": outcome} for status, outcome in WITHOUT_TIMES]
    states += [{"status": status, "outcome": outcome, **TIMES} for status, outcome in [*WITH_TIMES, *CALLED_OFF]]
    looks = [
        {},
        {"email": ""},
        {"phone": "", "for_whom": "other"},
        {"name": "", "phone": "", "email": "", "for_whom": "other"},
        {"name": "", "phone": "", "email": ""},
        {"preferred_days": ["wednesday", "monday"], "preferred_time": "morning"},
        {"preferred_days": ["sunday"], "message": "Words\n\x07", "language": "Spanish", "needs_interpreter": True},
        {"place": " ", "access_needs": "Wheelchair"},
    ]
    return [
        a_request(reference=f"BCDF{number:04}", **state, **look) for number, (state, look) in every_pair(states, looks)
    ]


def every_pair(states, looks):
    pairs = itertools.product(states, looks)
    return enumerate((state, {name: fact for name, fact in look.items() if name not in state}) for state, look in pairs)


def everything_in(value):
    yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from everything_in(part)


def assert_keeps_the_rules(resource, release):
    reason = "cancelationReason" if release == fhir.R4 else "cancellationReason"
    # Required elements and value sets
    assert resource["resourceType"] == "Appointment"
    assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", resource["id"])
    assert resource["status"] in STATUSES
    assert resource["participant"]
    for participant in resource["participant"]:
        assert participant["status"] in PARTICIPATION
        assert participant.get("type") or participant.get("actor")  # app-1
    assert ("start" in resource) == ("end" in resource)  # app-2
    assert "start" in resource or resource["status"] in {"proposed", "cancelled", "waitlist"}  # app-3
    assert (
        reason not in resource or resource["status"] == "cancelled"
    )  # app-4: R4's text says no-show, which is no code
    assert {"cancelationReason", "cancellationReason"} & set(resource) <= {reason}
    if "start" in resource:  # app-5 of R5
        assert datetime.fromisoformat(resource["start"]) <= datetime.fromisoformat(resource["end"])
    assert "cancellationDate" not in resource or (
        release == fhir.R5 and resource["status"] == "cancelled"
    )  # app-7 of R5
    for period in resource.get("requestedPeriod", []):
        assert period["start"] <= period["end"]  # per-1
    for moment in [resource.get("start"), resource.get("end"), resource["created"]]:
        assert moment is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", moment)
    contained = {f"#{each['id']}" for each in resource["contained"]}
    referred = {part["reference"] for part in everything_in(resource) if isinstance(part, dict) and "reference" in part}
    assert contained == referred  # dom-3, ref-1
    for part in everything_in(resource):
        assert part not in ("", [], {}, None)  # JSON of FHIR has nothing that is empty
        assert not isinstance(part, str) or (part == part.strip() and not re.search(r"[\x00-\x08\x0e-\x1f]", part))


@pytest.mark.parametrize("release", BOTH)
def test_each_status_and_outcome_keeps_the_invariants(release):
    requests = every_request()
    found = exported(*requests, release=release, with_words=True)

    assert len(found["entry"]) == len(requests) == (len(EXPECTED) + len(CALLED_OFF)) * 8
    for entry in found["entry"]:
        assert_keeps_the_rules(entry["resource"], release)
    assert len({entry["fullUrl"] for entry in found["entry"]}) == len(requests)  # bdl-7
    assert found["resourceType"] == "Bundle" and found["type"] == "collection"


@pytest.mark.parametrize("release", BOTH)
def test_a_library_s_models_take_each_of_them(release):
    text = json.dumps(exported(*every_request(), release=release, with_words=True))

    assert len(MODELS[release].model_validate_json(text).entry) == len(every_request())


@pytest.mark.parametrize(("release", "other"), [BOTH, BOTH[::-1]])
def test_twin_the_models_refuse_what_is_wrong(release, other):
    right = exported(a_request(status="closed", outcome="declined"), release=release)
    appointment = right["entry"][0]["resource"]
    wrong = [
        exported(a_request(status="closed", outcome="declined"), release=other),  # the reason's other spelling
        {**right, "entry": [{"resource": {**appointment, "participant": [{"actor": {"display": "Pat"}}]}}]},
        {**right, "entry": [{"resource": {name: part for name, part in appointment.items() if name != "status"}}]},
    ]

    MODELS[release].model_validate(right)
    for each in wrong:
        with pytest.raises(ValueError):
            MODELS[release].model_validate(each)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "pending"},
        {"status": "entered-in-error"},
        {"start": "2026-12-01T09:00:00-05:00"},
        {"status": "waitlist", "cancelationReason": {"text": "x"}},
        {"participant": [{"status": "accepted"}]},
        {"comment": ""},
    ],
)
def test_twin_our_own_rules_refuse_what_is_wrong(wrong):
    right = an_appointment()
    assert_keeps_the_rules(right, fhir.R4)

    with pytest.raises(AssertionError):
        assert_keeps_the_rules({**right, **wrong}, fhir.R4)


@pytest.mark.parametrize("release", BOTH)
def test_no_state_is_forgotten_and_none_is_pending(release):
    states = {(status, "") for status in AppointmentRequest.Status if status != "closed"}
    states |= {("closed", outcome) for outcome in AppointmentRequest.Outcome}

    assert states == set(EXPECTED)
    for (status, outcome), expected in EXPECTED.items():
        assert an_appointment(release, status=status, outcome=outcome, **TIMES)["status"] == expected


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("declined", "prov"),
        ("redirected", "prov"),
        ("withdrawn", "pat"),
        ("unreachable", "other"),
        ("duplicate", "oth-err"),
        ("spam", "oth-err"),
    ],
)
def test_why_it_was_canceled_is_coded(outcome, code):
    facts = {"status": "closed", "outcome": outcome}
    (coding,) = an_appointment(**facts)["cancelationReason"]["coding"]

    assert coding["code"] == code
    assert coding["system"] == "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
    r5 = an_appointment(fhir.R5, **facts)
    assert r5["cancellationReason"]["coding"] == [coding]
    assert r5["cancellationDate"] == "2026-11-28T10:30:00-05:00"


def test_a_booked_appointment_has_its_times_and_place():
    booked = an_appointment(status="booked", **TIMES)

    assert (booked["start"], booked["end"]) == ("2026-12-01T09:00:00-05:00", "2026-12-01T09:30:00-05:00")
    assert [(one["actor"]["type"], one["status"]) for one in booked["participant"]] == [
        ("Patient", "accepted"),
        ("Location", "accepted"),
    ]
    assert booked["participant"][1]["actor"]["display"] == "Main Street 1"


def test_who_asks_for_themselves_is_the_patient():
    (patient,) = an_appointment()["contained"]

    assert patient["name"] == [{"text": "Pat Sample"}]
    assert [one["value"] for one in patient["telecom"]] == ["+12125550142", "pat@example.org"]


def test_who_asks_for_somebody_else_is_not_taken_for_the_patient():
    (patient,) = an_appointment(for_whom="other")["contained"]

    assert "name" not in patient and "telecom" not in patient
    (contact,) = patient["contact"]
    assert contact["name"] == {"text": "Pat Sample"}
    assert contact["telecom"][0]["value"] == "+12125550142"


@pytest.mark.parametrize(
    ("time_of_day", "periods"),
    [
        ("any", [("2026-11-30", "2026-11-30"), ("2026-12-02", "2026-12-02")]),
        ("morning", [("2026-11-30T00:00:00-05:00", "2026-11-30T12:00:00-05:00")]),
        ("midday", [("2026-11-30T11:00:00-05:00", "2026-11-30T14:00:00-05:00")]),
        ("afternoon", [("2026-11-30T12:00:00-05:00", "2026-11-30T23:59:59-05:00")]),
    ],
)
def test_preferred_days_are_the_next_such_dates(time_of_day, periods):
    days = ["wednesday", "monday"][-len(periods) :]
    found = an_appointment(preferred_days=days, preferred_time=time_of_day)["requestedPeriod"]

    assert [(one["start"], one["end"]) for one in found] == periods


def test_a_preferred_day_keeps_its_clock_when_the_clocks_change():
    before_the_change = datetime(2026, 10, 30, 12, tzinfo=UTC)  # a Friday; the change is on Sunday
    facts = {"preferred_days": ["saturday", "monday"], "preferred_time": "morning", "created_at": before_the_change}

    starts = [one["start"] for one in an_appointment(**facts)["requestedPeriod"]]

    assert starts == ["2026-10-31T00:00:00-04:00", "2026-11-02T00:00:00-05:00"]


@pytest.mark.parametrize("release", BOTH)
def test_what_patients_wrote_is_in_it_only_when_asked_for(release):
    facts = {"message": "My words", "language": "Spanish", "needs_interpreter": True, "access_needs": "Wheelchair"}

    assert not {"comment", "note"} & set(an_appointment(release, **facts))
    found = an_appointment(release, with_words=True, **facts)
    text = found["comment"] if release == fhir.R4 else found["note"][0]["text"]
    assert text == "My words\nLanguage: Spanish\nNeeds an interpreter\nAccess needs: Wheelchair"


def test_what_staff_wrote_is_never_in_it():
    facts = {"text_for_patient": "Staff words", "promised_by": RECEIVED, "best_time_to_call": "morning"}
    text = json.dumps(an_appointment(with_words=True, status="closed", outcome="declined", **facts))

    assert "Staff words" not in text and "promise" not in text and "orning" not in text


def test_the_same_request_has_the_same_name_at_each_export():
    first, second, other = (
        exported(a_request(reference=reference))["entry"][0]["fullUrl"]
        for reference in ("BCDF7346", "BCDF7346", "GHJK7346")
    )

    assert first == second != other


@pytest.mark.parametrize("release", BOTH)
def test_a_bundle_of_nothing_is_valid(release):
    assert MODELS[release].model_validate(exported(release=release)).entry is None
