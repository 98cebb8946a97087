"""System checks: what must be true before a patient's request may be acknowledged."""

import django
from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db import connections

from .backups import Trouble, keys

DJANGO_FLOOR = (5, 2, 19)
SQLITE_FLOOR = (3, 35)  # the first that gives a key back for a row that was not in the way of another
SAFE_SQLITE = {"journal_mode": ("wal",), "synchronous": (2, 3)}  # 2 is FULL, 3 is EXTRA
SAFE_POSTGRESQL = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_apply", "remote_write", "local"),
}


@register(Tags.database)
def durable_database(app_configs, databases, **kwargs):
    """A database that may forget what it acknowledged is refused."""
    errors = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor == "sqlite":
            if connection.Database.sqlite_version_info < SQLITE_FLOOR:
                errors.append(
                    Error(
                        f"SQLite is {connection.Database.sqlite_version}; requests are stored with 3.35 or newer.",
                        hint="Use a newer system (Debian 12, Ubuntu 22.04) or PostgreSQL.",
                        id="clinic.E004",
                    )
                )
            errors += _unsafe(connection, SAFE_SQLITE, "PRAGMA {}", "clinic.E001")
            if connection.transaction_mode != "IMMEDIATE":
                errors.append(
                    Error(
                        "SQLite's transaction_mode is not IMMEDIATE.",
                        hint="Use the settings as shipped.",
                        id="clinic.E002",
                    )
                )
        elif connection.vendor == "postgresql":
            errors += _unsafe(connection, SAFE_POSTGRESQL, "SHOW {}", "clinic.E003")
    return errors


def _unsafe(connection, wanted, question, error_id):
    with connection.cursor() as cursor:
        for name, good in wanted.items():
            cursor.execute(question.format(name))
            (value,) = cursor.fetchone()
            if value not in good:
                yield Error(
                    f"The database's {name} is {value}: a stored request could be lost in a power cut.",
                    hint=f"Set it to {good[0]}.",
                    id=error_id,
                )


@register()
def backups_can_be_made(app_configs, **kwargs):
    """Once they are asked for: a mistake is found at the start, not in the night."""
    if not settings.BACKUP_DIR:
        return []
    errors = []
    try:
        keys.recipients()
    except Trouble as trouble:
        errors.append(Error(str(trouble), hint="See docs/when-it-burns.md.", id="clinic.E020"))
    if not 1 <= settings.BACKUP_EVERY_HOURS <= 24:
        errors.append(Error("BACKUP_EVERY_HOURS is not 1 to 24.", hint="6 is usual.", id="clinic.E021"))
    return errors


@register(Tags.security, deploy=True)
def ready_for_patients(app_configs, **kwargs):
    errors = []
    if not settings.PRODUCTION:
        errors.append(Error("CLINIC_ENV is not production.", hint="Set CLINIC_ENV=production.", id="clinic.E010"))
    if "*" in settings.ALLOWED_HOSTS:
        errors.append(Error("ALLOWED_HOSTS has a *.", hint="Name the site's hosts.", id="clinic.E011"))
    if not settings.HTTPS:
        errors.append(Error("SITE_URL is not https.", hint="Patients' words must travel encrypted.", id="clinic.E012"))
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        errors.append(
            Error(
                "TRUSTED_PROXIES is 0, so every page would send its reader to https for ever.",
                hint="Set it to the number of your proxies, usually 1. The last must send X-Forwarded-Proto.",
                id="clinic.E014",
            )
        )
    if not settings.SECOND_FACTOR_REQUIRED:
        errors.append(
            Error(
                "SECOND_FACTOR_REQUIRED is off: one password that is guessed or seen opens all patients’ requests.",
                hint="Leave it out: in production it is on by itself.",
                id="clinic.E015",
            )
        )
    if django.VERSION[:3] < DJANGO_FLOOR:
        errors.append(Error("Django is older than 5.2.19.", hint="Install requirements.txt again.", id="clinic.E013"))
    return errors
