"""Real mail servers on this computer that behave as the worst ones do."""

import asyncio
import random
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOT_NOW = ("421 too busy", "450 mailbox busy", "451 try later", "452 no space")


class MailServer:
    """What has been accepted, and how to misbehave: set its attributes while it runs, or its options at the start."""

    def __init__(self):
        self.accepted = []  # [(recipient, the message's bytes)]
        self.seen = []  # bytes of each message, accepted or not
        self.refuse = {}  # recipient -> answer to RCPT; "hang" never answers
        self.not_now = 0.0  # share of RCPTs that are answered with a 4xx
        self.at_data = ""  # answer to DATA; "drop" hangs up, "hang" never answers
        self.after_data = ""  # "drop": hangs up once it has accepted
        self.at_quit = ""  # answer to QUIT; "drop", "hang" as above
        self.slow_by = 0  # seconds
        self.reached_data = threading.Event()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuse.get(address) == "hang":
            await asyncio.sleep(120)
        if address in self.refuse:
            return self.refuse[address]
        if random.random() < self.not_now:
            return random.choice(NOT_NOW)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.seen.append(envelope.content)
        at_data = self.at_data  # now: whoever waits for reached_data may change it at once
        self.reached_data.set()
        await asyncio.sleep(self.slow_by)
        if at_data == "hang":
            await asyncio.sleep(120)
        if at_data == "drop":
            server.transport.abort()
            return ""
        if at_data:
            return at_data
        self.accepted += [(recipient, envelope.content) for recipient in envelope.rcpt_tos]
        if self.after_data == "drop":
            asyncio.get_running_loop().call_later(0.02, server.transport.abort)
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):
        if self.at_quit == "drop":
            server.transport.abort()
        if self.at_quit == "hang":
            await asyncio.sleep(120)
        return self.at_quit or "221 Bye"

    @contextmanager
    def running(self, port=None, host="127.0.0.1", **options):
        """Listening, at a free port or the one given; `options` are aiosmtpd's, such as a tls_context."""

        class Here(Controller):
            def factory(inner):
                return SMTP(inner.handler, hostname="localhost", ident="test", **options)

        self.port = port or free_port()
        controller = Here(self, hostname=host, port=self.port, ready_timeout=20)
        controller.start()
        try:
            yield self
        finally:
            controller.stop(no_assert=True)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def nobody_may_sign_in(*_):
    """As an `authenticator` of aiosmtpd: 535 for everybody."""
    return AuthResult(success=False, handled=False)


def bad_certificate(folder):
    """TLS by a certificate that nobody has signed and that is for another host."""
    return own_certificate(folder, "192.0.2.1")


def own_certificate(folder, address):
    """TLS by a certificate that nobody has signed: certificate.pem in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "elsewhere.example.org")])
    now = datetime.now(UTC)
    certificate = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1)
    )
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
    certificate = certificate.add_extension(addresses, critical=False).sign(key, hashes.SHA256())
    pem = folder / "certificate.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@contextmanager
def dripping_server(every=0.3, total=6, byte=b"2"):
    """Greets with one byte at a time, for so many seconds; with no byte it only stays silent. Gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip(connection):
        began = time.monotonic()
        with connection:
            try:
                while not stop.wait(every) and time.monotonic() - began < total:
                    connection.send(byte)
            except OSError:
                pass  # the client has hung up, as it should

    def take_all():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    threading.Thread(target=take_all, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        listener.close()
