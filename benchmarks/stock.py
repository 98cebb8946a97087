"""What every Django tutorial shows: the admin's list of the same rows, with nothing thought about. The measure for ours."""

from django.contrib import admin

from appointments.models import AppointmentRequest

stock = admin.AdminSite(name="stock")


@admin.register(AppointmentRequest, site=stock)
class StockList(admin.ModelAdmin):
    change_list_template = "admin/change_list.html"
    list_display = ["reference", "name", "service", "status", "assigned_to", "promised_by", "created_at", "guide_title"]
    list_filter = ["status", "service", "assigned_to"]
    search_fields = ["reference", "name", "phone", "email"]
    date_hierarchy = "created_at"
