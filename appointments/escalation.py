"""A request that nobody opens: amber after one opening hour; after four it is red, and everybody is told again."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from clinic import hours
from clinic.models import clinic_calendar

from .duty import Rota
from .models import AppointmentRequest, Delivery

AMBER_AFTER = timedelta(hours=1)  # of opening time
RED_AFTER = timedelta(hours=4)
AT_ONCE = 200  # requests of one look; the rest has its turn a minute later


def unopened():
    """What nobody has looked at yet; suspected spam can wait for the digest."""
    return AppointmentRequest.objects.open().filter(first_opened_at=None, suspected_spam=False)


def unopened_for(amount, calendar=None, now=None):
    """Requests that nobody has opened in that much opening time."""
    since = hours.subtract_opening_time(calendar or clinic_calendar(), now or timezone.now(), amount)
    return unopened().filter(created_at__lte=since)


def escalate(now=None):
    """Tell everybody of what was not opened in four opening hours, once. Gives how many requests those are."""
    late = unopened_for(RED_AFTER, now=now).filter(escalated_at=None).select_related("service")
    return sum(tell_again(request, now) for request in late[:AT_ONCE])


@transaction.atomic
def tell_again(appointment_request, now=None):
    """False when it was opened in the meantime, or another worker was quicker."""
    now = now or timezone.now()
    recipients = Rota().everybody_for(appointment_request.service)
    still_late = unopened().filter(pk=appointment_request.pk, escalated_at=None)
    if not recipients or not still_late.update(escalated_at=now):
        return False
    Delivery.objects.bulk_create(
        Delivery(
            kind=Delivery.Kind.OVERDUE,
            request=appointment_request,
            recipient=recipient,
            created_at=now,
            next_attempt_at=now,
        )
        for recipient in recipients
    )
    return True
