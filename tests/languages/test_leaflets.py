"""The leaflet of a translation says what its page says: that the original has changed since."""

import re
from pathlib import Path

import pytest
from django.utils.translation import override

from education import leaflet
from education.models import Guide
from tests.education.test_leaflet import needs_pango, read

from .test_guides import original, published

__all__ = ["original"]
ADDRESS = "/es/guides/bario/leaflet.pdf"
CHANGED = {
    "es": "La página en inglés de esta guía ha cambiado desde entonces",
    "ar": "تغيّرت الصفحة الإنجليزية لهذا الدليل",
}


def words(client):
    return " ".join(" ".join(page.extract_text() for page in read(client.get(ADDRESS).content).pages).split())


@needs_pango
def test_a_leaflet_is_drawn_anew_when_its_original_is_published_again_and_when_it_is_brought_up_to_date(
    original, client, settings, monkeypatch
):
    monkeypatch.setattr(leaflet, "SECONDS", 300)
    translation = published(original)
    drawn = []
    for step in (lambda: None, lambda: original.publish(by=None), lambda: None, behind_no_more(translation)):
        step()
        said = CHANGED["es"] in words(client)
        [file] = Path(settings.MEDIA_ROOT).glob(f"made/{translation.pk}/leaflet-*.pdf")
        drawn.append((said, file.name))

    says, files = zip(*drawn, strict=True)
    assert says == (False, True, True, False)
    assert files[0] != files[1] == files[2] and files[3] == files[0]


def behind_no_more(translation):
    return lambda: Guide.objects.get(pk=translation.pk).mark_up_to_date()


@needs_pango
def test_the_leaflet_of_the_original_says_nothing_of_it(original, client):
    published(original)
    original.publish(by=None)

    pages = read(client.get("/guides/barium/leaflet.pdf").content).pages

    assert "changed since" not in " ".join(page.extract_text() for page in pages)


@pytest.mark.parametrize("language", CHANGED)
def test_it_says_so_in_its_own_language_and_only_then(original, clinic, language):
    live = published(original, language).live_revision
    for is_behind in (False, True):
        with override(language):
            html = leaflet.as_html(live, "https://clinic.example.org/", clinic, is_behind=is_behind)
        assert bool(re.search(CHANGED[language], html)) is is_behind
