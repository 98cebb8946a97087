"""Which guides there are and since when each says what it says, for search engines."""

from django.conf import settings
from django.db.models import Max

from .models import Guide

MOST_ADDRESSES = 10_000  # in one file; the protocol allows 50,000


def files_of_guides():
    """How many files the guides take, and when one of them was published last."""
    live = Guide.objects.filter(live_revision__isnull=False)
    newest = live.aggregate(newest=Max("live_revision__published_at"))["newest"]
    return -(-live.count() // MOST_ADDRESSES), newest


def addresses_of_guides(file):
    """[{"address", "changed"}] of one file, counted from 1."""
    first = (file - 1) * MOST_ADDRESSES
    guides = Guide.objects.filter(live_revision__isnull=False).order_by("pk").select_related(None)
    rows = guides.values_list("slug", "language", "live_revision__published_at")[first : first + MOST_ADDRESSES]
    return [
        {"address": f"{settings.SITE_URL}{Guide(slug=slug, language=language).own_address}", "changed": changed}
        for slug, language, changed in rows
    ]
