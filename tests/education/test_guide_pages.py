import re
from collections import Counter

import pytest
from django.template import engines
from pytest_django.asserts import assertContains, assertNotContains

from tests.factories import a_guide, a_picture, a_published_guide, a_service, a_topic


@pytest.fixture
def strict_templates(settings):
    """A variable that a template names and nobody gave shows itself."""
    for engine in engines.all():
        engine.engine.string_if_invalid, kept = "INVALID(%s)", engine.engine.string_if_invalid
        yield
        engine.engine.string_if_invalid = kept


def rich_guide(title="Back pain", **facts):
    guide = a_guide(
        title,
        picture=a_picture(caption="A caption", credit="A hand"),
        service=a_service(),
        sections=[
            {"heading": "Emergency", "kind": "emergency", "body": "<p>Call.</p>"},
            {"heading": "Main", "body": "<p>a</p>", "more": "<p>b</p>", "picture": a_picture()},
            {"heading": "Part", "level": 3, "body": "<table><tr><td>a</td></tr></table>"},
            {"heading": "Emergency", "kind": "warning", "body": "<p>c</p>"},
        ],
        **facts,
    )
    guide.sources.create(organization="WHO", title="On backs", year="2025", url="https://example.org/")
    guide.publish(by=None)
    return guide


def test_editing_a_published_guide_leaves_the_public_page_alone(client, clinic):
    guide = a_published_guide("Back pain", sections=[{"heading": "What it is", "body": "<p>First words.</p>"}])
    before = client.get(guide.get_absolute_url()).content
    guide.title = "Half-finished title"
    guide.topic = a_topic("Elsewhere")
    guide.save()
    guide.sections.update(body="<p>Half-finished words.</p>")

    response = client.get(guide.get_absolute_url())
    listed = client.get("/guides/")

    assert response.content == before
    assertContains(response, "<h1>Back pain</h1>", html=True)
    assertContains(listed, "X-rays and scans")
    assertNotContains(listed, "Half-finished")
    assertNotContains(listed, "Elsewhere")


def test_a_draft_is_nowhere_to_be_seen(client, clinic):
    guide = a_guide("Secret draft")

    assert client.get(guide.get_absolute_url()).status_code == 404
    assertNotContains(client.get("/guides/"), "Secret draft")


def test_a_withdrawn_guide_is_gone(client, clinic):
    guide = a_published_guide("Back pain")
    guide.withdraw(by=None)

    assert client.get(guide.get_absolute_url()).status_code == 404
    assertNotContains(client.get("/guides/"), "Back pain")


def test_a_guide_page_takes_at_most_three_queries(client, clinic, django_assert_max_num_queries):
    guide = rich_guide()

    with django_assert_max_num_queries(3):
        assertContains(client.get(guide.get_absolute_url()), "A caption", count=0)


def test_the_list_takes_the_same_queries_for_one_guide_and_for_many(client, clinic, django_assert_num_queries):
    rich_guide()
    with django_assert_num_queries(3):
        client.get("/guides/")

    for number in range(5):
        rich_guide(f"Guide {number}", topic=a_topic(f"Topic {number}"))
    with django_assert_num_queries(3):
        response = client.get("/guides/")

    assert [len(group["guides"]) for group in response.context["topics"]] == [1] * 6


def test_readers_get_no_cookie_and_a_page_that_a_proxy_may_keep_for_a_minute_and_a_browser_asks_about(client, clinic):
    guide = rich_guide()

    for address in ("/guides/", guide.get_absolute_url()):
        response = client.get(address)
        assert not response.cookies
        assert "Cookie" not in response.headers.get("Vary", "")
        assert set(response.headers["Cache-Control"].split(", ")) == {
            "public",
            "max-age=0",
            "must-revalidate",
            "s-maxage=50",
        }
    assert response.headers["Last-Modified"]


def test_head_answers_like_get_without_the_page(client, clinic):
    guide = rich_guide()

    response = client.head(guide.get_absolute_url())

    assert response.status_code == 200
    assert response.content == b""


@pytest.mark.parametrize("method", ["post", "put", "delete", "trace", "patch"])
def test_a_guide_cannot_be_written_to(client, clinic, method):
    guide = a_published_guide()

    response = client.generic(method.upper(), guide.get_absolute_url())

    assert response.status_code in (405, 415)


def test_each_id_stands_on_the_page_once_and_each_link_within_it_leads_somewhere(client, clinic):
    page = client.get(rich_guide().get_absolute_url()).text

    ids = Counter(re.findall(r'\sid="([^"]*)"', page))
    assert [name for name, times in ids.items() if times > 1] == []
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_the_pages_name_no_variable_that_nobody_gave(strict_templates, client, clinic):
    guide = rich_guide()

    assertNotContains(client.get("/guides/"), "INVALID")
    assertNotContains(client.get(guide.get_absolute_url()), "INVALID")
    guide.withdraw(by=None)
    assertNotContains(client.get("/guides/"), "INVALID")
