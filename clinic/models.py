"""The place: who we are, when we are open and what we offer, as staff edit it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import Error, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from . import hours
from .backups.record import BackupRun as BackupRun
from .examination import Examination as Examination
from .languages import name_of

# Where a patient's words hold one of these, staff read them first. Staff edit the list; nothing else follows from it. All
# languages stand in one list: whoever is in need writes in their own, whatever the page's language.
WARNING_PHRASES = """chest pain
cannot breathe
can't breathe
trouble breathing
stroke
face drooping
unconscious
passed out
heavy bleeding
bleeding a lot
throat swelling
suicide
kill myself
overdose"""
WARNING_PHRASES_IN_OTHER_LANGUAGES = """dolor en el pecho
dolor de pecho
no puedo respirar
no puede respirar
dificultad para respirar
me falta el aire
derrame cerebral
ictus
cara caída
inconsciente
se desmayó
me desmayé
sangrado fuerte
mucha sangre
garganta hinchada
suicidio
suicidarme
matarme
quitarme la vida
sobredosis
ألم في الصدر
ألم صدر
لا أستطيع التنفس
لا يستطيع التنفس
صعوبة في التنفس
ضيق في التنفس
ضيق تنفس
جلطة
سكتة دماغية
تدلي الوجه
فاقد الوعي
فقدت الوعي
أغمي
إغماء
نزيف
تورم الحلق
انتحار
أنتحر
أقتل نفسي
جرعة زائدة"""
WARNING_PHRASES_IN_ALL = f"{WARNING_PHRASES}\n{WARNING_PHRASES_IN_OTHER_LANGUAGES}"

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

    # The request form
    paused = models.BooleanField(
        "take no requests online",
        default=False,
        help_text="The form's page stays and shows your message and the phone number.",
    )
    paused_until = models.DateField(
        null=True, blank=True, help_text="The form opens again by itself on this day. Empty: until you untick the box."
    )
    pause_message = models.TextField(
        blank=True, max_length=500, help_text="What patients read while the form is paused, in plain words."
    )
    daily_cap = models.PositiveSmallIntegerField(
        "requests a day at most",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="After so many in one day the form asks patients to call or to come back tomorrow. Empty: no limit.",
    )
    acknowledge = models.BooleanField(
        "confirm by e-mail",
        default=True,
        help_text="Patients who gave an e-mail address get a confirmation. It holds nothing they wrote.",
    )
    warning_phrases = models.TextField(
        "warning phrases",
        blank=True,
        default=WARNING_PHRASES_IN_ALL,
        help_text="One on each line. A request that holds one is marked “read first”, and the patient is shown what to do in an emergency.",
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

    def is_paused(self, today):
        """Whether the form takes no requests on that day."""
        return self.paused and (self.paused_until is None or today < self.paused_until)

    def promised_by(self, since, service=None, calendar=None):
        """The moment by which we contact a patient whose request came at `since`, by the service's promise or our own.

        A clinic that is closed for longer than a year still owes an answer: then its closures do not count.
        """
        calendar = calendar or clinic_calendar()
        promise = service.promise if service and service.promise else self.promise
        try:
            return hours.add_opening_time(calendar, since, promise)
        except hours.NeverOpen:
            return hours.add_opening_time(hours.Calendar(calendar.zone, calendar.week), since, promise)


class OpeningHours(models.Model):
    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

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
    preparation = models.TextField(
        blank=True,
        max_length=2000,
        help_text="How to get ready, in plain words: shown on the receipt and with a booked appointment, to whoever has the "
        "patient’s link. Name no illness in it that others should not read there. Empty lines divide paragraphs.",
    )
    promise_hours = models.PositiveSmallIntegerField(
        "promise (opening hours)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(80)],
        help_text="Only if it differs from the clinic's own promise.",
    )

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]

    def __str__(self):
        return self.name

    @property
    def promise(self):
        """The service's own promise, or None for the clinic's."""
        return timedelta(hours=self.promise_hours) if self.promise_hours else None


class Words(models.Model):
    """A thing's texts in one further language; what is empty is shown in English."""

    language = models.CharField(max_length=12)

    class Meta:
        abstract = True

    def __str__(self):
        return name_of(self.language)


class ServiceWords(Words):
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="words")
    name = models.CharField(max_length=80, blank=True)
    description = models.CharField(max_length=200, blank=True)
    preparation = models.TextField(max_length=2000, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "service in another language"
        constraints = [
            models.UniqueConstraint(
                fields=["service", "language"],
                name="one_wording_of_a_service_in_a_language",
                violation_error_message="The service has this language already.",
            )
        ]


class ClinicWords(Words):
    profile = models.ForeignKey(ClinicProfile, on_delete=models.CASCADE, related_name="words")
    tagline = models.CharField(max_length=160, blank=True)
    directions = models.TextField(blank=True)
    pause_message = models.TextField(max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "clinic in another language"
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "language"],
                name="one_wording_of_the_clinic_in_a_language",
                violation_error_message="The clinic has this language already.",
            )
        ]
