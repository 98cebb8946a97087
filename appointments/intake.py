"""Taking in a request: stored with its promise, its deliveries and their tasks in one transaction, or not at all."""

import hashlib
import hmac
import json

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clinic.models import ClinicProfile

from .models import AppointmentRequest, Delivery, Recipient, StatusChange
from .models.request import new_reference
from .tasks import deliver


@transaction.atomic
def receive(fields, *, form_token):
    """Store what a patient sent and return the request: the stored one when the same form came before.

    `fields` are the cleaned values of AppointmentRequest's fields. A second click, a reload or a retry (same token, same
    words) gives the request that the first one made; the same token with other words is another request, because a form
    page from a cache must never swallow a second patient.
    """
    now = timezone.now()
    wanted = AppointmentRequest(
        **fields,
        form_token=form_token,
        content_digest=digest(fields),
        created_at=now,
        consented_at=now,
        privacy_version=settings.PRIVACY_NOTICE_VERSION,
        promised_by=ClinicProfile.objects.current().promised_by(now, fields["service"]),
    )
    stored = store_once(wanted)
    if stored.secret != wanted.secret:
        return stored
    StatusChange.objects.create(request=stored, to_status=stored.status, at=now)
    deliveries = Delivery.objects.bulk_create(
        Delivery(request=stored, recipient=recipient, created_at=now, next_attempt_at=now)
        for recipient in Recipient.objects.active()
    )
    for delivery in deliveries:
        deliver.enqueue(delivery.pk)
    return stored


def store_once(wanted):
    """Insert the row, or find the one with the same token and words.

    Asks the database to ignore a conflict and looks who won: a raised IntegrityError would write the whole row, a
    patient's words, into PostgreSQL's log.
    """
    for _ in range(10):
        AppointmentRequest.objects.bulk_create([wanted], ignore_conflicts=True)
        stored = AppointmentRequest.objects.filter(
            form_token=wanted.form_token, content_digest=wanted.content_digest
        ).first()
        if stored:
            return stored
        wanted.reference = new_reference()  # the conflict was the reference: one in 78 thousand million
    raise RuntimeError("No free reference was found.")


def digest(fields):
    """A keyed fingerprint of what was sent: tells two contents apart, cannot be guessed back."""
    canonical = json.dumps(fields, sort_keys=True, default=lambda value: getattr(value, "pk", None) or str(value))
    return hmac.new(settings.SECRET_KEY.encode(), canonical.encode(), hashlib.sha256).hexdigest()
