"""Which of our own pages may show which of our own pages inside them: nothing, but for the draft beside its form."""

from django.conf import settings

OURS = ["'self'"]

if settings.DJANGO_6:
    from django.views.decorators.csp import csp_override

    def with_policy(response, directives):
        return csp_override({**settings.SECURE_CSP, **directives})(lambda request: response)(None)
else:
    from csp.decorators import csp_replace

    def with_policy(response, directives):
        return csp_replace(directives)(lambda request: response)(None)


def shows_our_pages(response):
    """For the page of the form, which shows the draft beside it."""
    return with_policy(response, {"frame-src": OURS})


def shown_by_our_pages(response):
    """For the draft. All other pages, and all other sites, still show nothing of ours inside them."""
    response["X-Frame-Options"] = "SAMEORIGIN"
    return with_policy(response, {"frame-ancestors": OURS})
