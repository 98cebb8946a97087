"""System checks: what must be true before a patient's request may be acknowledged."""

from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db import connections

from .backups import Trouble, keys
from .network import THIS_COMPUTER

DJANGO_FLOOR = (5, 2, 19)
SQLITE_FLOOR = (3, 35)  # the first that gives a key back for a row that was not in the way of another
SAFE_SQLITE = {"journal_mode": ("wal",), "synchronous": (2, 3)}  # 2 is FULL, 3 is EXTRA
OF_LINES = ["clinic.E016", "clinic.E017"]  # to Redis and to the mail server
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
    if not redis_is_ours_alone(settings.QUEUE_URL):
        errors.append(
            Error(
                "Redis is on another computer, without encryption or without a password: others could read and write there.",
                hint="Write rediss://:password@host:6380/0 in QUEUE_URL. See docs/operator.md, “Several hosts”.",
                id="clinic.E016",
            )
        )
    if mail_goes_in_clear() and not settings.MAIL_MAY_GO_IN_CLEAR:
        errors.append(
            Error(
                f"Mail goes to {settings.EMAIL_HOST} unencrypted: on its way others read addresses and links of patients.",
                hint="Write smtp+tls:// or smtp+ssl:// in EMAIL_URL, or ?in_clear=yes at its end where nobody else is on that line.",
                id="clinic.E017",
            )
        )
    return errors


@contextmanager
def lines_left_to_the_doctor():
    """For a site that has run with them before: its desk is red, which keeps no patient from it."""
    silent = settings.SILENCED_SYSTEM_CHECKS
    settings.SILENCED_SYSTEM_CHECKS = [*silent, *OF_LINES]
    try:
        yield
    finally:
        settings.SILENCED_SYSTEM_CHECKS = silent


def mail_goes_in_clear():
    encrypted = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    leaves = settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend") and settings.EMAIL_HOST not in THIS_COMPUTER
    return leaves and not encrypted


def redis_is_ours_alone(address):
    """Whether it is this computer's, or asks for a password on a line whose other end has proven who it is."""
    url = urlsplit(address)
    if not address or url.hostname in THIS_COMPUTER:
        return True
    unproven = parse_qs(url.query).get("ssl_cert_reqs", ["required"]) != ["required"]
    return url.scheme == "rediss" and bool(url.password) and not unproven
