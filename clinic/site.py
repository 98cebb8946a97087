"""The staff side of the site: branded, with the day's work on its first page and, in the demo, the caught mail."""

import hashlib
from datetime import UTC, datetime
from functools import update_wrapper

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateformat import time_format
from django.views.decorators.http import require_GET

from appointments.access import only_recorded, record
from appointments.models import AccessEvent, AppointmentRequest

from . import caught_mail
from .context import profile_for
from .desk import desk, news, references_on, rest_of_the_page
from .kept import page_that_keeps
from .staff import sessions
from .statistics import DEFAULT_DAYS, statistics

PLACES = {"AppointmentRequest": "Requests", "Guide": "Guides", "ClinicProfile": "The clinic"}


class ClinicAdminSite(AdminSite):
    site_header = "Staff desk"
    site_title = "Staff desk"
    index_title = "Today"
    index_template = "admin/desk.html"
    enable_nav_sidebar = False  # the header leads to the same places, on a phone too

    def get_urls(self):
        return [
            path("desk/", self.admin_view(self.live_desk), name="live_desk"),
            path("still-here/", self.admin_view(require_GET(self.still_here)), name="still_here"),
            path("statistics/", self.admin_view(self.statistics), name="statistics"),
            path("mail/", self.admin_view(self.mail), name="caught_mail"),
            path("mail/<str:file>/<int:number>/", self.admin_view(self.mail_message), name="caught_message"),
            *super().get_urls(),
        ]

    def admin_view(self, view, cacheable=False):
        guarded = super().admin_view(view, cacheable)

        def keeps_what_was_typed(request, *args, **kwargs):
            kept = None if self.has_permission(request) else page_that_keeps(request)
            return kept or guarded(request, *args, **kwargs)

        return update_wrapper(keeps_what_was_typed, guarded)

    def each_context(self, request):
        context = super().each_context(request)
        places = self.places(request, context["available_apps"])
        return {**context, "places": places, "idle_seconds": sessions.idle_seconds()}

    def places(self, request, apps):
        """[(label, address, whether we are there)]: the header's links, for what this person may see."""
        addresses = {model["object_name"]: model["admin_url"] for app in apps for model in app["models"]}
        places = [("Today", reverse("admin:index"), request.path == reverse("admin:index"))]
        for model, label in PLACES.items():
            if address := addresses.get(model):
                places.append((label, address, request.path.startswith(address)))
        if request.user.has_perm("appointments.view_statistics"):
            address = reverse("admin:statistics")
            places.append(("Statistics", address, request.path == address))
        return places

    @only_recorded
    def index(self, request, extra_context=None):
        around = rest_of_the_page(request.user)  # first: its moment must not be later than what is shown
        live, tag = self.live_part(request)
        return super().index(request, {"live": live, "tag": tag, **around, **(extra_context or {})})

    @only_recorded
    def live_desk(self, request):
        """The part of the first page that changes, for its script: the same words as in the page, and nothing else.

        HEAD says whether anything changed and what is new since a moment, and shows nothing.
        """
        now = timezone.now()
        live, tag = self.live_part(request, refreshed=True)
        response = HttpResponse(live if request.method == "GET" else "")
        response["ETag"] = tag
        response["X-Moment"] = now.timestamp()
        response["X-Clock"] = time_format(timezone.localtime(now), "P")
        if request.user.has_perm("appointments.triage_appointmentrequest"):
            response["X-News"] = news(moment_from(request.GET.get("since")))
        return response

    def live_part(self, request, *, refreshed=False):
        """(HTML, a tag that changes with it). What it shows is recorded first; to HEAD it shows nothing."""
        for_many = self.get_model_admin(AppointmentRequest).for_many(request)
        shown = desk(request.user, profile_for(request))
        if shown["may_triage"] and request.method == "GET":
            record(AccessEvent.Action.LIST, references_on(shown), by=request.user, step="desk", refreshed=refreshed)
        live = render_to_string("admin/_desk.html", {**shown, "for_many": for_many}, request)
        return live, f'"{hashlib.sha256(live.encode()).hexdigest()[:32]}"'

    def still_here(self, request):
        """Who is signed in in this browser, and the token for their forms: new after each sign-in. It keeps no sign-in."""
        return JsonResponse({"person": str(request.user.pk), "token": get_token(request)})

    def statistics(self, request):
        if not request.user.has_perm("appointments.view_statistics"):
            raise PermissionDenied
        context = {**self.each_context(request), "title": "Statistics"}
        return TemplateResponse(
            request, "admin/statistics.html", context | statistics(request.GET.get("days", DEFAULT_DAYS))
        )

    def logout(self, request, extra_context=None):
        """On a shared computer nothing of what was seen stays. Cookies do: one of them says that this device is known."""
        response = super().logout(request, extra_context)
        if request.method == "POST":
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def mail(self, request):
        return self.mail_page(request, "mail.html", "Caught mail", look=caught_mail.newest)

    def mail_message(self, request, file, number):
        return self.mail_page(
            request, "mail_message.html", "Caught message", look=lambda: caught_mail.find(file, number)
        )

    def mail_page(self, request, template, title, *, look):
        """A page of the caught mail; there is none where a mail server is set."""
        if not caught_mail.is_caught():
            raise Http404
        caught = look()
        if caught is None:
            raise Http404
        return TemplateResponse(
            request, f"admin/{template}", {**self.each_context(request), "title": title, "caught": caught}
        )


def moment_from(seconds):
    """A moment that a page of ours was told, in seconds since 1970; what is no such number counts as now."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return timezone.now()
