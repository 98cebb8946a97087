"""The one-use token in the form: a double click, a reload or a retry of the same page makes one request."""

import uuid
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.utils import timezone

signer = signing.TimestampSigner(salt="appointments.form_token")


def new():
    return signer.sign(str(uuid.uuid4()))


def read(signed):
    """The token's UUID, however old, or None when we did not make it."""
    try:
        return uuid.UUID(signer.unsign(signed))
    except (signing.BadSignature, ValueError):
        return None


def is_old(signed):
    """Whether the page was open for too long: of a token that was read."""
    return timezone.now() - opened_at(signed) > timedelta(seconds=settings.FORM_TOKEN_MAX_AGE)


def opened_at(signed):
    """When the form was opened, to the second: of a token that was read."""
    _, seconds, _ = signed.rsplit(signer.sep, 2)
    return datetime.fromtimestamp(signing.b62_decode(seconds), UTC)
