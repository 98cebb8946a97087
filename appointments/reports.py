"""The numbers behind the statistics: counted by the database, over a span of whole days that ends today.

Spam is left out. Each question is one query over the span; what needs opening hours is worked out here, from a sample
once there is very much of it.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Case, CharField, Count, F, Max, Q, When
from django.db.models.functions import Cast, Coalesce, Mod, Substr
from django.utils import timezone

from clinic.hours import OpeningClock
from clinic.models import ClinicProfile, Service, clinic_calendar

from .models import AppointmentRequest

SPANS = (7, 30, 90, 365)  # days
BY_WEEK_FROM = 100  # days in one picture, from which it shows weeks
GUIDES_SHOWN = 10
WORKED_OUT_AT_MOST = 20_000  # requests whose time to the first call is worked out; of more every so-manieth
WHOLE_HOUR, WHOLE_MINUTE = len("2026-11-25 09"), len("2026-11-25 09:41")

Status, Outcome = AppointmentRequest.Status, AppointmentRequest.Outcome
# Nobody calls any more. Who sent a request twice is reached, or not, by the one that was kept.
GIVEN_UP = ~Q(status__in=AppointmentRequest.OURS_TO_ACT) & ~Q(outcome=Outcome.DUPLICATE)
CAME_TO_A_BOOKING = Q(status=Status.BOOKED) | Q(outcome__in=AppointmentRequest.AFTER_A_BOOKING)


@dataclass(frozen=True)
class Span:
    """Whole days of the clinic's calendar, the last one today."""

    days: int
    now: datetime

    @classmethod
    def of(cls, days):
        return cls(days, timezone.now())

    @property
    def zone(self):
        return timezone.get_default_timezone()

    @property
    def last_day(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def first_day(self) -> date:
        return self.last_day - timedelta(days=self.days - 1)

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first_day, time(), self.zone).astimezone(UTC)

    def requests(self):
        """What patients sent in the span."""
        received = AppointmentRequest.objects.filter(created_at__gte=self.start, created_at__lte=self.now)
        return received.genuine().exclude(outcome=Outcome.SPAM).order_by()


@dataclass(frozen=True)
class Arrivals:
    by_day: dict  # {date: count}, each day of the span
    by_hour: dict  # {(weekday, hour): count}, Monday is 0

    @property
    def total(self):
        return sum(self.by_day.values())

    def by_week(self):
        """{Monday of the week: count}"""
        weeks = Counter()
        for day, count in self.by_day.items():
            weeks[day - timedelta(days=day.weekday())] += count
        return dict(weeks)


def arrivals(span):
    """When requests come in, by the clinic's clock.

    Counted by the hour in UTC, as the database writes it, and moved to the clinic's zone here: that is quick on every
    database. In zones that are off by a part of an hour, by the minute.
    """
    offsets = {(span.start + timedelta(days=day)).astimezone(span.zone).utcoffset() for day in range(span.days + 1)}
    length = WHOLE_MINUTE if any(offset % timedelta(hours=1) for offset in offsets) else WHOLE_HOUR
    moment = Substr(Cast("created_at", CharField()), 1, length)
    counted = span.requests().annotate(moment=moment).values_list("moment").annotate(n=Count("pk"))
    by_day = {span.first_day + timedelta(days=day): 0 for day in range(span.days)}
    by_hour = Counter()
    for written, count in counted:
        local = datetime.fromisoformat(written).replace(tzinfo=UTC).astimezone(span.zone)
        by_day[local.date()] += count
        by_hour[local.weekday(), local.hour] += count
    return Arrivals(by_day, dict(by_hour))


@dataclass(frozen=True)
class Waiting:
    """How long patients waited for our first call, in opening time, beside what was promised."""

    label: str
    promise: timedelta
    called: int
    median: timedelta | None
    ninetieth: timedelta | None


@dataclass(frozen=True)
class Reaching:
    """How long it took until a call reached the patient, in opening time, of those whom we called."""

    label: str
    called: int
    reached: int
    never: int  # and nobody tries any more
    median: timedelta | None
    ninetieth: timedelta | None

    @property
    def share_never(self):
        """In percent of those whom we reached or no longer try to reach; None where there are none."""
        return share(self.never, self.reached + self.never)


@dataclass(frozen=True)
class FirstContact:
    rows: list  # of Waiting: all, then each service
    reaching: list  # of Reaching, likewise
    reached: int
    never: int
    every: int  # worked out from every so-manieth request
    in_time: int
    late: int  # called late, or not yet and overdue
    still_running: int

    @property
    def judged(self):
        return self.in_time + self.late

    @property
    def kept(self):
        """Share of promises kept, in percent; None where none has run out."""
        return share(self.in_time, self.judged)

    @property
    def share_never(self):
        return share(self.never, self.reached + self.never)


def share(part, whole):
    return round(100 * part / whole) if whole else None


def first_contact(span):
    """From the request to the first logged attempt: what stops the promise's clock. It begins anew, and so does the
    promise, when a request is opened again: then that is what is counted. Beside it, until a call reached the patient.
    """
    requests = span.requests()
    tried = Q(first_attempt_at__isnull=False)
    reached = tried & Q(contacted_at__isnull=False)
    running = Q(first_attempt_at=None, status__in=AppointmentRequest.OURS_TO_ACT)
    counts = requests.aggregate(
        tried=Count("pk", filter=tried),
        in_time=Count("pk", filter=tried & Q(first_attempt_at__lte=F("promised_by"))),
        overdue=Count("pk", filter=running & Q(promised_by__lt=span.now)),
        running=Count("pk", filter=running & Q(promised_by__gte=span.now)),
        reached=Count("pk", filter=reached),
        never=Count("pk", filter=tried & Q(contacted_at=None) & GIVEN_UP),
    )
    every = -(-counts["tried"] // WORKED_OUT_AT_MOST) or 1
    sample = requests.filter(tried)
    if every > 1:
        sample = sample.annotate(turn=Mod("pk", every)).filter(turn=0)
    clock = OpeningClock(clinic_calendar(), span.start - timedelta(days=1), span.now + timedelta(days=1))
    waited, reaching = {}, {}
    began = Coalesce("reopened_at", "created_at")
    of_each = sample.annotate(given_up=Case(When(GIVEN_UP, then=True), default=False)).values_list(
        "service", began, "first_attempt_at", "contacted_at", "given_up"
    )
    for service, since, called, contacted, given_up in of_each:
        until_called = clock.between(since, called)
        until_reached = contacted and (until_called if contacted == called else clock.between(since, contacted))
        waited.setdefault(service, []).append(until_called)
        reaching.setdefault(service, []).append((until_reached, given_up))
    return FirstContact(
        rows=waiting_rows(waited),
        reaching=reaching_rows(reaching),
        reached=counts["reached"],
        never=counts["never"],
        every=every,
        in_time=counts["in_time"],
        late=counts["tried"] - counts["in_time"] + counts["overdue"],
        still_running=counts["running"],
    )


def waiting_rows(waited):
    promise = ClinicProfile.objects.current().promise
    rows = [waiting("All", promise, [amount for amounts in waited.values() for amount in amounts])]
    for service in Service.objects.filter(pk__in=waited):
        rows.append(waiting(service.name, service.promise or promise, waited[service.pk]))
    return rows


def waiting(label, promise, amounts):
    amounts = sorted(amounts)
    return Waiting(label, promise, len(amounts), percentile(amounts, 50), percentile(amounts, 90))


def reaching_rows(found):
    services = Service.objects.filter(pk__in=found)
    everybody = [one for each in found.values() for one in each]
    return [reaching_of("All", everybody), *(reaching_of(service.name, found[service.pk]) for service in services)]


def reaching_of(label, found):
    """Of [(time until the patient was reached or None, whether nobody tries any more)]."""
    amounts = sorted(until for until, _ in found if until is not None)
    never = sum(until is None and given_up for until, given_up in found)
    return Reaching(label, len(found), len(amounts), never, percentile(amounts, 50), percentile(amounts, 90))


def percentile(ordered, percent):
    """The smallest value that so many percent do not exceed; None of nothing."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None


def outcomes(span):
    """[(label, count)] of how the requests of the span stand today, booked first and open ones last."""
    counted = dict(
        span.requests()
        .annotate(stands=Case(When(status=Status.CLOSED, then="outcome"), default="status"))
        .values_list("stands")
        .annotate(n=Count("pk"))
    )
    ends = [Status.BOOKED, *(outcome for outcome in Outcome if outcome != Outcome.SPAM)]
    still_open = [Status.AWAITING_PATIENT, Status.WAITLISTED, Status.CONTACTING, Status.NEW]
    return [(str(end.label), counted.get(end, 0)) for end in [*ends, *still_open]]


@dataclass(frozen=True)
class GuideRead:
    title: str
    requests: int
    booked: int


def guides(span):
    """(the guides that led to most requests, how many requests came through other guides, and without any)"""
    counted = (
        span.requests()
        .values("guide_slug")
        .annotate(title=Max("guide_title"), n=Count("pk"), booked=Count("pk", filter=CAME_TO_A_BOOKING))
        .order_by("-n", "guide_slug")
    )
    read = [row for row in counted if row["guide_slug"]]
    without = sum(row["n"] for row in counted if not row["guide_slug"])
    shown = [GuideRead(row["title"], row["n"], row["booked"]) for row in read[:GUIDES_SHOWN]]
    return shown, sum(row["n"] for row in read[GUIDES_SHOWN:]), without
