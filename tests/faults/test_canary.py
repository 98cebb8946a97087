"""The search for canaries finds them in every disguise: else a clean result would say nothing."""

import base64
import json
import quopri
import zlib
from email.message import EmailMessage
from urllib.parse import quote

import pytest
from django.core import signing

from . import canary

pytestmark = pytest.mark.once
WORDS = "My knee hurts, "


def as_mail(text, encoding):
    message = EmailMessage()
    message.set_content(text + "ö" * 40, cte=encoding)
    return message.as_bytes()


@pytest.mark.parametrize(
    "disguise",
    [
        str.encode,
        lambda text: text.upper().encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: b"x=" + base64.urlsafe_b64encode(b"\xff\xfe" + text.encode()),
        lambda text: base64.encodebytes(b"x" * 50 + text.encode()),
        lambda text: quopri.encodestring(text.replace("z", "=7A").encode()),
        lambda text: quote(quote(text.replace("q", "%71"))).encode(),
        lambda text: base64.b64encode(zlib.compress(text.encode() * 3)),
        lambda text: json.dumps({"a": text.replace("z", "ź")}).replace("\\u017a", "\\u007a").encode(),
        lambda text: text.encode("utf-16"),
        lambda text: signing.dumps({"name": text * 5}, compress=True).encode(),
        lambda text: b'Set-Cookie: messages="' + signing.dumps([text]).encode() + b'"; path=/',
        lambda text: as_mail(text, "base64"),
        lambda text: as_mail(text, "quoted-printable"),
        lambda text: [(1, {"name": text})],
    ],
)
def test_it_is_found_in_every_disguise(disguise):
    word = canary.new()

    assert canary.found(disguise(WORDS + word)) == {word}


def test_nothing_is_found_where_nothing_is():
    assert canary.found(b"My knee hurts. zq xabc " + base64.b64encode(bytes(range(256)))) == set()


def test_no_two_are_the_same():
    assert len({canary.new() for _ in range(1000)}) == 1000
