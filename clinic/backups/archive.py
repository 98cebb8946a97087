"""One backup, one file: a tar archive in an age envelope, written and read as a stream.

`age --decrypt --identity KEY FILE | tar --extract` opens it without this site. Nothing of it lies on the disk unencrypted;
its last member, manifest.json, holds size and SHA-256 of all others.
"""

import hashlib
import json
import os
import re
import tarfile
import threading
from contextlib import contextmanager, suppress
from io import BytesIO

import pyrage

from . import Trouble

AT_ONCE = 4 * 1024 * 1024  # bytes of a part: a stream of unknown length is written in parts
ABOUT, MANIFEST, ERASED, MEDIA = "about.json", "manifest.json", "erased.txt", "media/"
FORMAT = 1
MEMBER = re.compile(r"about\.json|manifest\.json|erased\.txt|database\.[a-z0-9]+(\.\d{6})?|media/[\w./ -]+", re.ASCII)


class Side(threading.Thread):
    """The encryption's end of a pipe, in a thread; what goes wrong there is raised here."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.error = work, None

    def run(self):
        try:
            self.work()
        except BaseException as error:
            self.error = error

    def finish(self):
        self.join()
        if self.error:
            raise self.error


# Write ------------------------------------------------------------------------------------------------------------------


@contextmanager
def writing(file, recipients):
    """A Writer into the binary file. It is whole when the block has ended."""
    reading_end, writing_end = os.pipe()

    disk = Disk(file)

    def encrypt():
        with os.fdopen(reading_end, "rb", AT_ONCE) as plain:  # closed on trouble, so that the other side stops
            try:
                pyrage.encrypt_io(plain, disk, recipients)
            except pyrage.EncryptError as error:
                raise disk.error or error from None

    side = Side(encrypt)
    side.start()
    try:
        with os.fdopen(writing_end, "wb", AT_ONCE) as plain, tarfile.open(fileobj=plain, mode="w|") as tar:
            writer = Writer(tar)
            yield writer
            writer.close()
    except BrokenPipeError:
        side.finish()
        raise
    finally:
        side.join()
    side.finish()


class Disk:
    """Remembers what went wrong with a file: the library tells it as words alone."""

    def __init__(self, file):
        self.file, self.error = file, None

    def write(self, content):
        try:
            return self.file.write(content)
        except OSError as error:
            self.error = error
            raise

    def flush(self):
        self.file.flush()


class Writer:
    def __init__(self, tar):
        self.tar, self.manifest = tar, {}

    def add(self, name, content):
        self.add_file(name, BytesIO(content), len(content))

    def add_file(self, name, file, size):
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        hashed = Hashed(file)
        self.tar.addfile(member, hashed)
        self.manifest[name] = {"size": size, "sha256": hashed.digest.hexdigest()}

    def add_parts(self, name, file):
        """A stream, of which nobody knows how long it will be."""
        number = 0
        while part := file.read(AT_ONCE):
            self.add(f"{name}.{number:06}", part)
            number += 1

    def close(self):
        content = json.dumps({"members": self.manifest}).encode()
        self.add(MANIFEST, content)


class Hashed:
    def __init__(self, file):
        self.file, self.digest = file, hashlib.sha256()

    def read(self, size=-1):
        content = self.file.read(size)
        self.digest.update(content)
        return content


class Unpacked(Hashed):
    """Its reader is far away from where the trouble with a file is understood."""

    def __init__(self, file, path):
        super().__init__(file)
        self.path = path

    def read(self, size=-1):
        try:
            return super().read(size)
        except (tarfile.TarError, EOFError, OSError) as error:
            raise said(error, self.path) from None


# Read -------------------------------------------------------------------------------------------------------------------


def members(path, identities):
    """Yields (name, stream) of all but the manifest, and raises Trouble unless all is there, byte for byte.

    Each stream is to be read before the next is asked for.
    """
    seen, manifest = {}, None
    for name, file in decrypted(path, identities):
        hashed = Unpacked(file, path)
        if name == MANIFEST:
            manifest = json.loads(hashed.read())["members"]
            continue
        yield name, hashed
        while hashed.read(AT_ONCE):
            pass  # what nobody wanted
        seen[name] = hashed.digest.hexdigest()
    if manifest is None:
        raise Trouble(f"{path} breaks off in the middle. Take another backup.")
    if seen != {name: facts["sha256"] for name, facts in manifest.items()}:
        raise Trouble(f"{path} is damaged: what is in it is not what was written. Take another backup.")


def decrypted(path, identities):
    """Yields (name, stream) of the archive."""
    reading_end, writing_end = os.pipe()

    def decrypt():
        with os.fdopen(writing_end, "wb", AT_ONCE) as plain, open(path, "rb") as file:  # noqa: PTH123
            pyrage.decrypt_io(file, plain, identities)

    side = Side(decrypt)
    side.start()
    try:
        with os.fdopen(reading_end, "rb", AT_ONCE) as plain:
            try:
                with tarfile.open(fileobj=plain, mode="r|") as tar:
                    for member in tar:
                        if not member.isfile() or not MEMBER.fullmatch(member.name) or ".." in member.name.split("/"):
                            raise Trouble(f"{path} was not written by this site: it holds {member.name[:80]!r}.")
                        yield member.name, tar.extractfile(member)
                while plain.read(AT_ONCE):
                    pass  # the envelope's last seal is behind the last member
            except (tarfile.TarError, EOFError, OSError) as error:
                plain.close()
                side.join()
                raise said(side.error or error, path) from None
        side.finish()
    except (OSError, pyrage.DecryptError) as error:
        raise said(error, path) from None
    finally:
        with suppress(RuntimeError):
            side.join()


def said(error, path):
    """The trouble with a file in words."""
    if isinstance(error, Trouble):
        return error
    if isinstance(error, FileNotFoundError):
        return Trouble(f"There is no file {path}.")
    if isinstance(error, pyrage.DecryptError) and "No matching keys" in str(error):
        return Trouble(f"This key does not open {path}: it belongs to another one.")
    if isinstance(error, pyrage.DecryptError):
        return Trouble(f"{path} is no backup of this site, or its beginning is damaged.")
    return Trouble(f"{path} is damaged or breaks off in the middle. Take another backup.")
