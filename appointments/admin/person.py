"""One person's data: find all requests of theirs, print what is held, erase it."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, Value
from django.db.models.functions import Lower, Replace
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from phonenumber_field.phonenumber import to_python

from clinic.staff import again
from clinic.templatetags.clinic import who

from .. import erasure
from ..access import only_recorded, record
from ..languages import name_of
from ..models import AccessEvent, AppointmentRequest, Erasure, StepNotAllowed
from ..models.search import digits_in, number_of
from ..search import DIGITS_AT_LEAST, as_reference
from .access import SiteWritten
from .event_words import in_words as steps_in_words

MAY_ERASE = "appointments.erase_appointmentrequest"
MAY_PRINT = "appointments.disclose_appointmentrequest"
ERASURES_SHOWN = 30
NOT_DIGITS = " -().+/"

PRINTED = [
    "created_at",
    "for_whom",
    "name",
    "phone",
    "email",
    "patient_type",
    "service",
    "preferred_days",
    "preferred_time",
    "best_time_to_call",
    "voicemail_ok",
    "language",
    "sent_in",
    "needs_interpreter",
    "access_needs",
    "message",
    "guide_title",
    "guide_slug",
    "guide_revision",
    "consented_at",
    "privacy_version",
    "read_first",
    "suspected_spam",
    "spam_reasons",
    "promised_by",
    "assigned_to",
    "claimed_until",
    "first_opened_at",
    "reopened_at",
    "escalated_at",
    "first_attempt_at",
    "contacted_at",
    "next_attempt_at",
    "status",
    "outcome",
    "start",
    "end",
    "place",
    "text_for_patient",
    "closed_at",
    "duplicate_of",
    "merged",
    "on_hold",
    "words_removed_at",
    "anonymized_at",
]
LABELS = {
    "sent_in": "language of the form",
    "guide_slug": "address of the guide read",
    "guide_revision": "number of the guide’s version",
    "assigned_to": "looked after by",
    "claimed_until": "looked after until",
    "escalated_at": "staff were told again",
    "next_attempt_at": "to be called again",
    "duplicate_of": "repeats the request",
    "merged": "read together with the request that it repeats",
    "words_removed_at": "words removed because of their age",
    "anonymized_at": "name and contact removed",
}


class PersonForm(forms.Form):
    q = forms.CharField(
        label="Phone number, e-mail address or reference",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 34}),
        error_messages={"required": "Write a phone number, an e-mail address or a reference."},
    )

    def __init__(self, data=None):
        super().__init__(data, label_suffix="", use_required_attribute=False)


def requests_of(text):
    """All requests of whoever has this number or address, exactly, in any notation; or of whoever sent this one.

    Then those with a number or an address that stands in one of these, and so on until nothing new appears. Those are
    marked `is_followed`: a number can be a family's, so that a person chooses them one by one.
    """
    requests = AppointmentRequest.objects.with_patient_data().alias(
        phone_digits=only_digits(F("phone")), lower_email=Lower("email")
    )
    text = text.strip()
    emails, numbers = ({text.lower()}, set()) if "@" in text else (set(), numbers_in(text))
    named = list(requests.filter(reference=as_reference(text) or None))
    emails |= {row.email.lower() for row in named if row.email}
    numbers |= {number for row in named for number in numbers_in(row.phone)}
    direct = with_repetitions(requests, keys_with(requests, emails, numbers) | {row.pk for row in named})
    found, emails, numbers = set(direct), set(), set()
    while True:
        rows = list(requests.filter(pk__in=found).values_list("email", "phone"))
        new_emails = {email.lower() for email, _ in rows if email} - emails
        new_numbers = {number_of(phone) for _, phone in rows if phone} - numbers
        if not new_emails and not new_numbers:
            break
        emails, numbers = emails | new_emails, numbers | new_numbers
        found = with_repetitions(requests, found | keys_with(requests, new_emails, new_numbers))
    rows = list(requests.filter(pk__in=found).select_related("service", "assigned_to", "duplicate_of").order_by("pk"))
    for row in rows:
        row.is_followed = row.pk not in direct
    return rows


def with_repetitions(requests, found):
    """Keys of these, of those that repeat them, and of those that they repeat."""
    repeated = requests.filter(pk__in=found, duplicate_of__isnull=False).values_list("duplicate_of", flat=True)
    return found | set(repeated) | set(requests.filter(duplicate_of__in=found).values_list("pk", flat=True))


def keys_with(requests, emails, numbers):
    """Keys of those with one of these addresses or numbers. What follows a number may be its extension, or more of another number."""
    like = Q(lower_email__in=emails)
    for number in numbers:
        like |= Q(phone_digits__startswith=number)
    rows = requests.filter(like).values_list("pk", "email", "phone")
    return {pk for pk, email, phone in rows if email.lower() in emails or number_of(phone) in numbers}


def numbers_in(text):
    """The digits of a number as it stands there, and with its country's; none where it is none."""
    digits = number_of(text)
    if len(digits) < DIGITS_AT_LEAST:
        return set()
    number = to_python(text)
    return {digits, digits_in(number.as_e164)} if number and number.is_valid() else {digits}


def only_digits(column):
    """Without an index: whoever is to be erased must be found for certain, and it happens once in a while."""
    for character in NOT_DIGITS:
        column = Replace(column, Value(character))
    return column


@admin.register(Erasure)
class PersonAdmin(SiteWritten):
    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(MAY_ERASE) or request.user.has_perm(MAY_PRINT)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def get_urls(self):
        return super().get_urls()[:1]  # the one page: whom it is about is posted, never in an address

    @only_recorded
    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        if asked := again.asked(request):
            return asked
        if request.method != "POST":
            return self.page(request, PersonForm())
        form = PersonForm(request.POST)
        if not form.is_valid():
            return self.page(request, form, status=422)
        found = requests_of(form.cleaned_data["q"])
        chosen = [row for row in found if str(row.pk) in request.POST.getlist("request")]
        what = {"print": self.printout, "erase": self.erase}.get(request.POST.get("do"))
        if what is None:
            return self.page(request, form, found)
        if not chosen:
            return self.page(request, form, found, trouble="Choose at least one request.", status=422)
        return what(request, form, found, chosen)

    def page(self, request, form, found=None, *, trouble="", status=200):
        if found is not None:
            record(AccessEvent.Action.SEARCH, [row.reference for row in found], by=request.user, step="person")
        context = {
            "title": "A person’s data",
            "form": form,
            "found": found,
            "chosen": request.POST.getlist("request"),
            "trouble": trouble,
            "may_erase": request.user.has_perm(MAY_ERASE),
            "may_print": request.user.has_perm(MAY_PRINT),
            "erasures": Erasure.objects.select_related("by")[:ERASURES_SHOWN],
        }
        return self.answer(request, "page", context, status)

    def printout(self, request, form, found, chosen):
        """All that is held, and who saw it, to hand over on paper."""
        if not request.user.has_perm(MAY_PRINT):
            raise PermissionDenied
        record(AccessEvent.Action.EXPORT, [row.reference for row in chosen], by=request.user, step="printout")
        context = {"title": "All that we hold", "held": [all_of(row) for row in chosen]}
        return self.answer(request, "printout", context)

    def erase(self, request, form, found, chosen):
        if not request.user.has_perm(MAY_ERASE):
            raise PermissionDenied
        if request.POST.get("sure") != "yes":
            return self.page(request, form, found, trouble="Tick that it is to be erased for good.", status=422)
        record(AccessEvent.Action.CHANGE, [row.reference for row in chosen], by=request.user, step="erase")
        try:
            gone = erasure.erase([row.pk for row in chosen], by=request.user)
        except StepNotAllowed as refusal:
            return self.page(request, form, found, trouble=str(refusal), status=422)
        messages.success(request, f"Erased: {', '.join(row.reference for row in chosen)}. Nothing is left of it.")
        if not gone:
            messages.warning(request, "The database was busy: its log is emptied within a day.")
        return redirect("admin:appointments_erasure_changelist")

    def answer(self, request, name, context, status=200):
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/appointments/erasure/{name}.html", context, status=status)


def all_of(appointment_request):
    """Everything that stands anywhere about this request, as the template prints it."""
    return {
        "request": appointment_request,
        "facts": [fact(appointment_request, name) for name in PRINTED],
        "history": appointment_request.status_changes.select_related("by"),
        "attempts": appointment_request.attempts.select_related("by"),
        "notes": appointment_request.notes.select_related("by"),
        "replies": appointment_request.replies.all(),
        "deliveries": appointment_request.deliveries.select_related("recipient", "status_change", "dismissed_by"),
        "seen": [
            seen(event)
            for event in AccessEvent.objects.filter(reference=appointment_request.reference).select_related("by")
        ],
    }


def seen(event):
    """With its step in the words of the pages where it was taken."""
    event.words = steps_in_words(event.step)
    return event


def fact(appointment_request, name):
    """(label, value) of a field, in words where it has some."""
    in_words = getattr(appointment_request, f"get_{name}_display", None)
    value = in_words() if in_words else getattr(appointment_request, name)
    if name == "preferred_days":
        value = appointment_request.preferred_days_text()
    if name == "sent_in":
        value = name_of(value)
    if name == "assigned_to":
        value = value and who(value)
    if isinstance(value, bool):
        value = "Yes" if value else "No"
    if isinstance(value, list):
        value = ", ".join(value)
    return LABELS.get(name) or appointment_request._meta.get_field(name).verbose_name, value
