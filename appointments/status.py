"""What a patient sees after sending, by the secret link alone: the receipt, the status page and what can be done there.

Nothing here shows what was typed: the link may lie in a mailbox or a browser's history that others read.
"""

from contextlib import suppress
from datetime import timedelta

from crispy_forms.helper import FormHelper
from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView, View

from clinic.errors import error_page
from clinic.models import ClinicProfile

from . import throttle
from .calendar_file import calendar_file
from .forms import TOO_LONG, tidied
from .intake import take_reply, warning_phrases
from .models import AppointmentRequest, ChangedMeanwhile, PatientReply, StepNotAllowed
from .views import SeeOther

RECEIPT_FOR = timedelta(hours=24)
KEPT_AFTER_CLOSING = timedelta(days=30)
TRIES = 5  # to withdraw while staff are at work on the same request
WRITTEN_BY_PATIENTS = ("name", "phone", "email", "message", "access_needs", "language")
NOT_TAKEN = _("This was not sent: we have one from you already, or your request was closed meanwhile. Please call us.")


class BySecret:
    """Found by the link's secret. Who guesses is told the same for each wrong one, and soon to wait; who has the link
    is always answered, whatever others of the same network do."""

    http_method_names = ["get", "head", "options"]
    appointment_request = None

    def dispatch(self, request, *args, secret, **kwargs):
        found = AppointmentRequest.objects.select_related("service").defer(*WRITTEN_BY_PATIENTS)
        self.appointment_request = found.filter(secret=secret).first()
        if self.appointment_request is None:
            if throttle.is_guessing(request):
                return error_page(request, 429)
            raise Http404
        response = self.gone() if self.is_gone() else super().dispatch(request, *args, **kwargs)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def is_gone(self):
        closed_at = self.appointment_request.closed_at
        return closed_at is not None and closed_at < timezone.now() - KEPT_AFTER_CLOSING

    def gone(self):
        return render(self.request, "appointments/status_gone.html", status=410)

    def address(self, name="status"):
        return reverse(f"appointments:{name}", args=[self.appointment_request.secret])

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            appointment_request=self.appointment_request, status_address=self.address(), **kwargs
        )


class Receipt(BySecret, TemplateView):
    """For the first day, while we owe a call: the reference, the promise and what comes next. Else the status page says more."""

    template_name = "appointments/receipt.html"

    def get(self, request, *args, **kwargs):
        row = self.appointment_request
        if row.created_at < timezone.now() - RECEIPT_FOR or not row.clock_is_running or row.is_overdue:
            return redirect(self.address())
        return super().get(request, *args, **kwargs)


class StatusPage(BySecret, TemplateView):
    """Where the request stands, in plain words, and what the patient can still do."""

    template_name = "appointments/status.html"

    def get_context_data(self, **kwargs):
        appointment_request = self.appointment_request
        Kind = PatientReply.Kind
        replies = list(appointment_request.replies.defer("text"))
        return super().get_context_data(
            stands=appointment_request.outcome or appointment_request.status,
            last_attempt=appointment_request.attempts.order_by("at").last(),
            replies=replies,
            urgent=any(reply.shows_what_to_do_now for reply in replies),
            message_address=self.address("message") if appointment_request.takes_reply(Kind.MESSAGE) else "",
            time_address=self.address("another_time") if appointment_request.takes_reply(Kind.OTHER_TIME) else "",
            withdraw_address=self.address("withdraw") if appointment_request.can_be_withdrawn else "",
            calendar_address=self.address("calendar_file") if appointment_request.start else "",
            is_past=bool(appointment_request.end and appointment_request.end < timezone.now()),
            **kwargs,
        )


class ReplyForm(forms.Form):
    """One field or two, and that is all: the page is no chat."""

    def __init__(self, data=None, **kwargs):
        super().__init__(tidied(data) if data is not None else None, **kwargs)

    @property
    def helper(self):
        helper = FormHelper(self)
        helper.form_tag = False  # the page has the tag, the CSRF token and the button
        helper.disable_csrf = True
        return helper


class MessageForm(ReplyForm):
    message = forms.CharField(
        label=_("Your message"),
        help_text=_("A few words are enough. Leave out details that you would not want a receptionist to read."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        error_messages={"required": _("Write your message."), "max_length": TOO_LONG},
    )

    def text(self):
        return self.cleaned_data["message"]


class AnotherTimeForm(ReplyForm):
    best_time = forms.ChoiceField(
        label=_("When is a better time to call you?"),
        choices=AppointmentRequest.TimeOfDay.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a time."), "invalid_choice": _("Choose a time from the list.")},
    )
    message = forms.CharField(
        label=_("Anything else about the call?"),
        help_text=_("For example: not on Tuesdays, or another phone number."),
        required=False,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        error_messages={"max_length": TOO_LONG},
    )

    def text(self):
        with translation.override(settings.LANGUAGE_CODE):  # staff read it
            time = str(AppointmentRequest.TimeOfDay(self.cleaned_data["best_time"]).label)
        return f"{time}. {self.cleaned_data['message']}".strip()


class Reply(BySecret, FormView):
    """A page with one small form. Once it is sent the page is gone, and what was written is not shown again."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "appointments/status_reply.html"
    kind = None
    heading = ""
    button = ""

    def get(self, request, *args, **kwargs):
        if not self.appointment_request.takes_reply(self.kind):
            return redirect(self.address())
        return super().get(request, *args, **kwargs)

    def form_valid(self, form):
        urgent = bool(warning_phrases(ClinicProfile.objects.current(), message=form.text(), access_needs=""))
        try:
            take_reply(
                self.appointment_request,
                kind=self.kind,
                text=form.text(),
                urgent=urgent,
                best_time=form.cleaned_data.get("best_time", ""),
            )
        except (StepNotAllowed, ChangedMeanwhile):
            if not self.was_sent_before(form.text()):
                form.add_error(None, NOT_TAKEN)
                return self.render_to_response(
                    self.get_context_data(form=form, not_taken=True, urgent=urgent), status=409
                )
        return SeeOther(self.address())

    def was_sent_before(self, text):
        """A second click or a reload, not a second message."""
        return self.appointment_request.replies.filter(kind=self.kind, text=text).exists()

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **{"heading": self.heading, "button": self.button, "not_taken": False, "urgent": False, **kwargs}
        )


class AddMessage(Reply):
    form_class = MessageForm
    kind = PatientReply.Kind.MESSAGE
    heading = _("Add a message to your request")
    button = _("Send my message")


class AskForAnotherTime(Reply):
    form_class = AnotherTimeForm
    kind = PatientReply.Kind.OTHER_TIME
    heading = _("Ask us to call at another time")
    button = _("Tell the clinic")


class Withdraw(BySecret, TemplateView):
    """Asks once more, then withdraws what the patient has seen: a request, or the appointment that it became."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "appointments/status_withdraw.html"

    def get(self, request, *args, **kwargs):
        if not self.appointment_request.can_be_withdrawn:
            return redirect(self.address())
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        for _try in range(TRIES):
            if not self.appointment_request.can_be_withdrawn:
                return SeeOther(self.address())
            if request.POST.get("seen") != self.what():
                break
            with suppress(ChangedMeanwhile):
                self.appointment_request.withdraw()
                return SeeOther(self.address())
            self.appointment_request.refresh_from_db()
        return self.render_to_response(self.get_context_data(changed=True), status=409)

    def what(self):
        return "appointment" if self.appointment_request.status == AppointmentRequest.Status.BOOKED else "request"

    def get_context_data(self, **kwargs):
        return super().get_context_data(**{"seen": self.what(), "changed": False, **kwargs})


class CalendarFile(BySecret, View):
    def get(self, request, *args, **kwargs):
        if self.appointment_request.start is None:
            raise Http404
        content = calendar_file(
            self.appointment_request,
            clinic=ClinicProfile.objects.current(),
            changed_at=self.appointment_request.status_changes.last().at,
        )
        # Inline: a phone shows the entry with “Add to calendar” instead of saving a file that nobody finds again.
        headers = {"Content-Disposition": 'inline; filename="appointment.ics"'}
        return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)
