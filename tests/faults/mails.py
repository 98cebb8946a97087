"""What the accepted mails have told."""

import re
from collections import Counter
from email import message_from_bytes

SEVERAL = re.compile(r"(\d+) new appointment requests are waiting")


def sent_ids(mail_server):
    """Message-ID -> how often the mail server took it."""
    ids = (message_from_bytes(content)["Message-ID"] for _, content in mail_server.accepted)
    return Counter(text.strip("<>").partition("@")[0] for text in ids)


def requests_told(mail_server):
    """Recipient -> of how many requests their mails have told, each message counted once however often it came."""
    messages = {(recipient, *number_and_id(content)) for recipient, content in mail_server.accepted}
    told = Counter()
    for recipient, number, _ in messages:
        told[recipient] += number
    return told


def number_and_id(content):
    message = message_from_bytes(content)
    several = SEVERAL.match(message.get_payload(decode=True).decode())
    return int(several[1]) if several else 1, message["Message-ID"]
