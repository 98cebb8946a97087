"""Against the guessing of passwords and codes: counted before anything is hashed, by address and by account.

A device on which somebody has signed in before is counted by itself. So whoever guesses, from anywhere, locks out
nobody who sits where they always sit.
"""

import secrets
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac

from appointments.models import RequestCount
from clinic.network import network_of

# Wrong ones; what was right is taken back from the counts.
FROM_A_NETWORK_IN_AN_HOUR = 30
FOR_AN_ACCOUNT_IN_AN_HOUR = 10
FOR_AN_ACCOUNT_IN_A_DAY = 40
ON_A_KNOWN_DEVICE_IN_AN_HOUR = 20

COOKIE = "__Host-device" if settings.HTTPS else "device"
SALT = "clinic.staff.device"
KNOWN_FOR = 90 * 24 * 60 * 60  # seconds
ACCOUNTS_OF_A_DEVICE = 12  # a front desk's computer has many users


class TooManyGuesses(ValidationError):
    """Said alike whether there is such an account or not."""

    wait = 3600  # seconds

    def __init__(self):
        super().__init__(
            "That was wrong too often. Wait an hour, use a passkey, or sign in on a device where you have signed in before.",
            code="too_many",
        )


class Busy(ValidationError):
    wait = 5

    def __init__(self):
        super().__init__("Many are trying to sign in just now. Please try again in a moment.", code="busy")


# Counting -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    whom: str
    at_most: int
    in_day: bool = False

    def is_reached(self):
        return RequestCount.sent_by(self.whom, in_day=self.in_day) >= self.at_most

    def add(self):
        """Whether this one still fits."""
        return (RequestCount.add_in_day if self.in_day else RequestCount.add)(self.whom) <= self.at_most

    def take_back(self):
        RequestCount.take_back(self.whom, in_day=self.in_day)


def limits(request, account, what):
    """What counts for this attempt. The network comes first everywhere: rows are locked in one order."""
    if device := known_device(request, account):
        return [Limit(f"{what} device {device} {account}", ON_A_KNOWN_DEVICE_IN_AN_HOUR)]
    return [
        Limit(f"{what} network {network_of(request)}", FROM_A_NETWORK_IN_AN_HOUR),
        Limit(f"{what} account {account}", FOR_AN_ACCOUNT_IN_AN_HOUR),
        Limit(f"{what} account a day {account}", FOR_AN_ACCOUNT_IN_A_DAY, in_day=True),
    ]


@contextmanager
def attempt(request, username, *, what="password"):
    """Around one try. Yields what to call when it was right. Raises TooManyGuesses or Busy before anything is tried."""
    account = account_of(username)
    counted = limits(request, account, what)
    if any(limit.is_reached() for limit in counted):  # a flood costs a few reads, and no write
        raise TooManyGuesses
    with lane(request, account) if what == "password" else nullcontext():
        with transaction.atomic():
            fits = [limit.add() for limit in counted]
        if not all(fits):  # others were quicker
            raise TooManyGuesses
        right = []
        yield lambda: right.append(True)
        if right:
            for limit in counted:
                limit.take_back()


def account_of(username):
    """However it is written: the counts are of the account, not of a spelling."""
    text = " ".join(str(username).casefold().split())
    return salted_hmac(SALT, text, algorithm="sha256").hexdigest()[:24]


# Taking turns ---------------------------------------------------------------------------------------------------------


class Lane:
    """One at a time; a few wait, and the rest are told to come again: most threads stay free for patients."""

    def __init__(self, waiting):
        self.room = threading.BoundedSemaphore(1 + waiting)
        self.turn = threading.Lock()

    @contextmanager
    def enter(self):
        if not self.room.acquire(blocking=False):
            raise Busy
        try:
            with self.turn:
                yield
        finally:
            self.room.release()


# Together they allow two hashes at once in a process, and strangers never keep a known device waiting.
STRANGERS, KNOWN = Lane(waiting=1), Lane(waiting=2)


def lane(request, account):
    return (KNOWN if known_device(request, account) else STRANGERS).enter()


# Known devices --------------------------------------------------------------------------------------------------------


def known_device(request, account):
    """The device's own name if this account has signed in on it lately, else ''."""
    device = device_of(request)
    return device["name"] if account in device["accounts"] else ""


def device_of(request):
    try:
        return signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KNOWN_FOR)
    except signing.BadSignature:
        return {"name": secrets.token_urlsafe(9), "accounts": []}


def remember(request, response, user):
    """This account has signed in here. The cookie opens nothing, it only keeps the place in the queue."""
    device, account = device_of(request), account_of(user.get_username())
    others = [other for other in device["accounts"] if other != account]
    device["accounts"] = [account, *others][:ACCOUNTS_OF_A_DEVICE]
    response.set_cookie(
        COOKIE,
        signing.dumps(device, salt=SALT),
        max_age=KNOWN_FOR,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
