"""The glossary in the admin."""

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from clinic.narrow import NarrowList

from .house_rules import advice_on_meaning
from .models import GlossaryTerm


@admin.register(GlossaryTerm)
class GlossaryTermAdmin(NarrowList, admin.ModelAdmin):
    list_display = ["term", "other_forms", "meaning"]
    search_fields = ["term", "other_forms", "meaning"]
    list_per_page = 100

    class Media:
        css = {"all": ["css/sections.css"]}

    def get_readonly_fields(self, request, obj=None):
        return ["shown_on"] if obj else []

    def get_fields(self, request, obj=None):
        return ["term", "other_forms", "meaning", *self.get_readonly_fields(request, obj)]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in ("meaning", "other_forms"):
            kwargs["widget"] = AdminTextareaWidget(attrs={"rows": 2})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        for finding in advice_on_meaning(obj.meaning):
            messages.warning(request, " ".join([finding.says, *(f"“{quote}”" for quote in finding.quotes)]))

    @admin.display(description="patients read it on")
    def shown_on(self, term):
        """A changed meaning reaches a page when that is published again; the glossary's own page shows it at once."""
        rows = [
            (reverse("admin:education_guide_change", args=[guide.pk]), guide, OLDER if is_older else "")
            for guide, is_older in term.shown_on()
        ]
        return (
            format_html("<ul>{}</ul>", format_html_join("", '<li><a href="{}">{}</a>{}</li>', rows)) if rows else None
        )


OLDER = ": with the meaning it had before. Publish the guide again to change it there."
