"""Disks that fill up, clocks that jump, certificates that run out: the real thing, small enough for a test."""

import os
import ssl
import subprocess
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@contextmanager
def a_small_disk(folder, megabytes):
    """A real file system of its own. Needs root."""
    folder.mkdir()
    size = f"size={megabytes}m,mode=0755"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "clinic-test", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"A full disk is tried by root alone, who may mount one: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def filled(disk):
    """Not a byte is free while the block lasts."""
    stuffing = disk / "stuffing"
    with stuffing.open("wb", 0) as file, suppress(OSError):
        while True:
            file.write(bytes(1024 * 1024))
    with stuffing.open("ab", 0) as file, suppress(OSError):
        while True:
            file.write(bytes(64))
    assert not os.statvfs(disk).f_bavail
    try:
        yield
    finally:
        stuffing.unlink()


class Clock:
    """Of processes that are started with `.environment`: it can be put forward and back while they run."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.set(timedelta())
        self.environment = {"WRONG_CLOCK": self.file, "PYTHONPATH": Path(__file__).parent / "wrong_clock"}

    def set(self, ahead):
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{ahead.total_seconds():.0f}")
        fresh.replace(self.file)


class Authority:
    """Whoever trusts `.file` trusts each certificate that it signs."""

    def __init__(self, folder):
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Authority of this test")])
        self.certificate = self.signed(self.name, self.key, timedelta(days=1), authority=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def signed(self, name, key, ends_in, *, authority=False):
        now = datetime.now(UTC)
        made = x509.CertificateBuilder(self.name, name, key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=90)).not_valid_after(now + ends_in)
        made = made.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        if not authority:
            addresses = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]
            made = made.add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        return made.sign(self.key, hashes.SHA256())

    def context(self, ends_in):
        """TLS for a server of this computer, whose certificate ends then."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
        pem = self.folder / "server.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        pem.write_bytes(secret + self.signed(name, key, ends_in).public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context
