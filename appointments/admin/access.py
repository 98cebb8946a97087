"""The one door to patients' data: who looks or changes is written down before anything is shown."""

from functools import wraps

from django.contrib import admin
from django.db import DatabaseError, transaction

from clinic.errors import error_page

from ..models import AccessEvent


class NotRecorded(Exception):
    """The access could not be written down: then nothing is shown and nothing is changed."""


def record(action, references, *, by, step=""):
    """Write one event for each reference. Raises NotRecorded."""
    events = [AccessEvent(action=action, reference=reference, by=by, step=step) for reference in references]
    try:
        with transaction.atomic():
            AccessEvent.objects.bulk_create(events)
    except DatabaseError as error:
        raise NotRecorded from error


def only_recorded(view):
    """For views that show or change requests: an access that cannot be recorded gets a 503 without patient data."""

    @wraps(view)
    def guarded(model_admin, request, *args, **kwargs):
        try:
            return view(model_admin, request, *args, **kwargs)
        except NotRecorded:
            return error_page(
                request,
                503,
                title="We cannot show that just now",
                text="Each look at a request is written down first, and that failed. Nothing was changed. "
                "Please try again in a few minutes.",
            )

    return guarded


@admin.register(AccessEvent)
class AccessEventAdmin(admin.ModelAdmin):
    list_display = ["at", "by", "action", "reference", "step"]
    list_display_links = None
    list_filter = ["action"]
    list_select_related = ["by"]
    list_per_page = 100
    search_fields = ["reference"]
    search_help_text = "Who saw or changed a request: write its reference."
    show_full_result_count = False
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_search_results(self, request, queryset, search_term):
        if search_term:
            queryset = queryset.filter(reference=search_term.replace(" ", "").upper())
        return queryset, False

    def lookup_allowed(self, lookup, value, request):
        return lookup == "action__exact"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
