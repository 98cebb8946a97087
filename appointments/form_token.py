"""The one-use token in the form: a double click, a reload or a retry of the same page makes one request."""

import uuid
from datetime import UTC, datetime

from django.conf import settings
from django.core import signing

signer = signing.TimestampSigner(salt="appointments.form_token")


def new():
    return signer.sign(str(uuid.uuid4()))


def read(signed):
    """The token's UUID, or None when we did not make it or the page was open for too long."""
    try:
        return uuid.UUID(signer.unsign(signed, max_age=settings.FORM_TOKEN_MAX_AGE))
    except (signing.BadSignature, ValueError):
        return None


def opened_at(signed):
    """When the form was opened, to the second: of a token that was read."""
    _, seconds, _ = signed.rsplit(signer.sep, 2)
    return datetime.fromtimestamp(signing.b62_decode(seconds), UTC)
