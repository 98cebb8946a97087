"""Style sheets that are joined for those who load them."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from clinic import bundles
from tests.factories import a_published_guide


@pytest.fixture(autouse=True)
def elsewhere(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def test_a_joined_sheet_holds_its_parts_in_their_order():
    text = Path(finders.find("css/site.css")).read_text()

    parts = [(Path(settings.BASE_DIR) / "static" / part).read_text() for part in bundles.JOINED["css/site.css"]]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)


def test_what_is_for_paper_stays_for_paper():
    text = Path(finders.find("css/guide-page.css")).read_text()

    screen, _, paper = text.partition("@media print {\n")
    assert "@page" in paper
    assert "@page" not in screen
    assert text.count("{") == text.count("}")


def test_a_part_that_changes_changes_the_whole(monkeypatch):
    first = Path(finders.find("css/site.css")).read_text()
    monkeypatch.setitem(bundles.JOINED, "css/site.css", ["css/tokens.css"])

    assert Path(finders.find("css/site.css")).read_text() != first


def test_collectstatic_finds_joined_sheets_and_their_parts():
    names = {name for finder in finders.get_finders() for name, _ in finder.list([])}

    assert {*bundles.JOINED, *(part for parts in bundles.JOINED.values() for part in parts)} <= names


def test_a_guide_takes_at_most_six_requests_beside_its_pictures(client, clinic):
    page = client.get(a_published_guide("Back pain").get_absolute_url()).text

    assert 1 + page.count('<link rel="stylesheet"') + page.count('<link rel="icon"') + page.count(" src=") <= 6
