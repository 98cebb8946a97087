"""Whether one of our own pages sent a form, as the browser says. Nobody's cookie is asked for."""

from urllib.parse import urlsplit

from django.conf import settings


def sent_by_our_page(request):
    """True, False, or None where the browser says nothing, as very old ones and text browsers do.

    `Sec-Fetch-Site` decides where there is one: no page can write it. Without it, "Origin: null" is not ours: it is what a
    page in a sandbox sends, too.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    ours = {settings.SITE_URL, f"{request.scheme}://{request.get_host()}"}
    if origin := request.headers.get("Origin"):
        return origin in ours
    if page := request.headers.get("Referer"):
        return origin_of(page) in ours
    return None


def origin_of(address):
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"
