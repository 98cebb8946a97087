"""Against floods: after so many requests in an hour from one network, the page asks to wait or to call."""

from ipaddress import ip_address, ip_network

from django.conf import settings

from .models import RequestCount


def is_flood(lately):
    """Whether a network of which so many requests were stored lately has to wait."""
    return lately["hour"] >= settings.REQUESTS_PER_HOUR_REFUSED


def is_busy(lately):
    """So many that one more looks like spam. It only tags."""
    return (
        lately["ten_minutes"] >= settings.REQUESTS_PER_TEN_MINUTES_SUSPECTED
        or lately["day"] >= settings.REQUESTS_PER_DAY_SUSPECTED
    )


def is_guessing(request):
    """Count a link that opens nothing. True when its network has tried too many in this hour."""
    return RequestCount.add(f"guess {network_of(request)}") > settings.REQUESTS_PER_HOUR_REFUSED


def network_of(request):
    """The visitor's address; of an IPv6 address the /64, of which one household has all."""
    address = ip(client_address(request.META)) or ip(request.META.get("REMOTE_ADDR", ""))
    if address is None:
        return "unknown"
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address if address.version == 4 else ip_network((int(address), 64), strict=False))


def client_address(meta):
    """Who asked the outermost of our proxies. Each proxy adds one address at the right end; the rest can be forged."""
    forwarded = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if 0 < settings.TRUSTED_PROXIES <= len(forwarded):
        return forwarded[-settings.TRUSTED_PROXIES]
    return meta.get("REMOTE_ADDR", "")


def ip(text):
    """The address in `text`, which may carry a port: '192.0.2.1:80', '[2001:db8::1]:80'. None for anything else."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return ip_address(text)
    except ValueError:
        return None
