"""A guide as a tagged PDF leaflet with the page's address as a QR code. Optional: see requirements-pdf.txt."""

import base64
import json
import logging
import os
import re
import subprocess
import sys
import threading
from ctypes.util import find_library
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.template.loader import render_to_string

logger = logging.getLogger("clinic.leaflet")

SECONDS = 45  # for one leaflet
WAIT = 5  # seconds for the one before it
MOST_PICTURES = 40
STYLES = ("css/tokens.css", "css/leaflet.css")
MOST_PAGES = 4  # of what somebody takes home and reads there
# What goes when it has more, one after the other, each with all before it: what is folded away on the page, the list of
# sources, pictures. What stands in its place says so.
SHORTER = (
    ".more { display: none } .shortened { display: block !important }",
    ".sources { display: none } .sources-on-the-web { display: block !important }",
    "figure { display: none }",
)
LETTER = {"US", "CA", "MX", "PH", "CL", "CO", "CR", "DO", "GT", "NI", "PA", "PR", "SV", "VE"}
PICTURE = re.compile(r'<img src="([^"]*/(pictures/[0-9a-f]+/[0-9]+\.webp))"')
WHOLE_PICTURE = re.compile(r'<picture>(?:(?!</picture>).)*?<img src="([^"]*)"[^>]*>\s*</picture>', re.DOTALL)
WORDS_OF_A_PICTURE = re.compile(r'<img [^>]*\balt="([^"]+)"')
one_at_a_time = threading.Lock()


class NotNow(Exception):
    """The leaflet could not be made in time."""


@lru_cache(1)
def available():
    """Whether what draws leaflets is installed here."""
    return bool(find_spec("weasyprint") and find_spec("qrcode") and find_library("pango-1.0"))


def as_html(revision, address, clinic, *, is_behind=False):
    """`is_behind`: a translation whose original was published since, which its reader is told."""
    context = {
        "revision": revision,
        "is_behind": is_behind,
        "address": address,
        "clinic": clinic,
        "styles": STYLES,
        "web_only": [section["heading"] for section in revision.data["sections"] if section.get("web_only")],
    }
    return without_what_is_too_much(render_to_string("education/leaflet.html", context))


def paper():
    """Its size, as CSS names it."""
    return "letter" if settings.PHONENUMBER_DEFAULT_REGION in LETTER else "A4"


def made_of(html):
    """All that decides what a leaflet looks like."""
    return html, paper(), *SHORTER, *map(style, STYLES)


def draw(html, address) -> bytes:
    """The PDF. Raises NotNow when another is being made, or when it takes too long or fails."""
    given = {
        "html": html,
        "address": address,
        "files": files_for(html, address),
        "always": f"@page {{ size: {paper()} }}",
        "shorter": SHORTER,
        "most_pages": MOST_PAGES,
    }
    if not one_at_a_time.acquire(timeout=WAIT):
        raise NotNow
    try:
        made = subprocess.run(
            [sys.executable, "-m", "education.leaflet_process"],
            input=json.dumps(given).encode(),
            cwd=settings.BASE_DIR,
            env={
                name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ
            },  # no key, no password
            capture_output=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        logger.warning("The leaflet of %s took more than %s seconds.", address, SECONDS)
        raise NotNow from None
    finally:
        one_at_a_time.release()
    if made.returncode or not made.stdout.startswith(b"%PDF"):
        last = made.stderr.decode(errors="replace").strip().splitlines()[-1:]
        logger.error("The leaflet of %s could not be made: %s", address, " ".join(last)[:300])
        raise NotNow
    return made.stdout


def files_for(html, address):
    """All that the leaflet shows: its styles, its QR code, and pictures of our own library."""
    files = {f"{address}{name}": style(name) for name in STYLES}
    files[f"{address}qr.svg"] = qr_code(address)
    for source, name in pictures_of(html)[:MOST_PICTURES]:
        with default_storage.open(name) as file:
            files[settings.SITE_URL + source] = file.read()
    return {name: base64.b64encode(content).decode() for name, content in files.items()}


def pictures_of(html):
    """[(address, file)], each once however often it is shown."""
    return list(dict.fromkeys(PICTURE.findall(html)))


def without_what_is_too_much(html):
    """Beyond what one leaflet holds a picture is left to the page on the web; its caption stays, and so does what it shows."""
    too_many = {source for source, _ in pictures_of(html)[MOST_PICTURES:]}

    def shown(match):
        words = WORDS_OF_A_PICTURE.search(match[0])
        return f'<p class="left-out">{words[1] if words else ""}</p>' if match[1] in too_many else match[0]

    return WHOLE_PICTURE.sub(shown, html) if too_many else html


def style(name):
    return Path(finders.find(name)).read_bytes()


def qr_code(address) -> bytes:
    import qrcode
    from qrcode.image.svg import SvgPathImage

    drawn = BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, border=4).save(drawn)
    return drawn.getvalue()
