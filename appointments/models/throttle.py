"""How many requests came from where, in a table: a cache of one process would count its own, a shared one loses some."""

import hashlib
import hmac
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

KEEP = timedelta(days=1)


class RequestCountQuerySet(models.QuerySet):
    def old(self):
        return self.filter(hour__lt=timezone.now() - KEEP)


class RequestCount(models.Model):
    """Forms sent from one network in one hour, and the like. The network itself is not kept, only a keyed hash that changes daily."""

    network = models.CharField(max_length=32)
    hour = models.DateTimeField()
    sent = models.PositiveIntegerField(default=0)

    objects = RequestCountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "hour"], name="one_count_for_a_network_and_hour")]

    def __str__(self):
        return f"{self.sent} in the hour of {self.hour:%Y-%m-%d %H:%M}"

    @classmethod
    def add(cls, network):
        """Count one more and return how many that makes in this hour. Exact, however many come at once."""
        return cls._add(cls._of_hour(network))

    @classmethod
    def add_in_day(cls, whom):
        """The same for a day. `whom` may be any text, such as the owner of an e-mail address."""
        return cls._add(cls._of_hour(whom, hour=0))

    @classmethod
    def in_hour(cls, network):
        """How many there were in this hour, without one more."""
        return cls.objects.filter(**cls._of_hour(network)).values_list("sent", flat=True).first() or 0

    @classmethod
    def _of_hour(cls, whom, **midnight):
        hour = timezone.now().replace(minute=0, second=0, microsecond=0, **midnight)
        return {"network": daily_hash(whom, hour), "hour": hour}

    @classmethod
    @transaction.atomic
    def _add(cls, mine):
        cls.objects.bulk_create([cls(**mine)], ignore_conflicts=True)
        cls.objects.filter(**mine).update(sent=F("sent") + 1)  # holds the row until the end of the transaction
        return cls.objects.values_list("sent", flat=True).get(**mine)


def daily_hash(network, moment):
    text = f"{moment:%Y-%m-%d} {network}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]
