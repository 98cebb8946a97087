"""Requests as FHIR Appointments, for R4 (4.0.1) and R5 (5.0.0): pure, it only reads a request's attributes.

After https://hl7.org/fhir/R4/appointment.html, https://hl7.org/fhir/R5/appointment.html and, for the reasons,
http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason. What is easily done wrong:

- app-2, app-3: start and end both or neither, and without them only `proposed`, `waitlist` and `cancelled` are allowed.
  So nothing here is ever `pending`; and a duplicate, which has no times, is `cancelled` with the reason "error" and not
  `entered-in-error`.
- app-4: a reason stands beside `cancelled` alone. R4's rule misspells `noshow`, so none is given there.
- R4 writes cancelationReason, R5 cancellationReason; serviceType and comment have other forms in R5.
- app-1: each participant has an actor. The patient is contained, because this site keeps no patients, only requests.
- JSON in FHIR has no empty texts, lists or objects: what is not known is left out.

Notes, claims, promises, reasons that staff wrote and the best time to call are never exported.
"""

import json
from datetime import date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from clinic.typed import tidy, tidy_line

R4, R5 = "R4", "R5"
MIME_VERSION = {R4: "4.0", R5: "5.0"}
OPEN = {
    "new": "proposed",
    "contacting": "proposed",
    "awaiting_patient": "proposed",
    "waitlisted": "waitlist",
    "booked": "booked",
}
CLOSED = {"fulfilled": "fulfilled", "noshow": "noshow"}  # after a booking, so with times; all others are `cancelled`
OTHER = ("other", "Other")
REASONS = {  # outcome: (code, display)
    "declined": ("prov", "Provider"),
    "redirected": ("prov", "Provider"),
    "withdrawn": ("pat", "Patient"),
    "unreachable": OTHER,
    "duplicate": ("oth-err", "Other: Error"),
    "spam": ("oth-err", "Other: Error"),
}
REASON_SYSTEM = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
TIMES_OF_DAY = {  # by the clinic's clock; "any" is the whole day
    "morning": (time(0), time(12)),
    "midday": (time(11), time(14)),
    "afternoon": (time(12), time(23, 59, 59)),
}
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def bundle(appointments, *, site, at):
    """The pieces of a Bundle's JSON, one for each appointment, so that it can be sent while it is made."""
    head = {"resourceType": "Bundle", "type": "collection", "timestamp": instant(at)}
    yield json.dumps(head)[:-1]
    before, after = ', "entry": [\n', ""
    for each in appointments:
        yield before + json.dumps({"fullUrl": full_url(each, site), "resource": each}, ensure_ascii=False)
        before, after = ",\n", "\n]"
    yield after + "}\n"


def full_url(resource, site):
    """The same for the same request at each export; no address, because nothing can be fetched from this site."""
    return uuid5(NAMESPACE_URL, f"{namespace(site)}/{resource['id']}").urn


def namespace(site):
    """In which a reference is unique."""
    return f"{site}/appointment-requests"


def appointment(request, *, release, site, zone, with_words=False):
    """The Appointment resource as a dict. `site` names the clinic's site, `zone` is its tzinfo."""
    status = status_of(request)
    canceled = status == "cancelled"
    return without_empty(
        {
            "resourceType": "Appointment",
            "id": request.reference,
            "contained": [patient(request)],
            "identifier": [{"system": namespace(site), "value": request.reference}],
            "status": status,
            ("cancelationReason" if release == R4 else "cancellationReason"): canceled and reason(request),
            "cancellationDate": canceled and release == R5 and instant(request.closed_at, zone),
            "serviceType": [service_type(request, release)],
            "start": instant(request.start, zone),
            "end": instant(request.end, zone),
            "created": instant(request.created_at, zone),
            **(words(request, release) if with_words else {}),
            "participant": participants(request),
            "requestedPeriod": requested_periods(request, zone),
        }
    )


def status_of(request):
    return OPEN.get(request.status) or CLOSED.get(request.outcome, "cancelled")


def reason(request):
    code, display = REASONS.get(request.outcome, OTHER)
    coding = {"system": REASON_SYSTEM, "code": code, "display": display}
    return {"coding": [coding], "text": request.get_outcome_display()}


def service_type(request, release):
    concept = {"text": tidy_line(request.service.name)}
    return concept if release == R4 else {"concept": concept}


def patient(request):
    """Who asks for themselves is the patient; who asks for somebody else is the patient's contact, and the patient's
    name is not known."""
    person = {
        "name": {"text": tidy_line(request.name)},
        "telecom": [
            {"system": "phone", "value": request.phone} if request.phone else None,
            {"system": "email", "value": request.email} if request.email else None,
        ],
    }
    if request.for_whom == "self":
        person["name"] = [person["name"]]
    else:
        person = {"contact": [person]}
    return {"resourceType": "Patient", "id": "patient", **person}


def participants(request):
    """The patient and, once there is one, the place."""
    was_booked = request.start is not None
    patients = "declined" if request.outcome == "withdrawn" else "accepted" if was_booked else "needs-action"
    found = [{"actor": {"reference": "#patient", "type": "Patient"}, "status": patients}]
    if tidy_line(request.place):
        found.append({"actor": {"type": "Location", "display": tidy_line(request.place)}, "status": "accepted"})
    return found


def requested_periods(request, zone):
    """Each preferred day, as its first date after the day of the request: FHIR knows dates and no weekdays."""
    asked = request.created_at.astimezone(zone).date()
    return [
        period(on, request.preferred_time, zone) for on in sorted(next_date(asked, d) for d in request.preferred_days)
    ]


def next_date(after, weekday):
    return after + timedelta(days=(WEEKDAYS.index(weekday) - after.weekday() - 1) % 7 + 1)


def period(on: date, time_of_day, zone):
    if time_of_day not in TIMES_OF_DAY:
        return {"start": on.isoformat(), "end": on.isoformat()}  # a date as an end includes the whole day
    first, last = TIMES_OF_DAY[time_of_day]
    return {"start": instant(datetime.combine(on, first, zone)), "end": instant(datetime.combine(on, last, zone))}


def words(request, release):
    """What the patient wrote, and needs, as one comment."""
    lines = [
        tidy(request.message),
        f"Language: {tidy_line(request.language or request.speaks)}" if request.language or request.speaks else "",
        "Needs an interpreter" if request.needs_interpreter else "",
        f"Access needs: {tidy_line(request.access_needs)}" if request.access_needs else "",
    ]
    text = "\n".join(line for line in lines if line)
    return {"comment": text} if release == R4 else {"note": [{"text": text}]}


def instant(moment, zone=None):
    return moment and moment.astimezone(zone or moment.tzinfo).isoformat(timespec="seconds")


def without_empty(value):
    """The same without what FHIR's JSON must not hold: null, "", [], {}, and what became one of them."""
    if isinstance(value, dict):
        kept = {name: without_empty(part) for name, part in value.items()}
        return {name: part for name, part in kept.items() if part}
    if isinstance(value, list):
        return [part for part in map(without_empty, value) if part]
    return value
