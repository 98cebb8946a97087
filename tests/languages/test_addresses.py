"""The address alone decides in which language a page is."""

import re
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.template import engines
from django.test import Client
from django.utils import translation

from clinic import languages
from tests import factories
from tests.test_house import Loud

PAGES = ("", "guides/", "guides/a-z/", "guides/words/", "guides/search/?q=knee", "request/", "privacy/")


@pytest.fixture
def site(clinic):
    factories.a_service()
    return factories.a_published_guide("Knee")


def lang_of(response):
    return re.search(r'<html lang="([\w-]+)"( dir="rtl")?', response.content.decode()).groups()


@pytest.mark.parametrize(
    ("prefix", "expected"), [("/", ("en", None)), ("/es/", ("es", None)), ("/ar/", ("ar", ' dir="rtl"'))]
)
def test_each_public_page_is_in_the_language_of_its_address(site, client, prefix, expected):
    for page in PAGES:
        response = client.get(prefix + page)

        assert response.status_code == 200, page
        assert lang_of(response) == expected, page
        assert response["Content-Language"] == expected[0]


def test_neither_the_browser_nor_a_cookie_decides(site, client):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"

    response = client.get("/guides/", headers={"accept-language": "ar"})

    assert lang_of(response) == ("en", None)
    assert "Language" not in response.get("Vary", "") and "Cookie" not in response.get("Vary", "")
    assert response.content == client.get("/guides/", headers={"accept-language": "es"}).content


def test_a_page_in_one_language_leaves_the_next_one_alone(site, client):
    client.get("/ar/")

    assert translation.get_language() == "en"
    assert lang_of(client.get("/")) == ("en", None)


def test_a_page_that_is_held_in_memory_is_held_for_its_language(site, settings):
    settings.GUIDES_HELD_FOR = 60
    client = Client()  # with a memory of its own
    pages = {prefix: client.get(f"{prefix}guides/knee/") for prefix in ("/", "/es/", "/ar/")}

    for prefix, first in pages.items():
        again = client.get(f"{prefix}guides/knee/")
        assert again.content == first.content, prefix
        assert again["ETag"] == first["ETag"] and again["Content-Language"] == lang_of(first)[0]
    assert len({page["ETag"] for page in pages.values()}) == 3


def test_error_pages_speak_the_language_of_their_address(site):
    client = Client(enforce_csrf_checks=True)

    missing, forged = (
        client.get("/es/nada/"),
        client.post("/ar/request/", "name=x", "application/x-www-form-urlencoded"),
    )

    assert missing.status_code == 404 and "No encontramos esa página" in missing.content.decode()
    assert forged.status_code == 403 and "أرسل ذلك مرة أخرى" in forged.content.decode()


def test_the_switch_stays_on_the_page_and_search_engines_are_told_of_all(site, client):
    page = client.get("/es/guides/search/?q=knee").content.decode()
    assert 'href="/ar/guides/search/?q=knee"' in page and 'href="/guides/search/?q=knee"' in page

    page = client.get("/es/privacy/").content.decode()
    for code, address in (
        ("en", "/privacy/"),
        ("es", "/es/privacy/"),
        ("ar", "/ar/privacy/"),
        ("x-default", "/privacy/"),
    ):
        assert f'<link rel="alternate" hreflang="{code}" href="{settings.SITE_URL}{address}">' in page


def test_staffs_pages_and_files_have_no_language(site, client):
    for address in ("/es/admin/", "/es/healthz", "/es/robots.txt", "/ar/sitemap.xml"):
        assert client.get(address).status_code == 404, address
    assert "/es/request/" in client.get("/robots.txt").content.decode()
    assert "/es/guides/" in client.get("/sitemap-pages.xml").content.decode()


def test_pages_in_other_languages_ask_for_nothing_that_is_not_there(site, client, monkeypatch):
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", Loud("%s"))

    # The search last: what PostgreSQL is told for it holds until the end of the test.
    pages = [
        "",
        "guides/",
        "guides/a-z/",
        "guides/words/",
        "guides/knee/",
        "guides/topic/x-rays-and-scans/",
        "nothing/",
    ]
    for prefix in ("/es/", "/ar/"):
        client.post(f"{prefix}request/", "name=x", "application/x-www-form-urlencoded")
    for page in (*pages, "request/", "privacy/", "guides/search/?q=knee"):
        for prefix in ("/es/", "/ar/"):
            client.get(prefix + page)


def test_days_and_numbers_are_written_as_each_language_does(clinic):
    at = datetime(2026, 3, 3, 17, tzinfo=UTC)
    said = {}
    for code in languages.offered():
        with translation.override(code):
            said[code] = languages.moment(at), languages.day("2026-03-03"), languages.isolated("BCDF 7346")

    assert said["en"] == ("Tuesday, March 3 at noon", "March 3, 2026", "BCDF 7346")
    assert said["es"] == ("martes 3 de marzo a las 12:00", "3 de marzo de 2026", "BCDF 7346")
    assert said["ar"][0].startswith("الثلاثاء، 3 مارس") and said["ar"][2] == "\u2066BCDF 7346\u2069"


def test_words_of_staff_are_in_the_pages_language_or_marked_as_english(clinic, client):
    imaging, other = factories.a_service("Imaging", description="Pictures."), factories.a_service("Injections")
    imaging.words.create(language="es", name="Imágenes")

    page = client.get("/es/").content.decode()

    assert "<dt>Imágenes</dt>" in page
    assert '<span lang="en" dir="ltr">Pictures.</span>' in page
    assert f'<span lang="en" dir="ltr">{other.name}</span>' in page
    assert '<span lang="en"' not in client.get("/").content.decode()
