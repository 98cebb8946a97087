"""Messages to staff. They hold no word a patient wrote: clinic, reference, time and a link to sign in."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from clinic.models import ClinicProfile

SUBJECT = "A new appointment request is waiting"


def notification(delivery):
    """The message for one delivery: one recipient, the same Message-ID at each attempt. Not sent here."""
    path = reverse("admin:appointments_appointmentrequest_change", args=[delivery.request_id])
    body = render_to_string(
        "appointments/email_notification.txt",
        {
            "clinic": ClinicProfile.objects.current(),
            "appointment_request": delivery.request,
            "link": settings.SITE_URL + path,
        },
    )
    return EmailMessage(
        SUBJECT,
        body,
        to=[delivery.recipient.email],
        headers={"Message-ID": f"<{delivery.message_id}@{urlsplit(settings.SITE_URL).hostname}>"},
    )
