"""Forms of the editors' desk."""

from itertools import zip_longest

from django import forms
from django.contrib.admin.sites import site
from django.contrib.admin.widgets import AdminTextareaWidget, ForeignKeyRawIdWidget
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.functional import cached_property

from clinic.languages import OURS, name_of, offered

from .content import clean_html
from .images import check_picture
from .models import Guide, Picture, RelatedGuide
from .models.history import NOTE_LENGTH
from .models.related import MOST
from .models.translation import shown_in

MOST_OFFERED = 300  # guides in one list to choose from
RELATED = [f"related_{number}" for number in range(1, MOST + 1)]


def place_for_a_guide(number):
    return forms.ModelChoiceField(Guide.objects.none(), required=False, label=f"Guide {number}")


def language_field():
    return forms.ChoiceField(choices=lambda: [(code, name_of(code)) for code in offered()], initial=OURS)


class GuideForm(forms.ModelForm):
    """A guide, saved only on top of the draft that its editor saw."""

    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)
    moves = forms.BooleanField(
        required=False,
        label="Move the page to this address",
        help_text="Only needed when you change the address. It moves as soon as you save; links and bookmarks to the old "
        "address go on working.",
    )
    related_1, related_2, related_3, related_4, related_5 = map(place_for_a_guide, range(1, MOST + 1))
    note = forms.CharField(label="What did you change? (optional)", max_length=NOTE_LENGTH, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["based_on"] = self.instance.edit_version
        self.offer_related()

    def offer_related(self):
        """A choice for each place, of what readers of this language can read. Asked for once for all of them; where there
        are many guides, by number."""
        chosen = [row.other_id for row in self.instance.related.all()] if self.instance.pk else []
        readable = Q(shown_in(self.language_of_the_guide()), live_revision__isnull=False)
        guides = Guide.objects.filter(readable | Q(pk__in=chosen)).exclude(pk=self.instance.pk)
        choices = [("", "---------"), *guides.values_list("pk", "title")[: MOST_OFFERED + 1]]
        for name, number in zip_longest(RELATED, chosen):
            if name not in self.fields:
                continue  # who may only look
            field = self.fields[name]
            field.queryset = guides
            self.initial[name] = number
            if len(choices) > MOST_OFFERED:
                field.widget = ForeignKeyRawIdWidget(RelatedGuide._meta.get_field("other").remote_field, site)
            else:
                field.widget.choices = choices

    def language_of_the_guide(self):
        if self.instance.pk:
            return self.instance.language
        asked = self.data.get("language") or self.initial.get("language")
        return asked if asked in offered() else OURS

    def chosen(self):
        """The related guides in their order; None when the form did not ask for them."""
        if not any(name in self.data for name in RELATED):
            return None
        return [guide for name in RELATED if (guide := self.cleaned_data.get(name))]

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
        before = self.initial.get("slug")
        if self.moves_the_page() and not self.cleaned_data.get("moves"):
            self.add_error(
                "slug",
                f"Patients know this page as /guides/{before}/. To move it, tick “Move the page to this address” and save "
                f"again. To leave it there, write “{before}”.",
            )
        return super().clean()

    def moves_the_page(self):
        slug = self.cleaned_data.get("slug")
        return self.instance.pk and slug and slug != self.initial.get("slug") and self.instance.was_published()


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
        """Only once all else is in order is the file decoded; what it hides shows then."""
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


class SectionForm(PositionedForm):
    """Whatever another program has written into the table: the editor's script is given clean HTML."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in {"body", "more"} & self.initial.keys():
            self.initial[name] = str(clean_html(self.initial[name]))


class PositionedFormSet(forms.BaseInlineFormSet):
    def save_new(self, form, commit=True):
        """A new part that was given no place goes last."""
        if not form.instance.position:
            form.instance.position = max(part.instance.position for part in self.forms) + 10
        return super().save_new(form, commit=commit)


class CellsWithNames(PositionedFormSet):
    """In a table the stock template labels no field: each says itself what it is."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        for name, field in form.fields.items():
            if not field.widget.is_hidden:
                field.widget.attrs.setdefault("aria-label", str(form[name].label))
