"""Mail of the demo: with no mail server set, messages are kept on disk, and staff read them in the browser."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

BACKEND = "django.core.mail.backends.filebased.EmailBackend"
BETWEEN_MESSAGES = b"\n" + b"-" * 79 + b"\n"  # as Django's backend writes them
SHOWN_AT_MOST = 200


def is_caught():
    return settings.EMAIL_BACKEND == BACKEND


@dataclass(frozen=True)
class Caught:
    file: str
    number: int
    at: datetime
    message: EmailMessage

    @property
    def to(self):
        return self.message.get("To", "")

    @property
    def subject(self):
        return self.message.get("Subject", "")

    @property
    def headers(self):
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def text(self):
        body = self.message.get_body(preferencelist=("plain", "html"))
        return body.get_content() if body else ""


def newest():
    """The last caught messages, newest first."""
    messages = []
    for path in sorted(files().values(), key=lambda path: path.stat().st_mtime, reverse=True):
        messages += reversed(messages_in(path))
        if len(messages) >= SHOWN_AT_MOST:
            break
    return messages[:SHOWN_AT_MOST]


def find(file, number):
    """One message, or None. `file` is looked up among the caught files, never opened as a path."""
    path = files().get(file)
    messages = messages_in(path) if path else []
    return messages[number] if number < len(messages) else None


def files():
    folder = Path(settings.EMAIL_FILE_PATH)
    return {path.name: path for path in folder.glob("*.log") if path.is_file()} if folder.is_dir() else {}


def messages_in(path):
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    parts = [part for part in path.read_bytes().split(BETWEEN_MESSAGES) if part.strip()]
    return [
        Caught(path.name, number, at, email.message_from_bytes(part, policy=email.policy.default))
        for number, part in enumerate(parts)
    ]
