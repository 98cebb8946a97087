"""What the doctor says of the backups: [(name, level, what is so, what to do, whether the desk shows it)]."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from appointments.promise import age, plural

from . import Trouble, keys
from .engine import engine
from .record import BackupRun

OK, WARNING, FAULT = "OK", "WARNING", "FAULT"
TOLD_FOR = timedelta(days=7)  # that the site was put back: as long as staff may wonder
HOW = "See docs/when-it-burns.md."


def counted(now):
    """{name: queryset} for the doctor's one question to the database."""
    runs = BackupRun.objects
    last = runs.filter(kind=BackupRun.Kind.BACKUP).exclude(proven_at=None, trouble="").order_by("-at", "-pk")[:1]
    return {
        "backups_lately": runs.good().since(now - BackupRun.RED_AFTER, now),
        "backups_failing": runs.filter(pk__in=last.values("pk")).exclude(trouble=""),
        "restored_lately": runs.filter(kind=BackupRun.Kind.RESTORE).since(now - TOLD_FOR, now),
    }


def quick(counts):
    if settings.BACKUP_DIR:
        yield from lately(counts)
    elif counts["not_new"] and are_needed():
        yield none_made(FAULT)
    if counts["restored_lately"]:
        yield from restored()


def are_needed():
    return settings.PRODUCTION and not settings.BACKUPS_ELSEWHERE


def none_made(level):
    return (
        "backups",
        level,
        "This site makes no backups by itself.",
        "Set BACKUP_DIR and BACKUP_PUBLIC_KEY: docs/when-it-burns.md. Who copies the database and DATA_DIR each day by other "
        "means, and tries the copies, sets BACKUPS_ELSEWHERE=true",
        level == FAULT,
    )


def lately(counts):
    trouble = ""
    if counts["backups_failing"]:
        trouble = BackupRun.objects.exclude(trouble="").order_by("-at", "-pk").first().trouble
    if not counts["backups_lately"]:
        good = BackupRun.objects.good().filter(at__lte=timezone.now()).first()
        says = f"The last good backup is from {age(good.at)}." if good else "There is no good backup yet."
        hint = trouble or "The worker makes one every few hours: does it run? By hand: “manage.py backup”"
        yield "backups", FAULT, says, hint, True
    elif trouble:
        yield (
            "backups",
            WARNING,
            f"The last backup failed. {trouble}",
            "Mend it before the last good one is a day old",
            True,
        )
    else:
        yield "backups", OK, "There is a good backup of the last day.", "", True


def restored():
    run = BackupRun.objects.filter(kind=BackupRun.Kind.RESTORE).first()
    made = timezone.localtime(run.made_at or run.at)
    yield (
        "restored",
        WARNING,
        f"The site was put back from a backup, to what it was on {made:%A, %B} {made.day} at {made:%H:%M}.",
        "Requests and steps since then are gone. Compare the e-mails about new requests with the list; patients whose "
        "reference is not found may call",
        True,
    )


def thorough():
    if settings.BACKUP_DIR:
        yield from able()
        yield from there()
    elif not settings.BACKUPS_ELSEWHERE:
        yield none_made(WARNING)
    if files := keys.left_on_this_computer():
        yield (
            "backup_key",
            WARNING,
            f"The private key of the backups lies on this server: {files[0]}.",
            "Move it away: who breaks in here must not be able to read old backups too.",
            False,
        )
    if left := engine().left_aside():
        yield (
            "left_aside",
            WARNING,
            f"{plural(len(left), 'older database')} with patients' data put aside by a restore: {left[0]}.",
            "When you are sure that nothing in it is needed, delete it: what is removed by age stays in it.",
            False,
        )


def able():
    """Could one be made now, as far as can be seen?"""
    try:
        keys.recipients()
        if engine().VENDOR == "postgresql":
            engine().programs()
    except Trouble as trouble:
        yield "backups_able", FAULT, f"No backup can be made. {trouble}", HOW, False


def there():
    """Is the last good one where it was put, and does it hold all?"""
    if not (good := BackupRun.objects.good().first()):
        return
    file = settings.BACKUP_DIR / good.file
    if not file.exists() or file.stat().st_size != good.size:
        yield (
            "backup_file",
            FAULT,
            f"The last good backup is not in {settings.BACKUP_DIR}, or not whole: {good.file}.",
            "Find out who took it, then run “manage.py backup”.",
            False,
        )
    if good.missing:
        yield (
            "pictures_lost",
            WARNING,
            f"{plural(good.missing, 'picture file')} that the site names were not on its disk at the last backup.",
            "Open the picture library and upload them again, or take them from an older backup.",
            False,
        )
