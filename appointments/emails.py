"""Messages, built and not sent here. Those to staff hold counts, references, times and a link to sign in: no patient data."""

from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from clinic.models import ClinicProfile

from . import digest, messages
from .models import Delivery

Kind = Delivery.Kind
LISTED_AT_MOST = 50

# Constant, whatever a request holds: (subject for one, subject for several, template)
TO_STAFF = {
    Kind.REQUEST: ("A new appointment request is waiting", "New appointment requests are waiting", "notification"),
    Kind.OVERDUE: ("A request has not been opened yet", "Requests have not been opened yet", "unopened"),
    Kind.URGENT: (
        "Please read now what a patient has added to a request",
        "Please read now what patients have added to requests",
        "urgent",
    ),
}
DIGEST_SUBJECT = "Appointment requests today"
TRIAL_SUBJECT = "A test mail"


def message_for(delivery):
    """The message for one delivery: one receiver, the same Message-ID at each attempt."""
    if delivery.kind in Delivery.TO_PATIENT:
        return messages.to_patient(delivery)
    if delivery.kind == Kind.DIGEST:
        return daily_digest(delivery)
    return notification(delivery)


def notification(delivery):
    """Tells of one request, or of all that were claimed together."""
    told = delivery.told_together()
    one, several, template = TO_STAFF[Kind(delivery.kind)]
    return to_staff(
        delivery.recipient,
        one if len(told) == 1 else several,
        template,
        message_id=shared_id(told),
        appointment_requests=[each.request for each in told[:LISTED_AT_MOST]],
        count=len(told),
        link=link_to(told),
    )


def daily_digest(delivery):
    link = settings.SITE_URL + reverse("admin:index")
    return to_staff(
        delivery.recipient,
        DIGEST_SUBJECT,
        "digest",
        message_id=delivery.message_id,
        link=link,
        day=delivery.day,
        **digest.counts(delivery),
    )


def trial(address):
    """What somebody asks for who wants to see whether mail arrives."""
    body = render_to_string("appointments/email_test.txt", {"clinic": ClinicProfile.objects.current()})
    return EmailMessage(TRIAL_SUBJECT, body, to=[address])


def to_staff(recipient, subject, template, *, message_id, **context):
    body = render_to_string(
        f"appointments/email_{template}.txt", {"clinic": ClinicProfile.objects.current(), **context}
    )
    return EmailMessage(
        subject,
        body,
        to=[recipient.email],
        headers={"Message-ID": f"<{message_id}@{urlsplit(settings.SITE_URL).hostname}>"},
    )


def shared_id(told):
    """Of one: its own. Of several: one made of theirs, so that the same set sent twice is seen to be the same message."""
    if len(told) == 1:
        return told[0].message_id
    return uuid5(NAMESPACE_URL, " ".join(sorted(str(each.message_id) for each in told)))


def link_to(told):
    if len(told) > 1:
        return settings.SITE_URL + reverse("admin:appointments_appointmentrequest_changelist")
    return settings.SITE_URL + reverse("admin:appointments_appointmentrequest_change", args=[told[0].request_id])
