from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ClinicConfig(AppConfig):
    name = "clinic"
    verbose_name = "The clinic"

    def ready(self):
        from . import checks  # noqa: F401  registers the system checks


class ClinicAdminConfig(AdminConfig):
    default_site = "clinic.site.ClinicAdminSite"
