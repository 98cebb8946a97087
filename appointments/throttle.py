"""Against floods: after so many requests in an hour from one network, the page asks to wait or to call."""

from django.conf import settings

from clinic.network import network_of

from .models import RequestCount


def is_flood(lately):
    """Whether a network of which so many requests were stored lately has to wait."""
    return lately["hour"] >= settings.REQUESTS_PER_HOUR_REFUSED


def is_busy(lately):
    """So many that one more looks like spam. It only tags."""
    return (
        lately["ten_minutes"] >= settings.REQUESTS_PER_TEN_MINUTES_SUSPECTED
        or lately["day"] >= settings.REQUESTS_PER_DAY_SUSPECTED
    )


def is_guessing(request):
    """Count a link that opens nothing. True when its network has tried too many in this hour."""
    return RequestCount.add(f"guess {network_of(request)}") > settings.REQUESTS_PER_HOUR_REFUSED
