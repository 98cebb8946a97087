"""The editors' desk: topics, the picture library, and guides with their sections."""

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.db import models, transaction
from django.db.models import Prefetch, Q
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import override
from js_asset import Media

from clinic.languages import offered
from clinic.narrow import NarrowChangeList, NarrowList
from clinic.words_admin import WordsInline

from . import glossary_admin, library  # noqa: F401  further desks
from .conflicts import both_texts, laid_over
from .feedback_admin import FeedbackAdmin
from .form_page import FORM_MEDIA, FormPage
from .forms import RELATED, CellsWithNames, GuideForm, PositionedForm, PositionedFormSet, SectionForm
from .framing import shown_by_our_pages
from .history import HistoryOfGuides
from .house_rules import advice, in_the_way
from .import_admin import ImportsAndExports
from .letters_admin import LettersOfGuides
from .models import Feedback, Guide, NotPublishable, ScheduledStep, Section, Source, Topic, TopicWords
from .models.related import choose, related_guides
from .review_desk import ReviewDesk, WaitsFilter
from .scheduling import ScheduleOfGuides
from .translating import BehindFilter, LanguageFilter, TranslationsOfGuides

RELATED_HELP = (
    "Up to five, in this order, shown at the end of the page while patients can read them: guides in the guide's own "
    "language, and English ones that are not translated into it. With none chosen, the newest guides of the same topic stand there."
)
SOON = timedelta(days=60)
admin.site.register(Feedback, FeedbackAdmin)


class TopicWordsInline(WordsInline):
    model = TopicWords


@admin.register(Topic)
class TopicAdmin(NarrowList, admin.ModelAdmin):
    list_display = ["name", "position", "description"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [TopicWordsInline]


class PartInline:
    """A part of a guide with a place among its like."""

    form = PositionedForm
    formset = PositionedFormSet

    def get_extra(self, request, obj=None, **kwargs):
        """Without JavaScript the page cannot grow: then it is asked for again, with blank parts."""
        blank = request.GET.get("blank", "")
        return int(blank) if blank in ("1", "2", "3", "4", "5") else 0


class SectionInline(PartInline, admin.StackedInline):
    model = Section
    form = SectionForm
    template = "admin/education/guide/sections.html"
    fields = ["position", "level", "kind", "heading", "body", "more", "picture", "web_only"]

    @property
    def media(self):
        return super().media + FORM_MEDIA

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.choices = list(field.choices)  # asked for once, not once for each section
        return field


class SourceInline(PartInline, admin.TabularInline):
    model = Source
    formset = CellsWithNames
    fields = ["position", "organization", "title", "year", "url"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return Guide.State.choices

    def queryset(self, request, queryset):
        return queryset.in_state(self.value()) if self.value() in Guide.State.values else queryset


class ScheduleFilter(admin.SimpleListFilter):
    title = "schedule"
    parameter_name = "schedule"

    def lookups(self, request, model_admin):
        return [("waiting", "Scheduled"), ("failed", "Failed")]

    def queryset(self, request, queryset):
        if self.value() not in ("waiting", "failed"):
            return queryset
        return queryset.filter(pk__in=ScheduledStep.objects.filter(state=self.value()).values("guide"))


class ReviewFilter(admin.SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request, model_admin):
        return [("overdue", "Overdue"), ("soon", "Due in the next 60 days"), ("none", "No date set")]

    def queryset(self, request, queryset):
        today = timezone.localdate()
        wanted = {
            "overdue": Q(next_review__lt=today, live_revision__isnull=False),
            "soon": Q(next_review__range=(today, today + SOON)),
            "none": Q(next_review__isnull=True),
        }
        return queryset.filter(wanted.get(self.value(), Q()))


class GuideChangeList(NarrowChangeList):
    def get_queryset(self, request, exclude_parameters=None):
        Guide.objects.settle()
        guides = super().get_queryset(request, exclude_parameters).with_draft().with_review()
        guides = guides.select_related("original__live_revision")
        guides = guides.defer(*(f"original__live_revision__{name}" for name in ("html", "text", "data")))
        return guides.prefetch_related(Prefetch("scheduled", ScheduledStep.objects.to_show(), to_attr="steps"))


@admin.register(Guide)
class GuideAdmin(
    TranslationsOfGuides,
    HistoryOfGuides,
    ScheduleOfGuides,
    LettersOfGuides,
    ReviewDesk,
    ImportsAndExports,
    NarrowList,
    FormPage,
    admin.ModelAdmin,
):
    form = GuideForm
    actions = ["publish_together"]
    list_display = ["title", "in_language", "topic", "state", "sign_off", "schedule", "last_reviewed", "next_review"]
    list_filter = [
        StateFilter,
        LanguageFilter,
        BehindFilter,
        WaitsFilter,
        ScheduleFilter,
        ReviewFilter,
        "topic",
        "is_sample",
    ]
    lookups = ("state", "language", "behind", "waits", "schedule", "review", "topic__id__exact", "is_sample__exact")
    list_per_page = 50
    search_fields = ["title"]
    inlines = [SectionInline, SourceInline]
    fieldsets = [
        (None, {"fields": ["title", "slug", "topic", "service", "summary", "picture"]}),
        (
            "Who stands behind it",
            {"fields": ["written_by", "reviewed_by", "last_reviewed", "next_review", "is_sample", "owner"]},
        ),
    ]
    # The browser's own calendar: it has a label, works on a phone and needs no script.
    formfield_overrides = {
        models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 4})},
        models.DateField: {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
    }

    class Media:
        css = {"all": ["css/sections.css", "css/guide-form.css", "css/history.css", "css/review-desk.css"]}

    # The list

    def get_changelist(self, request, **kwargs):
        return GuideChangeList

    @admin.display(description="state")
    def state(self, guide):
        state = Guide.State(guide.known_state or guide.state)
        return format_html('<span class="state state-{}">{}</span>', state, state.label)

    @admin.display(description="schedule")
    def schedule(self, guide):
        return render_to_string("admin/education/guide/_steps.html", {"steps": guide.steps}) if guide.steps else ""

    @admin.action(description="Publish the selected guides together", permissions=["publish"])
    def publish_together(self, request, queryset):
        """For guides that link to each other: alone, the first would link to a page that is not there yet."""
        try:
            guides = queryset.publish_together(by=request.user)
        except NotPublishable as problem:
            form = reverse("admin:education_guide_change", args=[problem.guide.pk])
            link = format_html('<a href="{}">“{}”</a>', form, problem.guide)
            messages.error(
                request, format_html("None of them was published. Mend {} first: {}", link, problem.messages[0])
            )
        else:
            for guide in guides:
                self.log_change(request, guide, f"Published revision {guide.live_revision.number}.")
            messages.success(request, f"Published. Patients now read these guides: {len(guides)}.")

    # The form

    def get_fieldsets(self, request, obj=None):
        """Who changes an address that patients know is asked."""
        (name, first), *rest = super().get_fieldsets(request, obj)
        if obj is None and len(offered()) > 1:
            first = {**first, "fields": ["language", *first["fields"]]}
        if not (self.has_change_permission(request, obj) if obj else self.has_add_permission(request)):
            return [(name, first), *rest]
        rest.append(("Related guides", {"fields": RELATED, "description": RELATED_HELP, "classes": ["collapse"]}))
        if obj and obj.was_published():
            at = first["fields"].index("slug") + 1
            first = {**first, "fields": [*first["fields"][:at], "moves", *first["fields"][at:]]}
        return [(name, first), *rest]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ["title"]}

    def has_delete_permission(self, request, obj=None):
        # What patients have read stays provable: a published guide is withdrawn, not deleted.
        return super().has_delete_permission(request, obj) and not (obj and obj.was_published())

    def get_view_on_site_url(self, obj=None):
        return obj.get_absolute_url() if obj and obj.is_live else None

    def has_publish_permission(self, request):
        return request.user.has_perm("education.publish_guide")

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if hasattr(request, "csp_nonce"):  # before Django 6.1 the import map asks us for its nonce
            context["media"] = Media.from_media(context["media"]).with_nonce(str(request.csp_nonce))
        context["may_publish"] = self.has_publish_permission(request)
        if obj:
            context["state"] = obj.state
            context["steps"] = self.steps_of(obj)
            context["undo"] = self.has_change_permission(request, obj) and self.to_undo(obj)
            context["revisions"] = obj.revisions.select_related("published_by").defer("data", "html", "text")
            if not context["errors"]:  # the checks speak of what is saved
                draft = obj.as_draft()
                context |= {"in_the_way": in_the_way(draft), "advice": advice(draft), "reading": draft.reading()}
            if context["adminform"].form.has_error(NON_FIELD_ERRORS, code="conflict"):
                formsets = [inline.formset for inline in context["inline_admin_formsets"]]
                context["both_texts"] = both_texts(context["adminform"].form, formsets)
                context["saved_last"] = obj.history.by_hand().select_related("by").first()
        response = super().render_change_form(request, context, add, change, form_url, obj)
        if "both_texts" in context:
            response.status_code = 409
        return response

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """One editor after the other: what was typed on an older draft is laid over the one that is saved now."""
        with transaction.atomic():
            guide = object_id and request.method == "POST" and self.get_object(request, unquote(object_id))
            if guide:
                guide = guide.locked()
                guide.keep_what_is_not_kept()
                if request.POST.get("based_on") != str(guide.edit_version):
                    request.POST = laid_over(request.POST, guide)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_related(self, request, form, formsets, change):
        if form.chosen() is not None:  # first: the history keeps what is saved by then
            choose(form.instance, form.chosen())
        super().save_related(request, form, formsets, change)
        if change and (form.has_changed() or any(formset.has_changed() for formset in formsets)):
            form.instance.count_edit(by=request.user)
        elif not change:
            form.instance.note_author(request.user)

    def response_add(self, request, obj, post_url_continue=None):
        return self.next_step(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request, obj):
        return self.next_step(request, obj) or super().response_change(request, obj)

    def next_step(self, request, guide):
        """What the button asks for beyond saving; None when it asks for no more."""
        if "_preview" in request.POST:
            return redirect("admin:education_guide_preview", guide.pk)
        if "_publish" in request.POST:
            return self.publish(request, guide)
        return None

    def publish(self, request, guide):
        if not self.has_publish_permission(request):
            raise PermissionDenied  # and what was saved with it is undone
        try:
            revision = guide.publish(by=request.user, note=getattr(request, "note_to_publish_with", ""))
        except NotPublishable:
            messages.error(request, "Saved, but not published. The list beside the form says what to mend first.")
        else:
            self.log_change(request, guide, f"Published revision {revision.number}.")
            page = format_html('<a href="{}">the page</a>', guide.get_absolute_url())
            messages.success(
                request, format_html("Published. Patients now read revision {}: {}.", revision.number, page)
            )
        return redirect("admin:education_guide_change", guide.pk)

    # The pages beside the form

    def get_urls(self):
        views = [
            ("preview/", self.preview_view, "preview"),
            ("preview/<int:number>/", self.preview_view, "preview_revision"),
            ("withdraw/", self.withdraw_view, "withdraw"),
            ("restore/<int:number>/", self.restore_view, "restore"),
        ]
        return [
            path(f"<int:pk>/{tail}", self.admin_site.admin_view(view), name=f"education_guide_{name}")
            for tail, view, name in views
        ] + super().get_urls()

    def preview_view(self, request, pk, number=None):
        """The draft, or an old revision, through the template that patients get."""
        guide = get_object_or_404(Guide, pk=pk)
        if not self.has_view_permission(request, guide):
            raise PermissionDenied
        revision = get_object_or_404(guide.revisions, number=number) if number else guide.as_revision()
        context = {"guide": guide, "revision": revision, "related": related_guides(revision), "preview": True}
        page = TemplateResponse(request, "education/guide_detail.html", context, headers={"X-Robots-Tag": "noindex"})
        with override(guide.language):
            return shown_by_our_pages(page.render())

    def withdraw_view(self, request, pk):
        guide = get_object_or_404(Guide, pk=pk)
        if not self.has_publish_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self.ask(
                request,
                guide,
                title=f"Withdraw “{guide}”?",
                text="Patients can no longer read it, and links to it lead to “We cannot find that page”. The draft and "
                "all revisions stay: you can publish it again.",
                button="Withdraw",
            )
        guide.withdraw(by=request.user)
        self.log_change(request, guide, "Withdrew it from the public site.")
        messages.success(request, "Withdrawn. Patients can no longer read this guide.")
        return redirect("admin:education_guide_change", guide.pk)

    def restore_view(self, request, pk, number):
        guide = get_object_or_404(Guide, pk=pk)
        if not self.has_change_permission(request, guide):
            raise PermissionDenied
        revision = get_object_or_404(guide.revisions, number=number)
        if request.method != "POST":
            return self.ask(
                request,
                guide,
                title=f"Restore revision {number} of “{guide}” as the draft?",
                text="It takes the place of the draft as it is now. What patients read stays as it is until you publish.",
                button="Restore as draft",
            )
        return self.restored(request, guide, revision, f"What revision {number} was")

    def ask(self, request, guide, **words):
        """A page that says what will happen, with the one button that does it."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, "guide": guide, **words}
        return TemplateResponse(request, "admin/education/guide/ask.html", context)
