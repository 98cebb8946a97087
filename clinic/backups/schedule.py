"""When the worker makes a backup: every few hours, in a process of its own, so that no mail waits for it."""

import logging
import subprocess
import sys
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from .record import BackupRun

logger = logging.getLogger(__name__)

RETRY_AFTER = timedelta(minutes=30)
GONE_AFTER = timedelta(hours=1)  # one that says nothing for so long was killed
A_TURN = 10 * 60  # seconds in which several workers claim the same turn
child = None


def go_round():
    """Start one if it is time. Of several workers, on several hosts, one does."""
    global child
    if child and child.poll() is None:
        return
    if child and child.returncode:
        logger.error("The backup failed. “manage.py doctor” says why.")
    child = None
    if settings.BACKUP_DIR and is_due(now := timezone.now()) and (turn := claim(now)):
        child = subprocess.Popen(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "backup", "--turn", turn],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # what went wrong comes by stderr
        )


def is_due(now):
    """No good one lately, none under way, and the last failure is not of just now."""
    runs = BackupRun.objects.filter(kind=BackupRun.Kind.BACKUP)
    if runs.good().since(now - timedelta(hours=settings.BACKUP_EVERY_HOURS), now).exists():
        return False
    if runs.filter(proven_at=None, trouble="").since(now - GONE_AFTER, now).exists():
        return False
    return not runs.exclude(trouble="").since(now - RETRY_AFTER, now).exists()


def claim(now):
    """The turn's name, for the worker that came first."""
    turn = f"turn {int(now.timestamp() // A_TURN)}"
    _, is_ours = BackupRun.objects.get_or_create(turn=turn, defaults={"at": now})
    return turn if is_ours else None
