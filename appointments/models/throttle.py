"""How many requests came from where, in a table: a cache of one process would count its own, a shared one loses some."""

import hashlib
import hmac
from datetime import timedelta

from django.conf import settings
from django.db import connection, models
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
    def _add(cls, mine):
        """One statement, in SQL that both databases read alike: Django has no way to count up in an upsert."""
        table = connection.ops.quote_name(cls._meta.db_table)
        began = connection.ops.adapt_datetimefield_value(mine["began"])
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (network, began, sent) VALUES (%s, %s, 1) "  # noqa: S608  our own table's name
                f"ON CONFLICT (network, began) DO UPDATE SET sent = {table}.sent + 1 RETURNING sent",
                [mine["network"], began],
            )
            return cursor.fetchone()[0]

    @classmethod
    def add_request(cls, network):
        """A request was stored. Last in its transaction: others from this network wait for the end of it."""
        now = timezone.now()
        began = now.replace(minute=now.minute - now.minute % 10, second=0, microsecond=0)
        cls._add({"network": daily_hash(f"request {network}", now), "began": began})

    @classmethod
    def requests_of(cls, network):
        """How many requests from this network were stored lately: {"ten_minutes", "hour", "day"}."""
        now = timezone.now()
        counts = cls.objects.filter(network=daily_hash(f"request {network}", now)).values_list("began", "sent")
        spans = {"ten_minutes": timedelta(minutes=10), "hour": timedelta(hours=1), "day": timedelta(days=1)}
        sent = list(counts)
        return {name: sum(number for began, number in sent if began > now - span) for name, span in spans.items()}


def daily_hash(network, moment):
    text = f"{moment:%Y-%m-%d} {network}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]
