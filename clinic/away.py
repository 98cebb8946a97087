"""The page that the proxy shows while no process of the site answers: a file, written while there is one."""

import os

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language_info, override

from .models import ClinicProfile

FILE = settings.DATA_DIR / "away.html"  # deploy/nginx.conf hands it out


def write():
    """Bring it up to date, each hour by the worker. A page with a phone number is never replaced by one without."""
    clinic = ClinicProfile.objects.filter(pk=1).first()
    if not clinic:
        return
    page = in_all_languages(clinic).encode()
    if FILE.exists() and FILE.read_bytes() == page:
        return
    fresh = FILE.with_suffix(f".{os.getpid()}.new")
    fresh.write_bytes(page)
    fresh.replace(FILE)


def write_if_possible(say):
    """At the end of a set-up and of an upgrade, which it must not stop."""
    try:
        write()
    except OSError as error:
        say(f"{FILE} could not be written: {error.strerror}.")


def in_all_languages(clinic):
    parts = []
    for code, _ in settings.LANGUAGES:
        with override(code):
            about = {"clinic": clinic, "language": code, "runs_leftward": get_language_info(code)["bidi"]}
            parts.append(render_to_string("away_words.html", about))
    return render_to_string("away.html", {"clinic": clinic, "parts": parts})
