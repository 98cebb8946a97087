"""What search engines, feed readers and those who pass an address on get to read."""

import json
import re
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import html5lib
import pytest
from PIL import Image

from education.card import draw_card
from education.models import Guide, Revision
from tests.factories import a_clinic, a_guide, a_published_guide, a_sign_off

HOSTILE = "</script><script>alert(1)</script>\"'&<!--\u2028]]>"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def address(settings):
    settings.SITE_URL = "https://clinic.example.org"


def parsed(response):
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.text)


def data_of(response):
    return json.loads(parsed(response).find(".//script[@type='application/ld+json']").text)


def meta(response):
    return {entry.get("property"): entry.get("content") for entry in parsed(response).findall(".//meta[@property]")}


def test_the_page_says_in_the_words_of_schema_org_who_reviewed_it_and_when(client, clinic):
    guide = a_guide("Back pain", written_by="A. Writer", is_sample=False)
    guide.sources.create(organization="WHO", title="On backs", year="2025", url="https://example.org/")
    signed = a_sign_off(guide, name="Dr. B", role="doctor")
    guide.publish(by=None)

    [page] = data_of(client.get(guide.get_absolute_url()))["@graph"]

    assert page["@type"] == "MedicalWebPage"
    assert page["url"] == "https://clinic.example.org/guides/back-pain/"
    assert page["image"] == "https://clinic.example.org/guides/back-pain/card.png?v=1"
    assert page["lastReviewed"] == signed.reviewed_on.isoformat()
    assert page["reviewedBy"] == {"@type": "Person", "name": "Dr. B, doctor"}
    assert page["citation"][0]["publisher"]["name"] == "WHO"
    assert datetime.fromisoformat(page["dateModified"]) == guide.live_revision.published_at.replace(microsecond=0)


def test_nobody_is_named_who_did_not_review_it(client, clinic):
    guide = a_published_guide("Back pain", reviewed_by="Dr. Typed", last_reviewed=date(2026, 3, 3))

    [page] = data_of(client.get(guide.get_absolute_url()))["@graph"]

    assert not {"reviewedBy", "lastReviewed", "author", "citation"} & set(page)


def test_headings_that_ask_are_questions_with_answers(client, clinic):
    parts = [
        {
            "heading": "Does it hurt?",
            "body": "<p>Most people feel <strong>little</strong>.</p>",
            "more": "<p>Detail</p>",
        },
        {"heading": "What it is", "body": "<p>a</p>"},
    ]

    _, faq = data_of(client.get(a_published_guide("Back pain", sections=parts).get_absolute_url()))["@graph"]

    assert faq["@type"] == "FAQPage"
    assert [(question["name"], question["acceptedAnswer"]["text"]) for question in faq["mainEntity"]] == [
        ("Does it hurt?", "Most people feel little.")
    ]


def test_hostile_words_stay_words_in_data_and_in_attributes(client, clinic):
    a_clinic(name=HOSTILE)
    parts = [{"heading": f"{HOSTILE}?", "body": "<p>a</p>"}]
    guide = a_published_guide(HOSTILE, slug="hostile", sections=parts, written_by=HOSTILE, reviewed_by=HOSTILE)

    response = client.get(guide.get_absolute_url())

    page, faq = data_of(response)["@graph"]
    assert page["name"] == page["author"]["name"] == page["publisher"]["name"] == HOSTILE
    assert faq["mainEntity"][0]["name"] == f"{HOSTILE}?"
    assert meta(response)["og:title"] == HOSTILE
    assert len(re.findall("<script", response.text)) == 2  # the data and the page's own


def test_the_page_names_one_address_whatever_the_visitor_called_it(client, clinic):
    guide = a_published_guide("Back pain")

    response = client.get(guide.get_absolute_url() + "?from=mail", headers={"host": "localhost"})

    tree = parsed(response)
    assert tree.find(".//link[@rel='canonical']").get("href") == "https://clinic.example.org/guides/back-pain/"
    assert meta(response)["og:url"] == "https://clinic.example.org/guides/back-pain/"
    assert meta(response)["og:image"] == "https://clinic.example.org/guides/back-pain/card.png?v=1"
    assert "localhost" not in response.text


def test_a_preview_tells_machines_nothing(staff_client, clinic):
    guide = a_guide("Back pain")

    page = staff_client.get(f"/admin/education/guide/{guide.pk}/preview/").text

    assert "ld+json" not in page
    assert "canonical" not in page


def test_the_picture_of_a_guide_is_drawn_once_and_anew_when_the_title_changes(client, clinic, settings):
    guide = a_published_guide("Back pain")
    first = client.get("/guides/back-pain/card.png")
    [file] = Path(settings.MEDIA_ROOT).glob("made/*/card-*.png")
    written = file.stat().st_mtime_ns
    again = client.get("/guides/back-pain/card.png")
    assert file.stat().st_mtime_ns == written
    Revision.objects.update(title="Neck pain")

    other = client.get("/guides/back-pain/card.png")

    assert Image.open(BytesIO(first.content)).size == (1200, 630)
    assert (first["Content-Type"], first.content) == ("image/png", again.content)
    assert not first.cookies
    assert other.content != first.content
    assert len(list(Path(settings.MEDIA_ROOT).glob("made/*/*"))) == 1
    guide.withdraw(by=None)
    assert client.get("/guides/back-pain/card.png").status_code == 404


@pytest.mark.parametrize(
    "title", ["", "x" * 120, "Wo rt " * 20, HOSTILE, "\x00\x07\u202e\ud800 a", "Обследование", "検査"]
)
def test_any_title_is_drawn(title):
    picture = Image.open(BytesIO(draw_card(title, title)))

    assert picture.size == (1200, 630)


def test_the_sitemap_gives_each_guide_the_day_it_was_published(client, clinic):
    guide = a_published_guide("Back pain")
    a_guide("A draft")
    when = datetime(2026, 3, 3, 12, tzinfo=UTC)
    Revision.objects.update(published_at=when)
    Guide.objects.update(summary="Saved since then")

    index = ElementTree.fromstring(client.get("/sitemap.xml").content)
    files = [entry.text for entry in index.iter(f"{SITEMAP}loc")]
    guides = ElementTree.fromstring(client.get(files[1].removeprefix("https://clinic.example.org")).content)

    [entry] = guides.iter(f"{SITEMAP}url")
    assert entry.find(f"{SITEMAP}loc").text == f"https://clinic.example.org{guide.get_absolute_url()}"
    assert datetime.fromisoformat(entry.find(f"{SITEMAP}lastmod").text) == when
    assert "Sitemap: https://clinic.example.org/sitemap.xml" in client.get("/robots.txt").text


def test_many_guides_take_several_files(client, clinic, monkeypatch):
    monkeypatch.setattr("education.sitemap.MOST_ADDRESSES", 2)
    for number in range(5):
        a_published_guide(f"Guide {number}")

    index = ElementTree.fromstring(client.get("/sitemap.xml").content)
    files = [entry.text.removeprefix("https://clinic.example.org") for entry in index.iter(f"{SITEMAP}loc")]

    listed = [re.findall("<loc>(.*?)</loc>", client.get(file).text) for file in files]
    assert [len(addresses) for addresses in listed] == [4 * 3, 2, 2, 1]  # four pages in three languages
    assert len({address for addresses in listed for address in addresses}) == 12 + 5
    assert client.get("/sitemap-guides-4.xml").status_code == client.get("/sitemap-guides-0.xml").status_code == 404


def test_the_feed_tells_of_new_and_changed_guides_the_latest_first(client, clinic):
    old = a_published_guide("Old")
    a_published_guide("New")
    a_guide("A draft")
    old.publish(by=None)

    response = client.get("/guides/feed.atom")

    feed = ElementTree.fromstring(response.content)
    entries = feed.findall(f"{ATOM}entry")
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert [entry.find(f"{ATOM}title").text for entry in entries] == ["Old", "New"]
    name = entries[0].find(f"{ATOM}id").text
    assert name.startswith("tag:clinic.example.org,20")
    old.slug = "moved"
    old.save()
    moved = ElementTree.fromstring(client.get("/guides/feed.atom").content).find(f"{ATOM}entry")
    assert moved.find(f"{ATOM}id").text == name  # and the address is another
    assert moved.find(f"{ATOM}link").get("href") == "https://clinic.example.org/guides/moved/"
    published, updated = (
        datetime.fromisoformat(entries[0].find(f"{ATOM}{name}").text) for name in ("published", "updated")
    )
    first, last = old.revisions.order_by("number").values_list("published_at", flat=True)
    assert (published, updated) == (first, last)


def test_characters_that_xml_cannot_hold_do_not_break_the_feed(client, clinic):
    a_published_guide(f"Bell \x07 and {HOSTILE}", slug="bell", written_by="\x0b")

    feed = ElementTree.fromstring(client.get("/guides/feed.atom").content)

    assert feed.find(f"{ATOM}entry/{ATOM}title").text == f"Bell  and {HOSTILE}"


def test_the_feed_stays_short_and_cheap(client, clinic, django_assert_num_queries):
    for number in range(33):
        a_published_guide(f"Guide {number}")

    with django_assert_num_queries(2):
        response = client.get("/guides/feed.atom")

    assert response.text.count("<entry>") == 30
