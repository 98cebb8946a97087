"""Which network a visitor comes from, as far as our own proxies say."""

from ipaddress import ip_address, ip_network

from django.conf import settings

THIS_COMPUTER = ("localhost", "127.0.0.1", "::1")


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
