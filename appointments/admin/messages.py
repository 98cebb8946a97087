"""What patients are told by e-mail at each step, as staff word it."""

from operator import itemgetter

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.utils import timezone

from ..languages import NAMES, name_of
from ..messages import complete_templates, filled, marks_of, unknown_marks
from ..models import AppointmentRequest, MessageTemplate
from ..wording import WORDS

OTHER_LANGUAGES = sorted(
    ((code, name) for code, name in NAMES.items() if code != MessageTemplate.OURS), key=itemgetter(1)
)
MARKS = ", ".join(f"{{{mark}}}" for mark in MessageTemplate.MARKS)


class MessageForm(forms.ModelForm):
    class Meta:
        model = MessageTemplate
        fields = ["active", "subject", "body"]
        labels = {"active": "Send it"}
        help_texts = {
            "active": "Untick it, and patients are not told of this step by e-mail. In another language: they are told in English.",
            "subject": "Keep it neutral: it shows on a locked phone.",
            "body": f"These marks are filled in: {MARKS}. Write nothing about health: anybody may read an e-mail.",
        }
        widgets = {
            "subject": forms.TextInput(attrs={"size": 60}),
            "body": forms.Textarea(attrs={"rows": 16, "cols": 70}),
        }

    def clean_subject(self):
        return self.with_known_marks("subject")

    def clean_body(self):
        return self.with_known_marks("body")

    def with_known_marks(self, name):
        text = self.cleaned_data[name]
        if wrong := unknown_marks(text):
            raise forms.ValidationError(f"“{{{wrong[0]}}}” means nothing here. These marks exist: {MARKS}.")
        return text


class TranslationForm(MessageForm):
    """A message in one more language."""

    language = forms.ChoiceField(
        choices=OTHER_LANGUAGES,
        help_text="It goes to patients who wrote this language as the one they prefer.",
    )

    class Meta(MessageForm.Meta):
        fields = ["step", "language", *MessageForm.Meta.fields]


@admin.register(MessageTemplate)
class MessageTemplateAdmin(admin.ModelAdmin):
    form = MessageForm
    list_display = ["step", "in_language", "subject", "active"]
    ordering = ["pk"]  # made in the order of the steps
    sortable_by = ()
    actions = None
    show_full_result_count = False

    @admin.display(description="Language")
    def in_language(self, template):
        return name_of(template.language)

    def get_form(self, request, obj=None, **kwargs):
        return super().get_form(request, obj, **({"form": TranslationForm} if obj is None else {}), **kwargs)

    def has_delete_permission(self, request, obj=None):
        """Of what staff have added; what comes with the site would come back by itself."""
        added = obj is not None and not self.comes_with_the_site(obj)
        return added and super().has_delete_permission(request, obj)

    def lookup_allowed(self, lookup, value, request):
        return False

    def changelist_view(self, request, extra_context=None):
        complete_templates()
        return super().changelist_view(request, {"title": "Messages to patients", **(extra_context or {})})

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Beside saving: look at it with sample data, or take back the words that came with the site."""
        if request.method == "POST" and {"_preview", "_reset"} & request.POST.keys():
            template = self.get_object(request, object_id)
            if not self.has_change_permission(request, template):
                raise PermissionDenied
            if template is None:
                return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            resets = "_reset" in request.POST and self.comes_with_the_site(template)
            return self.reset(request, template) if resets else self.preview(request, template)
        template = self.get_object(request, object_id) if object_id else None
        context = {"comes_with_the_site": template and self.comes_with_the_site(template)}
        return super().changeform_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def comes_with_the_site(self, template):
        return template.step in WORDS.get(template.language, {})

    def reset(self, request, template):
        template.subject, template.body = WORDS[template.language][template.step]
        template.save()
        self.log_change(request, template, "Back to the words that came with the site.")
        messages.success(request, "It has the words that came with the site again.")
        return redirect("admin:appointments_messagetemplate_change", template.pk)

    def preview(self, request, template):
        """The same page with what was typed, unsaved, and how a patient would read it."""
        form = self.get_form(request, template)(request.POST, instance=template)
        shown = read_by_a_patient(form.cleaned_data, template.language) if form.is_valid() else None
        fields = AdminForm(form, self.get_fieldsets(request, template), {}, model_admin=self)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Preview: {template}",
            "comes_with_the_site": self.comes_with_the_site(template),
            "adminform": fields,
            "original": template,
            "object_id": template.pk,
            "is_popup": False,
            "to_field": None,
            "inline_admin_formsets": [],
            "errors": form.errors and [form.errors],
            "preserved_filters": self.get_preserved_filters(request),
            "preview": shown,
            "media": self.media + fields.media,
        }
        return self.render_change_form(request, context, change=True, obj=template)


def read_by_a_patient(words, language):
    """{"subject", "body"} with the marks of somebody who does not exist."""
    sample = AppointmentRequest(reference="BCDF7346", secret="sample", promised_by=timezone.now())  # noqa: S106
    marks = marks_of(sample, language)
    return {name: filled(words[name], marks) for name in ("subject", "body")}
