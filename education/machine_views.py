"""What a guide is besides its page: a feed entry, a picture that stands for it elsewhere, a leaflet."""

from functools import wraps

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from clinic.errors import error_page
from clinic.languages import now
from clinic.models import ClinicProfile

from . import leaflet
from .card import draw_card
from .feed import feed_of_guides
from .made import kept
from .models import Guide, OldAddress
from .views import AS_FRESH_AS_CAN_BE

as_fresh_as_its_page = cache_control(**AS_FRESH_AS_CAN_BE)


def of_a_guide(name):
    """For a view of something that a published guide has; an address that the guide had leads on."""

    def wrap(view):
        @wraps(view)
        def found(request, slug):
            guide = Guide.objects.published().at(slug)
            if guide and guide.language == now():
                return view(request, slug, guide)
            if moved := OldAddress.objects.slug_now(slug, *([now()] if guide else [])):
                address = reverse(f"education:{name}", args=[moved])
                return HttpResponsePermanentRedirect(
                    address, headers={"Cache-Control": "max-age=0"}
                )  # it may move back
            if guide:
                return view(request, slug, guide)
            raise Http404

        return found

    return wrap


@require_safe
@as_fresh_as_its_page
def feed(request):
    content = feed_of_guides(ClinicProfile.objects.current())
    return HttpResponse(content, content_type="application/atom+xml; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600, s_maxage=50)  # the page names it with the number of its revision
@of_a_guide("card")
def card(request, slug, guide):
    title, clinic = guide.live_revision.title, ClinicProfile.objects.current().name
    content = kept(guide, "card.png", ("card 1", title, clinic), lambda: draw_card(title, clinic))
    return HttpResponse(content, content_type="image/png")


@require_safe
@as_fresh_as_its_page
@of_a_guide("leaflet")
def leaflet_file(request, slug, guide):
    if not leaflet.available():
        raise Http404
    address = settings.SITE_URL + guide.own_address
    with override(guide.language):  # on paper nobody changes it
        clinic = ClinicProfile.objects.current()
        html = leaflet.as_html(guide.live_revision, address, clinic, is_behind=guide.is_behind)
    try:
        content = kept(guide, "leaflet.pdf", leaflet.made_of(html), lambda: leaflet.draw(html, address))
    except leaflet.NotNow:
        return error_page(
            request,
            503,
            title=_("We cannot make the leaflet just now"),
            text=_(
                "Please try again in a minute, or open the guide and print the page itself: it holds the same words."
            ),
        )
    headers = {"Content-Disposition": f'inline; filename="{slug}.pdf"', "X-Robots-Tag": "noindex"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
