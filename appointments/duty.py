"""Who is told of a request: the service's recipients who are on duty at that moment. Never nobody, where there is anybody."""

from collections import defaultdict
from datetime import time

from django.utils import timezone

from .models import DutyHours, Recipient

END_OF_DAY = time(23, 59)  # duty that ends then lasts until midnight


def recipients_for(service, at):
    """Active recipients of the service who are on duty; nobody on duty: all of the service; none of it: all active."""
    fitting = everybody_for(service)
    return on_duty(fitting, at) or fitting


def everybody_for(service):
    """The same without the rota: when it matters more than somebody's evening."""
    everybody, chosen = list(Recipient.objects.active()), defaultdict(set)
    for recipient, only in Recipient.services.through.objects.values_list("recipient", "service"):
        chosen[recipient].add(only)
    return [one for one in everybody if not chosen[one.pk] or service.pk in chosen[one.pk]] or everybody


def on_duty(recipients, at):
    """Those of them whose hours hold the moment, and those who have no hours."""
    local, rota = timezone.localtime(at), defaultdict(list)
    for recipient, *hours in DutyHours.objects.values_list("recipient", "weekday", "starts", "ends").order_by():
        rota[recipient].append(hours)
    return [one for one in recipients if not rota[one.pk] or any(holds(hours, local) for hours in rota[one.pk])]


def holds(hours, local):
    weekday, starts, ends = hours
    return weekday == local.weekday() and starts <= local.time() and (local.time() < ends or ends >= END_OF_DAY)
