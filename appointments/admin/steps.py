"""The steps staff can take, as forms: each declares its fields and hands them to its verb on the request."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from clinic.models import ClinicProfile

from .. import intake
from ..forms import FEWEST_DIGITS, in_international_form
from ..models import AppointmentRequest, ContactAttempt, MessageTemplate
from ..search import as_reference

Status, Outcome = AppointmentRequest.Status, AppointmentRequest.Outcome
LONG = forms.Textarea(attrs={"rows": 2})


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
        **kwargs,
    )


class Step(forms.Form):
    """A step from the request as the page showed it: `version` lets a second person's step fail instead of overwrite."""

    slug = title = button = done = ""
    group = "Close the request"
    leads_to = None
    closes_as = ""
    help = ""
    permission = "appointments.triage_appointmentrequest"
    fits_suspicion = False  # what looks like spam is decided about first; other steps wait for that

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    shown_at = forms.DateTimeField(widget=forms.HiddenInput)

    def __init__(self, appointment_request, data=None):
        self.appointment_request = appointment_request
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


class RecordAttempt(Step):
    slug, title, group = "attempt", "Record a contact attempt", "Next"
    button, done = "Save the attempt", "The contact attempt is recorded."
    leads_to = Status.CONTACTING

    mail = "After a missed call with no message left, the patient is told by e-mail that we tried, once a day at most."

    channel = forms.ChoiceField(label="You used", choices=ContactAttempt.Channel.choices, widget=forms.RadioSelect)
    outcome = forms.ChoiceField(
        label="What happened",
        choices=ContactAttempt.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what happened."},
    )
    next_attempt_at = moment_field("Try again (optional)", required=False)
    note = forms.CharField(label="Note about this attempt (optional)", max_length=500, required=False, widget=LONG)

    def __init__(self, appointment_request, data=None):
        super().__init__(appointment_request, data)
        given = {"phone": appointment_request.phone, "email": appointment_request.email}
        channels = [choice for choice in ContactAttempt.Channel.choices if given[choice[0]]]
        self.fields["channel"].choices = channels
        self.fields["channel"].initial = channels[0][0] if channels else None  # none in one that was anonymized

    @classmethod
    def exists_from(cls, appointment_request):
        return appointment_request.is_open

    def clean_next_attempt_at(self):
        moment = self.cleaned_data["next_attempt_at"]
        if moment and moment <= timezone.now():
            raise forms.ValidationError("Choose a time that is still to come.")
        return moment

    def take(self, *, by):
        self.appointment_request.record_attempt(
            by=by,
            channel=self.cleaned_data["channel"],
            outcome=self.cleaned_data["outcome"],
            next_attempt_at=self.cleaned_data["next_attempt_at"],
            note=self.cleaned_data["note"],
        )


class Book(Step):
    slug, title, group = "book", "Book the appointment", "Next"
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

    def __init__(self, appointment_request, data=None):
        super().__init__(appointment_request, data)
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
    slug, title, group = "await", "Wait for the patient", "Next"
    button, done = "Wait for the patient", "We are waiting for the patient."
    leads_to = Status.AWAITING_PATIENT

    help = "The patient reads these words on the page of the request. Write nothing about health."

    text_for_patient = text_field("What the patient should do or send", "Write what the patient should do or send.")

    def take(self, *, by):
        self.appointment_request.await_patient(by=by, text_for_patient=self.cleaned_data["text_for_patient"])


class Waitlist(Step):
    slug, title, group = "waitlist", "Put on the waiting list", "Next"
    button, done = "Put on the waiting list", "The request is on the waiting list."
    leads_to = Status.WAITLISTED

    reason = reason_field("Why, or until when (optional)", required=False)

    def take(self, *, by):
        self.appointment_request.waitlist(by=by, reason=self.cleaned_data["reason"])


class Decline(Step):
    slug, title, button = "decline", "Decline", "Decline and close"
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
    slug, title, button = "duplicate", "Duplicate of another request", "Close as a duplicate"
    done = "The request is closed as a duplicate."
    leads_to, closes_as = Status.CLOSED, Outcome.DUPLICATE

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
        return other

    def take(self, *, by):
        self.appointment_request.mark_duplicate(by=by, of=self.cleaned_data["of"])


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
    slug, title, group = "note", "Add a note", "Notes"
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
        return True

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

    def __init__(self, appointment_request, data=None):
        super().__init__(appointment_request, data)
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


STEPS = {
    step.slug: step
    for step in (
        NotSpam,
        RecordAttempt,
        Book,
        AwaitPatient,
        Waitlist,
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
