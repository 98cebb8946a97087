"""Texts of staff in the site's further languages, as rows below the thing that they speak of."""

from django import forms
from django.contrib import admin
from django.db import models

from . import languages


def further_languages():
    return [("", "---------"), *((code, languages.name_of(code)) for code in languages.offered()[1:])]


class WordsForm(forms.ModelForm):
    language = forms.ChoiceField(choices=further_languages)

    def __init__(self, *args, **kwargs):
        """A language that the site no longer offers keeps its words."""
        super().__init__(*args, **kwargs)
        known = self.instance.language
        if known and known not in languages.offered():
            self.fields["language"].choices = [*self.fields["language"].choices, (known, known)]


class WordsInline(admin.StackedInline):
    form = WordsForm
    extra = 0
    verbose_name = "language"
    verbose_name_plural = "In other languages (what is left empty is shown in English)"
    formfield_overrides = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 4, "cols": 60, "dir": "auto"})}}
