"""What `manage.py setup` asks of the clinic, and how the answers are stored. Each can be asked again at any time."""

from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify

from appointments.models import Recipient

from .models import ClinicProfile, OpeningHours, Service
from .week_words import NotUnderstood, week_from, words_of

User = get_user_model()
ROLES_OF_THE_FIRST = ("Clinic manager", "Lead")


def profile():
    """The clinic's own, or one that is not stored yet."""
    known = ClinicProfile.objects.filter(pk=1).first()
    return known or ClinicProfile(pk=1)


def one_fact(name):
    """Cleans one field of the profile as the admin does."""

    def clean(text):
        return ClinicProfile._meta.get_field(name).clean(text, None)

    return clean


@transaction.atomic
def store_profile(**facts):
    row = profile()
    for name, value in facts.items():
        setattr(row, name, value)
    row.full_clean(validate_unique=False)
    row.save()


def week_as_words():
    return words_of(OpeningHours.objects.values_list("weekday", "opens", "closes"))


def week(text):
    try:
        return week_from(text)
    except NotUnderstood as error:
        raise ValidationError(str(error)) from None


@transaction.atomic
def store_week(rows):
    if rows == sorted(OpeningHours.objects.values_list("weekday", "opens", "closes")):
        return
    OpeningHours.objects.all().delete()
    OpeningHours.objects.bulk_create(OpeningHours(weekday=day, opens=o, closes=c) for day, o, c in rows)


def names(text):
    found = list(dict.fromkeys(filter(None, (part.strip() for part in text.split(",")))))
    if not found:
        raise ValidationError("Write at least one.")
    if too_long := [name for name in found if len(name) > 80 or not slugify(name)]:
        raise ValidationError(f"“{too_long[0][:80]}” cannot be a name: write at most 80 letters.")
    return found


@transaction.atomic
def offer(found):
    """Services of these names are there; others are left as they are."""
    for position, name in enumerate(found, start=1):
        if not Service.objects.filter(name=name).exists():
            Service.objects.create(name=name, slug=free_slug(slugify(name)[:45]), position=position * 10)


def free_slug(wanted):
    taken, number, slug = set(Service.objects.values_list("slug", flat=True)), 1, wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def mailboxes(text):
    found = list(dict.fromkeys(filter(None, (part.strip() for part in text.split(",")))))
    if not found:
        raise ValidationError("Write at least one address.")
    for address in found:
        validate_email(address)
    return found


@transaction.atomic
def tell(addresses):
    for address in addresses:
        Recipient.objects.update_or_create(email=address, defaults={"active": True}, create_defaults={"name": address})


# The first manager ----------------------------------------------------------------------------------------------------


def managers():
    in_charge = User.objects.filter(is_active=True, is_staff=True)
    return (in_charge.filter(is_superuser=True) | in_charge.filter(groups__name=ROLES_OF_THE_FIRST[0])).distinct()


@dataclass
class Manager:
    username: str
    email: str = ""
    password: str = field(default="", repr=False)

    def check(self):
        user = User(username=self.username, email=self.email)
        user.clean_fields(exclude=["password"])
        if User.objects.filter(username=self.username).exists():
            raise ValidationError(f"Somebody has the user name {self.username} already.")
        validate_password(self.password, user)

    @transaction.atomic
    def store(self):
        self.check()
        user = User.objects.create_user(self.username, self.email, self.password, is_staff=True)
        user.groups.set(Group.objects.filter(name__in=ROLES_OF_THE_FIRST))
        return user
