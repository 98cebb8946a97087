from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class ClinicConfig(AppConfig):
    name = "clinic"
    verbose_name = "The clinic"

    def ready(self):
        from . import checks  # noqa: F401  registers the system checks
        from .staff import roles

        post_migrate.connect(roles.keep, sender=self)


class ClinicAdminConfig(AdminConfig):
    default_site = "clinic.site.ClinicAdminSite"
