"""The place: who we are, when we are open and what we offer, as staff edit it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import Error, models
from django.db.models import F, Q

from . import hours

phone_digits = RegexValidator(r"\d.*\d.*\d", "Write a phone number that people can dial.")


class ClinicProfileManager(models.Manager):
    last_known = None  # this process's copy, for the day the database cannot be asked

    def current(self):
        """The clinic's profile. Never raises: error pages need the phone number most when the database is gone."""
        try:
            profile = self.filter(pk=1).first()
        except Error:  # not only DatabaseError: a lost connection is an InterfaceError
            profile = type(self).last_known
        else:
            type(self).last_known = profile
        return profile or self.model(pk=1, name=settings.FALLBACK_CLINIC_NAME, phone=settings.FALLBACK_CLINIC_PHONE)


class ClinicProfile(models.Model):
    """One row: what header, footer, form and mails say of the clinic."""

    name = models.CharField(max_length=100)
    tagline = models.CharField(
        max_length=160, blank=True, help_text="One plain sentence under the name on the home page."
    )
    phone = models.CharField(
        max_length=40, validators=[phone_digits], help_text="Stands on every page, error pages too."
    )
    emergency_number = models.CharField(
        max_length=20, default="911", help_text="The number to call when it cannot wait: 911, 112, 999 …"
    )
    email = models.EmailField("e-mail", blank=True, help_text="Shown on the site. Leave empty to show none.")
    address = models.TextField(blank=True, help_text="As on an envelope, a line for each line.")
    directions = models.TextField(blank=True, help_text="How to find the door, parking, buses, step-free access.")
    promise_hours = models.PositiveSmallIntegerField(
        "promise (opening hours)",
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(80)],
        help_text="Within how many opening hours you contact a patient who sent a request. 8 is one working day.",
    )

    objects = ClinicProfileManager()

    class Meta:
        verbose_name = "clinic profile"
        verbose_name_plural = "clinic profile"
        constraints = [
            models.CheckConstraint(
                condition=Q(pk=1),
                name="one_clinic_profile",
                violation_error_message="There is one clinic profile: edit that.",
            ),
            models.CheckConstraint(
                condition=Q(promise_hours__range=(1, 80)),
                name="promise_from_1_to_80_hours",
                violation_error_message="Promise between 1 and 80 opening hours.",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def promise(self):
        return timedelta(hours=self.promise_hours)

    def promised_by(self, since):
        """The moment by which we contact a patient whose request came at `since`.

        A clinic that is closed for longer than a year still owes an answer: then its closures do not count.
        """
        calendar = clinic_calendar()
        try:
            return hours.add_opening_time(calendar, since, self.promise)
        except hours.NeverOpen:
            return hours.add_opening_time(hours.Calendar(calendar.zone, calendar.week), since, self.promise)


class OpeningHours(models.Model):
    class Weekday(models.IntegerChoices):
        MONDAY = 0
        TUESDAY = 1
        WEDNESDAY = 2
        THURSDAY = 3
        FRIDAY = 4
        SATURDAY = 5
        SUNDAY = 6

    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices)
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        ordering = ["weekday", "opens"]
        verbose_name = verbose_name_plural = "opening hours"
        constraints = [
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")),
                name="closes_after_it_opens",
                violation_error_message="Closing time must be after opening time.",
            ),
            models.UniqueConstraint(
                fields=["weekday", "opens"],
                name="one_opening_at_a_time",
                violation_error_message="There are already hours that open then.",
            ),
        ]

    def __str__(self):
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"

    def overlaps(self, other):
        return self.weekday == other.weekday and self.opens < other.closes and other.opens < self.closes


class Closure(models.Model):
    first_day = models.DateField()
    last_day = models.DateField(help_text="The same day for a closure of one day.")
    reason = models.CharField(max_length=100, blank=True, help_text="Shown to patients, such as “Thanksgiving”.")

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="closure_ends_after_it_begins",
                violation_error_message="The last day cannot be before the first.",
            )
        ]

    def __str__(self):
        return f"{self.first_day:%b %-d, %Y}" + (
            f" – {self.last_day:%b %-d, %Y}" if self.last_day != self.first_day else ""
        )


def clinic_calendar():
    """The clinic's hours and closures as pure data. Two queries. With no hours entered: Monday to Friday, 9 to 5."""
    week = {}
    for row in OpeningHours.objects.all():
        week.setdefault(row.weekday, []).append((row.opens, row.closes))
    return hours.Calendar(
        zone=ZoneInfo(settings.TIME_ZONE),
        week=week or hours.OFFICE_WEEK,
        closures=tuple(Closure.objects.values_list("first_day", "last_day")),
    )


class ServiceQuerySet(models.QuerySet):
    def offered(self):
        return self.filter(active=True)


class Service(models.Model):
    """What patients ask for (FHIR: HealthcareService). Guides lead to it, requests are for it."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(unique=True)
    description = models.CharField(max_length=200, blank=True, help_text="One plain sentence for patients.")
    active = models.BooleanField("offered", default=True, help_text="Patients can choose it.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Smaller numbers come first.")

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]

    def __str__(self):
        return self.name
