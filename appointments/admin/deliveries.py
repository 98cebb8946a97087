"""Who is told of new requests, and what became of each message."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import format_html

from ..models import Delivery, Recipient
from .steps import Step


@admin.register(Recipient)
class RecipientAdmin(admin.ModelAdmin):
    list_display = ["name", "email", "active"]
    list_filter = ["active"]
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    actions = None
    fields = ["name", "email", "active"]

    def lookup_allowed(self, lookup, value, request):
        return lookup == "active__exact"


@admin.register(Delivery)
class DeliveryAdmin(admin.ModelAdmin):
    list_display = ["created_at", "of_request", "recipient", "state", "attempts", "last_error", "accepted_at"]
    list_display_links = None
    list_filter = ["state"]
    list_select_related = ["request", "recipient"]
    list_per_page = 50
    ordering = ["-created_at", "-pk"]
    show_full_result_count = False
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    actions = ["send_again"]
    fields = readonly_fields = ["of_request", "recipient", "state", "attempts", "last_error", "accepted_at"]

    def has_triage_permission(self, request):
        return request.user.has_perm(Step.permission)

    def has_view_permission(self, request, obj=None):
        return self.has_triage_permission(request) or super().has_view_permission(request, obj)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def lookup_allowed(self, lookup, value, request):
        return lookup == "state__exact"

    def get_urls(self):
        def at(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"appointments_delivery_{name}")

        return [
            at("<int:pk>/send-again/", self.send_again_view, "send_again"),
            at("<int:pk>/dismiss/", self.dismiss_view, "dismiss"),
            *super().get_urls(),
        ]

    @admin.display(description="Request")
    def of_request(self, delivery):
        url = reverse("admin:appointments_appointmentrequest_change", args=[delivery.request_id])
        return format_html('<a href="{}">{}</a>', url, delivery.request)

    @admin.action(description="Send again", permissions=["triage"])
    def send_again(self, request, deliveries):
        for delivery in deliveries:
            delivery.send_again(by=request.user)
        messages.success(request, "They go out again within a few seconds, unless they were delivered already.")

    def send_again_view(self, request, pk):
        return self.on_desk(request, pk, Delivery.send_again, "The message goes out again within a few seconds.")

    def dismiss_view(self, request, pk):
        return self.on_desk(request, pk, Delivery.dismiss, "Taken off the desk. It is not sent any more.")

    def on_desk(self, request, pk, verb, done):
        """A button of the desk: call the verb and go back there."""
        if not self.has_triage_permission(request):
            raise PermissionDenied
        delivery = get_object_or_404(Delivery.objects.select_related("request"), pk=pk)
        if request.method == "POST":
            verb(delivery, by=request.user)
            messages.success(request, f"{delivery.request}: {done}")
        return redirect("admin:index")
