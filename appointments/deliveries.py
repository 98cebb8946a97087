"""The guarantee: each active recipient's mail server accepts the message at least once, or the desk shows red.

The row is the truth, the queue is only a nudge: sweep() finds whatever a lost task, a dead worker or a mail server in
trouble has left behind. Sent first, marked after: a message may go out twice if the worker dies in between (with the
same Message-ID), it is never forgotten.
"""

import logging
import random
import signal
import smtplib
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.conf import settings
from django.core.mail import get_connection
from django.db import Error as DatabaseTrouble
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from . import webhook
from .duty import Rota
from .emails import message_for
from .models import Delivery, Recipient, WorkerHeartbeat
from .models.delivery import FARTHEST_RETRY, LATE_AFTER

logger = logging.getLogger(__name__)

FIRST_RETRIES = (10, 30, 60, 120, 240)  # seconds
THEN_EVERY = 300  # seconds, plus or minus a fifth
SEND_WITHIN = 30  # seconds for one message, however slowly the mail server drips
PAGE_WAITS = 15  # for a test mail
CLOSE_WITHIN = 3  # seconds to say good-bye
NOBODY_LEFT = "The recipient was switched off, and there is no other. Add a recipient."


class NotAccepted(Exception):
    """The mail backend returned without an error, and without having sent."""


class TooSlow(Exception):
    """Not an OSError: sockets swallow those and try the next address."""


def deliver(delivery_id):
    """Send one message if it is due. True when the mail server accepted it. Never raises for a mail fault.

    In a flood it tells of all that were claimed with this delivery; what becomes of it is marked on all of them.
    """
    delivery = Delivery.objects.filter(pk=delivery_id).first()
    if delivery is None or not delivery.claim():
        return False
    if delivery.kind == Delivery.Kind.EVENT:
        return deliver_event(delivery)
    if delivery.recipient and not delivery.recipient.active:
        hand_over(delivery)
        return False
    if not delivery.is_still_true():
        delivery.mark_dropped()
        return False
    server = None
    try:
        server = get_connection()
        send(message_for(delivery), server)
    except Exception as error:  # whatever it is, this row waits and those behind it go on
        text, needs_help = verdict(error)
        logger.warning("Delivery %s was not accepted: %s", delivery.pk, text)
        delivery.mark_refused(
            text,
            retry_in=retry_delay(delivery.attempts, error),
            needs_help=needs_help,
            give_up=delivery.recipient is None and refused_for_good(error),  # nobody here can mend a patient's mailbox
        )
        return False
    else:
        return delivery.mark_accepted()
    finally:
        say_goodbye(server)


def deliver_event(delivery):
    """The same for the practice system. One that takes nothing holds the worker for one event at a time: see claim()."""
    if not settings.WEBHOOK_URL:
        delivery.mark_unwanted()
        return False
    try:
        with deadline(webhook.ANSWER_WITHIN):
            webhook.send(delivery)
    except Exception as error:
        text, needs_help = webhook.verdict(TimeoutError() if isinstance(error, TooSlow) else error)
        logger.warning("Event %s was not accepted: %s", delivery.pk, text)
        retry_in = FARTHEST_RETRY if needs_help else retry_delay(delivery.attempts)
        delivery.mark_refused(text, retry_in=retry_in, needs_help=needs_help)
        return False
    return delivery.mark_accepted()


@transaction.atomic
def hand_over(delivery):
    """Its recipient was switched off: tell everybody else of the same requests. Red while there is nobody else."""
    if not Recipient.objects.active().exists():
        delivery.mark_refused(NOBODY_LEFT, retry_in=FARTHEST_RETRY, needs_help=True)
        return
    requests = [held.request for held in delivery.told_together() if held.request]
    rota = Rota()
    others = {service: rota.everybody_for(service) for service in {request.service for request in requests}}
    Delivery.objects.bulk_create(
        (
            Delivery(request=request, recipient=other, kind=delivery.kind)
            for request in requests
            for other in others[request.service]
        ),
        ignore_conflicts=True,  # who has one was told already, or will be
    )
    delivery.mark_handed_over()


def deliver_one_of(request_id):
    """Send one message that is due for a request. Whether another one was due, too."""
    due = Delivery.objects.due().filter(request=request_id).order_by("next_attempt_at", "pk")
    pks = list(due.values_list("pk", flat=True)[:2])
    if pks:
        deliver(pks[0])
    return len(pks) > 1


def sweep(limit=100):
    """Send what is due and was not sent: late retries, lost tasks, deliveries of workers that died."""
    due = list(Delivery.objects.due().order_by("next_attempt_at").values_list("pk", flat=True)[:limit])
    return sum(deliver(pk) for pk in due)


def send(message, server):
    with deadline(SEND_WITHIN):
        server.open()  # opened by us, so that sending does not close it
        if server.send_messages([message]) != 1:
            raise NotAccepted


def try_out(message=None):
    """What is wrong with the mail server, in plain words; empty when it answers, and takes the message if there is one."""
    server = None
    try:
        server = get_connection()
        with deadline(SEND_WITHIN):
            server.open()
        if message:
            send(message, server)
    except Exception as error:
        return verdict(error)[0]
    else:
        return ""
    finally:
        say_goodbye(server)


def try_out_for_a_while(message):
    """The same for a web page, where no alarm rings: it stops waiting and leaves the thread to itself."""
    said = []
    thread = threading.Thread(target=lambda: said.append(try_out(message)), daemon=True)
    thread.start()
    thread.join(PAGE_WAITS)
    return said[0] if said else verdict(TooSlow())[0]


def say_goodbye(server):
    """After the delivery was marked: a mail server that hangs up badly undoes nothing."""
    with suppress(Exception), deadline(CLOSE_WITHIN):
        server.close()


@contextmanager
def deadline(seconds):
    """Raise TooSlow in the block after `seconds`, even in the middle of a socket call.

    The sockets' own time-out counts anew with each byte. Needs the main thread, where the worker runs; elsewhere
    only that time-out holds. Rings again each second in case somebody swallows the exception.
    """

    def ring(*_):
        raise TooSlow

    try:
        before = signal.signal(signal.SIGALRM, ring)
    except ValueError:  # not the main thread
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def after_the_clock_was_set_back(*, just_now):
    """What was to be sent at a time that the clock had reached before is sent now: it would wait for that time to come again.

    `just_now`: somebody saw it go back. Else only what was written in the future betrays it.
    """
    now = timezone.now()
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, next_attempt_at__gt=now)
    if not just_now:
        waiting = waiting.filter(created_at__gt=now + LATE_AFTER)
    return waiting.update(next_attempt_at=now)


def retry_delay(attempts, error=None):
    """How long to wait after attempt number `attempts`."""
    if refused_for_good(error):
        return FARTHEST_RETRY  # a mailbox that refuses may be mended
    if attempts <= len(FIRST_RETRIES):
        return timedelta(seconds=FIRST_RETRIES[attempts - 1])
    return timedelta(seconds=THEN_EVERY * random.uniform(0.8, 1.2))


def refused_for_good(error):
    """Whether the mail server said no to this message, and not just "not now"."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return all(500 <= code < 600 for code, _ in error.recipients.values())
        case smtplib.SMTPDataError() | smtplib.SMTPSenderRefused():
            return 500 <= error.smtp_code < 600
    return False


def verdict(error):
    """(what went wrong, whether a person must mend it): the mail server's code, never the text it echoed."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            codes = ", ".join(str(code) for code in sorted({code for code, _ in error.recipients.values()}))
            return f"The mail server refused the address ({codes}). Check that it is right.", refused_for_good(error)
        case smtplib.SMTPAuthenticationError():
            return f"The mail server refused our user name or password ({error.smtp_code}). Check EMAIL_URL.", True
        case smtplib.SMTPResponseException():
            return f"The mail server answered {error.smtp_code}.", refused_for_good(error)
        case smtplib.SMTPNotSupportedError():
            return "The mail server does not offer encryption or sign-in. Nothing was sent. Check EMAIL_URL.", True
        case ssl.SSLCertVerificationError(verify_code=10):  # as OpenSSL counts
            return "The mail server's certificate has expired.", True
        case ssl.SSLError():
            return "The mail server's certificate could not be verified.", True
        case socket.gaierror():
            return "The mail server's name is not known. Check EMAIL_URL.", True
        case TooSlow() | TimeoutError() | smtplib.SMTPServerDisconnected(__context__=TimeoutError()):
            return "The mail server did not answer in time.", False
        case smtplib.SMTPServerDisconnected():
            return "The mail server hung up.", False
        case NotAccepted():
            return "The message was not accepted.", False
        case OSError():
            return "The mail server could not be reached.", False
    return f"The message could not be made ({type(error).__name__}).", True


def health():
    """For /healthz and the desk: is the database there, does a worker live, is anybody left untold. No patient data."""
    try:
        undelivered = Delivery.objects.undelivered()
        state = {
            "database": True,
            "worker_alive": WorkerHeartbeat.any_alive(),
            "undelivered": undelivered.count(),
            "in_trouble": undelivered.in_trouble().count(),
            "oldest_undelivered": undelivered.order_by("created_at").values_list("created_at", flat=True).first(),
        }
    except DatabaseTrouble:
        database.close()
        return {
            "database": False,
            "worker_alive": False,
            "undelivered": None,
            "in_trouble": None,
            "oldest_undelivered": None,
            "ok": False,
        }
    return {**state, "ok": state["worker_alive"] and not state["in_trouble"]}
