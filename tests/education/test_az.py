"""Guides from A to Z and by topic: whole for a few guides, page by page for many."""

import re

import pytest
from django.db import connection
from pytest_django.asserts import assertContains

from education import views
from education.models import Guide, ShelfEntry
from tests.factories import a_guide, a_published_guide, a_topic


def titles(response):
    return re.findall(r'<h3><a href="/guides/[^"]+/">([^<]*)</a></h3>', response.text)


def test_a_few_guides_stand_on_one_page_under_their_letters(client, clinic):
    for number, title in enumerate(("Zinc", "An apple", "apricots", "3D pictures", "Ärzte", "Barium")):
        a_published_guide(title, slug=f"g-{number}")

    response = client.get("/guides/a-z/")

    assert titles(response) == ["3D pictures", "An apple", "apricots", "Ärzte", "Barium", "Zinc"]
    assert re.findall(r'<h2 id="letter-\d+">(.)</h2>', response.text) == ["#", "A", "B", "Z"]
    assertContains(response, 'href="/guides/a-z/%23/"')


def test_drafts_and_withdrawn_guides_are_on_no_list(client, clinic):
    a_guide("Draft")
    gone = a_published_guide("Gone", topic=a_topic("Empty"))
    gone.withdraw(by=None)

    assertContains(client.get("/guides/a-z/"), "We are still writing our guides")
    for address in ("/guides/a-z/g/", "/guides/a-z/d/", "/guides/topic/empty/", "/guides/topic/none/"):
        assert client.get(address).status_code == 404, address


def test_a_title_that_changed_moves_to_its_new_letter(client, clinic):
    guide = a_published_guide("Apples")
    guide.title = "Pears"
    guide.save()
    guide.publish(by=None)

    assert client.get("/guides/a-z/a/").status_code == 404
    assert titles(client.get("/guides/a-z/p/")) == ["Pears"]


@pytest.fixture
def many(clinic, monkeypatch):
    """Seven guides where a page holds three."""
    monkeypatch.setattr(views, "ON_ONE_PAGE", 3)
    return [a_published_guide(f"Apple {number}", topic=a_topic("Fruit")) for number in range(7)]


@pytest.mark.parametrize("address", ["/guides/a-z/a/", "/guides/topic/fruit/"])
def test_many_guides_go_on_from_page_to_page_and_none_is_left_out_or_shown_twice(client, many, address):
    seen, next_page = [], ""
    for _ in range(3):
        response = client.get(address + next_page)
        seen += titles(response)
        next_page = (re.findall(r'href="(\?after=[^"]+)"', response.text) or [""])[0]

    assert seen == [f"Apple {number}" for number in range(7)]
    assert next_page == ""


def test_where_a_page_does_not_hold_all_the_letters_are_offered(client, many):
    response = client.get("/guides/a-z/")

    assert titles(response) == []
    assertContains(response, "Choose a letter")
    assertContains(response, 'href="/guides/a-z/a/"')


@pytest.mark.parametrize("after", ["", "zzz", "\x00", "'", "%", "x" * 9000, "\ud800", "apple-3!999999999999999999999"])
def test_a_place_that_nobody_gave_is_a_page_or_none(client, many, after):
    for address in ("/guides/a-z/", "/guides/a-z/a/", "/guides/topic/fruit/"):
        response = client.get(address, {"after": after.encode("utf-8", "surrogatepass")})
        assert response.status_code in (200, 404), address


@pytest.mark.parametrize("letter", ["%00", "aa", "%2523", "%F0%9F%98%80", "%27", "x" * 5000])
def test_a_letter_that_is_none_is_not_found(client, many, letter):
    assert client.get(f"/guides/a-z/{letter}/").status_code == 404


def test_the_list_shows_the_first_of_each_topic_and_leads_to_the_others(client, clinic):
    for number in range(14):
        a_published_guide(f"Apple {number:02}", topic=a_topic("Fruit"))
    a_published_guide("Carrot", topic=a_topic("Roots"))

    response = client.get("/guides/")

    groups = {group["topic"].name: group for group in response.context["topics"]}
    assert [guide.title for guide in groups["Fruit"]["guides"]] == [f"Apple {number:02}" for number in range(12)]
    assert (groups["Fruit"]["more"], groups["Roots"]["more"]) == (True, False)
    assertContains(response, "All guides<", count=1)


def test_letters_of_any_alphabet_are_found_one_after_the_other(client, clinic):
    for number, title in enumerate(("Ägypten", "Бедро", "日本", "Łódź", "3", "Zoo", "Zebra")):
        a_published_guide(title, slug=f"g-{number}")

    assert ShelfEntry.objects.letters() == sorted({"#", "a", "б", "日", "l", "z"})
    assert titles(client.get("/guides/a-z/б/")) == ["Бедро"]


# What does not grow ---------------------------------------------------------------------------------------------------


# Each short, because people write it by hand: read whole, whatever number of guides there is.
SHORT = "topic|education_topic|education_glossaryterm USING INDEX"
PAGES = ["/guides/", "/guides/a-z/", "/guides/a-z/a/", "/guides/topic/fruit/", "/guides/search/?q=apple"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plan")
@pytest.mark.parametrize("address", PAGES)
def test_no_page_sorts_or_reads_a_whole_table(client, many, address, monkeypatch):
    plans = plans_of(client, address, monkeypatch)

    assert plans
    for statement, plan in plans.items():
        for step in plan:
            assert not re.match(rf"SCAN (?!\(|found|education_search |CONSTANT|{SHORT})", step), (
                statement,
                plan,
            )
            if "TEMP B-TREE FOR ORDER BY" in step:
                assert "IN (" in statement or "topic" in statement, (statement, plan)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plan")
def test_the_plan_of_a_list_without_its_index_is_seen(many):
    [(*_, step)] = plan_of("SELECT guide_id FROM education_shelfentry WHERE headings = 'x'")

    assert step.startswith("SCAN education_shelfentry")


def plans_of(client, address, monkeypatch):
    """{statement: steps} of all that a page asks of the tables of guides."""
    found = {}

    def note(execute, sql, params, many, context):
        if "education_" in sql and sql.startswith(("SELECT", "WITH")):
            found[sql] = [row[3] for row in plan_of(sql, params)]
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        client.get(address)
    return found


def plan_of(sql, params=()):
    with connection.cursor() as cursor:
        inner = cursor.cursor if hasattr(cursor, "cursor") else cursor
        return list(inner.execute(f"EXPLAIN QUERY PLAN {sql}", params).fetchall())


def test_publishing_knows_each_guide_once(clinic):
    guide = a_published_guide("Apples")
    guide.publish(by=None)

    assert ShelfEntry.objects.count() == Guide.objects.published().count() == 1
