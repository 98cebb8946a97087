"""Whether the form takes requests just now, and what patients read when it does not. The page itself never goes away."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.languages import weekday

from .arrangements import Arrangements
from .models import AppointmentRequest

CALL_US = _("Please call us: we will find the right appointment for you on the phone.")


@dataclass(frozen=True)
class FormState:
    reason: str = ""  # "paused", "full" or "nothing_offered" when it takes none
    title: str = ""
    text: str = ""
    until: date | None = None  # the day on which it opens again by itself, where that is known

    @property
    def is_open(self):
        return not self.reason


def form_state(now, arrangements=None):
    arrangements = arrangements or Arrangements()
    profile = arrangements.profile
    today = timezone.localdate(now)
    if profile.is_paused(today):
        return paused(profile)
    if profile.daily_cap and received_on(today) >= profile.daily_cap:
        return FormState(
            "full",
            _("We cannot take more requests online today"),
            _(
                "We take only as many requests as we can answer soon, and today’s are in. Please call us, or come back "
                "tomorrow."
            ),
        )
    if not arrangements.offers_something:
        return FormState(
            "nothing_offered", _("Please call us"), f"{gettext('We take no requests online just now.')} {CALL_US}"
        )
    return FormState()


def paused(profile):
    text = profile.pause_message.strip() or str(CALL_US)
    if profile.paused_until:
        opens = gettext("The form opens again on %(day)s.") % {"day": weekday(profile.paused_until)}
        text = f"{text}\n{opens}"
    return FormState("paused", _("We take no requests online just now"), text, profile.paused_until)


def received_on(today):
    """How many requests that do not look like spam came on this day, in the clinic's time zone."""
    midnight = datetime.combine(today, time(), timezone.get_current_timezone())
    return AppointmentRequest.objects.filter(created_at__gte=midnight, suspected_spam=False).count()
