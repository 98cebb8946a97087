"""/metrics for staff systems, in Prometheus' form: figures of the database, and what this process has answered. No patient data.

What the database holds is the same whichever process is asked. Latency and memory are each process's own: Prometheus asks
all of them. The library is imported where METRICS_TOKEN is set: without it there is neither page nor measure.
"""

import time
from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import Error as DatabaseTrouble
from django.db import connection
from django.db.models import Avg, Count, F, Max, Min, Q
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult

from appointments.models import AppointmentRequest, Delivery, Recipient

from . import doctor
from .facts import Facts
from .languages import OURS, of_path

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
PAGES = {
    "guides": "guides",
    "request": "request",
    "admin": "staff",
    "static": "files",
    "media": "files",
    "": "home",
    "healthz": "watch",
    "readyz": "watch",
    "metrics": "watch",
}
METHODS = ("GET", "HEAD", "POST")
LATELY = timedelta(hours=1)


@lru_cache(1)
def measures():
    """(registry, histogram) of this process."""
    from prometheus_client import CollectorRegistry, Histogram, ProcessCollector

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    histogram = Histogram(
        "clinic_http_seconds",
        "Seconds until an answer of this process was ready",
        ["page", "method", "status"],
        buckets=SECONDS,
        registry=registry,
    )
    return registry, histogram


class Measured:
    """Outermost of the middlewares: what readers wait for."""

    def __init__(self, get_response):
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self.get_response = get_response
        _, self.histogram = measures()

    def __call__(self, request):
        began = time.perf_counter()
        response = self.get_response(request)
        # Few labels, whatever is asked for: each combination is kept for as long as the process lives.
        page = page_of(request.path_info)
        method = request.method if request.method in METHODS else "other"
        labels = page, method, f"{response.status_code // 100}xx"
        self.histogram.labels(*labels).observe(time.perf_counter() - began)
        return response


def page_of(path):
    """In whichever language."""
    _, first, rest = f"{path}//".split("/", 2)
    if of_path(path) != OURS:
        first = rest.partition("/")[0]
    return PAGES.get(first, "other")


@never_cache
@require_safe
def metrics(request):
    """404 for everybody who has not the token: whether there is such a page is nobody's business."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if not settings.METRICS_TOKEN or kind.lower() != "bearer":
        raise Http404
    if not constant_time_compare(token.strip(), settings.METRICS_TOKEN):
        raise Http404
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    together = CollectorRegistry()
    together.register(OfTheDatabase())
    body = generate_latest(together) + generate_latest(measures()[0])
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


class OfTheDatabase:
    def collect(self):
        from prometheus_client.core import GaugeMetricFamily

        try:
            figures = dict(of_the_clinic())
            answers = 1
        except DatabaseTrouble:
            connection.close()
            figures, answers = {}, 0
        yield GaugeMetricFamily("clinic_database_answers", "1 while the database answers", answers)
        for name, (words, label, values) in figures.items():
            family = GaugeMetricFamily(name, words, labels=[label] if label else [])
            for value, number in values.items():
                family.add_metric([value] if label else [], number)
            yield family


def of_the_clinic():
    """name: (words, label, {value of the label: number}). Numbers of rows end at 1,001, as on the desk."""
    now = timezone.now()
    facts = Facts(
        also={
            "open": AppointmentRequest.objects.open(),
            "to_contact": AppointmentRequest.objects.to_contact(),
            "overdue": AppointmentRequest.objects.overdue(),
            "suspected": AppointmentRequest.objects.suspected().open(),
            "owed_staff": Delivery.objects.undelivered().to_staff(),
            "owed_patients": Delivery.objects.undelivered().to_patients(),
            "owed_practice": Delivery.objects.undelivered().to_practice_system(),
            "tasks": DBTaskResult.objects.ready(),
        }
    )
    counts = facts.counts
    names = ("open", "to_contact", "overdue", "suspected")
    yield "clinic_requests", ("Requests that are not closed", "list", {name: counts[name] for name in names})
    unopened = {"amber": counts["unopened_amber"], "red": counts["unopened_red"]}
    yield "clinic_requests_unopened", ("Opened by nobody for 1 and 4 opening hours", "level", unopened)
    yield from promises(now)
    yield from of_deliveries(counts, now)
    oldest = DBTaskResult.objects.ready().aggregate(at=Min("enqueued_at"))["at"]
    yield "clinic_queue_tasks", ("Tasks that wait in the database’s queue", "", {"": counts["tasks"]})
    yield "clinic_queue_oldest_seconds", ("Age of the oldest task that waits", "", {"": age(oldest, now)})
    yield "clinic_workers", ("Workers that have spoken lately", "", {"": counts["workers"]})
    levels = {doctor.OK: 0, doctor.WARNING: 1, doctor.FAULT: 2}
    found = {finding.name: levels[finding.level] for finding in doctor.quick(facts)}
    yield "clinic_findings", ("What the doctor says: 0 all is well, 1 a warning, 2 a fault", "check", found)


def promises(now):
    """Of those that were due within a week, as the doctor counts them."""
    due = AppointmentRequest.objects.filter(
        promised_by__gt=now - doctor.MISSED_WITHIN, promised_by__lt=now, suspected_spam=False
    )
    missed = Q(first_attempt_at__gt=F("promised_by")) | Q(
        first_attempt_at=None, status__in=AppointmentRequest.OURS_TO_ACT
    )
    seen = due.aggregate(due=Count("pk"), missed=Count("pk", filter=missed))
    kept = {"kept": seen["due"] - seen["missed"], "missed": seen["missed"]}
    yield "clinic_promises", ("Promises of the last 7 days that are due", "outcome", kept)


def of_deliveries(counts, now):
    owed = {"staff": "owed_staff", "patients": "owed_patients", "practice_system": "owed_practice"}
    owed = {to: counts[name] for to, name in owed.items()}
    yield "clinic_deliveries_owed", ("Messages that are owed", "to", owed)
    stuck = {"staff": "in_trouble", "patients": "patients_not_told", "practice_system": "events_in_trouble"}
    stuck = {to: counts[name] for to, name in stuck.items()}
    yield "clinic_deliveries_in_trouble", ("Of these, messages that are stuck", "to", stuck)
    oldest = Delivery.objects.undelivered().to_staff().aggregate(at=Min("created_at"))["at"]
    yield "clinic_deliveries_oldest_seconds", ("Age of the oldest message owed to staff", "", {"": age(oldest, now)})
    # Recipients are few, and the index of their pace begins with them: the table itself is not read.
    lately = Delivery.objects.filter(recipient__in=Recipient.objects.values("pk"), accepted_at__gt=now - LATELY)
    took = lately.aggregate(
        number=Count("pk"), mean=Avg(F("accepted_at") - F("created_at")), most=Max(F("accepted_at") - F("created_at"))
    )
    yield "clinic_deliveries_accepted", ("Messages to staff accepted in the last hour", "", {"": took["number"]})
    seconds = {name: took[name].total_seconds() if took[name] else 0 for name in ("mean", "most")}
    yield "clinic_deliveries_seconds", ("From owed to accepted, in the last hour", "of", seconds)


def age(moment, now):
    return max(0, (now - moment).total_seconds()) if moment else 0
