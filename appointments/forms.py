"""The form that patients send, in the order in which a worried person answers on a phone."""

import hashlib
from functools import lru_cache

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Fieldset, Layout
from django import forms
from django.http import QueryDict
from django.urls import reverse_lazy
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import to_python as parse_phone

from clinic import languages
from clinic.models import Service
from clinic.typed import tidy, tidy_line

from . import form_token
from .models import AppointmentRequest
from .models.request import ANSWERABLE

MOST_DAYS = 3
FEWEST_DIGITS = 5  # an extension or a short local number: odd, but somebody may answer
LONG_TEXTS = {"message"}
TOO_LONG = _("Please use %(limit_value)d characters or fewer. There are %(show_value)d now.")
PAGE_TOO_OLD = _(
    "This page was open for a long time, so we could not send your request yet. Everything you wrote is still here. "
    "Please press the button at the end once more."
)
GROUPS = {
    _("Your request"): ["service", "for_whom", "patient_type", "message"],
    _("How can we reach you?"): ["name", "phone", "email", "best_time_to_call", "voicemail_ok"],
    _("When would you like to come?"): ["preferred_days", "preferred_time"],
    _("Can we make it easier for you?"): ["language", "needs_interpreter", "access_needs"],
    _("Your consent"): ["consent"],
}
FREE_TEXTS = ["message", "access_needs", "language", "name"]
lazy_format_html = lazy(format_html, str)


class RequestForm(forms.ModelForm):
    """`guide` is what the patient has read, as looked up by the site: {"slug", "title", "revision"} or None."""

    page_name = "page"

    service = forms.TypedChoiceField(
        label=_("What is it about?"),
        help_text=_("Not sure? Choose what comes closest. We sort it out when we talk."),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what your request is about."),
            "invalid_choice": _("We no longer offer that online. Choose what your request is about."),
        },
    )
    preferred_days = forms.MultipleChoiceField(
        label=_("Which days suit you?"),
        help_text=format_lazy(_("Choose up to {days}. Leave it empty if any day is fine."), days=MOST_DAYS),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("We are not open on one of those days. Choose again.")},
    )
    consent = forms.BooleanField(
        label=_("The clinic may store what I wrote here and contact me about it."),
        help_text=lazy_format_html(
            _(
                'We use it only to arrange your appointment. <a href="{}" target="_blank">Read our privacy notice '
                "(opens in a new tab)</a>."
            ),
            reverse_lazy("privacy"),
        ),
        error_messages={"required": _("Tick this box. Without it we may not contact you.")},
    )
    guide = forms.CharField(required=False, widget=forms.HiddenInput)
    form_token = forms.CharField(required=False, widget=forms.HiddenInput)
    # Nobody sees it. A program that fills in all fields gives itself away.
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    class Meta:
        model = AppointmentRequest
        fields = [
            "service",
            "for_whom",
            "patient_type",
            "message",
            "name",
            "phone",
            "email",
            "best_time_to_call",
            "voicemail_ok",
            "preferred_days",
            "preferred_time",
            "language",
            "needs_interpreter",
            "access_needs",
        ]
        labels = {
            "patient_type": _("Have you been to this clinic before?"),
            "message": _("Anything you want to add?"),
            "for_whom": _("Who is the appointment for?"),
            "name": _("What name should we call you by?"),
            "phone": _("Phone number"),
            "email": _("E-mail address"),
            "best_time_to_call": _("When is a good time to call you?"),
            "voicemail_ok": _("You may leave a message on my voicemail"),
            "preferred_time": _("Which time of day suits you?"),
            "language": _("Which language do you prefer?"),
            "needs_interpreter": _("I would like an interpreter"),
            "access_needs": _("What would make your visit easier?"),
        }
        help_texts = {
            "patient_type": _("If you write for someone else, answer for them."),
            "message": _("A few words are enough. Leave out details that you would not want a receptionist to read."),
            "name": _("A first name is fine. If you write for someone else, give your own name."),
            "phone": _("We need a phone number or an e-mail address. A call is the quickest way."),
            "email": _("We never write about your health by e-mail."),
            "voicemail_ok": _("If you leave this empty, we hang up and try again later."),
            "language": _("For example: Spanish."),
            "access_needs": _("For example: a wheelchair, a hearing aid, someone who comes with you."),
        }
        widgets = {
            "patient_type": forms.RadioSelect,
            "for_whom": forms.RadioSelect,
            "best_time_to_call": forms.RadioSelect,
            "preferred_time": forms.RadioSelect,
            "message": forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "phone": forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
            "email": forms.EmailInput(attrs={"inputmode": "email", "autocomplete": "email"}),
            "language": forms.TextInput(attrs={"autocomplete": "off"}),
            "access_needs": forms.TextInput(attrs={"autocomplete": "off"}),
        }
        error_messages = {
            "patient_type": {
                "required": _("Tell us if you have been here before."),
                "invalid_choice": _("Tell us if you have been here before."),
            },
            "message": {"max_length": TOO_LONG},
            "for_whom": {
                "required": _("Tell us who the appointment is for."),
                "invalid_choice": _("Tell us who the appointment is for."),
            },
            "name": {"required": _("Write the name that we should call you by."), "max_length": TOO_LONG},
            "phone": {"max_length": _("Write only the number here. The rest fits under “Anything you want to add?”.")},
            "email": {
                "invalid": _("Check the e-mail address. It should look like name@example.com."),
                "max_length": _("Check the e-mail address. It is too long."),
            },
            "best_time_to_call": {"required": _("Choose a time."), "invalid_choice": _("Choose a time from the list.")},
            "preferred_time": {"required": _("Choose a time."), "invalid_choice": _("Choose a time from the list.")},
            "language": {"max_length": TOO_LONG},
            "access_needs": {"max_length": TOO_LONG},
        }

    def __init__(self, data=None, *, arrangements, guide=None, **kwargs):
        super().__init__(tidied(data) if data is not None else None, **kwargs)
        self.guide = guide
        self.arrangements = arrangements
        self.initial["guide"] = guide["slug"] if guide else ""
        self.initial.setdefault("form_token", form_token.new)
        services = {str(service.pk): service for service in arrangements.services}
        self.fields["service"].choices = [(pk, service_label(service)) for pk, service in services.items()]
        self.fields["service"].coerce = services.get
        self.fields["preferred_days"].choices = open_days(arrangements.calendar)
        for name in ("phone", "email"):
            self.fields[name].one_is_needed = True  # not required, and yet not to be marked “(optional)”

    @property
    def helper(self):
        helper = FormHelper(self)
        helper.form_tag = False  # the page has the tag, the CSRF token and the button
        helper.disable_csrf = True
        helper.layout = Layout(
            HTML(f'<input type="hidden" name="{self.page_name}">'),
            *[Fieldset(heading, *names) for heading, names in GROUPS.items()],
            "guide",
            "form_token",
        )
        return helper

    def clean_phone(self):
        phone = in_international_form(self.cleaned_data["phone"])
        if phone and sum(character.isdecimal() for character in phone) < FEWEST_DIGITS:
            raise forms.ValidationError(_("Check the phone number. It seems too short."))
        self.fields["phone"].run_validators(phone)  # an extension may have made it longer
        return phone

    def clean_preferred_days(self):
        days = self.cleaned_data["preferred_days"]
        if len(days) > MOST_DAYS:
            raise forms.ValidationError(_("Choose up to %(days)d days."), params={"days": MOST_DAYS})
        return days

    def clean_form_token(self):
        """The token's UUID. With a bad one nothing is stored: the form comes back, with a fresh one in it."""
        token = form_token.read(self.cleaned_data["form_token"])
        if token is None:
            self.renew()
        return token

    def renew(self):
        self.data["form_token"] = form_token.new()
        self.add_error(None, PAGE_TOO_OLD)

    @property
    def is_too_old(self):
        """Nothing new is stored from a page that was open for too long; what was sent from it before is known."""
        signed = self.data.get("form_token", "")
        return form_token.read(signed) is not None and form_token.is_old(signed)

    def clean(self):
        if self.cleaned_data.get("phone") == "" == self.cleaned_data.get("email"):
            self.add_error("phone", ANSWERABLE)
        return self.cleaned_data

    def _post_clean(self):
        """Not the model's own checks: the form has made them all, and they would ask the database twice more."""

    def free_text(self):
        return "\n".join(self.cleaned_data[name] for name in FREE_TEXTS)

    def answers(self):
        """[(heading, [(field, answer in plain words, id to go to)])]; the answer is empty where none was given."""
        return [(heading, [self.answer(self[name]) for name in names]) for heading, names in GROUPS.items()]

    def answer(self, field):
        first_input = f"{field.auto_id}_0" if field.use_fieldset else field.auto_id
        return field, self.in_words(field, self.cleaned_data[field.name]), first_input

    def in_words(self, field, value):
        if isinstance(value, bool):
            return languages.in_words(value)
        if isinstance(value, Service):
            return languages.said(value, "name")
        words = dict(getattr(field.field, "choices", ()))
        if isinstance(value, list):
            return languages.listed(words[choice] for choice in value)
        return words.get(value, value)

    def carried(self):
        """[(name, value)] of all that was typed, for a page that holds it in hidden fields."""
        return [(name, value) for name in self.fields for value in self.data.getlist(name)]

    def reopened(self):
        """The form as it was typed, without complaints: to change something in it."""
        typed = {
            name: self.data.getlist(name) if name == "preferred_days" else self.data[name]
            for name in self.fields
            if name in self.data
        }
        return RequestForm(initial=typed, guide=self.guide, arrangements=self.arrangements)

    def request_fields(self):
        """What intake.receive() stores: the patient's answers and the guide as the site knows it."""
        guide = self.guide or {"slug": "", "title": "", "revision": None}
        return {
            **{name: self.cleaned_data[name] for name in self._meta.fields},
            **{f"guide_{name}": guide[name] for name in ("slug", "title", "revision")},
            "sent_in": languages.now(),
        }


RequestForm.base_fields["patient_type"].choices = AppointmentRequest.PatientType.choices  # without the empty choice
RequestForm.base_fields[
    "preferred_days"
].choices = AppointmentRequest.Day.choices  # in words, where no calendar is at hand


def name_of_page(sent_before):
    """What to call the form's first field. Browsers fill in what was typed before when a form looks the same: wanted
    after Back from the check page. On a computer that others use too it must not happen once the form was sent, so
    each sending changes the name."""
    return f"page-{hashlib.sha256(sent_before.encode()).hexdigest()[:16]}"


def tidied(data):
    """A copy of the posted data that is fit to check, to store and to show again."""
    copy = QueryDict(mutable=True, encoding=data.encoding)
    for name, values in data.lists():
        copy.setlist(name, [(tidy if name in LONG_TEXTS else tidy_line)(value) for value in values])
    return copy


def in_international_form(phone):
    """+12125550142, or +12125550142 ext. 9; a number that no library can read stays as it was typed."""
    number = parse_phone(phone)
    if not number or not number.is_valid():
        return phone
    return number.as_e164 + (f" ext. {number.extension}" if number.extension else "")


def open_days(calendar):
    """The days on which the clinic opens, as choices, Monday first."""
    every_day = AppointmentRequest.Day.choices
    return [every_day[weekday] for weekday in sorted(calendar.week)]


def service_label(service):
    """Where neither has been translated they are one piece: side by side in a page that runs the other way they mingle."""
    if not languages.is_ours() and not any(languages.translated(service, one) for one in ("name", "description")):
        return languages.marked_as_ours(label(service.name, service.description))
    return label(languages.said(service, "name"), languages.said(service, "description"))


@lru_cache(200)
def label(name, description):
    return format_html("{}: {}", name, description) if description else name
