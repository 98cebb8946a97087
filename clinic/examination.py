"""What the doctor found when the worker last let it look at everything: the first page of the admin shows it, with when.

A page cannot ask a mail server, nor read a backup's size from a slow disk; the worker lets a process of its own do it
every few minutes, so that no mail waits for it.
"""

import logging
import subprocess
import sys
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

logger = logging.getLogger(__name__)

AFTER_A_START = timedelta(seconds=30)  # whoever has mended something starts the site anew and wants to see it
child, began_here = None, False


class Examination(models.Model):
    """The last one: a single row."""

    begun_at = models.DateTimeField()
    at = models.DateTimeField(null=True)  # when it was done
    findings = models.JSONField(default=list)  # [{name, level, says, …}], as clinic.doctor.Finding has them

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M}" if self.at else "not done yet"

    @classmethod
    def keep(cls, findings):
        now = timezone.now()
        cls.objects.update_or_create(
            pk=1,
            defaults={"at": now, "findings": findings},
            create_defaults={"begun_at": now, "at": now, "findings": findings},
        )

    @classmethod
    def claim(cls, every):
        """Whether it is time for the next one, and this worker was the first to see it."""
        now = timezone.now()
        _, is_first = cls.objects.get_or_create(pk=1, defaults={"begun_at": now})
        due = models.Q(begun_at__lte=now - every) | models.Q(begun_at__gt=now + every)  # or the clock was set back
        return is_first or bool(cls.objects.filter(due, pk=1).update(begun_at=now))

    @property
    def is_fresh(self):
        """False as well for one from the future: the clock was set back, and nobody knows how old it is."""
        return self.at is not None and abs(timezone.now() - self.at) <= 3 * every()


def every():
    return timedelta(minutes=settings.EXAMINE_EVERY_MINUTES)


def go_round():
    """Begin one if it is time. Of several workers, on several hosts, one does."""
    global child, began_here
    if not settings.EXAMINE_EVERY_MINUTES or (child and child.poll() is None):
        return
    if child and child.returncode:
        logger.error("The doctor could not finish. “manage.py doctor” says why.")
    child = None
    if Examination.claim(every() if began_here else min(every(), AFTER_A_START)):
        child = subprocess.Popen(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "doctor", "--keep"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    began_here = True
