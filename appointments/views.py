import re

from django.http import HttpResponseRedirect
from django.utils import timezone
from django.views.generic import DetailView, FormView

from clinic.errors import error_page
from clinic.models import ClinicProfile, Service

from . import intake, throttle
from .forms import RequestForm
from .models import AppointmentRequest

SLUG = re.compile(r"[-\w]{1,80}", re.ASCII)
NOTHING_TO_CHOOSE = (
    "We take no requests online just now. Please call us: we will find the right appointment for you on the phone."
)


class SeeOther(HttpResponseRedirect):
    status_code = 303  # says "get that page", so that a reload sends nothing again


class SendRequest(FormView):
    """The form. `find_guide` is the site's: slug -> {"slug", "title", "revision", "service"} or None."""

    template_name = "appointments/request_form.html"
    form_class = RequestForm
    http_method_names = ["get", "head", "post", "options"]
    find_guide = None
    guide = None

    def dispatch(self, request, *args, **kwargs):
        self.guide = self.asked_guide()
        if not Service.objects.offered().exists():
            return error_page(request, 503, title="Please call us", text=NOTHING_TO_CHOOSE)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if throttle.is_flood(request):
            return error_page(request, 429)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        stored = intake.receive(form.request_fields(), form_token=form.cleaned_data["form_token"])
        return SeeOther(stored.get_absolute_url())

    def asked_guide(self):
        """The guide the patient comes from, always as the site knows it: what a form says of it is only its address."""
        slug = self.request.POST.get("guide") or self.request.GET.get("guide") or ""
        return self.find_guide(slug) if SLUG.fullmatch(slug) else None

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "guide": self.guide}

    def get_initial(self):
        return {"service": Service.objects.offered().filter(slug=self.guide["service"]).first()} if self.guide else {}

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            guide_title=self.guide["title"] if self.guide else "",
            promised_by=ClinicProfile.objects.current().promised_by(timezone.now()),
            **kwargs,
        )


class Receipt(DetailView):
    """What the patient keeps: the reference and the promise, and nothing that says who they are."""

    template_name = "appointments/receipt.html"
    queryset = AppointmentRequest.objects.only("reference", "secret", "promised_by", "created_at", "status")
    context_object_name = "appointment_request"
    slug_field = slug_url_kwarg = "secret"

    def render_to_response(self, context, **kwargs):
        return super().render_to_response(context, headers={"X-Robots-Tag": "noindex"}, **kwargs)
