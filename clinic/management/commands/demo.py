"""A clinic that does not exist, with guides to read and requests to triage."""

import secrets

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError
from django.db import transaction

from appointments import demo as requests
from clinic import demo as place
from education import demo as guides
from education.models import find_guide

ACCOUNT = "demo"
STAFF = {"rosa": "Rosa (front desk)", "sam": "Sam (nurse)"}  # have no password: they only appear in the history


class Command(BaseCommand):
    help = "Load the demo clinic into an empty database."

    def handle(self, *args, **options):
        if settings.PRODUCTION:
            raise CommandError("This is a production site (CLINIC_ENV): the demo's people do not belong in it.")
        if not is_empty():
            raise CommandError(
                "The database holds a clinic already, and the demo loads only into an empty one. "
                "For a fresh demo name another folder: DATA_DIR=var-2 make run"
            )
        password = load()
        self.stdout.write("The demo clinic is loaded: guides to read, and requests in all states.")
        self.stdout.write(sign_in_line(password))


def is_empty():
    return place.is_empty() and guides.is_empty() and requests.is_empty()


@transaction.atomic
def load():
    """All of it, or nothing. Returns what give_account() does."""
    staff = {name: a_colleague(name, full_name) for name, full_name in STAFF.items()}
    place.load()
    guides.load(by=staff["sam"])
    requests.load(staff=staff, find_guide=find_guide)
    return give_account()


def sign_in_line(password):
    """How to sign in; `password` is what give_account() returned, None on later runs."""
    if password:
        return f"name {ACCOUNT}, password {password} (printed this once: keep it)"
    if settings.DEMO_PASSWORD:
        return f"name {ACCOUNT}, the password is your DEMO_PASSWORD"
    return f"name {ACCOUNT}, the password of the first run (a new one: .venv/bin/python manage.py changepassword {ACCOUNT})"


def a_colleague(username, full_name):
    user, _ = get_user_model().objects.get_or_create(
        username=username, defaults={"first_name": full_name, "is_staff": True}
    )
    user.set_unusable_password()
    user.save()
    return user


def give_account():
    """The demo's staff account. Returns its password when that was made up just now, to be printed once, else ""."""
    user = get_user_model().objects.create_superuser(ACCOUNT, first_name="Demo")
    password = settings.DEMO_PASSWORD or "-".join(secrets.token_hex(2) for _ in range(4))
    user.set_password(password)
    user.save()
    return "" if settings.DEMO_PASSWORD else password


def renew_password():
    """On later runs DEMO_PASSWORD still decides; without it the account keeps the password it has."""
    user = get_user_model().objects.filter(username=ACCOUNT).first()
    if user and settings.DEMO_PASSWORD and not user.check_password(settings.DEMO_PASSWORD):
        user.set_password(settings.DEMO_PASSWORD)
        user.save()
