"""The second thing besides a password: an app's code, a passkey, or a recovery code kept on paper."""

import base64
import hashlib

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

Type = Authenticator.Type
WRONG = "This code does not fit, or it was used already. Wait for the next one and try again."
LAST_ONE = "A second factor is required here. Set up another one first, then remove this one."
FIRST_CLASS = [Type.TOTP, Type.WEBAUTHN]  # recovery codes only stand in for one of these


def shown(request):
    """Whether this session was begun, or went on, with a second factor."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def is_missing(request):
    return settings.SECOND_FACTOR_REQUIRED and not shown(request)


def show(request, authenticator):
    """Who has just set one up has shown it."""
    record_authentication(request, request.user, "mfa", id=authenticator.pk, type=authenticator.type)


def of(user):
    return Authenticator.objects.filter(user=user)


def is_needed(user):
    """Whether the last one must stay."""
    return settings.SECOND_FACTOR_REQUIRED and of(user).filter(type__in=FIRST_CLASS).count() == 1


def summary(user):
    """'App, 2 passkeys', for the staff's page in the admin."""
    types = list(of(user).values_list("type", flat=True))
    passkeys = types.count(Type.WEBAUTHN)
    parts = ["App"] * (Type.TOTP in types) + [f"{passkeys} passkey{'s' * (passkeys > 1)}"] * bool(passkeys)
    return ", ".join(parts)


def reset(user):
    """Take everything away: the person signs in with the password and sets up a new one."""
    of(user).delete()


# Codes ----------------------------------------------------------------------------------------------------------------


@transaction.atomic
def accept(user, code):
    """The app or the recovery codes that the code belongs to, or None. A code is good once, for all processes together."""
    for authenticator in of(user).exclude(type=Type.WEBAUTHN).order_by("-type").select_for_update():
        fits = accept_from_app if authenticator.type == Type.TOTP else accept_from_paper
        if fits(authenticator, code):
            return authenticator
    return None


def accept_from_paper(authenticator, code):
    return authenticator.wrap().validate_code(code)


def accept_from_app(authenticator, code):
    """RFC 6238: a code, and those before it, are refused once it was used, also where the app was set up with it."""
    secret = decrypt(authenticator.data["secret"])
    last_used = max(
        authenticator.data.get("last_step", 0), int(authenticator.created_at.timestamp()) // app_settings.TOTP_PERIOD
    )
    for step in yield_hotp_counters_from_time():
        if step > last_used and compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            authenticator.data["last_step"] = step
            authenticator.save(update_fields=["data"])
            return True
    return False


# In the database ------------------------------------------------------------------------------------------------------


def box():
    """What a stolen copy of the database must not open, SECRET_KEY does. Old keys: SECRET_KEY_FALLBACKS."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"clinic.staff.second_factor" + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def encrypt(text):
    return box().encrypt(text.encode()).decode()


def decrypt(text):
    """With a SECRET_KEY that was lost no code fits any more: then a manager resets the second factor."""
    try:
        return box().decrypt(text.encode()).decode()
    except InvalidToken:
        return base64.b32encode(hashlib.sha256(text.encode() + settings.SECRET_KEY.encode()).digest()).decode()
