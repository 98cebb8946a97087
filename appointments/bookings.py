"""What becomes of a booking when its time has passed and nobody says whether the patient came."""

from datetime import timedelta

from django.utils import timezone

from . import retention
from .models import AppointmentRequest, ChangedMeanwhile

CLOSED_AFTER = timedelta(days=7)
AT_ONCE = 200  # of one look; the rest has its turn an hour later
REASON = "Nobody said otherwise within 7 days of the appointment."


def close_old_ones():
    """Close them as taken place, so that the list of open requests stays short and no request is kept for ever.

    Gives how many those were. None by a clock that has jumped: it would thank patients for coming who are still to come.
    """
    if retention.doubt_of_the_clock(timezone.now()):
        return 0
    old = AppointmentRequest.objects.past_bookings().filter(end__lt=timezone.now() - CLOSED_AFTER)
    return sum(closed(appointment_request) for appointment_request in old[:AT_ONCE])


def closed(appointment_request):
    try:
        appointment_request.close_fulfilled(reason=REASON)
    except ChangedMeanwhile:
        return False
    return True
