"""The page that the proxy shows while no process of the site answers: a file, written while there is one."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language_info, override

from .models import ClinicProfile

FILE = settings.DATA_DIR / "away.html"  # deploy/nginx.conf hands it out


def write():
    """Bring it up to date. Called each hour by the worker, and at the end of a set-up and of an upgrade."""
    page = in_all_languages(ClinicProfile.objects.current())
    if FILE.exists() and FILE.read_text() == page:
        return
    fresh = FILE.with_suffix(".new")
    fresh.write_text(page)
    fresh.replace(FILE)


def in_all_languages(clinic):
    parts = []
    for code, _ in settings.LANGUAGES:
        with override(code):
            about = {"clinic": clinic, "language": code, "runs_leftward": get_language_info(code)["bidi"]}
            parts.append(render_to_string("away_words.html", about))
    return render_to_string("away.html", {"clinic": clinic, "parts": parts})
