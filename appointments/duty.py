"""Who is told of a request: the service's recipients who are on duty at that moment. Never nobody, where there is anybody."""

from datetime import time

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from .models import DutyHours, Recipient

END_OF_DAY = time(23, 59)  # duty that ends then lasts until midnight


def recipients_for(service, at):
    """Active recipients of the service who are on duty; nobody on duty: all of the service; none of it: all active."""
    everybody = list(Recipient.objects.active().annotate(**fits(service), **on_duty(at)))
    fitting = [recipient for recipient in everybody if recipient.fits]
    return [recipient for recipient in fitting if recipient.on_duty] or fitting or everybody


def everybody_for(service):
    """The same without the rota: when it matters more than somebody's evening."""
    everybody = list(Recipient.objects.active().annotate(**fits(service)))
    return [recipient for recipient in everybody if recipient.fits] or everybody


def fits(service):
    chosen = Recipient.services.through.objects.filter(recipient=OuterRef("pk"))
    return {"fits": ~Exists(chosen) | Exists(chosen.filter(service=service))}


def on_duty(at):
    local = timezone.localtime(at)
    hours = DutyHours.objects.filter(recipient=OuterRef("pk"))
    now = hours.filter(
        Q(ends__gt=local.time()) | Q(ends__gte=END_OF_DAY), weekday=local.weekday(), starts__lte=local.time()
    )
    return {"on_duty": ~Exists(hours) | Exists(now)}
