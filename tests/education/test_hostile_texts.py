"""500 payloads through every door: what comes out is judged by a reader of HTML that has nothing in common with the cleaner."""

import re

import pytest

from education.content import clean_html

from .doors import DOORS, batches
from .hostile import HARMLESS, OF_THE_TEMPLATE, dangers
from .payloads import PAYLOADS

# What the page's own template puts around a guide that has pictures.
ALLOWED = {
    **HARMLESS,
    **OF_THE_TEMPLATE,
    "p": {"class"},
    "a": {"href", "class", "id"},
    "figure": {"class"},
    "figcaption": {"class"},
    "picture": set(),
    "source": {"type", "srcset", "sizes"},
    "img": {"src", "srcset", "sizes", "alt", "width", "height", "loading", "decoding", "fetchpriority"},
}
# Plain text may hold anything, as text: there it must stand escaped.
PLAIN = re.compile(r'\b(?:alt|content)="[^"<>]*"')


@pytest.fixture
def rules_aside(monkeypatch):
    """Whether a guide may go live is not what is asked here."""
    monkeypatch.setattr("education.models.guide.in_the_way", lambda draft: [])


def article(page):
    return page.partition('<article class="guide">')[2].partition("</article>")[0]


def test_there_are_500_of_them_and_the_judge_sees_what_is_wrong_with_each():
    assert len(set(PAYLOADS)) == 500
    assert [payload for payload in PAYLOADS if not dangers(payload)] == []


def test_cleaning_leaves_nothing_dangerous_and_nothing_to_clean_again():
    for payload in PAYLOADS:
        cleaned = clean_html(f"<p>before</p>{payload}")

        assert not dangers(cleaned), payload
        assert "before" in cleaned, payload
        assert clean_html(cleaned) == cleaned, payload


@pytest.mark.parametrize("door", DOORS)
def test_none_survives_in_any_field(staff_client, client, clinic, rules_aside, door):
    for batch in batches(PAYLOADS, 125):
        guide = DOORS[door](staff_client, batch)

        page = client.get(guide.get_absolute_url()).text
        assert len(guide.live_revision.data["sections"]) == len(batch.payloads)
        assert not dangers(article(page), ALLOWED)
        assert not [source["url"] for source in guide.live_revision.data["sources"] if source["url"]]
        assert "top.ran=1" in PLAIN.sub("", page).replace("&lt;", "<")  # it is there, as text
        for section in guide.live_revision.data["sections"]:
            assert not dangers(section["body"] + section["more"])


@pytest.mark.parametrize("door", ["shell", "database", "restore"])
def test_without_the_cleaner_they_do_survive(staff_client, client, clinic, rules_aside, monkeypatch, door):
    for module in ("education.models.guide", "education.models.section"):
        monkeypatch.setattr(f"{module}.clean_html", lambda value: value)

    guide = DOORS[door](staff_client, batches(PAYLOADS, 125)[0])

    assert len(dangers(article(client.get(guide.get_absolute_url()).text), ALLOWED)) > 100
