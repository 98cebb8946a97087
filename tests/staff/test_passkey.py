"""A passkey that did not ask for a finger, a face or a PIN is one factor only, so it does not sign in alone: the server says so, whatever the browser does."""

import json
import secrets
from hashlib import sha256

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from .people import is_signed_in, somebody

PASSKEY = "/admin/login/passkey/"
ADDRESS, NAME = "http://testserver", b"testserver"
FLAG = AuthenticatorData.FLAG


class Device:
    """A keeper of passkeys that signs whatever it is told to, and says of it what it is told to say."""

    def __init__(self, person):
        self.person, self.key, self.id = person, ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16)
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        facts = AuthenticatorData.create(sha256(NAME).digest(), FLAG.UP | FLAG.UV | FLAG.AT, 0, credential)
        made = CollectedClientData.create("webauthn.create", secrets.token_bytes(32), ADDRESS)
        kept = self.sent(attestationObject=AttestationObject.create("none", facts, {}), clientDataJSON=made)
        kept["clientExtensionResults"] = {"credProps": {"rk": True}}
        Authenticator.objects.create(user=person, type="webauthn", data={"name": "A stick", "credential": kept})

    def sent(self, **response):
        response = {name: websafe_encode(value) for name, value in response.items()}
        name = websafe_encode(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}

    def answer(self, challenge, flags):
        said = CollectedClientData.create("webauthn.get", challenge, ADDRESS)
        facts = AuthenticatorData.create(sha256(NAME).digest(), flags, 1)
        return self.sent(
            clientDataJSON=said,
            authenticatorData=facts,
            signature=self.key.sign(facts + said.hash, ec.ECDSA(SHA256())),
            userHandle=user_pk_to_url_str(self.person).encode(),
        )


@pytest.fixture
def device(db):
    return Device(somebody("Triage"))


def use(client, device, flags):
    options = client.get(PASSKEY, headers={"accept": "application/json"}).json()["request_options"]["publicKey"]
    assert options["userVerification"] == "required"
    return client.post(PASSKEY, {"credential": json.dumps(device.answer(options["challenge"], flags))})


def test_a_passkey_without_a_finger_is_refused(client, device):
    answer = use(client, device, FLAG.UP)

    assert answer["Location"] == "/admin/login/"
    assert not is_signed_in(client)


def test_twin_with_a_finger_the_same_device_signs_in(client, device, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    answer = use(client, device, FLAG.UP | FLAG.UV)

    assert answer["Location"] == "/admin/"
    assert is_signed_in(client)
    assert client.get("/admin/still-here/").status_code == 200  # and it counts as both factors


def test_an_answer_to_another_question_is_refused(client, device):
    client.get(PASSKEY, headers={"accept": "application/json"})
    stale = json.dumps(device.answer(secrets.token_bytes(32), FLAG.UP | FLAG.UV))

    client.post(PASSKEY, {"credential": stale})

    assert not is_signed_in(client)
