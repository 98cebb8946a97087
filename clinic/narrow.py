"""Lists of the admin that answer what their own page asks: an address may ask no more of the database."""

import re
from copy import copy

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import (
    ALL_VAR,
    ERROR_FLAG,
    IGNORED_PARAMS,
    ORDER_VAR,
    PAGE_VAR,
    SEARCH_VAR,
    ChangeList,
)
from django.core.exceptions import BadRequest, SuspiciousOperation

# What the list's own links write. Never the value itself: it would stand in the log.
NOT_OF_THE_LIST = "The address asks for what the list does not offer."
FORMS = {
    PAGE_VAR: re.compile(r"[1-9][0-9]{0,8}"),
    ORDER_VAR: re.compile(r"-?[0-9]{1,3}(\.-?[0-9]{1,3})*"),
    ALL_VAR: re.compile("1?"),
    ERROR_FLAG: re.compile("1"),
}


class NarrowChangeList(ChangeList):
    """Refuses an address that its own page cannot have made, before the list is asked for. What is empty is not given."""

    def __init__(self, request, *args, **kwargs):
        refuse_unless(
            all(is_of_form(value, form) for name, form in FORMS.items() for value in request.GET.getlist(name))
        )
        super().__init__(request, *args, **kwargs)

    def get_queryset(self, request, *args, **kwargs):
        for name in [name for name, values in self.filter_params.items() if self.is_left_empty(request, name, values)]:
            del self.params[name], self.filter_params[name]
        try:
            return super().get_queryset(request, *args, **kwargs)
        except IncorrectLookupParameters as error:
            raise BadRequest(NOT_OF_THE_LIST) from error

    def is_left_empty(self, request, name, values):
        """Whether this is a filter that was left empty."""
        may_be_asked = name not in IGNORED_PARAMS and self.model_admin.lookup_allowed(name, "", request)
        return may_be_asked and not any(values)

    def get_filters(self, request):
        found = super().get_filters(request)
        for chosen in found[0]:
            refuse_unless(self.is_offered(chosen, request.GET))
        return found

    def is_offered(self, chosen, query):
        """A filter marks the choice that holds; what was given and marks none of them is none of its choices."""
        given = [value for name in chosen.expected_parameters() for value in query.getlist(name) if value]
        without_counts = copy(self)
        without_counts.add_facets = False
        return not given or (len(given) == 1 and any(choice["selected"] for choice in chosen.choices(without_counts)))


def is_of_form(value, form):
    return not value or form.fullmatch(value) is not None


def refuse_unless(is_fine):
    if not is_fine:
        raise BadRequest(NOT_OF_THE_LIST)


class NarrowList:
    lookups = ()

    def get_changelist(self, request, **kwargs):
        return NarrowChangeList

    def changelist_view(self, request, extra_context=None):
        """No text of a database holds a zero character: PostgreSQL refuses the question, which would be a fault of ours."""
        if any("\x00" in value for name, values in request.GET.lists() if name != SEARCH_VAR for value in values):
            raise SuspiciousOperation("A filter with a zero character.")
        return super().changelist_view(request, extra_context)

    def lookup_allowed(self, lookup, value, request):
        return lookup in self.lookups

    def get_search_results(self, request, queryset, search_term):
        words = search_term.replace("\x00", "").split()[:8]
        return super().get_search_results(request, queryset, " ".join(words)[:100])
