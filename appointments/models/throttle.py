"""How many requests came from where, in a table: a cache of one process would count its own, a shared one loses some."""

import hashlib
import hmac
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

KEEP = timedelta(days=1)


class RequestCountQuerySet(models.QuerySet):
    def old(self):
        return self.filter(began__lt=timezone.now() - KEEP)


class RequestCount(models.Model):
    """Requests from one network in ten minutes, and the like. Who it was is not kept, only a keyed hash that changes daily."""

    network = models.CharField(max_length=32)
    began = models.DateTimeField()  # the ten minutes, the hour or the day that is counted
    sent = models.PositiveIntegerField(default=0)

    objects = RequestCountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "began"], name="one_count_for_a_network_and_time")]

    def __str__(self):
        return f"{self.sent} since {self.began:%Y-%m-%d %H:%M}"

    @classmethod
    def add(cls, network):
        """Count one more and return how many that makes in this hour. Exact, however many come at once."""
        return cls._add(cls._of_hour(network))

    @classmethod
    def add_in_day(cls, whom):
        """The same for a day. `whom` may be any text, such as the owner of an e-mail address."""
        return cls._add(cls._of_hour(whom, hour=0))

    @classmethod
    def _of_hour(cls, whom, **midnight):
        hour = timezone.now().replace(minute=0, second=0, microsecond=0, **midnight)
        return {"network": daily_hash(whom, hour), "began": hour}

    @classmethod
    @transaction.atomic
    def _add(cls, mine):
        cls._count(mine)  # holds the row until the end of the transaction
        return cls.objects.values_list("sent", flat=True).get(**mine)

    @classmethod
    def _count(cls, mine):
        row = cls.objects.filter(**mine)
        if not row.update(sent=F("sent") + 1):
            cls.objects.bulk_create([cls(**mine)], ignore_conflicts=True)
            row.update(sent=F("sent") + 1)

    @classmethod
    def add_request(cls, network):
        """A request was stored. Last in its transaction: others from this network wait for the end of it."""
        now = timezone.now()
        began = now.replace(minute=now.minute - now.minute % 10, second=0, microsecond=0)
        cls._count({"network": daily_hash(f"request {network}", now), "began": began})

    @classmethod
    def requests_of(cls, network):
        """How many requests from this network were stored lately: {"ten_minutes", "hour", "day"}."""
        now = timezone.now()
        return cls.objects.filter(network=daily_hash(f"request {network}", now)).aggregate(
            ten_minutes=Sum("sent", filter=Q(began__gt=now - timedelta(minutes=10)), default=0),
            hour=Sum("sent", filter=Q(began__gt=now - timedelta(hours=1)), default=0),
            day=Sum("sent", default=0),
        )


def daily_hash(network, moment):
    text = f"{moment:%Y-%m-%d} {network}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]
