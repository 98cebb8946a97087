"""Forms of the editors' desk."""

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property

from .images import check_picture
from .models import Picture
from .models.history import NOTE_LENGTH


class GuideForm(forms.ModelForm):
    """A guide, saved only on top of the draft that its editor saw."""

    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(label="What did you change? (optional)", max_length=NOTE_LENGTH, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["based_on"] = self.instance.edit_version

    @cached_property
    def changed_data(self):
        return [name for name in super().changed_data if name != "note"]  # which speaks of the change and is none

    def clean(self):
        if self.instance.pk and self.cleaned_data.get("based_on") != self.instance.edit_version:
            self.data = self.data.copy()
            self.data["based_on"] = self.instance.edit_version  # who saves now has seen both texts
            raise ValidationError(
                "The guide was saved by somebody else, or in another window, while you were writing. Nothing of yours is saved "
                "yet: it stands in the form below. Compare both texts, bring them together in the form, and save.",
                code="conflict",
            )
        return super().clean()


class PictureForm(forms.ModelForm):
    file = forms.FileField(
        label="Picture file",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif"}),
        validators=[check_picture],
        help_text="JPEG, PNG, WebP or AVIF. Where and with what it was taken is removed from it.",
    )

    class Meta:
        model = Picture
        fields = ["title", "file", "decorative", "alt", "caption", "credit"]
        widgets = {"alt": AdminTextareaWidget(attrs={"rows": 4})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["file"].required = False
            self.fields["file"].label = "Another file"

    def _post_clean(self):
        """Only once all else is in order is the file written anew; what the file hides shows then."""
        super()._post_clean()
        if (file := self.cleaned_data.get("file")) and not self.errors:
            try:
                self.instance.take(file)
            except ValidationError as error:
                self.add_error("file", error)


class PositionedForm(forms.ModelForm):
    def has_changed(self):
        """A new part that holds nothing but its place is left out."""
        changed = set(self.changed_data)
        return bool(changed if self.instance.pk else changed - {"position"})


class PositionedFormSet(forms.BaseInlineFormSet):
    def save_new(self, form, commit=True):
        """A new part that was given no place goes last."""
        if not form.instance.position:
            form.instance.position = max(part.instance.position for part in self.forms) + 10
        return super().save_new(form, commit=commit)
