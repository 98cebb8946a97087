"""The one door to patients' data: who looks or changes is written down before anything is shown."""

from contextlib import nullcontext
from datetime import timedelta
from functools import wraps

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from clinic.errors import error_page

from .models import AccessEvent
from .models.inserted import insert

AT_ONCE = 1_000  # rows of one statement
ONE_LOOK = timedelta(minutes=15)  # a page that refreshes itself all this while is one look


class NotRecorded(Exception):
    """The access could not be written down: then nothing is shown and nothing is changed."""


def record(action, references, *, by, step="", refreshed=False):
    """Write one event for each reference, or one without any for a page that shows none. Raises NotRecorded.

    A page that was `refreshed` by itself writes only what it has not shown this person in the last quarter of an hour.
    """
    references = dict.fromkeys(references)
    at = timezone.now()  # the same for all of them: that is how a page of fifty is one look
    try:
        with undone_alone():
            new = references.keys() - seen_lately(by, action, step) if refreshed else references or [""]
            rows = [AccessEvent(at=at, by=by, action=action, reference=reference, step=step) for reference in new]
            for first in range(0, len(rows), AT_ONCE):
                insert(rows[first : first + AT_ONCE])
    except DatabaseError as error:
        raise NotRecorded from error


def undone_alone():
    """What fails in a transaction leaves the rest of it usable. Outside of one a statement needs none around it: should a
    later one fail, more is written down than is shown."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def seen_lately(by, action, step):
    lately = AccessEvent.objects.filter(by=by, at__gt=timezone.now() - ONE_LOOK, at__lte=timezone.now())
    return set(lately.filter(action=action, step=step).values_list("reference", flat=True))


def only_recorded(view):
    """For views that show or change requests: an access that cannot be recorded gets a 503 without patient data."""

    @wraps(view)
    def guarded(model_admin, request, *args, **kwargs):
        try:
            return view(model_admin, request, *args, **kwargs)
        except NotRecorded:
            return error_page(
                request,
                503,
                title="We cannot show that just now",
                text="Each look at a request is written down first, and that failed. Nothing was changed. "
                "Please try again in a few minutes. If it lasts, tell whoever runs the server: “manage.py doctor” says what to do.",
            )

    return guarded
