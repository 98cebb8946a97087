"""Who is told of new requests, and what became of each message."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.forms import CheckboxSelectMultiple, TimeInput
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import format_html

from clinic.narrow import NarrowChangeList

from ..deliveries import try_out_for_a_while
from ..emails import trial
from ..models import AccessEvent, Delivery, DutyHours, Recipient, RequestCount
from .access import only_recorded, record
from .pages import PagedAdmin, Pages
from .steps import Step

TEST_MAILS_AN_HOUR = 10
SEND_AGAIN = "send again"


class DutyHoursInline(admin.TabularInline):
    model = DutyHours
    template = "admin/clinic/rows.html"  # the stock one leaves its inputs without labels
    extra = 1
    verbose_name = "row"
    verbose_name_plural = "on duty (no rows: always)"
    fields = ["weekday", "starts", "ends"]
    formfield_overrides = {models.TimeField: {"widget": TimeInput(attrs={"type": "time"}, format="%H:%M")}}


@admin.register(Recipient)
class RecipientAdmin(admin.ModelAdmin):
    list_display = ["name", "email", "active", "told_of"]
    list_filter = ["active"]
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    actions = None
    fields = ["name", "email", "active", "services"]
    inlines = [DutyHoursInline]
    formfield_overrides = {models.ManyToManyField: {"widget": CheckboxSelectMultiple}}

    def lookup_allowed(self, lookup, value, request):
        return lookup == "active__exact"

    def get_changelist(self, request, **kwargs):
        return NarrowChangeList

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("services")

    def get_urls(self):
        view = self.admin_site.admin_view(self.test_mail)
        return [path("test-mail/", view, name="appointments_recipient_test_mail"), *super().get_urls()]

    @admin.display(description="Told of")
    def told_of(self, recipient):
        return ", ".join(service.name for service in recipient.services.all()) or "All services"

    def test_mail(self, request):
        """A button of the desk: send a test mail and say in plain words what became of it."""
        if not request.user.has_perm(Step.permission):
            raise PermissionDenied
        if request.method == "POST":
            chosen = Recipient.objects.active().filter(pk=as_number(request.POST.get("recipient")))
            self.try_out(request, get_object_or_404(chosen))
        return redirect("admin:index")

    def try_out(self, request, recipient):
        if RequestCount.add("test mails") > TEST_MAILS_AN_HOUR:
            messages.warning(request, f"{TEST_MAILS_AN_HOUR} test mails an hour are enough. Please wait a while.")
        elif trouble := try_out_for_a_while(trial(recipient.email)):
            messages.error(request, f"The test mail was not sent. {trouble}")
        else:
            messages.success(
                request, f"The mail server has taken the test mail to {recipient.email}. See whether it arrives."
            )


def as_number(text):
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else 0


class DeliveryList(Pages):
    def get_results(self, request):
        super().get_results(request)
        record_deliveries(AccessEvent.Action.LIST, self.result_list, by=request.user)


def record_deliveries(action, deliveries, *, by, step="deliveries"):
    references = [delivery.request.reference for delivery in deliveries if delivery.request]
    record(action, references, by=by, step=step)


@admin.register(Delivery)
class DeliveryAdmin(PagedAdmin):
    list_display = ["created_at", "kind", "of_request", "to", "state", "attempts", "last_error", "accepted_at"]
    list_display_links = None
    list_filter = ["state", "kind"]
    list_select_related = ["request", "recipient"]
    list_per_page = 50
    ordering = ["-pk"]
    actions = ["send_again"]
    fields = readonly_fields = ["kind", "of_request", "to", "state", "attempts", "last_error", "accepted_at"]

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
        return lookup in ("state__exact", "kind__exact")

    def get_urls(self):
        def at(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"appointments_delivery_{name}")

        return [
            at("<int:pk>/send-again/", self.send_again_view, "send_again"),
            at("<int:pk>/dismiss/", self.dismiss_view, "dismiss"),
            *super().get_urls(),
        ]

    def get_changelist(self, request, **kwargs):
        return DeliveryList

    @only_recorded
    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, extra_context)

    @only_recorded
    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        record_deliveries(AccessEvent.Action.VIEW, [obj], by=request.user)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def history_view(self, request, object_id, extra_context=None):
        return redirect("admin:appointments_delivery_change", object_id)

    @admin.display(description="Request")
    def of_request(self, delivery):
        if delivery.request_id is None:
            return "–"
        url = reverse("admin:appointments_appointmentrequest_change", args=[delivery.request_id])
        return format_html('<a href="{}">{}</a>', url, delivery.request)

    @admin.display(description="To")
    def to(self, delivery):
        return delivery.to

    @admin.action(description="Send again", permissions=["triage"])
    def send_again(self, request, deliveries):
        deliveries = list(deliveries)
        with transaction.atomic():
            record_deliveries(AccessEvent.Action.CHANGE, deliveries, by=request.user, step=SEND_AGAIN)
            for delivery in deliveries:
                delivery.send_again(by=request.user)
        messages.success(request, "They go out again within a few seconds, unless they were delivered already.")

    @only_recorded
    def send_again_view(self, request, pk):
        return self.on_desk(
            request, pk, Delivery.send_again, SEND_AGAIN, "The message goes out again within a few seconds."
        )

    @only_recorded
    def dismiss_view(self, request, pk):
        return self.on_desk(request, pk, Delivery.dismiss, "dismiss", "Taken off the desk. It is not sent any more.")

    def on_desk(self, request, pk, verb, step, done):
        """A button of the desk: write down who pressed it, call the verb and go back there."""
        if not self.has_triage_permission(request):
            raise PermissionDenied
        delivery = get_object_or_404(Delivery.objects.select_related("request"), pk=pk)
        if request.method == "POST":
            with transaction.atomic():
                record_deliveries(AccessEvent.Action.CHANGE, [delivery], by=request.user, step=step)
                verb(delivery, by=request.user)
            messages.success(request, f"{delivery.request or delivery}: {done}")
        return redirect("admin:index")
