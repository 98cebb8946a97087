"""One step for many requests: a page says what will happen and what is left out and why; then each is taken on its own."""

from django import forms
from django.db import transaction
from django.utils import timezone

from clinic.templatetags.clinic import near, who

from ..models import AccessEvent, AppointmentRequest, ChangedMeanwhile, StepNotAllowed
from ..promise import plural
from .access import NotRecorded, record
from .steps import LONG, AddNote, Assign, Step, triage_staff

AT_ONCE = 100  # a list shows 50
Outcome = AppointmentRequest.Outcome


class ForMany(forms.Form):
    """What is done with each; `shown_at` and the versions beside it are those of the page that was agreed to."""

    slug = title = button = done = ""
    permission = Step.permission

    shown_at = forms.DateTimeField(widget=forms.HiddenInput)

    def __init__(self, data=None):
        super().__init__(
            data, initial={"shown_at": timezone.now().isoformat()}, label_suffix="", use_required_attribute=False
        )

    @property
    def label(self):
        """On the button that leads to the page that asks."""
        return f"{self.title}…"

    def what_happens(self, row, by):
        return self.button

    def is_done(self, row, by):
        """Whether it is so already: a second click finds nothing to do."""
        return False

    def why_not(self, row, by):
        """Why this one is left out, in words for staff; empty when nothing stands against it."""
        return ""

    def take(self, row, by):
        raise NotImplementedError


class ClaimMany(ForMany):
    slug, title, button, done = "claim", "Claim", "Claim for 30 minutes", "claimed for 30 minutes"

    def is_done(self, row, by):
        return row.claim_holds and row.assigned_to_id == by.pk

    def why_not(self, row, by):
        if row.claim_holds and row.assigned_to_id != by.pk:
            return f"{who(row.assigned_to)} holds it until {near(row.claimed_until)}."
        return why_not_in_anybodys_hands(row)

    def take(self, row, by):
        row.claim(by=by)


class AssignMany(ForMany):
    slug, title, button, done = "assign", "Assign", "Assign", "assigned"
    permission = Assign.permission

    to = Assign.base_fields["to"]

    def __init__(self, data=None):
        super().__init__(data)
        self.fields["to"].queryset = triage_staff()

    def what_happens(self, row, by):
        if row.claim_holds:
            return f"Taken from {who(row.assigned_to)}, who holds it until {near(row.claimed_until)}"
        return "Assigned for 4 hours"

    def is_done(self, row, by):
        to = self.cleaned_data.get("to") if self.is_bound else None
        return bool(to) and row.claim_holds and row.assigned_to_id == to.pk

    def why_not(self, row, by):
        return why_not_in_anybodys_hands(row)

    def take(self, row, by):
        row.assign(by=by, to=self.cleaned_data["to"])


class NoteMany(ForMany):
    slug, title, button, done = "note", "Add a note", "Add the note", "noted"

    text = forms.CharField(
        label=AddNote.base_fields["text"].label,
        max_length=1000,
        widget=LONG,
        error_messages={"required": "Write the note."},
    )

    def is_done(self, row, by):
        if not self.is_bound or not self.is_valid():
            return False
        same = row.notes.filter(by=by, text=self.cleaned_data["text"], at__gte=self.cleaned_data["shown_at"])
        return same.exists()

    def why_not(self, row, by):
        return row.why_no_note()

    def take(self, row, by):
        row.add_note(by=by, text=self.cleaned_data["text"])


class SpamMany(ForMany):
    slug, title, button, done = "spam", "Close as spam", "Close as spam", "closed as spam"

    def what_happens(self, row, by):
        found = " ".join(row.spam_reasons) if row.suspected_spam else "Not suspected by the site."
        return f"Closed, and nobody is told. {found}"

    def is_done(self, row, by):
        return row.outcome == Outcome.SPAM

    def why_not(self, row, by):
        """Nobody's request is lost with a handful of others: what may be a patient's is decided on its own page."""
        if not row.is_open:
            return f"It is closed already: {row.get_outcome_display()}."
        if not row.allows(row.Status.CLOSED) or not row.allows_outcome(Outcome.SPAM):
            return f"It is “{row.get_status_display()}”."
        if row.read_first:
            return "It is to be read first: open it."
        if row.first_attempt_at:
            return "Somebody has tried to reach this patient: decide on its own page."
        if row.first_opened_at is None and not row.suspected_spam:
            return "Nobody has read it yet: open it first."
        return ""

    def take(self, row, by):
        row.mark_spam(by=by)


MANY = {step.slug: step for step in (ClaimMany, AssignMany, NoteMany, SpamMany)}


def why_not_in_anybodys_hands(row):
    if not row.is_open:
        return "It is closed."
    return "It looks like spam: decide that first." if row.suspected_spam else ""


def chosen(data):
    """{pk: version or None} of what a page sent: the boxes ticked in a list, or the rows that were agreed to."""
    ticked = {as_number(pk): None for pk in data.getlist("chosen")}
    agreed = dict(as_numbers(row) for row in data.getlist("row"))
    return {pk: version for pk, version in (agreed or ticked).items() if pk}


def as_numbers(row):
    pk, _, version = row.partition(":")
    return as_number(pk), as_number(version)


def as_number(text):
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def sorted_out(form, pks, by):
    """([(row, what will happen)], [(row, why it is left out)]) as things stand."""
    rows = AppointmentRequest.objects.filter(pk__in=pks).select_related("assigned_to", "service")
    to_do, left_out = [], []
    for row in rows.order_by("promised_by", "pk"):
        if form.is_done(row, by):
            left_out.append((row, f"Already {form.done}."))
        elif why_not := form.why_not(row, by):
            left_out.append((row, why_not))
        else:
            to_do.append((row, form.what_happens(row, by)))
    return to_do, left_out


def take_all(form, versions, by):
    """(references done, {why: references not done}); each in a transaction of its own, with its event."""
    done, not_done = [], {}
    for pk, version in versions.items():
        reference, why = take_one(form, pk, version, by, some_done=bool(done))
        if why:
            not_done.setdefault(why, []).append(reference)
        else:
            done.append(reference)
    return done, not_done


def take_one(form, pk, version, by, *, some_done):
    """(reference, why it was not done or '')"""
    reference = ""
    try:
        with transaction.atomic():
            row = AppointmentRequest.objects.select_for_update().filter(pk=pk).first()
            if row is None:
                return "–", "It is not there any more"
            reference = row.reference
            if form.is_done(row, by):
                return reference, f"Already {form.done} before"
            if row.version != version:
                raise ChangedMeanwhile
            if why_not := form.why_not(row, by):
                raise StepNotAllowed(why_not)
            record(AccessEvent.Action.CHANGE, [reference], by=by, step=form.slug)
            form.take(row, by)
    except ChangedMeanwhile:
        return reference, "Left out, because somebody changed it meanwhile"
    except StepNotAllowed as refusal:
        return reference, f"Left out: {str(refusal).rstrip('.')}"
    except NotRecorded:
        if not some_done:
            raise  # then the answer is that nothing was changed
        return reference, "Left out, because it could not be written down who did it"
    return reference, ""


def in_words(form, done, not_done):
    """[(whether it is good news, sentence)] for the page that follows."""
    said = [(True, f"{plural(len(done), 'request')} {form.done}: {', '.join(done)}.")] if done else []
    return said + [(False, f"{why}: {', '.join(references)}.") for why, references in not_done.items()]
