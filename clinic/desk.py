"""What the first page of the admin shows: what is wrong, what waits, whom to call next."""

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from appointments.models import AppointmentRequest, Delivery, Recipient
from appointments.promise import Promises, age

from . import caught_mail, doctor

SHOWN = 10  # rows of each list; the rest is a link away
LISTED_BELOW = {"undelivered", "patients_mail"}  # message by message
ABOUT_REQUESTS = {"unopened"}
REQUESTS = "admin:appointments_appointmentrequest_changelist"


def desk(user):
    """The context of the first page. Each person sees what they may do something about."""
    may_triage = user.has_perm("appointments.triage_appointmentrequest")
    faults, warnings = findings(may_triage)
    context = {
        "may_triage": may_triage,
        "faults": faults,
        "warnings": warnings,
        "mail_is_caught": caught_mail.is_caught(),
    }
    if may_triage:
        in_trouble = Delivery.objects.in_trouble()
        patients_not_told = Delivery.objects.patients_not_told()
        context |= {
            "in_trouble": for_the_desk(in_trouble),
            "in_trouble_count": in_trouble.count(),
            "patients_not_told": for_the_desk(patients_not_told),
            "patients_not_told_count": patients_not_told.count(),
            "waiting_count": Delivery.objects.undelivered().count(),
            "counts": counts(user),
            "call_next": call_next(user),
            "recipients": Recipient.objects.active(),
        }
    red, amber = context.get("in_trouble_count") or faults, context.get("patients_not_told_count") or warnings
    context["level"] = "bad" if red else "fair" if amber else "good"
    return context


def findings(may_triage):
    """(faults, warnings) of the doctor that somebody at the desk can mend."""
    shown = [finding for finding in doctor.quick() if finding.for_desk and finding.name not in LISTED_BELOW]
    if not may_triage:
        shown = [finding for finding in shown if finding.name not in ABOUT_REQUESTS]
    return [
        [as_row(finding) for finding in shown if finding.level == level] for level in (doctor.FAULT, doctor.WARNING)
    ]


def as_row(finding):
    """(what is wrong, what to do, where)"""
    return finding.says, finding.do, f"{reverse(finding.page)}{finding.query}" if finding.page else ""


def for_the_desk(deliveries):
    return deliveries.select_related("request", "recipient").order_by("created_at")[:SHOWN]


def counts(user):
    """[(label, count, address)], in the order of the day."""
    requests = AppointmentRequest.objects
    lists = [
        ("To contact", requests.to_contact(), "status=to_contact"),
        ("Overdue", requests.overdue(), "status=overdue"),
        ("Claimed by me", requests.claimed_by(user), "claim=mine"),
        ("Waiting for the patient", requests.filter(status="awaiting_patient"), "status=awaiting_patient"),
        ("On the waiting list", requests.filter(status="waitlisted"), "status=waitlisted"),
    ]
    if_any = [
        ("Reached, not decided", requests.undecided(), "status=undecided"),
        ("News from the patient", requests.with_unread_reply(), "status=reply"),
        ("Called off by the patient", requests.cancelled_by_patient(), "status=cancelled"),
        ("Over, not closed", requests.past_bookings(), "status=past"),
        ("Suspected spam", requests.suspected(), "status=suspected"),
    ]
    return with_addresses(lists) + [row for row in with_addresses(if_any) if row[1]]


def with_addresses(lists):
    return [(label, queryset.count(), f"{reverse(REQUESTS)}?{query}") for label, queryset, query in lists]


def call_next(user):
    """Whom to call now, what to read first and then in order of promise.

    Not yet reached, or to be called again by now; no later time agreed; not in somebody else's hands.
    """
    now = timezone.now()
    due = Q(contacted_at=None, next_attempt_at=None) | Q(next_attempt_at__lte=now)
    mine_or_free = Q(assigned_to=user) | Q(assigned_to=None) | Q(claimed_until=None) | Q(claimed_until__lte=now)
    requests = AppointmentRequest.objects.ours_to_act().filter(due, mine_or_free)
    requests = requests.order_by("-read_first", "promised_by", "pk")
    promises = Promises.today()
    rows = list(requests.select_related("service", "assigned_to")[:SHOWN])
    for row in rows:
        row.promise, row.age = promises.of(row), age(row.created_at)
    return rows
