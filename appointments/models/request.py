"""A patient's request and its life: the rows staff triage, and the steps they may take."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext_lazy as _

from clinic.languages import OURS
from clinic.models import ClinicProfile, clinic_calendar

from ..languages import code_of, name_of
from .delivery import Delivery
from .inserted import insert
from .last_step import UNDO_FOR, LastStep, from_snapshot, snapshot
from .message import MessageTemplate
from .search import SearchEntry

# For reading aloud: no vowels (no words by accident), nothing that looks or sounds like another sign.
REFERENCE_ALPHABET = "BCDFGHJKMPQRTVWXY346789"
REFERENCE_LENGTH = 8
NOBODYS = "Whose request this was is not known any more: the time that we keep it is over."
ANSWERABLE = _("Write a phone number or an e-mail address, so that we can contact you.")
CLAIM_FOR = timedelta(minutes=30)
ASSIGN_FOR = timedelta(hours=4)  # who was not asked needs time to see it; then it is everybody's again
ATTEMPTS_BEFORE_UNREACHABLE = 3
DAYS_BEFORE_UNREACHABLE = 2


# In the words of the indexes below
IS_OPEN = ~Q(status="closed")
IS_OURS = Q(status="new") | Q(status="contacting")


class StepNotAllowed(Exception):
    """The step does not fit the request as it stands. The message tells staff why and what to do."""


class ChangedMeanwhile(Exception):
    """Somebody else changed the request first: nothing was saved."""

    def __init__(self):
        super().__init__("Somebody else changed this request just now. Look at it as it is, then decide again.")


def new_reference():
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))


def new_secret():
    return secrets.token_urlsafe(18)  # 144 bits


def nobody_holds_it(now):
    return Q(assigned_to=None) | Q(claimed_until=None) | Q(claimed_until__lte=now)


def earlier(*moments):
    """The earliest of those that there are; None when there is none."""
    return min((moment for moment in moments if moment), default=None)


class AppointmentRequestQuerySet(models.QuerySet):
    def open(self):
        return self.filter(IS_OPEN)

    def to_contact(self):
        """Nobody has reached the patient yet, and the next step is ours."""
        return self.ours_to_act().filter(contacted_at=None)

    def undecided(self):
        """Somebody has reached the patient, and nothing is decided yet."""
        return self.ours_to_act().filter(contacted_at__isnull=False)

    def ours_to_act(self):
        return self.genuine().filter(IS_OURS)

    def with_unread_reply(self):
        """The patient has added something that no member of staff has seen."""
        return self.open().filter(pk__in=PatientReply.objects.filter(read_at=None).values("request"))

    def with_urgent_reply(self):
        """The patient has added words that may be about an emergency, and nobody has read them: whatever the state."""
        urgent = PatientReply.objects.filter(read_at=None, read_first=True)
        return self.filter(pk__in=urgent.values("request"))

    def suspected(self):
        """It looks like spam, and nobody has decided yet."""
        return self.open().filter(suspected_spam=True)

    def genuine(self):
        """What belongs on the desk: not suspected, or closed by somebody who looked."""
        return self.filter(Q(suspected_spam=False) | Q(status=AppointmentRequest.Status.CLOSED))

    def overdue(self, now=None):
        return self.to_contact().filter(first_attempt_at=None, promised_by__lt=now or timezone.now())

    def claimed_by(self, user):
        return self.open().filter(assigned_to=user, claimed_until__gt=timezone.now())

    def unclaimed(self):
        return self.filter(nobody_holds_it(timezone.now()))

    def to_call(self, user):
        """Whom this person may call now: due, and not in somebody else's hands.

        Due is who was not reached yet and agreed no later time, and who is to be called again by now. A later time hides
        neither a promise that has run out nor what is to be read first while nobody has tried.
        """
        now = timezone.now()
        due = Q(contacted_at=None, next_attempt_at=None) | Q(next_attempt_at__lte=now)
        urgent = Q(promised_by__lt=now) | Q(read_first=True)
        return self.ours_to_act().filter(
            due | Q(urgent, first_attempt_at=None), nobody_holds_it(now) | Q(assigned_to=user)
        )

    def with_patient_data(self):
        return self.filter(anonymized_at=None)

    def closed_before(self, moment):
        return self.filter(status=AppointmentRequest.Status.CLOSED, closed_at__lte=moment)

    def cancelled_by_patient(self):
        """Booked and still ahead, and withdrawn through the link: somebody must free the time in the calendar."""
        withdrawn = AppointmentRequest.Outcome.WITHDRAWN
        by_link = StatusChange.objects.filter(request=OuterRef("pk"), by=None, outcome=withdrawn)
        return self.filter(Exists(by_link), outcome=withdrawn, start__gt=timezone.now())

    def past_bookings(self):
        """The appointment is over, and nobody has said yet whether it took place."""
        return self.filter(status=AppointmentRequest.Status.BOOKED, end__lt=timezone.now())

    def of_same_person(self, appointment_request):
        """Other requests with the same phone number or e-mail address, newest first."""
        same = Q(pk__in=[])
        if appointment_request.phone:
            same |= Q(phone=appointment_request.phone)
        if appointment_request.email:
            same |= Q(lower_email=appointment_request.email.lower())
        theirs = self.alias(lower_email=Lower("email")).filter(same)
        return theirs.exclude(pk=appointment_request.pk).order_by("-created_at", "-pk")

    def merged_into(self, appointment_request):
        """Duplicates whose calls, notes and words are read as part of this request, oldest first."""
        return self.filter(duplicate_of=appointment_request, merged=True).order_by("created_at", "pk")

    def in_order_of_promise(self):
        return self.order_by("promised_by", "pk")


class AppointmentRequest(models.Model):
    """A request for an appointment (FHIR: Appointment, status proposed until booked). It is no appointment yet."""

    class Status(models.TextChoices):
        NEW = "new", "New"
        CONTACTING = "contacting", "Trying to reach"
        AWAITING_PATIENT = "awaiting_patient", "Waiting for the patient"
        WAITLISTED = "waitlisted", "On the waiting list"
        BOOKED = "booked", "Booked"
        CLOSED = "closed", "Closed"

    class Outcome(models.TextChoices):
        DECLINED = "declined", "Declined"
        REDIRECTED = "redirected", "Sent to other care"
        WITHDRAWN = "withdrawn", "Withdrawn by the patient"
        UNREACHABLE = "unreachable", "Could not be reached"
        DUPLICATE = "duplicate", "Duplicate"
        SPAM = "spam", "Spam"
        FULFILLED = "fulfilled", "Took place"
        NOSHOW = "noshow", "Patient did not come"

    class ForWhom(models.TextChoices):
        SELF = "self", _("Me")
        OTHER = "other", _("Someone else")

    class PatientType(models.TextChoices):
        NEW = "new", _("I have not been to this clinic before")
        RETURNING = "returning", _("I have been to this clinic before")

    class TimeOfDay(models.TextChoices):
        ANY = "any", _("Any time")
        MORNING = "morning", _("Morning")
        MIDDAY = "midday", _("Around noon")
        AFTERNOON = "afternoon", _("Afternoon")

    class Day(models.TextChoices):
        MONDAY = "monday", _("Monday")
        TUESDAY = "tuesday", _("Tuesday")
        WEDNESDAY = "wednesday", _("Wednesday")
        THURSDAY = "thursday", _("Thursday")
        FRIDAY = "friday", _("Friday")
        SATURDAY = "saturday", _("Saturday")
        SUNDAY = "sunday", _("Sunday")

    # Which steps exist. Closed opens again only by reopen().
    TRANSITIONS = {
        Status.NEW: {Status.CONTACTING, Status.AWAITING_PATIENT, Status.WAITLISTED, Status.BOOKED, Status.CLOSED},
        Status.CONTACTING: {
            Status.CONTACTING,
            Status.AWAITING_PATIENT,
            Status.WAITLISTED,
            Status.BOOKED,
            Status.CLOSED,
        },
        Status.AWAITING_PATIENT: {Status.CONTACTING, Status.WAITLISTED, Status.BOOKED, Status.CLOSED},
        Status.WAITLISTED: {Status.CONTACTING, Status.BOOKED, Status.CLOSED},
        Status.BOOKED: {Status.CLOSED},
        Status.CLOSED: {Status.NEW},
    }
    AFTER_A_BOOKING = {Outcome.FULFILLED, Outcome.NOSHOW}  # once its time has come
    ENDS_A_BOOKING = {Outcome.WITHDRAWN, Outcome.DECLINED, *AFTER_A_BOOKING}
    OURS_TO_ACT = [Status.NEW, Status.CONTACTING]
    CORRECTABLE = ["name", "phone", "email", "language", "needs_interpreter", "access_needs"]

    reference = models.CharField(max_length=REFERENCE_LENGTH, unique=True, default=new_reference, editable=False)
    secret = models.CharField(max_length=32, unique=True, default=new_secret, editable=False)
    # The form's one-use token and what was sent with it: the same twice is one request, other words are another.
    form_token = models.UUIDField(editable=False)
    content_digest = models.CharField(max_length=64, editable=False)

    # What the patient wrote
    for_whom = models.CharField("who it is for", max_length=5, choices=ForWhom.choices, default=ForWhom.SELF)
    name = models.CharField("name to call you by", max_length=100)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField("e-mail", blank=True)
    patient_type = models.CharField("new or returning", max_length=9, choices=PatientType.choices)
    service = models.ForeignKey(
        "clinic.Service",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="what it is about",
        db_index=False,  # the list's index begins with it
    )
    preferred_days = models.JSONField(default=list, blank=True)
    preferred_time = models.CharField(max_length=9, choices=TimeOfDay.choices, default=TimeOfDay.ANY)
    best_time_to_call = models.CharField(max_length=9, choices=TimeOfDay.choices, default=TimeOfDay.ANY)
    voicemail_ok = models.BooleanField("voicemail allowed", default=False)
    language = models.CharField("language you prefer", max_length=60, blank=True)
    sent_in = models.CharField("language of the form", max_length=12, default=OURS, db_default=OURS, editable=False)
    needs_interpreter = models.BooleanField("interpreter", default=False)
    access_needs = models.CharField(max_length=200, blank=True)
    message = models.TextField("a few words", max_length=500, blank=True)
    guide_slug = models.CharField(max_length=80, blank=True)
    guide_title = models.CharField("guide read", max_length=120, blank=True)
    guide_revision = models.PositiveIntegerField(null=True, blank=True)
    consented_at = models.DateTimeField()
    privacy_version = models.CharField(max_length=20)

    # What we noticed: it only marks, it refuses and lowers nothing
    read_first = models.BooleanField(default=False)
    suspected_spam = models.BooleanField(default=False)
    spam_reasons = models.JSONField(default=list, blank=True)

    # What we promised and did
    created_at = models.DateTimeField("received", default=timezone.now, editable=False)
    promised_by = models.DateTimeField("contact by")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.NEW)
    outcome = models.CharField(max_length=11, choices=Outcome.choices, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="claimed by",
        db_index=False,  # as above
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    first_opened_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField("opened again", null=True, blank=True, editable=False)
    escalated_at = models.DateTimeField("told again", null=True, blank=True)
    first_attempt_at = models.DateTimeField(null=True, blank=True)
    contacted_at = models.DateTimeField("reached", null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    start = models.DateTimeField("appointment starts", null=True, blank=True)
    end = models.DateTimeField("appointment ends", null=True, blank=True)
    place = models.CharField(max_length=200, blank=True)
    calendar_sequence = models.PositiveIntegerField(
        default=0, editable=False
    )  # iCalendar's SEQUENCE: grows with each change
    text_for_patient = models.TextField(max_length=1000, blank=True)
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="duplicates")
    merged = models.BooleanField(default=False, editable=False)  # its rows are read with the request that it repeats

    # How long it is kept
    on_hold = models.BooleanField(default=False)  # nothing of it may go; who said so and why stands in its history
    words_removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    anonymized_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AppointmentRequestQuerySet.as_manager()

    class Meta:
        ordering = ["promised_by", "pk"]
        permissions = [
            ("triage_appointmentrequest", "Can triage appointment requests"),
            ("reopen_appointmentrequest", "Can reopen closed appointment requests"),
            ("export_appointmentrequest", "Can export appointment requests"),
            ("assign_appointmentrequest", "Can assign appointment requests to colleagues"),
            ("view_statistics", "Can view statistics of appointment requests"),
            ("hold_appointmentrequest", "Can keep appointment requests from being removed, and let them go"),
            ("erase_appointmentrequest", "Can erase a person, and let the clearing away go on after it stopped itself"),
            ("disclose_appointmentrequest", "Can print all that is held about a person"),
        ]
        indexes = [
            # One for each order of the desk and its list, so that a page costs the same however many are stored. A
            # queryset uses an index with a condition where it says the same in the same words: SQLite compares them.
            models.Index(fields=["promised_by", "id"], name="request_promise"),
            models.Index(fields=["status", "promised_by", "id"], name="request_status_promise"),
            models.Index(fields=["service", "promised_by", "id"], name="request_service_promise"),
            models.Index(fields=["assigned_to", "claimed_until"], name="request_claim"),
            models.Index(fields=["-created_at"], name="request_newest"),
            models.Index(fields=["phone"], name="request_phone"),
            models.Index(Lower("email"), name="request_email"),
            models.Index(
                fields=["closed_at"], name="request_to_anonymize", condition=Q(status="closed", anonymized_at=None)
            ),
            models.Index(fields=["promised_by", "id"], name="request_open", condition=IS_OPEN),
            models.Index(fields=["promised_by", "id"], name="request_ours", condition=IS_OURS),
            models.Index(
                fields=["promised_by", "id"], name="request_suspected", condition=IS_OPEN & Q(suspected_spam=True)
            ),
            models.Index(fields=["created_at"], name="request_unopened", condition=IS_OPEN & Q(first_opened_at=None)),
            models.Index(fields=["start"], name="request_withdrawn", condition=Q(outcome="withdrawn")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["form_token", "content_digest"], name="one_request_for_a_form_and_its_words"
            ),
            models.CheckConstraint(
                condition=~Q(phone="") | ~Q(email="") | Q(anonymized_at__isnull=False),
                name="request_can_be_answered",
                violation_error_message=ANSWERABLE,
            ),
            models.CheckConstraint(
                condition=(Q(status="closed") & ~Q(outcome="") & Q(closed_at__isnull=False))
                | (~Q(status="closed") & Q(outcome="") & Q(closed_at__isnull=True)),
                name="closed_has_an_outcome_and_a_time",
                violation_error_message="A closed request needs an outcome, an open one has none.",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="declined") | ~Q(text_for_patient=""),
                name="declined_has_a_text_for_the_patient",
                violation_error_message="Write what the patient is told.",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="duplicate") | Q(duplicate_of__isnull=False),
                name="duplicate_points_at_the_other",
                violation_error_message="Say which request this one repeats.",
            ),
            models.CheckConstraint(
                condition=~(Q(status="booked") | Q(outcome__in=["fulfilled", "noshow"])) | Q(start__isnull=False),
                name="booked_has_a_start",
                violation_error_message="A booked appointment needs a date and a time.",
            ),
            models.CheckConstraint(
                # The nulls are named on both sides: a comparison with one is neither true nor false, and would pass.
                condition=Q(start__isnull=True, end__isnull=True)
                | Q(start__isnull=False, end__isnull=False, start__lt=F("end")),
                name="start_and_end_both_or_neither",
                violation_error_message="The appointment must end after it starts.",
            ),
        ]

    def __str__(self):
        return self.reference  # never a name: this lands in logs, titles and messages

    def get_absolute_url(self):
        return reverse("appointments:receipt", args=[self.secret])

    @property
    def patient_language(self):
        """The code of the language in which we write: the one that the patient names, else that of the form."""
        return code_of(self.language) or self.sent_in

    @property
    def speaks(self):
        """For staff: 'Spanish'; empty for our own language."""
        return "" if self.patient_language == OURS else name_of(self.patient_language)

    # How it stands

    @property
    def claim_holds(self):
        return (
            self.assigned_to_id is not None and self.claimed_until is not None and self.claimed_until > timezone.now()
        )

    @property
    def is_open(self):
        return self.status != self.Status.CLOSED

    @property
    def clock_is_running(self):
        """The promise still stands: we have not tried to reach the patient yet."""
        return self.status in self.OURS_TO_ACT and self.first_attempt_at is None

    @property
    def promise_began_at(self):
        return self.reopened_at or self.created_at

    @property
    def is_overdue(self):
        return self.clock_is_running and self.promised_by < timezone.now()

    @property
    def was_called_off(self):
        """There was an appointment, and it was canceled."""
        return not self.is_open and self.start is not None and self.outcome not in self.AFTER_A_BOOKING

    @property
    def can_be_snoozed(self):
        return self.status in self.OURS_TO_ACT and not self.suspected_spam

    @property
    def can_be_withdrawn(self):
        return self.is_open and (self.start is None or self.start > timezone.now())

    def takes_reply(self, kind):
        """Whether the patient can still add this: while it is open, once of each kind, no call when it is booked."""
        no_call_due = kind == PatientReply.Kind.OTHER_TIME and self.status == self.Status.BOOKED
        return self.is_open and not no_call_due and not self.replies.filter(kind=kind).exists()

    def preferred_days_text(self):
        return ", ".join(str(self.Day(day).label) for day in self.preferred_days) or "Any day"

    # Claims

    def claim(self, *, by):
        """Take the request for 30 minutes. Raises StepNotAllowed while somebody else holds it."""
        now = timezone.now()
        free = nobody_holds_it(now) | Q(assigned_to=by)
        won = (
            AppointmentRequest.objects.open()
            .filter(free, pk=self.pk)
            .update(assigned_to=by, claimed_until=now + CLAIM_FOR)
        )
        self.refresh_from_db()
        if not won:
            raise StepNotAllowed(
                "This request is closed."
                if not self.is_open
                else f"{self.assigned_to} has claimed this request already."
            )
        LastStep.objects.of_a_claim(self).delete()

    @transaction.atomic
    def assign(self, *, by, to):
        """Give the request to a colleague, whoever holds it. It is free again when nobody acts on it."""
        if not self.is_open:
            raise StepNotAllowed("This request is closed.")
        if not (to.is_active and to.is_staff and to.has_perm("appointments.triage_appointmentrequest")):
            raise StepNotAllowed(f"{to} does not triage requests.")
        self._change(by=by, assigned_to=to, claimed_until=timezone.now() + ASSIGN_FOR)
        change = self._write_down(by=by, reason=f"Assigned to {to.get_full_name() or to.get_username()}")
        LastStep.objects.filter(request=self).update(status_change=change)

    def release(self, *, by):
        """Give the request back to everybody. Only who holds it can."""
        AppointmentRequest.objects.filter(pk=self.pk, assigned_to=by).update(assigned_to=None, claimed_until=None)
        LastStep.objects.of_a_claim(self).delete()
        self.refresh_from_db()

    def mark_opened(self):
        """The first time that a member of staff saw it."""
        now = timezone.now()
        if self.first_opened_at is None:
            AppointmentRequest.objects.filter(pk=self.pk, first_opened_at=None).update(first_opened_at=now)
            self.first_opened_at = now

    # Steps: each is one transaction, conditional on nobody else having been quicker

    @transaction.atomic
    def record_attempt(self, *, by, channel, outcome, note="", next_attempt_at=None):
        """Write down that somebody tried to contact the patient. Stops the promise's clock."""
        if not self.is_open:
            raise StepNotAllowed("This request is closed. Reopen it first.")
        now = timezone.now()
        reached = outcome == ContactAttempt.Outcome.REACHED
        facts = {
            "first_attempt_at": self.first_attempt_at or now,
            "contacted_at": self.contacted_at or (now if reached else None),
            "next_attempt_at": next_attempt_at,
        }
        attempt = ContactAttempt(
            request=self,
            by=by,
            at=now,
            channel=channel,
            address=self.email if channel == ContactAttempt.Channel.EMAIL else self.phone,
            outcome=outcome,
            next_attempt_at=next_attempt_at,
            note=note,
        )
        if reached or self.status == self.Status.BOOKED:
            self._change(by=by, **facts)
        else:
            tell = attempt.was_missed and not self._was_told_today()
            self._step(self.Status.CONTACTING, by=by, reason=attempt.get_outcome_display(), tell=tell, **facts)
        attempt.save()
        LastStep.objects.filter(request=self).update(attempt=attempt)
        return attempt

    @transaction.atomic
    def snooze(self, *, by, until):
        """Nobody has to call before then. It comes back by itself; the promise to the patient stands as it stood."""
        if not self.can_be_snoozed:
            raise StepNotAllowed("Only a request that waits for our call can be put aside.")
        if until <= timezone.now():
            raise StepNotAllowed("Choose a time that is still to come.")
        self._change(by=by, next_attempt_at=until)
        change = self._write_down(
            by=by, reason=f"Put aside until {date_format(timezone.localtime(until), 'D, M j, P')}"
        )
        LastStep.objects.filter(request=self).update(status_change=change)

    def await_patient(self, *, by, text_for_patient):
        """We need something from the patient: information, a referral. The text tells them what, on their page."""
        self._need(text_for_patient, "Write what the patient should do or send.")
        self._step(self.Status.AWAITING_PATIENT, by=by, text_for_patient=text_for_patient)

    def waitlist(self, *, by, reason=""):
        self._step(self.Status.WAITLISTED, by=by, reason=reason)

    def book(self, *, by, start, end, place):
        """The appointment is made: from here on it is one."""
        if start >= end:
            raise StepNotAllowed("The appointment must end after it starts.")
        if start <= timezone.now():
            raise StepNotAllowed("The appointment must be in the future.")
        self._need(place, "Write where the appointment is.")
        self._step(
            self.Status.BOOKED,
            by=by,
            start=start,
            end=end,
            place=place,
            next_attempt_at=None,
            calendar_sequence=F("calendar_sequence") + 1,
        )

    def decline(self, *, by, reason, text_for_patient):
        self._need(reason, "Write the reason.")
        self._need(text_for_patient, "Write what the patient is told.")
        self._close(self.Outcome.DECLINED, by=by, reason=reason, text_for_patient=text_for_patient)

    def redirect(self, *, by, reason):
        """The patient needs other or urgent care, and somebody told them so in person."""
        self._need(reason, "Write where the patient was sent.")
        if self.contacted_at is None:
            raise StepNotAllowed("First record a contact with “reached”: the patient must have heard it from us.")
        self._close(self.Outcome.REDIRECTED, by=by, reason=reason)

    def withdraw(self, *, by=None, reason=""):
        """The patient no longer wants it. `by` is None when the patient did it."""
        self._close(self.Outcome.WITHDRAWN, by=by, reason=reason)

    def close_fulfilled(self, *, by=None, reason=""):
        """The appointment took place. `by` is None when the site closed it, because nobody said otherwise."""
        self._close(self.Outcome.FULFILLED, by=by, reason=reason)

    def close_noshow(self, *, by, reason=""):
        self._close(self.Outcome.NOSHOW, by=by, reason=reason)

    def close_unreachable(self, *, by):
        merged = AppointmentRequest.objects.merged_into(self)
        attempts = ContactAttempt.objects.filter(request__in=[self, *merged]).values_list("at", flat=True)
        days = {timezone.localdate(at) for at in attempts}
        if len(attempts) < ATTEMPTS_BEFORE_UNREACHABLE or len(days) < DAYS_BEFORE_UNREACHABLE:
            raise StepNotAllowed(
                f"Try at least {ATTEMPTS_BEFORE_UNREACHABLE} times on at least {DAYS_BEFORE_UNREACHABLE} days before giving up."
            )
        self._close(self.Outcome.UNREACHABLE, by=by)

    @transaction.atomic
    def mark_duplicate(self, *, by, of, merge=False):
        """Close this request as a repetition of `of`. Merged, its calls, notes and words are read there from now on.

        Nothing is copied or moved: the page of `of` shows the rows of what was merged into it. The patient was promised
        an answer by the earlier of the two moments, and was reached if either request says so.
        """
        if of.pk == self.pk:
            raise StepNotAllowed("A request cannot repeat itself. Give the reference of the other one.")
        self._hold_with(of)  # nobody closes the other one meanwhile
        seen = of.version
        of.refresh_from_db()
        if not of.is_open:
            raise StepNotAllowed(f"{of.reference} is closed: then nobody would look after the patient. Keep this one.")
        if merge and of.version != seen:
            raise ChangedMeanwhile
        if merge and AppointmentRequest.objects.merged_into(self).exists():
            raise StepNotAllowed("Others were merged into this request already. Keep this one.")
        self._close(self.Outcome.DUPLICATE, by=by, reason=f"Repeats {of.reference}", duplicate_of=of, merged=merge)
        if merge:
            kept_before = of._take_over(self, by=by)
            LastStep.objects.filter(request=self).update(kept_before=kept_before, kept_version=of.version)

    def _hold_with(self, other):
        """Nobody else changes either of the two; in one order always, so that no two people wait for each other."""
        both = AppointmentRequest.objects.filter(pk__in=[self.pk, other.pk])
        list(both.select_for_update().order_by("pk").values_list("pk"))

    def _take_over(self, merged, *, by):
        """Stand for both requests from now on. Gives what was before."""
        facts = {
            "read_first": self.read_first or merged.read_first,
            "promised_by": min(self.promised_by, merged.promised_by),
            "first_attempt_at": earlier(self.first_attempt_at, merged.first_attempt_at),
            "contacted_at": earlier(self.contacted_at, merged.contacted_at),
        }
        before = snapshot(self, facts)
        self._change(by=by, **facts)
        self._write_down(by=by, reason=f"{merged.reference} was merged into this request")
        LastStep.objects.filter(request=self).delete()  # it goes back with the other one's, or not at all
        return before

    @transaction.atomic
    def clear_suspicion(self, *, by, reason="Not spam"):
        """Somebody looked: it is not spam. `by` is None where the patient's own words lifted it."""
        if not self.suspected_spam or not self.is_open:
            raise StepNotAllowed("Nobody suspects this request any more.")
        change = self._note_in_history(reason, by=by, suspected_spam=False)
        if settings.WEBHOOK_URL:
            change.tell_the_practice_system()  # for whom it comes only now

    def mark_spam(self, *, by):
        self._close(self.Outcome.SPAM, by=by)

    def reopen(self, *, by, reason):
        self._need(reason, "Write why it is opened again.")
        now = timezone.now()
        self._step(
            self.Status.NEW,
            by=by,
            reason=reason,
            outcome="",
            closed_at=None,
            words_removed_at=None,  # what is written from now on has its own time
            suspected_spam=False,
            # Somebody has to call again: it is back among those to contact, with a promise that begins now.
            reopened_at=now,
            promised_by=ClinicProfile.objects.current().promised_by(now, self.service, clinic_calendar()),
            first_attempt_at=None,
            contacted_at=None,
            duplicate_of=None,
            merged=False,
            start=None,
            end=None,
            place="",
        )

    @transaction.atomic
    def undo(self, *, by):
        """Take back the last step. For a minute, by whoever took it, while no message about it has left."""
        step = LastStep.objects.select_related("attempt", "status_change").filter(request=self).first()
        if step is None:
            raise StepNotAllowed("There is no step to take back.")
        if refusal := step.why_not(self, by):
            raise StepNotAllowed(refusal)
        what, kept, was = step.what, self.duplicate_of, self.status
        if kept:
            self._hold_with(kept)
        self._change(by=by, **from_snapshot(self, step.before))
        if not step.hold_back(by=by):
            raise StepNotAllowed("The patient is being told by e-mail already. Take another step instead.")
        if step.kept_before is not None:
            kept._give_back(self, step, by=by)
        if step.attempt:
            step.attempt.delete()
        LastStep.objects.filter(request=self).delete()
        self._write_down(by=by, reason=f"Taken back: {what}", was=was)

    def _give_back(self, merged, step, *, by):
        """Stand for itself alone again. Raises StepNotAllowed when something happened to it since the merge."""
        self.version = step.kept_version
        try:
            self._change(by=by, **from_snapshot(self, step.kept_before))
        except ChangedMeanwhile as error:
            raise StepNotAllowed(f"{self.reference} has changed since. Reopen this request instead.") from error
        LastStep.objects.filter(request=self).delete()
        self._write_down(by=by, reason=f"Taken back: {merged.reference} is a request of its own again")

    def why_no_note(self):
        """Why nothing more may be written down here, in words for staff; empty when it may."""
        if self.anonymized_at:
            return NOBODYS
        if self.words_removed_at:
            return "The words of this request were removed because of its age. Open it again before you add any."
        return ""

    def add_note(self, *, by, text):
        if refusal := self.why_no_note():
            raise StepNotAllowed(refusal)
        return Note.objects.create(request=self, by=by, text=text)

    @transaction.atomic
    def add_reply(self, *, kind, text, read_first=False, best_time=""):
        """What the patient adds on the status page, once of each kind. Staff who had the request open are told so.

        A `best_time` to call takes the place of the one that was asked for; what that was stays in the history.
        """
        if not AppointmentRequest.objects.filter(pk=self.pk).update(version=F("version") + 1):  # holds the row
            raise ChangedMeanwhile
        self.refresh_from_db()
        if not self.takes_reply(kind):
            raise StepNotAllowed("We could not take that.")
        if read_first:
            AppointmentRequest.objects.filter(pk=self.pk).update(read_first=True)
            self.read_first = True
        if best_time and best_time != self.best_time_to_call:
            with translation.override(settings.LANGUAGE_CODE):  # staff read it
                now, before = (str(self.TimeOfDay(time).label) for time in (best_time, self.best_time_to_call))
            AppointmentRequest.objects.filter(pk=self.pk).update(best_time_to_call=best_time)
            self.best_time_to_call = best_time
            self._write_down(by=None, reason=f"Best time to call: {now}. Before: {before}")
        return PatientReply.objects.create(request=self, kind=kind, text=text, read_first=read_first)

    @transaction.atomic
    def correct(self, *, by, **facts):
        """The patient asked for it: what they wrote was wrong. The old value is kept nowhere."""
        changed = {name: value for name, value in facts.items() if value != getattr(self, name)}
        if unknown := changed.keys() - self.CORRECTABLE:
            raise TypeError(f"{', '.join(unknown)} cannot be corrected.")
        if not changed:
            raise StepNotAllowed("Nothing is different from what is written there already.")
        if not changed.get("name", self.name):
            raise StepNotAllowed("Write the name to call the patient by.")
        if not (changed.get("phone", self.phone) or changed.get("email", self.email)):
            raise StepNotAllowed(ANSWERABLE)
        self._note_in_history(f"Corrected: {self._named(changed)}", by=by, **changed)
        SearchEntry.objects.renew([self])

    def hold(self, *, by, reason):
        """Nothing of it is removed until somebody lifts the hold: a complaint, a court."""
        self._need(reason, "Write why it is kept.")
        if self.on_hold:
            raise StepNotAllowed("It is on hold already.")
        self._note_in_history(f"On hold: {reason}", by=by, on_hold=True)

    def lift_hold(self, *, by, reason):
        self._need(reason, "Write why it may go.")
        if not self.on_hold:
            raise StepNotAllowed("It is not on hold.")
        self._note_in_history(f"Hold lifted: {reason}", by=by, on_hold=False)

    @transaction.atomic
    def _note_in_history(self, reason, *, by, **facts):
        """A change that leaves the status as it is, and that nobody takes back: it was told, or must be kept nowhere."""
        self._change(by=by, can_be_undone=False, **facts)
        return self._write_down(by=by, reason=reason)

    def _named(self, fields):
        return ", ".join(self._meta.get_field(name).verbose_name for name in self.CORRECTABLE if name in fields)

    def allows(self, status):
        return status in self.TRANSITIONS[self.status]

    def allows_outcome(self, outcome):
        if outcome in self.AFTER_A_BOOKING:
            return self.status == self.Status.BOOKED and self.start <= timezone.now()
        return self.status != self.Status.BOOKED or outcome in self.ENDS_A_BOOKING

    def _close(self, outcome, *, by, **facts):
        if not self.allows_outcome(outcome):
            raise StepNotAllowed(
                "Only a booked appointment whose time has come can have taken place."
                if outcome in self.AFTER_A_BOOKING
                else "A booked appointment ends by withdrawing or declining it, or when it has taken place."
            )
        if self.status == self.Status.BOOKED and outcome not in self.AFTER_A_BOOKING:
            facts["calendar_sequence"] = F("calendar_sequence") + 1
        self._step(self.Status.CLOSED, by=by, outcome=outcome, closed_at=timezone.now(), next_attempt_at=None, **facts)

    @transaction.atomic
    def _step(self, to, *, by, reason="", tell=True, **facts):
        if not self.allows(to):
            raise StepNotAllowed(
                f"A request that is “{self.get_status_display()}” cannot become “{self.Status(to).label}”."
            )
        was = self.status
        facts.setdefault("text_for_patient", "")  # what was said of another step is no longer true
        self._change(by=by, status=to, **facts)
        change = StatusChange.objects.create(
            request=self, from_status=was, to_status=to, outcome=facts.get("outcome", ""), by=by, reason=reason
        )
        tell = tell and bool(self.email) and MessageTemplate.is_sent(change.told_as)
        dropped = self._drop_old_news(is_replaced=tell)
        LastStep.objects.filter(request=self, version=self.version).update(status_change=change, dropped_news=dropped)
        if tell:
            not_before = timezone.now() + UNDO_FOR
            Delivery.objects.create(
                request=self, kind=Delivery.Kind.NEWS, status_change=change, next_attempt_at=not_before
            )

    def _write_down(self, *, by, reason, was=None):
        """A row in the history for what is no step to another status, or is one back."""
        was = was or self.status
        outcome = self.outcome if was != self.status else ""
        return StatusChange.objects.create(
            request=self, from_status=was, to_status=self.status, outcome=outcome, by=by, reason=reason
        )

    def _drop_old_news(self, *, is_replaced):
        """What was not sent yet and is no longer true, or is told anew. Gives what was dropped."""
        dropped = []
        for delivery in self.deliveries.to_patients().filter(state=Delivery.State.WAITING):
            if not delivery.is_still_true() or (is_replaced and delivery.kind == Delivery.Kind.NEWS):
                delivery.drop()
                dropped.append(delivery.pk)
        return dropped

    def _was_told_today(self):
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        told = self.deliveries.filter(
            kind=Delivery.Kind.NEWS, status_change__to_status=self.Status.CONTACTING, created_at__gte=midnight
        )
        return told.exclude(state=Delivery.State.DISMISSED).exists()

    def _change(self, *, by, can_be_undone=True, **facts):
        """Save `facts` if the row is still the one that was read. Raises ChangedMeanwhile.

        A holder's claim starts anew, unless the step is about the claim itself.
        """
        if self.anonymized_at:
            raise StepNotAllowed(NOBODYS)
        before = snapshot(self, facts)
        if by and "claimed_until" not in facts:
            anew = When(assigned_to=by, then=Value(timezone.now() + CLAIM_FOR))
            facts["claimed_until"] = Case(anew, default=F("claimed_until"), output_field=models.DateTimeField())
        row = AppointmentRequest.objects.filter(pk=self.pk, version=self.version)
        if not row.update(version=F("version") + 1, **facts):
            raise ChangedMeanwhile
        self.refresh_from_db()
        if by and can_be_undone:
            LastStep.remember(self, by=by, before=before)

    def _need(self, text, otherwise):
        if not text.strip():
            raise StepNotAllowed(otherwise)


class StatusChange(models.Model):
    """One step in a request's life. Written once, never changed."""

    request = models.ForeignKey(AppointmentRequest, on_delete=models.CASCADE, related_name="status_changes")
    from_status = models.CharField(max_length=16, choices=AppointmentRequest.Status.choices, blank=True)
    to_status = models.CharField(max_length=16, choices=AppointmentRequest.Status.choices)
    outcome = models.CharField(max_length=11, choices=AppointmentRequest.Outcome.choices, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.TextField(max_length=500, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.from_status} → {self.to_status}"

    def save(self, **kwargs):
        """Stored with the event that it owes the practice system, where there is one."""
        super().save(**kwargs)
        if self.is_told_to_the_practice_system():
            self.tell_the_practice_system()

    def tell_the_practice_system(self):
        Delivery.objects.create(request=self.request, kind=Delivery.Kind.EVENT, status_change=self)

    def save_first(self):
        """As save() does, quicker: of a request that comes in. Its key is not needed unless an event names it."""
        if self.is_told_to_the_practice_system():
            self.save()
        else:
            insert([self])

    def is_told_to_the_practice_system(self):
        """It hears of each new status, of nothing else that is written down, and nothing of spam."""
        is_a_step = self.from_status != self.to_status or bool(self.outcome)
        return bool(settings.WEBHOOK_URL) and is_a_step and not self.request.suspected_spam

    @property
    def author(self):
        """Who took the step: a member of staff, or in words who else."""
        closed_by_itself = self.outcome == AppointmentRequest.Outcome.FULFILLED
        return self.by or ("the site" if closed_by_itself else "the patient")

    @property
    def told_as(self):
        """Which message tells the patient of it, as a MessageTemplate.Step if there is one."""
        return self.outcome or self.to_status

    @property
    def in_words(self):
        if self.from_status == self.to_status and not self.outcome:
            return self.reason
        return self.get_outcome_display() or self.get_to_status_display()


class ContactAttempt(models.Model):
    class Channel(models.TextChoices):
        PHONE = "phone", "Phone"
        EMAIL = "email", "E-mail"

    class Outcome(models.TextChoices):
        REACHED = "reached", "Reached"
        NO_ANSWER = "no_answer", "No answer"
        VOICEMAIL = "voicemail", "Left a voicemail"
        BUSY = "busy", "Busy"
        WRONG_NUMBER = "wrong_number", "Wrong number"
        ASKED_TO_CALL_BACK = "asked_to_call_back", "Asked us to call back"
        MESSAGE_SENT = "message_sent", "Message sent"

    request = models.ForeignKey(AppointmentRequest, on_delete=models.CASCADE, related_name="attempts")
    channel = models.CharField(max_length=5, choices=Channel.choices)
    address = models.CharField("number or address used", max_length=254)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=18, choices=Outcome.choices)
    next_attempt_at = models.DateTimeField("try again", null=True, blank=True)
    note = models.TextField(max_length=500, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.get_channel_display()}: {self.get_outcome_display()}"

    @property
    def was_missed(self):
        """We called, and the patient cannot know it."""
        return self.channel == self.Channel.PHONE and self.outcome in (
            self.Outcome.NO_ANSWER,
            self.Outcome.BUSY,
            self.Outcome.WRONG_NUMBER,
        )


class Note(models.Model):
    """For staff only, never shown to the patient."""

    request = models.ForeignKey(AppointmentRequest, on_delete=models.CASCADE, related_name="notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField(max_length=1000)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return f"Note of {self.at:%Y-%m-%d %H:%M}"


class PatientReply(models.Model):
    """What the patient added on the status page. One of each kind: the page is no chat."""

    class Kind(models.TextChoices):
        MESSAGE = "message", "Message"
        OTHER_TIME = "other_time", "Asked to be called at another time"

    request = models.ForeignKey(AppointmentRequest, on_delete=models.CASCADE, related_name="replies")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField(max_length=500)
    read_at = models.DateTimeField(null=True, blank=True)
    read_first = models.BooleanField(default=False)  # it held one of the clinic's warning phrases

    class Meta:
        ordering = ["at", "pk"]
        verbose_name_plural = "patient replies"
        indexes = [models.Index(fields=["request"], name="reply_unread", condition=Q(read_at=None))]
        constraints = [models.UniqueConstraint(fields=["request", "kind"], name="one_patient_reply_of_a_kind")]

    def __str__(self):
        return self.get_kind_display()

    @property
    def shows_what_to_do_now(self):
        """Whether the patient's page still says what to do in an emergency: for a day, and until somebody has read it."""
        return self.read_first and (self.read_at is None or self.at > timezone.now() - timedelta(days=1))
