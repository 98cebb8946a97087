"""The page on which somebody who may takes requests out of this site, as a file."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.validators import MinValueValidator
from django.http import StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from clinic.staff import again

from ..export import FORMATS, Batch
from ..models import AppointmentRequest
from .access import record

MAY_EXPORT = "appointments.export_appointmentrequest"
FIRST_DAY = date(2000, 1, 1)
DAYS_AT_FIRST = 30
DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class ExportForm(forms.Form):
    first = forms.DateField(
        label="Received from",
        validators=[MinValueValidator(FIRST_DAY, "Choose a day in this century.")],
        error_messages={"required": "Choose the first day.", "invalid": "Write a date."},
        **DAY,
    )
    last = forms.DateField(
        label="Received until, that day included",
        error_messages={"required": "Choose the last day.", "invalid": "Write a date."},
        **DAY,
    )
    status = forms.ChoiceField(
        label="Status",
        choices=[("all", "All"), ("open", "All that are open"), *AppointmentRequest.Status.choices],
        help_text="Spam is never in it, suspected or closed as such.",
    )
    file_format = forms.ChoiceField(
        label="Format",
        choices=[(slug, each.label) for slug, each in FORMATS.items()],
        widget=forms.RadioSelect,
        initial="csv",
        error_messages={"required": "Choose the format."},
    )
    words = forms.ChoiceField(
        label="What patients wrote",
        choices=[("", "Leave it out"), ("on", "With their message, language and access needs")],
        widget=forms.RadioSelect,
        required=False,
        initial="",
    )

    def __init__(self, data=None):
        today = timezone.localdate()
        shown = {"first": today - timedelta(days=DAYS_AT_FIRST), "last": today}
        super().__init__(data, initial=shown, label_suffix="", use_required_attribute=False)

    def clean_last(self):
        last = self.cleaned_data["last"]
        if last > timezone.localdate():
            raise forms.ValidationError("Choose a day that has come.")
        if "first" in self.cleaned_data and last < self.cleaned_data["first"]:
            raise forms.ValidationError("The last day cannot be before the first.")
        return last

    def chosen(self):
        requests = AppointmentRequest.objects.genuine().exclude(outcome=AppointmentRequest.Outcome.SPAM)
        status = self.cleaned_data["status"]
        if status == "open":
            requests = requests.open()
        elif status != "all":
            requests = requests.filter(status=status)
        after_last = self.cleaned_data["last"] + timedelta(days=1)
        return requests.filter(
            created_at__gte=midnight(self.cleaned_data["first"]), created_at__lt=midnight(after_last)
        )

    def batch(self, by):
        file_format = FORMATS[self.cleaned_data["file_format"]](words=bool(self.cleaned_data["words"]))
        return Batch(self.chosen(), by=by, file_format=file_format)

    def file_name(self, batch):
        """Of whom nothing, and how many: a file that was broken off on its way can be told."""
        return f"requests_{self.cleaned_data['first']}_{self.cleaned_data['last']}_{batch.format.slug}_{batch.count}.{batch.format.suffix}"


def midnight(day):
    return timezone.make_aware(datetime.combine(day, time.min))


def export_page(request, model_admin):
    """Choose, and take out. The file is only ever the answer to a POST. Raises NotRecorded before anything is sent."""
    if not request.user.has_perm(MAY_EXPORT):
        raise PermissionDenied
    if asked := again.asked(request):
        return asked
    form = ExportForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        batch = form.batch(by=request.user)
        batch.write_down(record)
        if batch.count:
            return download(batch, form.file_name(batch))
        form.add_error(None, "No request fits. Choose other days or another status.")
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Export requests",
        "opts": model_admin.opts,
        "form": form,
    }
    request.current_app = model_admin.admin_site.name
    template = "admin/appointments/appointmentrequest/export.html"
    return TemplateResponse(request, template, context, status=422 if form.is_bound else 200)


def download(batch, name):
    response = StreamingHttpResponse(batch.content(), content_type=batch.format.content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
