"""Guides in other languages in the admin: begin a translation, see that it is behind, say that it is up to date."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from clinic import languages

from .forms import language_field
from .models import Guide


class LanguageFilter(admin.SimpleListFilter):
    title = "language"
    parameter_name = "language"

    def lookups(self, request, model_admin):
        return [(code, languages.name_of(code)) for code in languages.offered()]

    def queryset(self, request, queryset):
        return queryset.filter(language=self.value()) if self.value() in languages.offered() else queryset


class BehindFilter(admin.SimpleListFilter):
    title = "translation"
    parameter_name = "behind"

    def lookups(self, request, model_admin):
        return [("yes", "Behind its original")]

    def queryset(self, request, queryset):
        return queryset.behind() if self.value() == "yes" else queryset


class TranslationsOfGuides:
    def get_urls(self):
        views = [
            ("translate/<slug:language>/", self.translate_view, "translate"),
            ("up-to-date/", self.up_to_date_view, "up_to_date"),
        ]
        return [
            path(f"<int:pk>/{tail}", self.admin_site.admin_view(require_POST(view)), name=f"education_guide_{name}")
            for tail, view, name in views
        ] + super().get_urls()

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Chosen once, for a new guide that is nobody's translation."""
        return (
            language_field()
            if db_field.name == "language"
            else super().formfield_for_dbfield(db_field, request, **kwargs)
        )

    @admin.display(description="language", ordering="language")
    def in_language(self, guide):
        name = languages.name_of(guide.language)
        if guide.is_behind:
            return format_html(
                '<span lang="{}">{}</span> <span class="state state-changed">Behind</span>', guide.language, name
            )
        return format_html('<span lang="{}">{}</span>', guide.language, name)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj and len(languages.offered()) > 1:
            context["in_languages"] = in_languages(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def translate_view(self, request, pk, language):
        guide = get_object_or_404(Guide, pk=pk)
        if not (self.has_add_permission(request) and self.has_change_permission(request, guide)):
            raise PermissionDenied
        if language not in languages.offered() or language == (guide.original or guide).language:
            raise Http404
        translation = guide.translate_into(language, by=request.user)
        self.log_change(request, translation, f"Begun from “{guide.original or guide}”.")
        messages.success(
            request,
            "The draft holds the original's text: write the translation over it. It has an address, a review and "
            "revisions of its own.",
        )
        return redirect("admin:education_guide_change", translation.pk)

    def up_to_date_view(self, request, pk):
        guide = get_object_or_404(Guide, pk=pk)
        if not self.has_change_permission(request, guide):
            raise PermissionDenied
        if guide.is_behind:
            guide.mark_up_to_date()
            self.log_change(request, guide, f"Marked as up to date with revision {guide.follows} of the original.")
            messages.success(request, "Marked as up to date. Readers are no longer told that the original has changed.")
        return redirect("admin:education_guide_change", guide.pk)


def in_languages(guide):
    """[{"code", "name", "guide"}] of the languages that the guide is not in itself, each with the guide in it or None."""
    root = guide.original or guide
    known = {one.language: one for one in (root, *root.translations.select_related("live_revision"))}
    return [
        {"code": code, "name": languages.name_of(code), "guide": known.get(code)}
        for code in languages.offered()
        if code != guide.language
    ]
