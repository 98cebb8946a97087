"""The admin site: branded, with the day's work on its first page."""

from django.contrib import admin


class ClinicAdminSite(admin.AdminSite):
    site_header = "Clinic desk"
    site_title = "Clinic desk"
    index_title = "Today"
