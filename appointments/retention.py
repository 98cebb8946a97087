"""What goes, when: the words, then the person, and spam sooner. Whatever is removed by age is removed here.

Counted from the day on which a request was closed; bookings.py sees to it that past bookings are. What is open is never
removed by age, and nothing that is on hold.
"""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from . import erasure
from .models import AppointmentRequest, ContactAttempt, Note, PatientReply, PurgeRun, SearchEntry, StatusChange
from .models.request import new_secret

AT_ONCE = 500  # requests in one transaction: nobody waits long for it
CLOCK_TOLERANCE = timedelta(hours=1)
REMOVED = "Removed because of its age."

Outcome = AppointmentRequest.Outcome


# What is due -----------------------------------------------------------------------------------------------------------


def words_due(now):
    return kept_for(settings.KEEP_WORDS_DAYS, now).filter(words_removed_at=None)


def people_due(now):
    return kept_for(settings.KEEP_PERSON_DAYS, now)


def spam_due(now):
    repeated = AppointmentRequest.objects.filter(duplicate_of=OuterRef("pk"))
    return kept_for(settings.KEEP_SPAM_DAYS, now).filter(~Exists(repeated), outcome=Outcome.SPAM)


def kept_for(days, now):
    """Closed so many days ago, still with somebody's data, and nobody said to keep it.

    What was merged into another request is read there, and stays for as long as that one does.
    """
    since = now - timedelta(days=days)
    it = AppointmentRequest.objects.filter(pk=OuterRef("duplicate_of"))
    still_read = it.exclude(closed_at__lte=since, on_hold=False)
    requests = AppointmentRequest.objects.with_patient_data().filter(on_hold=False)
    return requests.closed_before(since).filter(Q(merged=False) | ~Exists(still_read))


KINDS = {  # what happens: (which, after how many days)
    "Spam is deleted": (spam_due, "KEEP_SPAM_DAYS"),
    "The words go": (words_due, "KEEP_WORDS_DAYS"),
    "Name, number and address go": (people_due, "KEEP_PERSON_DAYS"),
}


def coming(now=None, *, within=timedelta(days=7), at_most=50):
    """[{"what", "days", "now", "soon", "requests"}]: how many are due, how many will be, the first with the day they go."""
    now = now or timezone.now()
    kinds = []
    for what, (due, setting) in KINDS.items():
        days = getattr(settings, setting)
        soon = due(now + within)
        requests = list(soon.order_by("closed_at", "pk")[:at_most])
        for row in requests:
            row.goes_at = max(row.closed_at + timedelta(days=days), now)
        kinds.append({"what": what, "days": days, "now": due(now).count(), "soon": soon.count(), "requests": requests})
    return kinds


def touched(now):
    """How many requests a run would change or delete."""
    return (words_due(now) | people_due(now) | spam_due(now)).count()


# The fuse --------------------------------------------------------------------------------------------------------------


def reason_to_stop(now=None):
    """Why a run would be unwise, in words for staff; empty when it can go on."""
    now = now or timezone.now()
    if doubt := doubt_of_the_clock(now):
        return doubt
    many, of = touched(now), AppointmentRequest.objects.with_patient_data().count()
    if many > settings.PURGE_NEVER_STOPS_AT and many * 100 > of * settings.PURGE_FUSE_PERCENT:
        return (
            f"It would remove something from {many} of {of} requests, more than {settings.PURGE_FUSE_PERCENT} percent."
        )
    return ""


def doubt_of_the_clock(now):
    """Why nothing should be done because of its age, in words for staff; empty when the clock can be believed."""
    last = PurgeRun.objects.filter(stopped="").first()
    if last and last.at > now + CLOCK_TOLERANCE:
        return "The last run is dated in the future: the clock was set back."
    if last and now - last.at > timedelta(days=settings.PURGE_GAP_DAYS):
        return f"The last run was {(now - last.at).days} days ago: the site stood still, or its clock has jumped."
    return ""


# A run -----------------------------------------------------------------------------------------------------------------


def run_daily():
    """Once a day, whichever worker asks first. None when it was done; two at the same moment do no harm."""
    today = timezone.localdate()
    return None if PurgeRun.objects.filter(day=today).exists() else run(day=today)


def run(*, by=None, go_on=False, day=None):
    """Remove what is due and return the PurgeRun. It stops before it touches anything if that looks wrong, unless
    somebody has looked and says to go on."""
    now = timezone.now()
    done = PurgeRun(at=now, by=by, day=day)
    done.stopped = "" if go_on else reason_to_stop(now)
    if not done.stopped:
        done.deleted = in_batches(spam_due(now), delete)
        done.anonymized = in_batches(people_due(now), anonymize)
        done.blanked = in_batches(words_due(now), blank)
        done.erased_again = erasure.replay()
        erasure.settle()
    PurgeRun.objects.bulk_create([done], ignore_conflicts=True)  # another worker may have written this day's
    return done


def in_batches(due, act):
    """`act` on all that is due, some at a time, each batch looked at again under lock: a hold may have come."""
    many = 0
    while numbers := list(due.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            rows = due.filter(pk__in=numbers).order_by("pk").select_for_update(of=("self",))
            many += act([row.pk for row in rows.only("pk")])
    return many


def blank(numbers):
    """All words that the patient or staff wrote. The request and what was done about it stays."""
    Note.objects.filter(request__in=numbers).delete()
    PatientReply.objects.filter(request__in=numbers).delete()
    StatusChange.objects.filter(request__in=numbers).update(reason="")
    ContactAttempt.objects.filter(request__in=numbers).update(note="")
    told = Case(When(outcome=Outcome.DECLINED, then=Value(REMOVED)), default=Value(""))
    return AppointmentRequest.objects.filter(pk__in=numbers).update(
        message="",
        access_needs="",
        text_for_patient=told,
        words_removed_at=Coalesce("words_removed_at", timezone.now()),
        version=F("version") + 1,
    )


def anonymize(numbers):
    """What is left says that somebody asked for something, when, and how soon we answered."""
    blank(numbers)
    ContactAttempt.objects.filter(request__in=numbers).update(address="")
    rows = [
        AppointmentRequest(pk=number, secret=new_secret(), form_token=uuid.uuid4(), content_digest="")
        for number in numbers
    ]
    AppointmentRequest.objects.bulk_update(rows, ["secret", "form_token", "content_digest"], batch_size=100)
    going = AppointmentRequest.objects.filter(pk__in=numbers)
    many = going.update(
        name="",
        phone="",
        email="",
        language="",
        needs_interpreter=False,
        voicemail_ok=False,
        preferred_days=[],
        spam_reasons=[],
        place="",
        assigned_to=None,
        claimed_until=None,
        anonymized_at=timezone.now(),
    )
    SearchEntry.objects.renew(going)
    return many


def delete(numbers):
    erasure.remove(numbers)
    return len(numbers)
