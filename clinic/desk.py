"""What the first page of the admin shows: what is wrong, what waits, whom to call next."""

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from appointments.models import AppointmentRequest, Delivery, Recipient, WorkerHeartbeat
from appointments.promise import Promises, age

from . import caught_mail
from .models import ClinicProfile, OpeningHours

SHOWN = 10  # rows of each list; the rest is a link away
REQUESTS = "admin:appointments_appointmentrequest_changelist"


def desk(user):
    """The context of the first page. Each person sees what they may do something about."""
    may_triage = user.has_perm("appointments.triage_appointmentrequest")
    context = {"may_triage": may_triage, "faults": faults(), "mail_is_caught": caught_mail.is_caught()}
    context["all_is_well"] = not context["faults"]
    if may_triage:
        undelivered = Delivery.objects.undelivered()
        in_trouble = Delivery.objects.in_trouble()
        context |= {
            "in_trouble": in_trouble.select_related("request", "recipient").order_by("created_at")[:SHOWN],
            "in_trouble_count": in_trouble.count(),
            "waiting_count": undelivered.count(),
            "counts": counts(user),
            "call_next": call_next(user),
        }
        context["all_is_well"] = context["all_is_well"] and not context["in_trouble_count"]
    return context


def faults():
    """[(what is wrong, what to do, where)] that keep patients or staff from being told; empty when all is well."""
    profile_form = reverse("admin:clinic_clinicprofile_changelist")
    found = []
    if not WorkerHeartbeat.any_alive():
        found.append(
            (
                "The worker is not running, so no mail goes out.",
                "Start it: it is part of “make run”, and “manage.py worker” on a server.",
                "",
            )
        )
    if not Recipient.objects.active().exists():
        found.append(
            (
                "Nobody is told of new requests: there is no active recipient.",
                "Add a recipient",
                reverse("admin:appointments_recipient_changelist"),
            )
        )
    if not ClinicProfile.objects.filter(pk=1).exists():
        found.append(("The clinic has no profile: no name, no phone number.", "Write the profile", profile_form))
    if not OpeningHours.objects.exists():
        found.append(
            (
                "No opening hours are entered. Promises to patients count Monday to Friday, 9 to 5.",
                "Enter the opening hours",
                profile_form,
            )
        )
    return found


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
    return [(label, queryset.count(), f"{reverse(REQUESTS)}?{query}") for label, queryset, query in lists]


def call_next(user):
    """Whom to call now, in order of promise: not yet reached, no later time agreed, not in somebody else's hands."""
    now = timezone.now()
    due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    mine_or_free = Q(assigned_to=user) | Q(assigned_to=None) | Q(claimed_until=None) | Q(claimed_until__lte=now)
    requests = AppointmentRequest.objects.to_contact().filter(due, mine_or_free).in_order_of_promise()
    promises = Promises.today()
    rows = list(requests.select_related("service", "assigned_to")[:SHOWN])
    for row in rows:
        row.promise, row.age = promises.of(row), age(row.created_at)
    return rows
