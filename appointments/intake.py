"""Taking in a request: stored with its promise, its deliveries and their task in one transaction, or not at all."""

import hashlib
import hmac
import json
import threading
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from . import messages, spam, warnings
from .arrangements import Arrangements
from .models import AppointmentRequest, Delivery, RequestCount, StatusChange
from .models.inserted import insert, insert_if_new
from .models.request import new_reference
from .tasks import deliver

# Not the patient's words: an editor who publishes between two clicks makes no second request of one.
FROM_THE_SITE = {"guide_title", "guide_revision"}


def receive(fields, *, form_token, spam_reasons=(), network="", arrangements=None):
    """Store what a patient sent and return the request: the stored one when the same form came before.

    `fields` are the cleaned values of AppointmentRequest's fields. A second click, a reload or a retry (same token, same
    words) gives the request that the first one made; the same token with other words is another request, because a form
    page from a cache must never swallow a second patient. What looks like spam is stored like any other, and nobody is
    told at once. `network` is where it came from, to be counted; `arrangements` are the clinic's, where the caller has
    them at hand.
    """
    arrangements = arrangements or Arrangements()
    wanted = a_new_request(fields, form_token, list(spam_reasons), arrangements)
    recipients = arrangements.rota.recipients_for(wanted.service, wanted.created_at)
    with one_after_the_other(), transaction.atomic():
        stored = store_once(wanted)
        if stored.secret != wanted.secret:
            return stored
        StatusChange(request=stored, to_status=stored.status, at=stored.created_at).save_first()
        if not stored.suspected_spam:
            tell(stored, recipients, arrangements.profile)
        if network:
            RequestCount.add_request(network, spam.telling(stored.message))
    return stored


_turn = threading.Lock()


@contextmanager
def one_after_the_other():
    """SQLite takes one writer at a time; who finds it busy sleeps longer and longer, and is let in by chance. Those of one
    process wait for each other instead, as long as they would wait for the file and no longer: behind a file that stays
    locked each would else wait for all those before it."""
    if connection.vendor != "sqlite":
        yield
        return
    if not _turn.acquire(timeout=connection.settings_dict["OPTIONS"].get("timeout", 5)):
        raise OperationalError("Others have waited for the database all this while.")
    try:
        yield
    finally:
        _turn.release()


def a_new_request(fields, form_token, spam_reasons, arrangements):
    now = timezone.now()
    read_first = bool(
        warning_phrases(arrangements.profile, message=fields["message"], access_needs=fields["access_needs"])
    )
    return AppointmentRequest(
        **fields,
        form_token=form_token,
        content_digest=digest(fields),
        created_at=now,
        consented_at=now,
        privacy_version=settings.PRIVACY_NOTICE_VERSION,
        promised_by=arrangements.promised_by(now, fields["service"]),
        read_first=read_first,
        suspected_spam=bool(spam_reasons) and not read_first,  # what may be an emergency waits for no decision
        spam_reasons=spam_reasons,
    )


def warning_phrases(profile, *, message, access_needs):
    """Those of the clinic's warning phrases that the patient's words hold."""
    return warnings.found(f"{message}\n{access_needs}", profile.warning_phrases)


def tell(stored, recipients, profile):
    """Owe each recipient a message and the patient a confirmation. Part of the transaction that makes it due."""
    now = timezone.now()
    owed = [Delivery(request=stored, recipient=one, created_at=now, next_attempt_at=now) for one in recipients]
    owed += messages.acknowledgement(stored, profile)
    if owed:
        insert(owed)
        deliver.enqueue(stored.pk)


@transaction.atomic
def take_as_genuine(suspected, *, by):
    """The suspicion was wrong: staff and patient are told now, as they would have been at once."""
    suspected.clear_suspicion(by=by)
    now = Arrangements()
    tell(suspected, now.rota.recipients_for(suspected.service, timezone.now()), now.profile)


@transaction.atomic
def take_reply(appointment_request, *, kind, text, urgent, best_time=""):
    """What a patient adds on the status page. Where it may be about an emergency, staff are told at once, whatever the
    state of the request, and it waits for no decision about spam. Raises what add_reply() raises."""
    appointment_request.add_reply(kind=kind, text=text, read_first=urgent, best_time=best_time)
    if not urgent:
        return
    now, at = Arrangements(), timezone.now()
    recipients = now.rota.recipients_for(appointment_request.service, at)
    if appointment_request.suspected_spam:
        reason = "Words that were added may be about an emergency: no longer held back as spam"
        appointment_request.clear_suspicion(by=None, reason=reason)
        tell(appointment_request, recipients, now.profile)
    Delivery.objects.owe_urgent(appointment_request, recipients)
    deliver.enqueue(appointment_request.pk)


def find(fields, form_token):
    """The request that this form with these words has made before, or None."""
    return same(AppointmentRequest(form_token=form_token, content_digest=digest(fields))).first()


def same(wanted):
    """The one stored request that came from the same form with the same words, if there is one."""
    return AppointmentRequest.objects.filter(
        form_token=wanted.form_token, content_digest=wanted.content_digest
    ).order_by()


def store_once(wanted):
    """Insert the row, or find the one with the same token and words."""
    for _ in range(10):
        if insert_if_new(wanted):
            return wanted
        if stored := same(wanted).first():
            return stored
        wanted.reference = new_reference()  # the conflict was the reference: one in 78 thousand million
    raise RuntimeError("No free reference was found.")


def digest(fields):
    """A keyed fingerprint of what was sent: tells two contents apart, cannot be guessed back."""
    fields = {name: value for name, value in fields.items() if name not in FROM_THE_SITE}
    canonical = json.dumps(fields, sort_keys=True, default=lambda value: getattr(value, "pk", None) or str(value))
    return hmac.new(settings.SECRET_KEY.encode(), canonical.encode(), hashlib.sha256).hexdigest()
