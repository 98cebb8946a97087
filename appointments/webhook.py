"""Events to the clinic's practice system: that a request has moved on, and never what a patient wrote.

Signed after Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA256 over the event's id, the moment of the
attempt and the body, once for each secret, so that a secret can be changed without losing an event.

The address comes from the environment and not from the admin: who may set it has this computer anyway, and nobody with
a stolen session can make this site call another one. A practice system often stands in the clinic's own network, so
private addresses are no mistake. Redirects are not followed, answers are not read, a proxy of the environment is not
asked.
"""

import base64
import hashlib
import hmac
import http.client
import json
import socket
import ssl
import time
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

ANSWER_WITHIN = 15  # seconds for one event, however slowly the practice system drips
NOT_NOW = {408, 425, 429}
NOT_OURS = {401, 403}


class Refused(Exception):
    def __init__(self, status):
        super().__init__(status)
        self.status = status


def send(delivery):
    """Post one event. Raises Refused, or whatever the line to the practice system raises."""
    body = json.dumps(event(delivery), separators=(",", ":")).encode()
    status = post(body, signed_headers(str(delivery.message_id), int(time.time()), body))
    if not 200 <= status < 300:
        raise Refused(status)


def event(delivery):
    """What happened, in the names of this site. Enough to know that something has, and where to look."""
    change = delivery.status_change
    path = reverse("admin:appointments_appointmentrequest_change", args=[delivery.request_id])
    return {
        "id": str(delivery.message_id),
        "type": f"request.{change.to_status}",
        "timestamp": change.at.isoformat(),
        "data": {
            "reference": delivery.request.reference,
            "status": change.to_status,
            "outcome": change.outcome,
            "url": settings.SITE_URL + path,
        },
    }


def signed_headers(event_id, timestamp, body):
    signed = f"{event_id}.{timestamp}.".encode() + body
    return {
        "Content-Type": "application/json",
        "User-Agent": "clinic-website",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(signed, key) for key in settings.WEBHOOK_SECRETS),
    }


def signature(signed, key):
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def post(body, headers):
    """The status of the answer. Nothing else of it is read."""
    url = urlsplit(settings.WEBHOOK_URL)
    if url.scheme == "https":
        server = http.client.HTTPSConnection(
            url.hostname, url.port, timeout=ANSWER_WITHIN, context=ssl.create_default_context()
        )
    else:
        server = http.client.HTTPConnection(url.hostname, url.port, timeout=ANSWER_WITHIN)
    try:
        server.request("POST", (url.path or "/") + (f"?{url.query}" if url.query else ""), body, headers)
        return server.getresponse().status
    finally:
        server.close()


def verdict(error):
    """(what went wrong, whether a person must mend it): never a word that the practice system answered."""
    match error:
        case Refused(status=410):
            return "The practice system wants no more events (410). Ask its makers, or take WEBHOOK_URL away.", True
        case Refused(status=status) if status in NOT_OURS:
            return f"The practice system does not take our signature ({status}). Check WEBHOOK_SECRETS.", True
        case Refused(status=status) if status in NOT_NOW or status >= 500:
            return f"The practice system answered {status}.", False
        case Refused(status=status) if 300 <= status < 400:
            return f"The practice system sends us elsewhere ({status}), where we do not go. Check WEBHOOK_URL.", True
        case Refused(status=status):
            return f"The practice system refused the event ({status}). Check WEBHOOK_URL.", True
        case ssl.SSLCertVerificationError():
            return "The practice system's certificate could not be verified.", True
        case socket.gaierror():
            return "The practice system's name is not known. Check WEBHOOK_URL.", True
        case TimeoutError():
            return "The practice system did not answer in time.", False
        case http.client.HTTPException():
            return "The practice system hung up, or gave no answer that can be understood.", False
        case OSError():
            return "The practice system could not be reached.", False
    return f"The event could not be made ({type(error).__name__}).", True
