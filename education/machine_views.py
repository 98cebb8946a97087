"""What machines ask of the guides: the feed, and the picture that stands for a guide elsewhere."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from clinic.models import ClinicProfile

from .card import draw_card
from .feed import feed_of_guides
from .made import kept
from .models import Guide


@require_safe
@cache_control(public=True, max_age=60)
def feed(request):
    content = feed_of_guides(ClinicProfile.objects.current())
    return HttpResponse(content, content_type="application/atom+xml; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)  # the page names it with the number of its revision
def card(request, slug):
    guide = get_object_or_404(Guide.objects.published().without_pages(), slug=slug)
    title, clinic = guide.live_revision.title, ClinicProfile.objects.current().name
    content = kept(guide, "card.png", ("card 1", title, clinic), lambda: draw_card(title, clinic))
    return HttpResponse(content, content_type="image/png")
