"""Once more: before what would do most harm in the wrong hands, whoever is signed in shows that it is still they.

A screen that was left unlocked, or a session that was stolen, does not give roles, passwords and second factors away, and
takes no patients along.
"""

import time
from urllib.parse import urlencode

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse

from . import sessions

NOT_DONE = "Nothing was done yet. Show that it is you, then do it once more."


def is_lately_shown(request, *, besides=0):
    """Whether a password, a code or a passkey was given a moment ago; `besides`: so many seconds more."""
    records = get_authentication_records(request, request.user)
    return any(time.time() - record["at"] < app_settings.REAUTHENTICATION_TIMEOUT + besides for record in records)


def asked(request):
    """The way to the page that asks, and back; None for whoever needs not be asked. To be called after it was made sure that
    they may do it at all.

    It asks before a form is shown. One that was shown can be sent for as long as a sign-in holds unused: what was
    typed in it is not lost to the question, and waits in no session.
    """
    is_sent = request.method == "POST"
    if is_lately_shown(request, besides=sessions.idle_seconds() if is_sent else 0):
        return None
    if is_sent:
        messages.warning(request, NOT_DONE)
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': request.get_full_path()})}")
