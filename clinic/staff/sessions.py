"""How long a sign-in holds: until nobody has touched it for a quarter of an hour, and eight hours at most."""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from . import second_factor

LONGEST = timedelta(hours=8)
BY_ITSELF = "X-By-Itself"  # sent by static/js/desk.js, request-live.js and unattended.js
IN_USE = "X-In-Use"  # sent by unattended.js after a key or a pointer: another site's page cannot send it
NOTED_EVERY = 30  # seconds: not each click is a write
STAFF_SIDE = "/admin/"
WITHOUT_SECOND_FACTOR = tuple(f"{STAFF_SIDE}{page}/" for page in ("login", "logout", "account"))


def StaffSessions(get_response):
    """No page of staff outside these limits, nor, where one is required, without a second factor."""

    def middleware(request):
        if request.path_info.startswith(STAFF_SIDE) and request.user.is_authenticated:
            if is_worn_out(request.session):
                auth.logout(request)
            else:
                note(request)
                if not request.path_info.startswith(WITHOUT_SECOND_FACTOR) and second_factor.is_missing(request):
                    return redirect("mfa_index")
        return get_response(request)

    return middleware


def idle_seconds():
    """Without use; as long a page that shows a patient stays on a screen that nobody touches."""
    return settings.SESSION_COOKIE_AGE


def is_worn_out(session):
    return time.time() - session.get("began", time.time()) > LONGEST.total_seconds()


def note(request):
    """Keep the session going for another while. Idle sessions end by themselves: see SESSION_COOKIE_AGE."""
    session, now = request.session, time.time()
    if "began" not in session:
        session["began"], session["device"] = now, device_words(request.headers.get("User-Agent", ""))
    if is_by_hand(request) and now - session.get("seen", 0) > NOTED_EVERY:
        session["seen"] = now


def is_by_hand(request):
    """A page that looks for news by itself must not keep an empty chair signed in. Our scripts say that it was they;
    browsers do, but for old ones."""
    if BY_ITSELF in request.headers:
        return False
    if IN_USE in request.headers:
        return True
    mode = request.headers.get("Sec-Fetch-Mode", "")
    by_somebody = request.method == "POST" or request.headers.get("Sec-Fetch-User") == "?1"
    return not mode or (mode == "navigate" and by_somebody)


BROWSERS = [("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"), ("Safari/", "Safari")]
SYSTEMS = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
]


def device_words(user_agent):
    """'Firefox on Windows': enough to know one's own devices by."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "A browser")
    system = next((name for sign, name in SYSTEMS if re.search(sign, user_agent)), "")
    return f"{browser} on {system}" if system else browser


# Whose sessions there are ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SignedIn:
    key: str
    device: str
    began: datetime
    seen: datetime

    @property
    def name(self):
        """For pages: the key itself would let a reader of the page in."""
        return salted_hmac("clinic.staff.sessions", self.key).hexdigest()[:16]


def of(user):
    """The live sessions of this person, the latest first. No table of our own: the sessions say all there is to say."""
    found = []
    for row in Session.objects.filter(expire_date__gt=timezone.now()):
        data = row.get_decoded()
        if data.get(auth.SESSION_KEY) == str(user.pk) and constant_time_compare(
            data.get(auth.HASH_SESSION_KEY, ""), user.get_session_auth_hash()
        ):
            began = data.get("began", time.time())
            moments = [datetime.fromtimestamp(at, UTC) for at in (began, data.get("seen", began))]
            found.append(SignedIn(row.session_key, data.get("device", "A browser"), *moments))
    return sorted(found, key=lambda session: session.seen, reverse=True)


def end(user, *, but=None):
    """Sign this person out everywhere, save in the session whose key is `but`."""
    Session.objects.filter(session_key__in=[session.key for session in of(user) if session.key != but]).delete()
