"""The staff side of the site: branded, with the day's work on its first page and, in the demo, the caught mail."""

from django.contrib.admin import AdminSite
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from . import caught_mail
from .desk import desk

PLACES = {"AppointmentRequest": "Requests", "Guide": "Guides", "ClinicProfile": "The clinic"}


class ClinicAdminSite(AdminSite):
    site_header = "Staff desk"
    site_title = "Staff desk"
    index_title = "Today"
    index_template = "admin/desk.html"
    enable_nav_sidebar = False  # the header leads to the same places, on a phone too

    def get_urls(self):
        return [
            path("mail/", self.admin_view(self.mail), name="caught_mail"),
            path("mail/<str:file>/<int:number>/", self.admin_view(self.mail_message), name="caught_message"),
            *super().get_urls(),
        ]

    def each_context(self, request):
        context = super().each_context(request)
        return {**context, "places": self.places(request, context["available_apps"])}

    def places(self, request, apps):
        """[(label, address, whether we are there)]: the header's links, for what this person may see."""
        addresses = {model["object_name"]: model["admin_url"] for app in apps for model in app["models"]}
        places = [("Today", reverse("admin:index"), request.path == reverse("admin:index"))]
        for model, label in PLACES.items():
            if address := addresses.get(model):
                places.append((label, address, request.path.startswith(address)))
        return places

    def index(self, request, extra_context=None):
        return super().index(request, {**desk(request.user), **(extra_context or {})})

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
