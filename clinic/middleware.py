from django.conf import settings

from .errors import error_page

HEADERS = {
    "Cache-Control": "no-store, private",  # pages for everyone say otherwise themselves
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
}


def SameHeadersEverywhere(get_response):
    """Outermost, so that error pages made on the way in carry the same headers as all others."""

    def middleware(request):
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware


def SmallPlainBodies(get_response):
    """Public forms send little, urlencoded, in UTF-8: all else is refused before anything parses it."""

    def middleware(request):
        if request.method not in ("GET", "HEAD", "OPTIONS", "POST"):
            return error_page(request, 405)
        if request.method == "POST" and not request.path_info.startswith("/admin/"):
            length = request.META.get("CONTENT_LENGTH") or "0"
            if not length.isdecimal():
                return error_page(request, 400)
            if int(length) > settings.PUBLIC_BODY_LIMIT:
                return error_page(request, 413)
            charset = request.content_params.get("charset", "utf-8").lower()
            if request.content_type != "application/x-www-form-urlencoded" or charset not in ("utf-8", "utf8"):
                return error_page(request, 415)
        return get_response(request)

    return middleware
