"""What readers said of the guides, for those who keep them: read and deleted, never changed."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path

from clinic.narrow import NarrowChangeList

from .models import Feedback, Guide

MOST_SENTENCES = 50
COUNTS = {"yes": Count("pk", filter=Q(clear=True)), "no": Count("pk", filter=Q(clear=False))}


class WordsFilter(admin.SimpleListFilter):
    title = "words"
    parameter_name = "words"

    def lookups(self, request, model_admin):
        return [("with", "With a sentence")]

    def queryset(self, request, queryset):
        return queryset.with_words() if self.value() == "with" else queryset


class FeedbackAdmin(admin.ModelAdmin):
    list_display = ["day", "guide", "clear", "section", "words"]
    list_filter = ["clear", WordsFilter]
    list_per_page = 50
    show_full_result_count = False
    fields = ["day", "guide", "clear", "section", "words"]
    readonly_fields = fields

    @admin.display(description="guide")
    def guide(self, feedback):
        return str(feedback.revision)

    def get_queryset(self, request):
        queryset = super().get_queryset(request).select_related("revision")
        return queryset.defer("revision__data", "revision__html", "revision__text")

    def lookup_allowed(self, lookup, value, request):
        return lookup in ("clear__exact", "words")

    def get_changelist(self, request, **kwargs):
        return NarrowChangeList

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_urls(self):
        page = self.admin_site.admin_view(self.guide_view)
        return [path("guide/<int:pk>/", page, name="education_feedback_guide"), *super().get_urls()]

    def guide_view(self, request, pk):
        """One guide: the counts by revision, month and part, and the latest sentences."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        guide = get_object_or_404(Guide, pk=pk)
        said = Feedback.objects.about(guide).order_by()
        months = said.annotate(month=TruncMonth("day")).values("month").annotate(**COUNTS).order_by("-month")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"What readers say of “{guide}”",
            "guide": guide,
            "revisions": said.values("revision__number").annotate(**COUNTS).order_by("-revision__number")[:50],
            "months": months[:24],
            "parts": said.exclude(section="").values("section").annotate(**COUNTS).order_by("-no", "section")[:50],
            "sentences": Feedback.objects.about(guide).with_words().select_related("revision")[:MOST_SENTENCES],
            "may_delete": self.has_delete_permission(request),
        }
        return TemplateResponse(request, "admin/education/feedback/guide.html", context)
