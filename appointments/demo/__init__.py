"""Fictional requests in all states, made as patients and staff make them and then moved back in time."""

import tomllib
import uuid
from datetime import datetime, time, timedelta
from pathlib import Path

from django.utils import timezone

from clinic import hours
from clinic.models import ClinicProfile, Service, clinic_calendar

from .. import intake
from ..models import AppointmentRequest, Delivery, Recipient

RECIPIENTS = [("Front desk", "front-desk@harborlane.example.org"), ("Nurse on call", "nurse@harborlane.example.org")]
MOMENTS = ("first_opened_at", "first_attempt_at", "contacted_at", "closed_at")
NOT_FOR_THE_VERB = ("do", "by", "at", "in_days", "held", "of", "again")
EMPTY = {
    "for_whom": "self",
    "phone": "",
    "email": "",
    "patient_type": "new",
    "preferred_days": [],
    "preferred_time": "any",
    "best_time_to_call": "any",
    "voicemail_ok": False,
    "language": "",
    "needs_interpreter": False,
    "access_needs": "",
    "message": "",
}


def is_empty():
    return not (AppointmentRequest.objects.exists() or Recipient.objects.exists())


def load(*, staff, find_guide):
    """`staff` are users by the names that requests.toml gives them; `find_guide(slug)` says what a guide link carries."""
    for name, email in RECIPIENTS:
        Recipient.objects.create(name=name, email=email)
    stories = tomllib.loads((Path(__file__).parent / "requests.toml").read_text(encoding="utf-8"))["request"]
    told = {}
    for story in stories:
        told[story["name"]] = tell(story, staff, find_guide, told)


def tell(story, staff, find_guide, told):
    """One request with everything that happened to it."""
    request = intake.receive(fields(story, find_guide), form_token=uuid.uuid4())
    received = received_at(story)
    move_back(request, received)
    if not story.get("mail_waits"):
        request.deliveries.update(**accepted(received))
    for step in story.get("steps", []):
        take(step, request, staff, told)
    opened_soon(request, received)
    return request


def opened_soon(request, received):
    """Somebody looked within minutes, as at a clinic that runs well; what came in the last hour is still unopened."""
    if received < timezone.now() - timedelta(hours=1):
        unopened = AppointmentRequest.objects.filter(pk=request.pk, first_opened_at=None)
        unopened.update(first_opened_at=received + timedelta(minutes=12))


def accepted(at):
    return {"state": Delivery.State.ACCEPTED, "attempts": 1, "accepted_at": at + timedelta(seconds=3)}


def fields(story, find_guide):
    guide = find_guide(story.get("guide", "")) or {"slug": "", "title": "", "revision": None}
    return {
        **EMPTY,
        **{name: story[name] for name in [*EMPTY, "name"] if name in story},
        "service": Service.objects.get(slug=story["service"]),
        "guide_slug": guide["slug"],
        "guide_title": guide["title"],
        "guide_revision": guide["revision"],
    }


def received_at(story):
    """When it came: minutes ago, a working day and time, or so that its promise ends in some opening hours from now."""
    now = timezone.now()
    if "minutes_ago" in story:
        return now - timedelta(minutes=story["minutes_ago"])
    if "due_in_hours" in story:
        due = hours.add_opening_time(clinic_calendar(), now, timedelta(hours=story["due_in_hours"]))
        return latest_with_promise(due)
    return working_day(*story["received"])


def latest_with_promise(due):
    """The latest moment from which our promise ends by `due`: found by halving, because promises only move forward."""
    calendar, promise = clinic_calendar(), ClinicProfile.objects.current().promise
    early, late = due - timedelta(days=30), due
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if hours.add_opening_time(calendar, middle, promise) <= due:
            early = middle
        else:
            late = middle
    return early


def working_day(days_back, clock):
    """So many days on which the clinic opens before today, at a time such as "10:20"; never in the future."""
    calendar, day = clinic_calendar(), timezone.localdate()
    while days_back:
        day -= timedelta(days=1)
        days_back -= calendar.opens_on(day)
    moment = datetime.combine(day, time.fromisoformat(clock), calendar.zone)
    return min(moment, timezone.now() - timedelta(minutes=2))


def move_back(request, at):
    promised_by = ClinicProfile.objects.current().promised_by(at)
    AppointmentRequest.objects.filter(pk=request.pk).update(created_at=at, consented_at=at, promised_by=promised_by)
    request.status_changes.update(at=at)
    request.deliveries.update(created_at=at)
    request.refresh_from_db()


def take(step, request, staff, told):
    """One of the model's verbs, by a member of staff, with its traces moved back to when it happened."""
    began = timezone.now()
    facts = {name: value for name, value in step.items() if name not in NOT_FOR_THE_VERB}
    if "of" in step:
        facts["of"] = told[step["of"]]
    if "in_days" in step:
        facts["start"] = next_working_day(*step["in_days"])
        facts["end"] = facts["start"] + timedelta(minutes=30)
    if "again" in step:
        facts["next_attempt_at"] = next_working_day(*step["again"])
    if "held" in step:  # the verbs book nothing in the past
        start = working_day(*step["held"])
        AppointmentRequest.objects.filter(pk=request.pk).update(start=start, end=start + timedelta(minutes=30))
        request.refresh_from_db()
    if step["do"] == "mark_opened":
        request.mark_opened()
    elif "by" in step:
        getattr(request, step["do"])(by=staff[step["by"]], **facts)
    else:
        getattr(request, step["do"])(**facts)  # the patient's own, on the status page
    if "at" not in step:
        return  # a claim holds from now
    at = working_day(*step["at"])
    for rows in (request.status_changes, request.attempts, request.notes, request.replies):
        rows.filter(at__gte=began).update(at=at)
    request.deliveries.filter(created_at__gte=began).update(created_at=at, **accepted(at))
    if moved := {name: at for name in MOMENTS if (getattr(request, name) or began) > began}:
        AppointmentRequest.objects.filter(pk=request.pk).update(**moved)
    if step["do"] == "reopen":  # a promise began then
        promised_by = ClinicProfile.objects.current().promised_by(at)
        AppointmentRequest.objects.filter(pk=request.pk).update(promised_by=promised_by, reopened_at=at)
    request.refresh_from_db()


def next_working_day(days_ahead, clock):
    calendar, day = clinic_calendar(), timezone.localdate()
    while days_ahead:
        day += timedelta(days=1)
        days_ahead -= calendar.opens_on(day)
    return datetime.combine(day, time.fromisoformat(clock), calendar.zone)
