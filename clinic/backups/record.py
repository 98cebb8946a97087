"""What has become of each backup: a row, so that every process and every host of the site knows."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

CLOCK_TOLERANCE = timedelta(hours=1)


class BackupRunQuerySet(models.QuerySet):
    def good(self):
        """Made and proven by restoring it."""
        return self.filter(kind=BackupRun.Kind.BACKUP, proven_at__isnull=False)

    def since(self, moment, now):
        """Begun after that moment; what is dated in the future was written by a clock that has been set back."""
        return self.filter(at__gt=moment, at__lte=now + CLOCK_TOLERANCE)


class BackupRun(models.Model):
    """One backup, or one that failed; or the day on which one was put back."""

    class Kind(models.TextChoices):
        BACKUP = "backup", "Backup"
        RESTORE = "restore", "Restored"

    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.BACKUP)
    at = models.DateTimeField(default=timezone.now)  # of a backup: all that was acknowledged before it is in it
    turn = models.CharField(max_length=40, null=True, blank=True, unique=True)  # none: somebody asked for it
    proven_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=250, blank=True)
    file = models.CharField(max_length=60, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)  # of a restore: when what was put back had been made
    missing = models.PositiveIntegerField(default=0)  # pictures that were not on the disk when it was made

    objects = BackupRunQuerySet.as_manager()

    RED_AFTER = timedelta(days=1)
    KEPT_FOR = timedelta(days=120)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "backup"
        indexes = [models.Index(fields=["kind", "-at"], name="backup_run_lately")]

    def __str__(self):
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
