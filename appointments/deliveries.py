"""The guarantee: each active recipient's mail server accepts the message at least once, or the desk shows red.

The row is the truth, the queue is only a nudge: sweep() finds whatever a lost task, a dead worker or a mail server in
trouble has left behind. Sent first, marked after: a message may go out twice if the worker dies in between (with the
same Message-ID), it is never forgotten.
"""

import logging
import random
import smtplib
import ssl
from datetime import timedelta

from .emails import notification
from .models import Delivery

logger = logging.getLogger(__name__)

FIRST_RETRIES = (10, 30, 60, 120, 240)  # seconds
THEN_EVERY = 300  # seconds, plus or minus a fifth
REFUSED_RETRY = timedelta(hours=1)  # a mailbox that refuses may be mended


def deliver(delivery_id):
    """Send one notification if it is due. True when the mail server accepted it. Never raises for a mail fault."""
    delivery = Delivery.objects.filter(pk=delivery_id).first()
    if delivery is None or not delivery.claim():
        return False
    try:
        notification(delivery).send()
    except Exception as error:  # whatever it is, this row waits and those behind it go on
        logger.warning("Delivery %s was not accepted: %s", delivery.pk, plain_error(error))
        delivery.mark_refused(plain_error(error), retry_in=retry_delay(delivery.attempts, error))
        return False
    return delivery.mark_accepted()


def sweep(limit=100):
    """Send what is due and was not sent: late retries, lost tasks, deliveries of workers that died."""
    due = list(Delivery.objects.due().order_by("next_attempt_at").values_list("pk", flat=True)[:limit])
    return sum(deliver(pk) for pk in due)


def retry_delay(attempts, error=None):
    """How long to wait after attempt number `attempts`."""
    if isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        500 <= code < 600 for code, _ in error.recipients.values()
    ):
        return REFUSED_RETRY
    if attempts <= len(FIRST_RETRIES):
        return timedelta(seconds=FIRST_RETRIES[attempts - 1])
    return timedelta(seconds=THEN_EVERY * random.uniform(0.8, 1.2))


def plain_error(error):
    """What went wrong, for staff: the mail server's code, never the text it echoed."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            codes = sorted({code for code, _ in error.recipients.values()})
            return f"The mail server refused the address ({', '.join(map(str, codes))}). Check it under Recipients."
        case smtplib.SMTPAuthenticationError():
            return f"The mail server refused our user name or password ({error.smtp_code}). Check EMAIL_URL."
        case smtplib.SMTPResponseException():
            return f"The mail server answered {error.smtp_code}."
        case ssl.SSLError():
            return "The mail server's certificate could not be verified."
        case TimeoutError():
            return "The mail server did not answer in time."
        case OSError():
            return "The mail server could not be reached."
    return f"The message could not be made ({type(error).__name__})."
