"""The steps staff can take, as forms: each declares its fields and hands them to its verb on the request."""

from datetime import timedelta

from django import forms
from django.contrib.auth import get_user_model
from django.utils import timezone

from clinic.models import ClinicProfile, clinic_calendar
from clinic.templatetags.clinic import who

from .. import intake
from ..forms import FEWEST_DIGITS, in_international_form
from ..models import AppointmentRequest, ContactAttempt, MessageTemplate, ReadyText
from ..next_try import next_tries
from ..search import as_reference

Status, Outcome = AppointmentRequest.Status, AppointmentRequest.Outcome
LONG = forms.Textarea(attrs={"rows": 2})
TOO_FAR = timedelta(days=2 * 366)


class MomentInput(forms.DateTimeInput):
    """Date and time in one labelled field, with the browser's own picker."""

    input_type = "datetime-local"

    def __init__(self, **attrs):
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")


def moment_field(label, **kwargs):
    return forms.DateTimeField(
        label=label,
        widget=MomentInput(),
        error_messages={"required": "Choose a date and a time.", "invalid": "Write a date and a time."},
        validators=[no_slip_of_the_year],
        **kwargs,
    )


def no_slip_of_the_year(moment):
    if moment > timezone.now() + TOO_FAR:
        raise forms.ValidationError("That is more than two years away. Check the year.")


class Step(forms.Form):
    """A step from the request as the page showed it: `version` lets a second person's step fail instead of overwrite."""

    slug = title = button = done = ""
    group = "Close the request"
    leads_to = None
    closes_as = ""
    help = ""
    permission = "appointments.triage_appointmentrequest"
    key = ""  # opens it from the keyboard
    ready_use, ready_into = "", ""  # which ready-made texts it offers, and for which of its fields
    seldom, seldom_title = (), ""  # fields that stand folded until somebody wants them
    is_prepared = False  # it was typed into, and is shown again before it is sent
    fits_suspicion = False  # what looks like spam is decided about first; other steps wait for that

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    shown_at = forms.DateTimeField(widget=forms.HiddenInput)

    def __init__(self, appointment_request, data=None, calendar=None):
        self.appointment_request = appointment_request
        self.calendar = calendar  # the clinic's, where the caller has it at hand
        shown = {"version": appointment_request.version, "shown_at": timezone.now().isoformat()}
        super().__init__(data, auto_id=f"{self.slug}_%s", initial=shown, label_suffix="", use_required_attribute=False)

    @classmethod
    def offered(cls, appointment_request, user):
        """Whether this step exists from here, for this person."""
        if appointment_request.suspected_spam and appointment_request.is_open and not cls.fits_suspicion:
            return False
        if appointment_request.anonymized_at:
            return False
        return cls.exists_from(appointment_request) and user.has_perms([Step.permission, cls.permission])

    @classmethod
    def exists_from(cls, appointment_request):
        return appointment_request.allows(cls.leads_to) and (
            not cls.closes_as or appointment_request.allows_outcome(cls.closes_as)
        )

    mail = "The patient is told by e-mail that there is news, and reads the rest on the page of the request."

    def mail_note(self):
        """What becomes of the patient's e-mail when this step is taken; empty where none belongs to it."""
        told_as = self.closes_as or self.leads_to
        if told_as not in MessageTemplate.Step.values or not self.appointment_request.allows(self.leads_to):
            return ""
        if not self.appointment_request.email:
            return "There is no e-mail address: the patient is told nothing by this site."
        return self.mail if MessageTemplate.is_sent(told_as) else "E-mail about this step is switched off."

    def take(self, *, by):
        """Call the verb. Raises StepNotAllowed or ChangedMeanwhile."""
        raise NotImplementedError

    @classmethod
    def with_ready_text(cls, appointment_request, data):
        """The form as it was typed, nothing checked yet, with the chosen words behind what stood in their field."""
        form = cls(appointment_request)
        form.initial = {**form.initial, **{name: data.get(name) for name in form.fields if name in data}}
        chosen = data.get("ready", "")
        found = ReadyText.objects.filter(use=cls.ready_use, pk=int(chosen)) if is_a_key(chosen) else []
        for ready_text in found:
            words = [form.initial.get(cls.ready_into) or "", ready_text.text]
            form.initial[cls.ready_into] = "\n".join(filter(None, words))
        form.is_prepared = True
        return form

    @property
    def is_unfolded(self):
        return self.is_bound or self.is_prepared

    def shown_fields(self):
        apart = {"again", *self.seldom}  # the first is a row of buttons
        return [field for field in self.visible_fields() if field.name not in apart]

    def seldom_fields(self):
        return [self[name] for name in self.seldom]

    @property
    def seldom_is_unfolded(self):
        return any(field.value() or field.errors for field in self.seldom_fields())

    def show_again(self, appointment_request):
        """Take the row as it is now for shown; what was typed stays."""
        self.data = self.data.copy()
        self.data["version"] = appointment_request.version
        self.data["shown_at"] = timezone.now().isoformat()

    def typed(self):
        """[(label, words)] of what was sent, for a page that cannot take it."""
        sent = [(field, field.value()) for field in self.visible_fields()]
        choices = [dict(getattr(field.field, "choices", ())) for field, _ in sent]
        return [
            (field.label, words.get(value, value)) for (field, value), words in zip(sent, choices, strict=True) if value
        ]


class WithNextTry(Step):
    """When to call next: a button for each moment that fits the opening hours, or a free one."""

    again = forms.ChoiceField(
        label="Try again",
        required=False,
        error_messages={"invalid_choice": "That time has passed meanwhile. Choose another one."},
    )
    next_attempt_at = moment_field("Another time", required=False)

    def __init__(self, appointment_request, data=None, calendar=None):
        super().__init__(appointment_request, data, calendar)
        self.tries = next_tries(self.calendar or clinic_calendar(), timezone.now())
        self.fields["again"].choices = [("", "")] + [(name, label) for name, label, _ in self.tries]

    def clean_next_attempt_at(self):
        moment = self.cleaned_data["next_attempt_at"]
        if moment and moment <= timezone.now():
            raise forms.ValidationError("Choose a time that is still to come.")
        return moment

    def next_try(self):
        """The button that was pressed, else what was written; None for neither."""
        moments = {name: moment for name, _, moment in self.tries}
        return moments.get(self.cleaned_data["again"]) or self.cleaned_data["next_attempt_at"]


class RecordAttempt(WithNextTry):
    slug, title, group = "attempt", "Record a contact attempt", "Next"
    button, done = "Save the attempt", "The contact attempt is recorded."
    leads_to = Status.CONTACTING
    field_order = ["version", "shown_at", "channel", "outcome", "note", "next_attempt_at"]
    ready_use, ready_into = ReadyText.Use.NOTE, "note"
    seldom, seldom_title = ("note", "next_attempt_at"), "With a note, or another time to try again"

    mail = "After a missed call with no message left, the patient is told by e-mail that we tried, once a day at most."

    channel = forms.ChoiceField(label="You used", choices=ContactAttempt.Channel.choices, widget=forms.RadioSelect)
    outcome = forms.ChoiceField(
        label="What happened",
        choices=ContactAttempt.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what happened."},
    )
    note = forms.CharField(label="Note about this attempt (optional)", max_length=500, required=False, widget=LONG)

    def __init__(self, appointment_request, data=None, calendar=None):
        super().__init__(appointment_request, data, calendar)
        given = {"phone": appointment_request.phone, "email": appointment_request.email}
        channels = [choice for choice in ContactAttempt.Channel.choices if given[choice[0]]]
        self.fields["channel"].choices = channels
        self.fields["channel"].initial = channels[0][0] if channels else None  # none in one that was anonymized

    @classmethod
    def exists_from(cls, appointment_request):
        return appointment_request.is_open

    def take(self, *, by):
        self.appointment_request.record_attempt(
            by=by,
            channel=self.cleaned_data["channel"],
            outcome=self.cleaned_data["outcome"],
            next_attempt_at=self.next_try(),
            note=self.cleaned_data["note"],
        )


class Snooze(WithNextTry):
    key, slug, title, group = "z", "snooze", "Put aside for a while", "Next"
    button, done = "Put aside until that time", "It is put aside, and comes back by itself."
    help = "Nobody is asked to call before then. The promise to the patient stands."

    @classmethod
    def exists_from(cls, appointment_request):
        return appointment_request.can_be_snoozed

    def clean(self):
        super().clean()
        if not self.errors and not self.next_try():
            self.add_error("next_attempt_at", "Choose until when.")

    def take(self, *, by):
        self.appointment_request.snooze(by=by, until=self.next_try())


class Book(Step):
    key, slug, title, group = "b", "book", "Book the appointment", "Next"
    button, done = "Book it", "The appointment is booked."
    leads_to = Status.BOOKED
    help = "Enter it in the clinic’s calendar too: this site holds no slots."

    start = moment_field("Date and time")
    minutes = forms.IntegerField(
        label="Length in minutes",
        initial=30,
        min_value=5,
        max_value=600,
        error_messages={
            "required": "Write how many minutes.",
            "invalid": "Write a number of minutes.",
            "min_value": "At least 5 minutes.",
            "max_value": "At most 600 minutes.",
        },
    )
    place = forms.CharField(
        label="Place", max_length=200, error_messages={"required": "Write where the appointment is."}
    )

    def __init__(self, appointment_request, data=None, calendar=None):
        super().__init__(appointment_request, data, calendar)
        self.fields["place"].initial = lambda: ClinicProfile.objects.current().name

    def take(self, *, by):
        start = self.cleaned_data["start"]
        self.appointment_request.book(
            by=by,
            start=start,
            end=start + timedelta(minutes=self.cleaned_data["minutes"]),
            place=self.cleaned_data["place"],
        )


def reason_field(label, otherwise="", **kwargs):
    return forms.CharField(
        label=label,
        max_length=500,
        widget=LONG,
        error_messages={"required": otherwise} if otherwise else None,
        **kwargs,
    )


def text_field(label, otherwise):
    """Words that the patient will read on the page of the request."""
    return forms.CharField(label=label, max_length=1000, widget=LONG, error_messages={"required": otherwise})


class AwaitPatient(Step):
    key, slug, title, group = "p", "await", "Wait for the patient", "Next"
    button, done = "Wait for the patient", "We are waiting for the patient."
    leads_to = Status.AWAITING_PATIENT

    ready_use, ready_into = ReadyText.Use.PATIENT, "text_for_patient"
    help = "The patient reads these words on the page of the request. Write nothing about health."

    text_for_patient = text_field("What the patient should do or send", "Write what the patient should do or send.")

    def take(self, *, by):
        self.appointment_request.await_patient(by=by, text_for_patient=self.cleaned_data["text_for_patient"])


class Waitlist(Step):
    key, slug, title, group = "w", "waitlist", "Put on the waiting list", "Next"
    button, done = "Put on the waiting list", "The request is on the waiting list."
    leads_to = Status.WAITLISTED

    reason = reason_field("Why, or until when (optional)", required=False)

    def take(self, *, by):
        self.appointment_request.waitlist(by=by, reason=self.cleaned_data["reason"])


class Decline(Step):
    key, slug, title, button = "d", "decline", "Decline", "Decline and close"
    ready_use, ready_into = ReadyText.Use.PATIENT, "text_for_patient"
    done = "The request is declined."
    leads_to, closes_as = Status.CLOSED, Outcome.DECLINED

    reason = reason_field("Reason, for the record", "Write the reason.")
    text_for_patient = text_field("What the patient is told", "Write what the patient is told.")

    def take(self, *, by):
        self.appointment_request.decline(
            by=by, reason=self.cleaned_data["reason"], text_for_patient=self.cleaned_data["text_for_patient"]
        )


class TookPlace(Step):
    slug, title, button = "took-place", "The appointment took place", "Close: it took place"
    done = "The request is closed: the appointment took place."
    leads_to, closes_as = Status.CLOSED, Outcome.FULFILLED

    def take(self, *, by):
        self.appointment_request.close_fulfilled(by=by)


class DidNotCome(Step):
    slug, title, button = "did-not-come", "The patient did not come", "Close: did not come"
    done = "The request is closed: the patient did not come."
    leads_to, closes_as = Status.CLOSED, Outcome.NOSHOW

    reason = reason_field("What is known (optional)", required=False)

    def take(self, *, by):
        self.appointment_request.close_noshow(by=by, reason=self.cleaned_data["reason"])


class Redirect(Step):
    slug, title, button = "redirect", "Sent to other care", "Close as sent to other care"
    done = "The request is closed: sent to other care."
    leads_to, closes_as = Status.CLOSED, Outcome.REDIRECTED
    help = "Only after you have reached the patient and told them."

    reason = reason_field("Where the patient was sent", "Write where the patient was sent.")

    def take(self, *, by):
        self.appointment_request.redirect(by=by, reason=self.cleaned_data["reason"])


class Withdraw(Step):
    slug, title, button = "withdraw", "Withdrawn by the patient", "Close as withdrawn"
    done = "The request is closed: withdrawn by the patient."
    leads_to, closes_as = Status.CLOSED, Outcome.WITHDRAWN

    reason = reason_field("What the patient said (optional)", required=False)

    def take(self, *, by):
        self.appointment_request.withdraw(by=by, reason=self.cleaned_data["reason"])


class Unreachable(Step):
    slug, title, button = "unreachable", "Could not be reached", "Close as not reached"
    done = "The request is closed: the patient could not be reached."
    leads_to, closes_as = Status.CLOSED, Outcome.UNREACHABLE
    help = "After at least 3 attempts on at least 2 days."

    def take(self, *, by):
        self.appointment_request.close_unreachable(by=by)


class Duplicate(Step):
    """Leads to the page that shows both; what happens is decided there."""

    key, slug, title, button = "x", "duplicate", "Duplicate of another request", "Look at both"
    leads_to, closes_as = Status.CLOSED, Outcome.DUPLICATE
    help = "You see the two side by side, then say which one you keep."

    of = forms.CharField(
        label="Reference of the other request",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 12}),
        error_messages={"required": "Write the reference of the other request."},
    )

    def clean_of(self):
        other = AppointmentRequest.objects.filter(reference=as_reference(self.cleaned_data["of"])).first()
        if other is None:
            raise forms.ValidationError("There is no request with this reference.")
        if other.pk == self.appointment_request.pk:
            raise forms.ValidationError("A request cannot repeat itself. Give the reference of the other one.")
        return other


class Same(Step):
    """Two requests of one patient about one thing: which one goes on, and what becomes of the other."""

    slug, title, button = "same", "Which one do you keep?", "Close the other one"
    done = "The other request is closed as a duplicate of this one."
    leads_to, closes_as = Status.CLOSED, Outcome.DUPLICATE
    HOW = [
        (
            "merge",
            "Merge. The one you keep shows the words, calls, notes and messages of both, and the calls of both count. "
            "The earlier promise stands. Nothing is copied or deleted: if the other one is opened again, it takes its own back.",
        ),
        (
            "link",
            "Link only. The other one points at the one you keep. Each keeps its calls, notes and messages to itself.",
        ),
    ]

    other_version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    keep = forms.ChoiceField(
        label="Keep", widget=forms.RadioSelect, error_messages={"required": "Choose the request that goes on."}
    )
    how = forms.ChoiceField(label="And the other one", choices=HOW, initial="merge", widget=forms.RadioSelect)

    def __init__(self, appointment_request, other, data=None):
        super().__init__(appointment_request, data)
        self.other = other
        self.initial["other_version"] = other.version
        older = min(appointment_request, other, key=lambda row: row.created_at)
        self.initial["keep"] = older.reference
        self.fields["keep"].choices = [(row.reference, row.reference) for row in (appointment_request, other)]

    @property
    def kept(self):
        return self.other if self.cleaned_data["keep"] == self.other.reference else self.appointment_request

    def show_again(self, appointment_request):
        super().show_again(appointment_request)
        self.data["other_version"] = AppointmentRequest.objects.get(pk=self.other.pk).version

    def take(self, *, by):
        self.appointment_request.version = self.cleaned_data["version"]
        self.other.version = self.cleaned_data["other_version"]
        kept = self.kept
        closed = self.appointment_request if kept is self.other else self.other
        closed.mark_duplicate(by=by, of=kept, merge=self.cleaned_data["how"] == "merge")


class Spam(Step):
    slug, title, button = "spam", "Spam", "Close as spam"
    done = "The request is closed as spam."
    leads_to, closes_as = Status.CLOSED, Outcome.SPAM
    fits_suspicion = True
    help = "Nobody is told. Only for what no patient wrote."

    def take(self, *, by):
        self.appointment_request.mark_spam(by=by)


class NotSpam(Step):
    slug, title, group = "not-spam", "Not spam", "Next"
    button, done = "It is not spam", "It is on the desk like all others, and everybody is told of it."
    fits_suspicion = True
    help = "A patient wrote it. It goes to the desk, and the mails go out that were held back."

    @classmethod
    def exists_from(cls, appointment_request):
        return appointment_request.suspected_spam and appointment_request.is_open

    def take(self, *, by):
        intake.take_as_genuine(self.appointment_request, by=by)


class Reopen(Step):
    slug, title, group = "reopen", "Open the request again", "Next"
    button, done = "Open it again", "The request is open again."
    leads_to = Status.NEW
    permission = "appointments.reopen_appointmentrequest"

    reason = reason_field("Why it is opened again", "Write why it is opened again.")

    def take(self, *, by):
        self.appointment_request.reopen(by=by, reason=self.cleaned_data["reason"])


class AddNote(Step):
    key, slug, title, group = "n", "note", "Add a note", "Notes"
    ready_use, ready_into = ReadyText.Use.NOTE, "text"
    fits_suspicion = True
    button, done = "Add the note", "The note is added."

    text = forms.CharField(
        label="Note for colleagues, never shown to the patient",
        max_length=1000,
        widget=LONG,
        error_messages={"required": "Write the note."},
    )

    @classmethod
    def exists_from(cls, appointment_request):
        return not appointment_request.why_no_note()

    def take(self, *, by):
        self.appointment_request.add_note(by=by, text=self.cleaned_data["text"])


class Correct(Step):
    slug, title, group = "correct", "Correct what the patient wrote", "Patient’s details"
    button, done = "Save the correction", "It is corrected."
    help = "When the patient asks for it. The history says what was corrected, and not what stood there before."

    name = forms.CharField(
        label="Name", max_length=100, error_messages={"required": "Write the name to call the patient by."}
    )
    phone = forms.CharField(label="Phone number", max_length=40, required=False)
    email = forms.EmailField(label="E-mail address", max_length=254, required=False)
    language = forms.CharField(label="Language they prefer", max_length=60, required=False)
    needs_interpreter = forms.BooleanField(label="Needs an interpreter", required=False)
    access_needs = forms.CharField(label="Access needs", max_length=200, required=False)

    def __init__(self, appointment_request, data=None, calendar=None):
        super().__init__(appointment_request, data, calendar)
        for field in appointment_request.CORRECTABLE:
            self.fields[field].initial = getattr(appointment_request, field)

    @classmethod
    def exists_from(cls, appointment_request):
        return True

    def clean_phone(self):
        phone = in_international_form(self.cleaned_data["phone"])
        if phone and sum(character.isdecimal() for character in phone) < FEWEST_DIGITS:
            raise forms.ValidationError("Check the phone number. It seems too short.")
        self.fields["phone"].run_validators(phone)
        return phone

    def take(self, *, by):
        corrected = {name: self.cleaned_data[name] for name in self.appointment_request.CORRECTABLE}
        self.appointment_request.correct(by=by, **corrected)


class Hold(Step):
    slug, title, group = "hold", "Keep it from being removed", "How long it is kept"
    permission = "appointments.hold_appointmentrequest"
    button, done = "Put on hold", "It is on hold: nothing of it is removed."
    help = "For a complaint or a court. Until somebody lifts the hold, nothing of it is removed or erased."

    reason = reason_field("Why it is kept", "Write why it is kept.")

    @classmethod
    def exists_from(cls, appointment_request):
        return not appointment_request.on_hold

    def take(self, *, by):
        self.appointment_request.hold(by=by, reason=self.cleaned_data["reason"])


class LiftHold(Step):
    slug, title, group = "lift-hold", "Lift the hold", "How long it is kept"
    permission = "appointments.hold_appointmentrequest"
    button, done = "Lift the hold", "The hold is lifted: it goes when its time is over."

    reason = reason_field("Why it may go", "Write why it may go.")

    @classmethod
    def exists_from(cls, appointment_request):
        return appointment_request.on_hold

    def take(self, *, by):
        self.appointment_request.lift_hold(by=by, reason=self.cleaned_data["reason"])


class Colleague(forms.ModelChoiceField):
    def label_from_instance(self, user):
        return who(user)


class Assign(Step):
    key, slug, title, group = "g", "assign", "Give to a colleague", "Next"
    permission = "appointments.assign_appointmentrequest"
    button, done = "Assign", "It is assigned."
    help = "Whoever holds it now. It is free again when nobody acts on it."

    to = Colleague(
        label="To whom",
        queryset=get_user_model().objects.none(),
        empty_label="Choose a colleague",
        error_messages={"required": "Choose a colleague.", "invalid_choice": "Choose a colleague from the list."},
    )

    def __init__(self, appointment_request, data=None, calendar=None):
        super().__init__(appointment_request, data, calendar)
        self.fields["to"].queryset = triage_staff()

    @classmethod
    def exists_from(cls, appointment_request):
        return appointment_request.is_open

    def take(self, *, by):
        self.appointment_request.assign(by=by, to=self.cleaned_data["to"])


class Undo(Step):
    key, slug, title, group = "u", "undo", "Take the last step back", "Undo"
    button, done = "Undo", "The step is taken back."
    fits_suspicion = True

    def __init__(self, appointment_request, data=None, calendar=None):
        super().__init__(appointment_request, data, calendar)
        self.last_step = getattr(appointment_request, "last_step", None)
        if self.last_step:
            self.button = f"Undo: {self.last_step.what}"

    @classmethod
    def offered(cls, appointment_request, user):
        last_step = getattr(appointment_request, "last_step", None)
        may = last_step is not None and user.has_perm(cls.permission)
        return may and not last_step.why_not(appointment_request, user)

    def take(self, *, by):
        self.appointment_request.undo(by=by)


def triage_staff():
    """Who may be given a request."""
    users = get_user_model().objects.with_perm(Step.permission, backend="django.contrib.auth.backends.ModelBackend")
    return users.filter(is_staff=True).order_by("first_name", "username")


def is_a_key(text):
    return text.isdecimal() and text.isascii() and len(text) < 10


STEPS = {
    step.slug: step
    for step in (
        NotSpam,
        Undo,
        RecordAttempt,
        Book,
        AwaitPatient,
        Waitlist,
        Snooze,
        Assign,
        Reopen,
        TookPlace,
        DidNotCome,
        Decline,
        Redirect,
        Withdraw,
        Unreachable,
        Duplicate,
        Spam,
        AddNote,
        Correct,
        Hold,
        LiftHold,
    )
}
