"""The auditor's two questions: who saw this request, and what did this person see."""

from datetime import datetime, time, timedelta
from itertools import groupby
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Min
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from clinic.narrow import refuse_unless
from clinic.templatetags.clinic import who

from ..access import NotRecorded, only_recorded, record
from ..models import AccessEvent
from ..search import as_reference
from .event_words import in_words

__all__ = ["NotRecorded", "only_recorded", "record", "record_page"]  # for the desk's other pages

FIRST_YEAR = 2000  # before which this site saw nobody
SHOWN = 100


def record_page(changelist, request):
    """A page of the list of requests: to be called before it is shown, for all that stands on it."""
    searched = hasattr(request, "found")
    record(
        AccessEvent.Action.SEARCH if searched else AccessEvent.Action.LIST,
        [appointment_request.reference for appointment_request in changelist.result_list],
        by=request.user,
        step="" if searched else "requests",
    )


class SiteWritten(admin.ModelAdmin):
    """Of rows that the site alone writes: nobody adds, edits or deletes one."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


PLAIN = {"label_suffix": "", "use_required_attribute": False}


class RequestQuestion(forms.Form):
    reference = forms.CharField(
        label="Reference",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 12}),
        error_messages={"required": "Write the reference of the request."},
    )

    def __init__(self, data=None):
        super().__init__(data, **PLAIN)

    def clean_reference(self):
        if reference := as_reference(self.cleaned_data["reference"]):
            return reference
        raise forms.ValidationError("A reference has 8 letters and digits, such as BCDF7346.")


class PersonName(forms.ModelChoiceField):
    def label_from_instance(self, user):
        return who(user)


class PersonQuestion(forms.Form):
    person = PersonName(
        get_user_model().objects.order_by("username"),
        label="Member of staff",
        empty_label=None,
        error_messages={"required": "Choose somebody.", "invalid_choice": "Choose somebody."},
    )
    first = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data=None):
        today = timezone.localdate()
        week = {"first": (today - timedelta(days=6)).isoformat(), "last": today.isoformat()}
        super().__init__(data, initial=week, **PLAIN)
        for name in ("first", "last"):
            self.fields[name].error_messages = {"required": "Choose a day.", "invalid": "Choose a day."}

    def clean(self):
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and first > last:
            self.add_error("last", "This day comes before the first one.")
        for name, day in (("first", first), ("last", last)):
            if day and not FIRST_YEAR <= day.year <= timezone.localdate().year + 1:
                self.add_error(name, "Check the year.")
        return self.cleaned_data


@admin.register(AccessEvent)
class AccessEventAdmin(SiteWritten):
    """No list of everything: at some millions of rows it would answer nobody's question."""

    fields = readonly_fields = ["at", "by", "action", "reference", "step"]

    def get_urls(self):
        def at(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"appointments_accessevent_{name}")

        return [
            at("request/<str:reference>/", self.of_request, "request"),
            at("person/<int:pk>/", self.of_person, "person"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        """Ask one of the two questions; an answer has an address of its own, which holds no patient data."""
        self.for_auditors(request)
        asked = request.POST.get("ask") if request.method == "POST" else None
        about_request = RequestQuestion(request.POST if asked == "request" else None)
        about_person = PersonQuestion(request.POST if asked == "person" else None)
        if about_request.is_valid():
            return redirect("admin:appointments_accessevent_request", about_request.cleaned_data["reference"])
        if about_person.is_valid():
            answer = about_person.cleaned_data
            span = urlencode({"first": answer["first"].isoformat(), "last": answer["last"].isoformat()})
            response = redirect("admin:appointments_accessevent_person", answer["person"].pk)
            response["Location"] += f"?{span}"
            return response
        failed = about_request.errors or about_person.errors
        questions = {"title": "Who saw what", "about_request": about_request, "about_person": about_person}
        return self.report(request, "ask", questions, status=422 if failed else 200)

    def of_request(self, request, reference):
        """Who saw this request: each person, and each look, newest first."""
        self.for_auditors(request)
        if reference != as_reference(reference):
            raise Http404
        events = AccessEvent.objects.filter(reference=reference)
        people = events.order_by().values("by").annotate(times=Count("pk"), first=Min("at"), last=Max("at"))
        names = get_user_model().objects.in_bulk([person["by"] for person in people])
        shown = list(earlier_than(request, events).select_related("by")[: SHOWN + 1])
        for event in shown:
            event.words = in_words(event.step)
        context = {
            "title": f"Who saw {reference}",
            "reference": reference,
            "people": [{**person, "by": names[person["by"]]} for person in people.order_by("-last")],
            "events": shown[:SHOWN],
            "older": next_page(shown, request),
        }
        return self.report(request, "request", context)

    def of_person(self, request, pk):
        """What this person saw: each look with the requests that it showed, newest first."""
        self.for_auditors(request)
        person = get_object_or_404(get_user_model(), pk=pk)
        question = PersonQuestion({**request.GET.dict(), "person": pk})
        if not question.is_valid():
            return redirect("admin:appointments_accessevent_changelist")
        first, last = question.cleaned_data["first"], question.cleaned_data["last"]
        events = AccessEvent.objects.filter(
            by=person, at__gte=midnight(first), at__lt=midnight(last + timedelta(days=1))
        )
        looks = earlier_than(request, events).order_by("-at").values_list("at", flat=True).distinct()
        shown = list(looks[: SHOWN + 1])
        rows = events.filter(at__in=shown[:SHOWN]).order_by("-at", "pk")
        grouped = [(look, list(group)) for look, group in groupby(rows, key=lambda event: event.at)]
        context = {
            "title": f"What {who(person)} saw",
            "person": person,
            "first": first,
            "last": last,
            "looks": [
                {
                    "at": at,
                    "event": group[0],
                    "words": in_words(group[0].step),
                    "references": [event.reference for event in group],
                }
                for at, group in grouped
            ],
            "older": next_page(shown, request),
        }
        return self.report(request, "person", context)

    def for_auditors(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied

    def report(self, request, name, context, **response):
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/appointments/accessevent/{name}.html", context, **response)


def midnight(day):
    return timezone.make_aware(datetime.combine(day, time.min))


def earlier_than(request, events):
    """The next page begins where the last one ended: no page is slower than the first."""
    if not request.GET.get("before"):
        return events
    try:
        before = parse_datetime(request.GET["before"])
    except ValueError:
        before = None
    refuse_unless(before and timezone.is_aware(before))
    return events.filter(at__lt=before)


def next_page(shown, request):
    """The query of the page of what is older; empty when this one is the last."""
    if len(shown) <= SHOWN:
        return ""
    last = shown[SHOWN - 1]
    before = (getattr(last, "at", last)).isoformat()
    return "?" + urlencode({**request.GET.dict(), "before": before})
