"""The site's own certificate: when it runs out, browsers show patients a warning instead of our pages."""

import socket
import ssl
import time
from urllib.parse import urlsplit

from django.conf import settings

from .backups.health import FAULT, OK, WARNING

SOON = 14  # days
WAIT = 5  # seconds
EXPIRED = 10  # as OpenSSL counts
RENEW = "Renew it, and see why it does not renew itself (certbot renew, or your proxy's log)."


def findings():
    """[(name, level, what is so, what to do, whether the desk shows it)], for a site that speaks https."""
    address = urlsplit(settings.SITE_URL)
    if address.scheme != "https":
        return
    where = f"{address.hostname}, port {address.port or 443}"
    try:
        days = days_left(address.hostname, address.port or 443)
    except ssl.SSLCertVerificationError as error:
        what = "has expired" if error.verify_code == EXPIRED else f"is not accepted: {error.verify_message}"
        yield (
            "certificate",
            FAULT,
            f"The site's certificate {what}. Browsers turn patients away ({where}).",
            RENEW,
            True,
        )
    except OSError as error:
        says = f"The site's certificate could not be looked at from here ({where}): {error.strerror or 'no answer'}."
        yield (
            "certificate",
            WARNING,
            says,
            "Open the site in a browser. If it opens there, this does not matter.",
            False,
        )
    else:
        level = WARNING if days < SOON else OK
        yield (
            "certificate",
            level,
            f"The site's certificate is good for {days} more days.",
            RENEW if days < SOON else "",
            False,
        )


def days_left(host, port):
    with (
        socket.create_connection((host, port), WAIT) as line,
        ssl.create_default_context().wrap_socket(line, server_hostname=host) as secured,
    ):
        ends = ssl.cert_time_to_seconds(secured.getpeercert()["notAfter"])
    return int((ends - time.time()) // 86_400)
