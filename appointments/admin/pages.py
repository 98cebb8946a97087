"""Long lists, page by page. A page begins after the row that ended the last one, so the thousandth costs what the first does.

There are no page numbers: to know them the database would have to count all rows, and to reach one to skip the rest.
"""

import re
from datetime import UTC, datetime, timedelta

from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import Q

from clinic.narrow import NarrowChangeList, refuse_unless

from ..models.counted import counted

AFTER, BEFORE = "after", "before"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PLACE = re.compile(r"(?:([0-9]{1,17})-)?([0-9]{1,18})")  # microseconds and an id


class Pages(NarrowChangeList):
    """A list in the order of its admin and no other: by id, or by a time and then by id."""

    def get_queryset(self, request, *args, **kwargs):
        for name in (AFTER, BEFORE):  # no filters, and no part of the filters' links
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        return super().get_queryset(request, *args, **kwargs)

    def get_ordering(self, request, queryset):
        return list(self.model_admin.ordering)  # whatever ?o= says

    def get_results(self, request):
        rows, earlier, later = self.page({name: self.read(request.GET.get(name, "")) for name in (AFTER, BEFORE)})
        self.result_list = rows
        self.earlier = self.get_query_string({BEFORE: self.place(rows[0])}) if earlier else ""
        self.later = self.get_query_string({AFTER: self.place(rows[-1])}) if later else ""
        self.first = self.get_query_string() if earlier else ""
        self.result_count = counted(self.queryset) if earlier or later else len(rows)
        self.full_result_count = None
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = bool(rows)

    def page(self, places):
        """(rows, whether some stand before them, whether some stand after them)"""
        if after := places[AFTER]:
            rows, more = self.some(self.beyond(self.queryset, after, self.is_descending))
            if rows:
                return rows, True, more
        elif before := places[BEFORE]:
            back = self.beyond(self.queryset.reverse(), before, not self.is_descending)
            rows, more = self.some(back)
            if rows and more:  # otherwise the first page, and a whole one
                return rows[::-1], True, True
        rows, more = self.some(self.queryset)
        return rows, False, more

    def some(self, queryset):
        rows = list(queryset[: self.list_per_page + 1])
        return rows[: self.list_per_page], len(rows) > self.list_per_page

    # A place between two rows --------------------------------------------------------------------------------------

    @property
    def is_descending(self):
        return self.model_admin.ordering[0].startswith("-")

    @property
    def time(self):
        """The field before the id in the order, or ''."""
        field = self.model_admin.ordering[0].lstrip("-")
        return "" if field == "pk" else field

    def place(self, row):
        if not self.time:
            return str(row.pk)
        return f"{(getattr(row, self.time) - EPOCH) // timedelta(microseconds=1)}-{row.pk}"

    def read(self, text):
        """(time, id), or None of nothing. What is no place in this list's order gets a 400."""
        if not text:
            return None
        found = PLACE.fullmatch(text)
        refuse_unless(found and bool(found[1]) == bool(self.time))
        return found[1] and EPOCH + timedelta(microseconds=int(found[1])), int(found[2])

    def beyond(self, queryset, place, descending):
        """What follows, said in such a way that both databases start at the place in their index."""
        moment, pk = place
        than = "lt" if descending else "gt"
        further = Q((f"pk__{than}", pk))
        if not self.time:
            return queryset.filter(further)
        return queryset.filter(further | Q((f"{self.time}__{than}", moment)), Q((f"{self.time}__{than}e", moment)))


class ActionsOfThePage(ActionForm):
    """Nobody acts on rows that are not on the page, whatever the browser sends."""

    def clean_select_across(self):
        return False


class PagedAdmin(admin.ModelAdmin):
    """For tables that grow for years. `ordering` is by id, or by a time and then by id, one way."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    action_form = ActionsOfThePage

    def get_changelist(self, request, **kwargs):
        return Pages
