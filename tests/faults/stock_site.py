"""The site's addresses and one more: the list of requests as every tutorial writes it, for a twin to break."""

from django.contrib import admin
from django.urls import path

from appointments.models import AppointmentRequest
from clinic.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

stock = admin.AdminSite(name="stock")


@admin.register(AppointmentRequest, site=stock)
class StockList(admin.ModelAdmin):
    list_display = ["reference", "name", "status", "created_at"]
    list_filter = ["status", "created_at"]
    search_fields = ["reference", "name", "phone", "email"]
    date_hierarchy = "created_at"


urlpatterns = [path("stock/", stock.urls), *urlpatterns]
