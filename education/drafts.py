"""A draft by a secret link, for a clinician without an account. docs/decisions/0020 says what guards it."""

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from clinic.errors import error_page

from .models import PreviewLink
from .reviewing import Reader, review_page, see_other

# Not "no-referrer": a browser would send the forms of this page with the origin "null", and the check against forged
# forms refuses that. The origin alone holds nothing of the link.
NO_PATH = "strict-origin"
GUARDS = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": NO_PATH, "Cache-Control": "no-store, private"}


def draft_urls(*, is_guessing):
    """For include(). The site says how guesses are counted: this app counts none."""
    return [path("<str:token>/", DraftByLink.as_view(is_guessing=is_guessing), name="draft")], "drafts"


@method_decorator(never_cache, "dispatch")
class DraftByLink(View):
    """Who opens the link first, by a button that no mail scanner presses, keeps it: their browser holds its other half."""

    http_method_names = ["get", "head", "post", "options"]
    is_guessing = None

    def dispatch(self, request, *args, token, **kwargs):
        link = PreviewLink.find(token)
        if link is None:
            if self.is_guessing(request):
                return error_page(request, 429)
            raise Http404
        response = self.answer(request, link)
        for name, value in GUARDS.items():
            response.headers[name] = value
        return response

    def answer(self, request, link):
        if request.method.lower() not in self.http_method_names:
            return self.http_method_not_allowed(request)
        if not link.is_usable:
            return render(request, "education/draft_gone.html", {"link": link}, status=410)
        if link.is_held_by(request.COOKIES.get(cookie_of(link), "")):
            guide = link.guide
            return review_page(request, guide, Reader(guide, link=link), address=link.get_absolute_url())
        if request.method == "POST" and "open_it" in request.POST and (secret := link.open()):
            return self.opened(link, secret)
        link.refresh_from_db(fields=["opened_at"])
        taken = bool(link.opened_at)
        return render(
            request, "education/draft_door.html", {"link": link, "taken": taken}, status=403 if taken else 200
        )

    def opened(self, link, secret):
        response = see_other(link.get_absolute_url())
        response.set_cookie(
            cookie_of(link),
            secret,
            expires=link.expires_at,
            path=link.get_absolute_url(),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",  # "Strict" would not come along with a click in the mail
        )
        return response


def cookie_of(link):
    return f"draft-{link.pk}"
