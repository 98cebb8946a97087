"""The two halves of a backup's key, in the format of age (age-encryption.org).

The site has the public half: it can write backups and read none. The private half belongs elsewhere.
"""

import os
from contextlib import suppress
from pathlib import Path

import pyrage
from django.conf import settings
from pyrage import x25519

from . import Trouble

SECRET = "AGE-SECRET-KEY-"  # noqa: S105  how each private half begins
SMALL = 64 * 1024  # bytes: no file with a key in it is larger


def recipients():
    """Whoever can read what this site writes. Raises Trouble."""
    if not settings.BACKUP_PUBLIC_KEY:
        raise Trouble("BACKUP_PUBLIC_KEY is not set. Make a key on another computer: manage.py backup_key.")
    return [public(text) for text in settings.BACKUP_PUBLIC_KEY]


def public(text):
    try:
        return x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError:
        raise Trouble(
            f"BACKUP_PUBLIC_KEY cannot be read: {text[:12]}… is not the age1… of manage.py backup_key."
        ) from None


def new():
    """A new private half, tried out."""
    identity = x25519.Identity.generate()
    if pyrage.decrypt(pyrage.encrypt(b"round trip", [identity.to_public()]), [identity]) != b"round trip":
        raise Trouble("The library of the backups' encryption does not work on this computer.")
    return identity


def private(path):
    """The identities in a file: lines of AGE-SECRET-KEY-…, and of comments. Raises Trouble."""
    try:
        lines = [line.strip() for line in Path(path).read_text().splitlines()]
        found = [x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except OSError as error:
        raise Trouble(f"The key {path} cannot be read: {error.strerror}.") from None
    except (pyrage.IdentityError, UnicodeDecodeError):
        found = []
    if not found:
        raise Trouble(f"{path} holds no private key: it is a text file with a line that begins with {SECRET}1.")
    return found


def write(identity, path):
    """Into a new file that its owner alone can read."""
    text = (
        "# The private key of the clinic's backups. Whoever has it can read them; without it nobody can.\n"
        "# Keep it away from the server, in two places.\n"
        f"# BACKUP_PUBLIC_KEY={identity.to_public()}\n{identity}\n"
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Trouble(
            f"{path} is there already, and may be the only key to older backups. Choose another name."
        ) from None
    except OSError as error:
        raise Trouble(f"{path} cannot be written: {error.strerror}.") from None
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def left_on_this_computer():
    """Files near the site that hold a private key: whoever breaks in could read each backup that he finds."""
    places = [settings.BASE_DIR, settings.DATA_DIR, Path.home(), *filter(None, [settings.BACKUP_DIR])]
    return sorted({path for place in places for path in small_files(place) if holds_a_secret(path)})


def small_files(folder):
    with suppress(OSError):
        for entry in os.scandir(folder):
            with suppress(OSError):
                if entry.is_file(follow_symlinks=False) and entry.stat().st_size <= SMALL:
                    yield entry.path


def holds_a_secret(path):
    with suppress(OSError):
        text = Path(path).read_bytes()
        return any(line.startswith(SECRET.encode() + b"1") for line in text.splitlines())
    return False
