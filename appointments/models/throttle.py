"""How many requests came from where, in a table: a cache of one process would count its own, a shared one loses some."""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, models
from django.db.models import F
from django.utils import timezone

KEEP = timedelta(days=1)

# Plain SQL that both databases read alike: Django has no upsert that counts up, and takes longer to put such a short
# question than a database to answer it.
COUNT_UP = (
    "INSERT INTO appointments_requestcount (network, began, sent) VALUES {rows} "
    "ON CONFLICT (network, began) DO UPDATE SET sent = appointments_requestcount.sent + 1 RETURNING sent"
)
COUNTS = (
    "SELECT network, sent, began > %s, began > %s FROM appointments_requestcount "
    "WHERE began > %s AND network IN (%s, %s)"
)


class RequestCountQuerySet(models.QuerySet):
    def old(self):
        return self.filter(began__lt=timezone.now() - KEEP)


class RequestCount(models.Model):
    """Requests from one network or with the same words in ten minutes, and the like. Only a keyed hash of them is kept."""

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
        return cls._add_since(this_hour(), network)

    @classmethod
    def add_in_day(cls, whom):
        """The same for a day. `whom` may be any text, such as the owner of an e-mail address."""
        return cls._add_since(this_hour().replace(hour=0), whom)

    @classmethod
    def counted(cls, whom, *, in_day=False):
        """The row of somebody in this hour or in this day, if there is one."""
        began = this_hour().replace(hour=0) if in_day else this_hour()
        return cls.objects.filter(network=daily_hash(whom, began), began=began)

    @classmethod
    def sent_by(cls, whom, *, in_day=False):
        """How many are counted already."""
        return cls.counted(whom, in_day=in_day).values_list("sent", flat=True).first() or 0

    @classmethod
    def take_back(cls, whom, *, in_day=False):
        """Count one less: it turned out not to be what is counted."""
        cls.counted(whom, in_day=in_day).filter(sent__gt=0).update(sent=F("sent") - 1)

    @classmethod
    def _add_since(cls, began, whom):
        return cls._add(began, [daily_hash(whom, began)])

    @classmethod
    def forget(cls, whom, words=""):
        """What add_in_day() has counted of somebody, and add_request() of these words; what is older is gone already."""
        today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
        hashes = [daily_hash(whom, today), daily_hash(whom, today - KEEP), hash_of_words(words)]
        cls.objects.filter(network__in=filter(None, hashes)).delete()

    @classmethod
    def _add(cls, began, hashes):
        """Sorted, so that of two none waits for the other."""
        rows = ", ".join(["(%s, %s, 1)"] * len(hashes))
        return ask(COUNT_UP.format(rows=rows), [value for one in sorted(hashes) for value in (one, began)])[0][0]

    @classmethod
    def add_request(cls, network, words=""):
        """A request was stored. Last in its transaction: others that count the same wait for the end of it."""
        now = timezone.now()
        began = now.replace(minute=now.minute - now.minute % 10, second=0, microsecond=0)
        cls._add(began, list(filter(None, [daily_hash(f"request {network}", now), hash_of_words(words)])))

    @classmethod
    def lately(cls, network, words=""):
        """How many requests were stored: from this network in "ten_minutes", "hour" and "day"; "repeats" of words in an hour."""
        now = timezone.now()
        mine, theirs = daily_hash(f"request {network}", now), hash_of_words(words)
        spans = [now - span for span in (timedelta(minutes=10), timedelta(hours=1), timedelta(days=1))]
        rows = ask(COUNTS, [*spans, mine, theirs])
        return {
            "ten_minutes": sum(sent for whose, sent, just_now, _ in rows if whose == mine and just_now),
            "hour": sum(sent for whose, sent, _, in_hour in rows if whose == mine and in_hour),
            "day": sum(sent for whose, sent, _, _ in rows if whose == mine),
            "repeats": sum(sent for whose, sent, _, in_hour in rows if whose == theirs and in_hour),
        }


def this_hour():
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def ask(sql, values):
    moment = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(sql, [moment(value) if isinstance(value, datetime) else value for value in values])
        return cursor.fetchall()


def daily_hash(network, moment):
    return keyed_hash(f"{moment:%Y-%m-%d} {network}")


def hash_of_words(words):
    """Empty for none. Not a daily one: an hour does not end at midnight."""
    return keyed_hash(f"words {words}") if words else ""


def keyed_hash(text):
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]
