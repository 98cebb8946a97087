"""The pages for people in docs/: their links lead somewhere, and their pictures are made by `make screenshots`."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.utils.text import capfirst
from PIL import Image

from tests.browser.pictures import PICTURES

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
FOR_PEOPLE = sorted(DOCS.glob("for-*.md"))
PAGES = [*FOR_PEOPLE, DOCS / "threats.md", DOCS / "data-protection.md", ROOT / "README.md", ROOT / "SECURITY.md"]
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(pictures/([\w-]+)\.webp\)")
BYTES = 150 * 1024


def test_there_is_a_page_for_each_of_them():
    assert [page.stem for page in FOR_PEOPLE] == ["for-editors", "for-managers", "for-receptionists"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page):
    assert broken_links(page.read_text(), page.parent) == []


def broken_links(text, folder):
    return [address for address in LINK.findall(text) if not (folder / address).exists()]


def test_each_picture_is_made_by_the_script_shown_on_a_page_said_in_words_and_small():
    shown = {}
    for page in FOR_PEOPLE:
        for words, name in PICTURE.findall(page.read_text()):
            assert len(words.split()) >= 1, (page.name, name)
            shown[name] = page
    files = {file.stem: file for file in (DOCS / "pictures").iterdir()}

    assert set(shown) == set(PICTURES) == set(files)
    for file in files.values():
        assert file.suffix == ".webp" and file.stat().st_size <= BYTES, file.name
        with Image.open(file) as image:
            assert image.width <= 1300, file.name


def test_twin_a_link_or_a_picture_to_nowhere_is_found(tmp_path):
    text = "See [this](nowhere.md#there) and ![that](pictures/gone.webp), not [the web](https://example.org/)."

    assert broken_links(text, tmp_path) == ["nowhere.md", "pictures/gone.webp"]


def test_what_the_pages_call_buttons_is_what_the_buttons_say():
    """Words in *italics* with a capital are those of the site: they stand in its templates or code."""
    said = what_the_site_says()
    said += " Add guide Add user "  # the admin makes these of the models' names
    labels = labels_of_fields()
    for page in FOR_PEOPLE:
        for words in re.findall(r"(?<![*\w])\*([A-Z][^*]+)\*(?!\*)", page.read_text()):
            assert words in said or words in labels, (page.name, words)


def what_the_site_says():
    return "\n".join(
        path.read_text()
        for folder in ("templates", "clinic", "appointments", "education")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".html", ".py", ".txt")
    )


def test_what_a_receptionist_sees_when_something_is_wrong_is_what_the_site_says():
    page = (DOCS / "for-receptionists.md").read_text()
    rows = re.findall(r"^\| ([^|]+?)(?: \(red\))? \|", page[page.index("| You see |") :], re.M)[1:]
    said = what_the_site_says()

    assert len(rows) >= 4
    assert [words for words in rows if words not in said] == ["The page does not open at all"]


def labels_of_fields():
    """As the admin writes models and their fields."""
    models = [model._meta for model in apps.get_models()]
    named = {meta.verbose_name for meta in models} | {meta.verbose_name_plural for meta in models}
    return {capfirst(name) for name in named | {field.verbose_name for meta in models for field in meta.fields}}


def test_a_label_that_was_changed_is_no_longer_one():
    assert "Take no requests online" in labels_of_fields() and "Paused" not in labels_of_fields()
