"""The editors' desk: topics, the picture library, and guides with their sections."""

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AdminTextareaWidget
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from js_asset import Media, Script

from .conflicts import both_texts, laid_over
from .forms import GuideForm, PictureForm, PositionedForm, PositionedFormSet
from .house_rules import advice, in_the_way
from .import_admin import ImportsAndExports
from .models import Guide, NotPublishable, Picture, Section, Source, Topic

SOON = timedelta(days=60)


class NarrowList:
    """A list that answers what its own page asks: an address may ask no more of the database."""

    lookups = ()

    def lookup_allowed(self, lookup, value, request):
        return lookup in self.lookups

    def get_search_results(self, request, queryset, search_term):
        words = search_term.replace("\x00", "").split()[:8]
        return super().get_search_results(request, queryset, " ".join(words)[:100])


@admin.register(Topic)
class TopicAdmin(NarrowList, admin.ModelAdmin):
    list_display = ["name", "position", "description"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Picture)
class PictureAdmin(NarrowList, admin.ModelAdmin):
    form = PictureForm
    list_display = ["thumbnail", "title", "size", "added_at"]
    list_display_links = ["title"]
    readonly_fields = ["thumbnail", "size", "used_in"]
    search_fields = ["title", "alt"]

    class Media:
        css = {"all": ["css/sections.css"]}

    def get_fields(self, request, obj=None):
        return [*PictureForm.Meta.fields, *(self.readonly_fields if obj else [])]

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else []

    @admin.display(description="picture")
    def thumbnail(self, picture):
        address = default_storage.url(f"{picture.folder}/{picture.widths[0]}.webp")
        return format_html('<img class="thumbnail" src="{}" alt="" loading="lazy">', address)

    @admin.display(description="largest size")
    def size(self, picture):
        return f"{picture.width} × {picture.height} pixels"

    @admin.display(description="used in")
    def used_in(self, picture):
        uses = picture.uses()
        return (
            format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((use,) for use in uses))) if uses else None
        )

    def get_deleted_objects(self, objs, request):
        """Nothing goes along with a picture: it goes alone or, while it is shown anywhere, not at all."""
        uses = [use for picture in objs for use in picture.uses()]
        return [str(picture) for picture in objs], {"pictures": len(objs)}, set(), uses

    def delete_queryset(self, request, queryset):
        for picture in queryset:
            picture.delete()


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
    fields = ["position", "level", "kind", "heading", "body", "more", "picture"]

    class Media:
        js = [Script("js/sections.js", defer=True)]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.choices = list(field.choices)  # asked for once, not once for each section
        return field


class SourceInline(PartInline, admin.TabularInline):
    model = Source
    fields = ["position", "organization", "title", "year", "url"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return Guide.State.choices

    def queryset(self, request, queryset):
        if self.value() == Guide.State.DRAFT:
            return queryset.filter(live_revision__isnull=True)
        if self.value() in (Guide.State.LIVE, Guide.State.CHANGED):
            live = queryset.filter(live_revision__isnull=False).with_draft()
            return queryset.filter(pk__in=[guide.pk for guide in live if guide.state == self.value()])
        return queryset


class ReviewFilter(admin.SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request, model_admin):
        return [("overdue", "Overdue"), ("soon", "Due in the next 60 days"), ("none", "No date set")]

    def queryset(self, request, queryset):
        today = timezone.localdate()
        wanted = {
            "overdue": Q(next_review__lt=today),
            "soon": Q(next_review__range=(today, today + SOON)),
            "none": Q(next_review__isnull=True),
        }
        return queryset.filter(wanted.get(self.value(), Q()))


class GuideChangeList(ChangeList):
    def get_queryset(self, request, exclude_parameters=None):
        return super().get_queryset(request, exclude_parameters).with_draft()


@admin.register(Guide)
class GuideAdmin(ImportsAndExports, NarrowList, admin.ModelAdmin):
    form = GuideForm
    actions = ["publish_together"]
    list_display = ["title", "topic", "state", "last_reviewed", "next_review"]
    list_filter = [StateFilter, ReviewFilter, "topic", "is_sample"]
    lookups = ("state", "review", "topic__id__exact", "is_sample__exact")
    list_per_page = 50
    search_fields = ["title"]
    inlines = [SectionInline, SourceInline]
    fieldsets = [
        (None, {"fields": ["title", "slug", "topic", "service", "summary", "picture"]}),
        (
            "Who stands behind it",
            {"fields": ["written_by", "reviewed_by", "last_reviewed", "next_review", "is_sample"]},
        ),
    ]
    # The browser's own calendar: it has a label, works on a phone and needs no script.
    formfield_overrides = {
        models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 4})},
        models.DateField: {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
    }

    class Media:
        css = {"all": ["css/sections.css"]}

    # The list

    def get_changelist(self, request, **kwargs):
        return GuideChangeList

    @admin.display(description="state")
    def state(self, guide):
        return format_html('<span class="state state-{}">{}</span>', guide.state, guide.state.label)

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

    def get_readonly_fields(self, request, obj=None):
        return ["slug"] if obj and obj.was_published() else []

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
            context["revisions"] = obj.revisions.select_related("published_by").defer("data", "html", "text")
            if not context["errors"]:  # the checks speak of what is saved
                draft = obj.as_draft()
                context |= {"in_the_way": in_the_way(draft), "advice": advice(draft), "reading": draft.reading()}
            if context["adminform"].form.has_error(NON_FIELD_ERRORS, code="conflict"):
                formsets = [inline.formset for inline in context["inline_admin_formsets"]]
                context["both_texts"] = both_texts(context["adminform"].form, formsets)
                context["saved_last"] = (
                    LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(obj), object_id=obj.pk)
                    .select_related("user")
                    .first()
                )
        response = super().render_change_form(request, context, add, change, form_url, obj)
        if "both_texts" in context:
            response.status_code = 409
        return response

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """One editor after the other: what was typed on an older draft is laid over the one that is saved now."""
        with transaction.atomic():
            guide = object_id and request.method == "POST" and self.get_object(request, unquote(object_id))
            if guide:
                guide = Guide.objects.select_for_update().get(pk=guide.pk)
                if request.POST.get("based_on") != str(guide.edit_version):
                    request.POST = laid_over(request.POST, guide)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if change and (form.has_changed() or any(formset.has_changed() for formset in formsets)):
            form.instance.count_edit()

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
            revision = guide.publish(by=request.user)
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
        context = {"guide": guide, "revision": revision, "preview": True}
        return TemplateResponse(request, "education/guide_detail.html", context, headers={"X-Robots-Tag": "noindex"})

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
        guide.restore(revision)
        self.log_change(request, guide, f"Restored revision {number} as the draft.")
        messages.success(request, f"The draft is now what revision {number} was.")
        return redirect("admin:education_guide_change", guide.pk)

    def ask(self, request, guide, **words):
        """A page that says what will happen, with the one button that does it."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, "guide": guide, **words}
        return TemplateResponse(request, "admin/education/guide/ask.html", context)
