"""The form in its steps: write, check what was written, send. Nothing is kept between them but what the page carries."""

import logging
import re
import uuid

from django.conf import settings
from django.db import IntegrityError
from django.http import HttpResponseRedirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from clinic import hours
from clinic.errors import error_page
from clinic.network import network_of

from . import form_token, intake, spam, throttle
from .arrangements import Arrangements
from .forms import RequestForm, name_of_page
from .models import RequestCount
from .opening import form_state

logger = logging.getLogger(__name__)

SLUG = re.compile(r"[-\w]{1,80}", re.ASCII)
CHANGED = _(
    "Something at the clinic has just changed. Everything you wrote is still here. Please press the button once more."
)
SENT_BEFORE = "sent_before"  # a cookie that holds a random name and nothing else


class SeeOther(HttpResponseRedirect):
    status_code = 303  # says "get that page", so that a reload sends nothing again


class SendRequest(FormView):
    """The form. `find_guide` is the site's: slug -> {"slug", "title", "revision", "service"} or None."""

    template_name = "appointments/request_form.html"
    check_template = "appointments/request_check.html"
    form_class = RequestForm
    http_method_names = ["get", "head", "post", "options"]
    find_guide = None

    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs) if self.state.is_open else self.closed()

    def post(self, request, *args, **kwargs):
        """One of the steps; without a word of which, the answers are checked and read back."""
        form = self.get_form()
        if not (self.sends and self.state.is_open) and (receipt := self.receipt_of(form)):
            return receipt  # sending finds it by itself
        if not self.state.is_open:
            return self.closed()
        if "change" in request.POST:
            return self.render_to_response(self.get_context_data(form=self.named(form.reopened())))
        if form.is_too_old:
            if receipt := self.receipt_of(form):
                return receipt
            form.renew()
        if not form.is_valid():
            return self.form_invalid(form)
        return self.send(form) if self.sends else self.check(form)

    def receipt_of(self, form):
        """For a form that was sent before: its receipt again, whatever has become of the site or the page since."""
        if form.is_valid() and (stored := intake.find(form.request_fields(), form.cleaned_data["form_token"])):
            return self.receipt(stored)
        return None

    def check(self, form):
        self.template_name = self.check_template
        words = {name: form.cleaned_data[name] for name in ("message", "access_needs")}
        warned = intake.warning_phrases(self.arrangements.profile, **words)
        return self.render_to_response(self.get_context_data(form=form, warned=warned))

    def send(self, form):
        network = network_of(self.request)
        lately = RequestCount.lately(network, spam.telling(form.cleaned_data["message"]))
        if throttle.is_flood(lately):
            return self.receipt_of(form) or error_page(self.request, 429)
        try:
            stored = intake.receive(
                form.request_fields(),
                form_token=form.cleaned_data["form_token"],
                spam_reasons=self.spam_reasons(form, lately),
                network=network,
                arrangements=self.arrangements,
            )
        except IntegrityError:  # a service or a recipient that staff deleted in this very second
            logger.exception("A request was not stored. Who sent it was asked to send it again.")
            form.add_error(None, CHANGED)
            return self.form_invalid(form)
        return self.receipt(stored)

    def spam_reasons(self, form, lately):
        return spam.reasons(
            words=form.free_text(),
            trap=form.cleaned_data["website"],
            open_for=self.now - form_token.opened_at(form.data["form_token"]),
            busy=throttle.is_busy(lately),
            repeats=lately["repeats"],
        )

    def receipt(self, stored):
        response = SeeOther(stored.get_absolute_url())
        response.set_cookie(
            SENT_BEFORE,
            uuid.uuid4().hex,
            path=self.request.path,
            httponly=True,
            samesite="Lax",
            secure=settings.CSRF_COOKIE_SECURE,
        )
        return response

    def closed(self):
        return error_page(self.request, 503, title=self.state.title, text=self.state.text)

    # What the page needs to know -------------------------------------------------------------------------------------

    @cached_property
    def now(self):
        return timezone.now()

    @cached_property
    def sends(self):
        return self.request.POST.get("step") == "send" and "change" not in self.request.POST

    @cached_property
    def arrangements(self):
        return Arrangements.held_shortly() if self.sends else Arrangements()

    @cached_property
    def state(self):
        return form_state(self.now, self.arrangements)

    @cached_property
    def guide(self):
        """The guide the patient comes from, always as the site knows it: what a form says of it is only its address."""
        slug = self.request.POST.get("guide") or self.request.GET.get("guide") or ""
        return self.find_guide(slug) if SLUG.fullmatch(slug) else None

    @cached_property
    def service_of_guide(self):
        wanted = self.guide and self.guide["service"]
        return next((service for service in self.arrangements.services if service.slug == wanted), None)

    def get_form(self, form_class=None):
        return self.named(super().get_form(form_class))

    def named(self, form):
        form.page_name = name_of_page(self.request.COOKIES.get(SENT_BEFORE, ""))
        return form

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "guide": self.guide, "arrangements": self.arrangements}

    def get_initial(self):
        return {"service": self.service_of_guide.pk} if self.service_of_guide else {}

    def promise(self, form):
        """By when we contact the patient if it is sent now, and when we open where we are closed."""
        service = form.cleaned_data["service"] if form.is_bound and form.is_valid() else self.service_of_guide
        try:
            opens = hours.next_opening(self.arrangements.calendar, self.now)
        except hours.NeverOpen:
            opens = None
        return {
            "promised_by": self.arrangements.promised_by(self.now, service),
            "opens": opens if opens and opens > self.now else None,
        }

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "clinic": self.arrangements.profile,
            "guide_title": self.guide["title"] if self.guide else "",
            **self.promise(context["form"]),
        }
