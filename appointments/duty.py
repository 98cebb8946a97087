"""Who is told of a request: the service's recipients who are on duty at that moment. Never nobody, where there is anybody."""

from collections import defaultdict
from datetime import time

from django.utils import timezone
from django.utils.functional import cached_property

from .models import DutyHours, Recipient

END_OF_DAY = time(23, 59)  # duty that ends then lasts until midnight


class Rota:
    """Recipients, their services and their hours: three plain queries, each made when it is needed."""

    def recipients_for(self, service, at):
        """Active recipients of the service who are on duty; nobody on duty: all of it; none of it: all active."""
        fitting = self.everybody_for(service)
        return self.on_duty(fitting, at) or fitting

    def everybody_for(self, service):
        """The same without the hours: when it matters more than somebody's evening."""
        return [one for one in self.active if service.pk in self.services.get(one.pk, [service.pk])] or self.active

    def on_duty(self, recipients, at):
        """Those of them whose hours hold the moment, and those who have no hours."""
        local = timezone.localtime(at)
        return [
            one
            for one in recipients
            if one.pk not in self.hours or any(holds(hours, local) for hours in self.hours[one.pk])
        ]

    @cached_property
    def active(self):
        return list(Recipient.objects.active())

    @cached_property
    def services(self):
        """Recipient to the services that were chosen for them; who is not in it is told of all."""
        return together(Recipient.services.through.objects.values_list("recipient", "service"))

    @cached_property
    def hours(self):
        rows = DutyHours.objects.values_list("recipient", "weekday", "starts", "ends").order_by()
        return together((recipient, hours) for recipient, *hours in rows)


def together(pairs):
    found = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return dict(found)


def holds(hours, local):
    weekday, starts, ends = hours
    return weekday == local.weekday() and starts <= local.time() and (local.time() < ends or ends >= END_OF_DAY)
