"""The daily digest: how many, never who. On days when the clinic opens it goes out when all is zero, too, so that its
absence is a sign; on others nobody is there to act, and it says only that a patient waits past the promised time."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from clinic.models import clinic_calendar

from .escalation import unopened
from .models import AppointmentRequest, Delivery, Recipient


def owe(now=None):
    """Write down today's digest for each recipient if it is due. Several workers may ask: each is owed one."""
    local = timezone.localtime(now)
    if local.time() < settings.DIGEST_AT:
        return
    if Delivery.objects.filter(kind=Delivery.Kind.DIGEST, day=local.date()).exists():
        return
    if not clinic_calendar().opens_on(local.date()) and not AppointmentRequest.objects.overdue(local).exists():
        return
    Delivery.objects.bulk_create(
        (
            Delivery(
                kind=Delivery.Kind.DIGEST,
                recipient=recipient,
                day=local.date(),
                created_at=local,
                next_attempt_at=local,
            )
            for recipient in Recipient.objects.active()
        ),
        ignore_conflicts=True,
    )


def counts(delivery):
    """What the digest says."""
    since = counted_since(delivery)
    requests = AppointmentRequest.objects.filter(suspected_spam=False)
    return {
        "since": since,
        "new": requests.filter(created_at__gt=since).count(),
        "to_contact": requests.to_contact().count(),
        "overdue": requests.overdue().count(),
        "unopened": unopened().count(),
        "suspected": AppointmentRequest.objects.open().filter(suspected_spam=True).count(),
        "undelivered": Delivery.objects.undelivered().exclude(kind=Delivery.Kind.DIGEST).count(),
    }


def counted_since(delivery):
    """The digest before this one, or a day ago."""
    before = Delivery.objects.filter(kind=Delivery.Kind.DIGEST, day__lt=delivery.day).order_by("-day").first()
    return before.created_at if before else delivery.created_at - timedelta(days=1)
