"""One person for each role, and how somebody signs in by hand."""

import struct
import time
from base64 import b32decode
from hashlib import sha1
from hmac import new as hmac

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group

from clinic.staff import second_factor
from tests.factories import a_user

PASSWORD = "a long test password"
DOOR, CODE, OWN = "/admin/login/", "/admin/login/code/", "/admin/account/"
LETTERS = {
    "T": "Triage",
    "L": "Lead",
    "E": "Editor",
    "C": "Clinical reviewer",
    "P": "Publisher",
    "A": "Auditor",
    "M": "Clinic manager",
}


def somebody(role=None, **facts):
    """A member of staff with that role, or without any."""
    person = a_user(superuser=False, **facts)
    if role:
        person.groups.add(Group.objects.get(name=role))
    return person


def everybody():
    """{letter: person}, with S for who may do all."""
    return {letter: somebody(role) for letter, role in LETTERS.items()} | {"S": a_user()}


def sign_in(client, person, password=PASSWORD, **headers):
    name = person if isinstance(person, str) else person.get_username()
    return client.post(DOOR, {"login": name, "password": password}, **headers)


def is_signed_in(client):
    return client.get(OWN).status_code == 200


def code_of(secret, at=None):
    """What an app on a phone shows."""
    digest = hmac(b32decode(secret), struct.pack(">Q", int((at or time.time()) // 30)), sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def with_app(person, secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"):
    """This person has set up an app, a while ago."""
    Authenticator.objects.create(
        user=person, type="totp", data={"secret": second_factor.encrypt(secret)}, created_at="2026-01-01T00:00Z"
    )
    return secret
