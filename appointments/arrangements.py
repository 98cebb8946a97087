"""What staff have arranged that decides what becomes of a request, each part asked of the database once."""

import time

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils.functional import cached_property

from clinic.languages import is_ours
from clinic.models import ClinicProfile, Service, clinic_calendar

from .duty import Rota


class Arrangements:
    """As they are now. Read them, and leave them as they are: many requests may share one copy."""

    _lately, _read_at = None, float("-inf")  # this process's copy

    @classmethod
    def held_shortly(cls):
        """For those who send at once: what staff change holds some seconds later, as if the request had come before it."""
        if time.monotonic() - cls._read_at >= settings.ARRANGEMENTS_HOLD_FOR:
            cls._lately, cls._read_at = cls(), time.monotonic()
        return cls._lately

    @cached_property
    def profile(self):
        return ClinicProfile.objects.current()

    @cached_property
    def calendar(self):
        return clinic_calendar()

    @property
    def services(self):
        if not is_ours():
            prefetch_related_objects(self.in_our_language, "words")  # once
        return self.in_our_language

    @cached_property
    def in_our_language(self):
        return list(Service.objects.offered())

    @property
    def offers_something(self):
        return bool(self.services)

    @cached_property
    def rota(self):
        return Rota()

    def promised_by(self, since, service=None):
        return self.profile.promised_by(since, service, self.calendar)
