"""Guides that stay readable without a connection: the worker that keeps them in the reader's own browser."""

from pathlib import Path

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

ALLOWED = {"Offline-Copy": "allowed"}  # on the pages that the worker may keep, and on no other


@cache_control(no_cache=True)
@require_safe
def worker(request):
    """Beside the guides, because a worker is handed only what lies below its own address."""
    name = "guide-worker.js" if settings.GUIDES_OFFLINE else "guide-worker-off.js"
    text = (Path(settings.STATICFILES_DIRS[0]) / "js" / name).read_bytes()
    return HttpResponse(text, content_type="text/javascript; charset=utf-8")
