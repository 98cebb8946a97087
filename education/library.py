"""The picture library in the admin: a grid of all pictures, where each is shown, and the form of one."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from clinic.narrow import NarrowChangeList, NarrowList

from .forms import PictureForm
from .models import Original, Picture
from .models.picture import used, uses_of

READ_BY_PATIENTS = {"file", "decorative", "alt", "caption"}


class UseFilter(admin.SimpleListFilter):
    title = "use"
    parameter_name = "use"

    def lookups(self, request, model_admin):
        return [("used", "Used"), ("unused", "Not used anywhere")]

    def queryset(self, request, queryset):
        if self.value() == "used":
            return queryset.filter(used())
        return queryset.exclude(used()) if self.value() == "unused" else queryset


class WordsFilter(admin.SimpleListFilter):
    title = "words"
    parameter_name = "words"

    def lookups(self, request, model_admin):
        return [
            ("described", "With a text alternative"),
            ("decorative", "Decorative: none is read out"),
            ("uncaptioned", "Without a caption"),
            ("uncredited", "Without a credit"),
        ]

    def queryset(self, request, queryset):
        wanted = {
            "described": Q(decorative=False),
            "decorative": Q(decorative=True),
            "uncaptioned": Q(caption=""),
            "uncredited": Q(credit=""),
        }
        return queryset.filter(wanted.get(self.value(), Q()))


class ReadyFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "ready"

    def lookups(self, request, model_admin):
        return [("no", "Still being prepared")]

    def queryset(self, request, queryset):
        return queryset.filter(is_ready=False) if self.value() == "no" else queryset


class Grid(NarrowChangeList):
    def get_results(self, request):
        """Each picture of the page with where it is shown, in a fixed number of queries."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        uses = uses_of(self.result_list)
        for picture in self.result_list:
            picture.uses = uses[picture.pk]


@admin.register(Picture)
class PictureAdmin(NarrowList, admin.ModelAdmin):
    form = PictureForm
    list_display = ["title"]
    list_filter = [UseFilter, WordsFilter, ReadyFilter]
    lookups = ("use", "words", "ready")
    list_per_page = 48
    readonly_fields = ["thumbnail", "size", "used_in"]
    search_fields = ["title", "alt", "caption", "credit"]

    class Media:
        css = {"all": ["css/sections.css", "css/library.css"]}

    def get_changelist(self, request, **kwargs):
        return Grid

    def get_urls(self):
        small = self.admin_site.admin_view(require_safe(self.small_view))
        return [path("<int:pk>/small/", small, name="education_picture_small"), *super().get_urls()]

    def save_model(self, request, obj, form, change):
        """What a picture says is part of each text that shows it: who changes it has written in that."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if change and READ_BY_PATIENTS & set(form.changed_data):
                for guide in uses_of([obj])[obj.pk]["drafts"]:
                    guide.note_author(request.user)

    def small_view(self, request, pk):
        """For the guide's form, which knows a picture by its number."""
        picture = get_object_or_404(Picture, pk=pk)
        if not self.has_view_permission(request, picture):
            raise PermissionDenied
        return redirect(picture.first_file)

    def get_fields(self, request, obj=None):
        return [*PictureForm.Meta.fields, *(self.readonly_fields if obj else [])]

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else []

    @admin.display(description="picture")
    def thumbnail(self, picture):
        return format_html('<img class="thumbnail" src="{}" alt="">', picture.first_file)

    @admin.display(description="largest size")
    def size(self, picture):
        size = f"{picture.width} × {picture.height} pixels"
        original = None if picture.is_ready else Original.objects.defer("content").filter(picture=picture).first()
        return f"{size}. {state_of(original)}" if original else size

    @admin.display(description="used in")
    def used_in(self, picture):
        uses = uses_of([picture])[picture.pk]
        return render_to_string("admin/education/picture/_uses.html", {"uses": uses}) if any(uses.values()) else None

    def get_deleted_objects(self, objs, request):
        """Nothing goes along with a picture: it goes alone or, while it is shown anywhere, not at all."""
        uses = uses_of(objs)
        shown = [use for picture in objs for use in in_words(uses[picture.pk])]
        return [str(picture) for picture in objs], {"pictures": len(objs)}, set(), shown

    def delete_queryset(self, request, queryset):
        for picture in queryset:
            picture.delete()


def state_of(original):
    if original.attempts >= Original.ATTEMPTS:
        return "It could not be prepared for patients. Save the picture in another program, then choose it again here."
    return "The other sizes are being prepared: that takes a minute at most while the worker runs."


def in_words(uses):
    """Each use as one line, for the page that refuses to delete."""
    yield from (f"{guide} (draft)" for guide in uses["drafts"])
    yield from (f"{line.guide} ({line.in_words})" for line in [*uses["live"], *uses["old"]])
