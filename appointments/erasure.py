"""Erase somebody with everything of theirs, and again when a backup brings it back."""

import logging
import os
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django_tasks_db.models import DBTaskResult

from . import spam
from .messages import mailbox
from .models import AppointmentRequest, Erasure, RequestCount, SearchEntry, StepNotAllowed
from .models.retention import marks_of
from .tasks import deliver

logger = logging.getLogger(__name__)

AT_ONCE = 500


def erase(numbers, *, by):
    """Delete these requests and all that belongs to them. True when no byte is left in SQLite's file and log either.

    Raises StepNotAllowed when one is on hold, or when one that stays repeats one that goes.
    """
    with transaction.atomic():
        chosen = AppointmentRequest.objects.select_for_update(of=("self",)).filter(pk__in=numbers)
        requests = list(chosen.select_related("duplicate_of").order_by("pk"))
        for appointment_request in requests:
            read_in = appointment_request.duplicate_of if appointment_request.merged else None
            for held in (appointment_request, read_in):
                if held and held.on_hold:
                    raise StepNotAllowed(f"{held} is on hold. Lift the hold first, if it may go.")
        left_behind = AppointmentRequest.objects.filter(duplicate_of__in=requests).exclude(pk__in=numbers).first()
        if left_behind:
            raise StepNotAllowed(f"{left_behind} repeats one of them: choose it too.")
        Erasure.objects.bulk_create(
            [Erasure.of(appointment_request, by=by) for appointment_request in requests], ignore_conflicts=True
        )
        for appointment_request in requests:
            RequestCount.forget(mailbox(appointment_request.email), words=spam.telling(appointment_request.message))
        remove([appointment_request.pk for appointment_request in requests])
    keep_beside_the_database()
    return settle()


@transaction.atomic
def remove(numbers):
    """The rows and those that point at them: history, attempts, notes, replies, deliveries, and their queued tasks."""
    DBTaskResult.objects.filter(task_path=deliver.module_path, args_kwargs__args__0__in=numbers).delete()
    going = AppointmentRequest.objects.filter(pk__in=numbers)
    # One that repeats another of them would keep it from going; in a backup, one that stays may do that, too.
    repeats = AppointmentRequest.objects.filter(Q(pk__in=numbers) | Q(duplicate_of__in=numbers))
    repeats.filter(outcome=AppointmentRequest.Outcome.DUPLICATE).update(
        outcome=AppointmentRequest.Outcome.WITHDRAWN, duplicate_of=None, merged=False
    )
    going.update(duplicate_of=None)
    going.delete()


def replay(*, even_held=False):
    """Erase again what a restored backup has brought back. Returns how many requests.

    A hold is respected, unless it came along from the backup: it was lifted before its request was erased.
    """
    keep_beside_the_database()
    many = 0
    for some in slices(list(Erasure.objects.all())):
        marks = {(tombstone.request_number, tombstone.mark) for tombstone in some}
        back = AppointmentRequest.objects.filter(pk__in=[number for number, _ in marks])
        rows = (back if even_held else back.filter(on_hold=False)).values_list("pk", "reference")
        again = [number for number, reference in rows if any((number, mark) in marks for mark in marks_of(reference))]
        remove(again)
        many += len(again)
    return many


def slices(rows):
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


# Tombstones outlive the database that they stand in ---------------------------------------------------------------------


def keep_beside_the_database():
    """The table and the file each get what the other one has: a restored database has forgotten the latest."""
    try:
        written, known = in_file(), in_table()
        Erasure.objects.bulk_create(
            (Erasure(request_number=number, mark=mark) for number, mark in written - known), ignore_conflicts=True
        )
        if known - written:
            append(known - written)
    except OSError:  # a disk that is full or gone must stop neither an erasure nor the worker; `doctor` says so
        logger.exception("The file of whom a backup must not bring back cannot be used.")


def is_kept_beside():
    try:
        return in_table() <= in_file()
    except OSError:
        return False


def in_table():
    return set(Erasure.objects.values_list("request_number", "mark"))


def in_file():
    """{(number, mark)}; a line that was cut short by a crash says nothing, and is written again."""
    with suppress(FileNotFoundError):
        return read(Path(settings.ERASED_FILE).read_text())
    return set()


def read(text):
    found = set()
    for line in text.splitlines():
        number, _, mark = line.partition(" ")
        if number.isdecimal() and len(mark) == 64:
            found.add((int(number), mark))
    return found


def add_to_file(tombstones):
    """Those that a backup has brought along."""
    if new := tombstones - in_file():
        append(new)


def append(tombstones):
    with Path(settings.ERASED_FILE).open("a") as file:
        file.write("\n" + "\n".join(f"{number} {mark}" for number, mark in sorted(tombstones)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def settle():
    """Write SQLite's log into its file and empty it: until then it holds what was deleted. False when others were busy;
    the daily run does it again. PostgreSQL clears up by itself, and a dump holds nothing of it."""
    if connection.vendor != "sqlite":
        return True
    if connection.in_atomic_block:
        return False
    SearchEntry.objects.compact()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = cursor.fetchone()
    return not busy
