"""Published guides from memory: what is held, for whom, and what never is."""

import gzip
import re
import time
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest
from django.conf import settings
from django.db import DatabaseError, connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from django.views.decorators.csrf import ensure_csrf_cookie

from clinic import urls
from education import held_pages
from education.held_pages import MEMORY, HeldPages, Page, Pages, best_coding
from tests.factories import a_clinic, a_guide, a_published_guide, a_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    """A clock for what is held: `clock.later(4)`."""

    class Clock:
        now = 1_000.0

        def later(self, seconds):
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr(held_pages.time, "monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def guide(clinic, settings, clock):
    settings.GUIDES_HELD_FOR = 3
    return a_published_guide("Back pain")


def page(client, guide, **headers):
    return client.get(guide.get_absolute_url(), headers=headers)


# What is held ---------------------------------------------------------------------------------------------------------


def test_a_page_that_was_read_is_read_again_without_a_query(client, guide, django_assert_num_queries):
    first = page(client, guide)

    with django_assert_num_queries(0):
        again = page(client, guide)

    assert again.content == first.content
    assert b"Back pain" in again.content


def test_the_twin_without_holding_asks_each_time(client, guide, settings, django_assert_num_queries):
    settings.GUIDES_HELD_FOR = 0
    page(client, guide)

    with django_assert_num_queries(4):
        page(client, guide)


def test_a_held_page_carries_the_same_headers_as_one_that_is_made(client, guide):
    made = page(client, guide)
    held = page(client, guide)
    slow = client.get(guide.get_absolute_url(), {"x": "1"})

    assert dict(held.headers) == dict(made.headers)
    assert len(slow.content) > len(held.content)  # the links to other languages bring the query along
    for answer in (held, slow):
        assert answer.headers["Content-Length"] == str(len(answer.content))
    own = {"ETag", "Vary", "Content-Length"}
    assert {n: v for n, v in held.headers.items() if n not in own} == {
        n: v for n, v in slow.headers.items() if n != "Content-Length"
    }
    for name in ("Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "Permissions-Policy"):
        assert held.headers[name]
    assert held.headers["Vary"] == "Accept-Encoding"
    assert "s-maxage=50" in held.headers["Cache-Control"]


def test_https_and_its_headers_are_held_apart_from_http(client, guide, settings):
    settings.SECURE_HSTS_SECONDS = 1000
    plain, safe = (client.get(guide.get_absolute_url(), secure=secure) for secure in (False, True))

    again = client.get(guide.get_absolute_url(), secure=True)

    assert "Strict-Transport-Security" not in plain.headers
    assert again.headers["Strict-Transport-Security"] == safe.headers["Strict-Transport-Security"]


def test_http_is_still_sent_to_https(guide, settings):
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    client.get(guide.get_absolute_url(), secure=True)

    assert client.get(guide.get_absolute_url()).status_code == 301


# What is seen, and when -------------------------------------------------------------------------------------------------


def publish_anew(guide):
    guide.sections.update(body="<p>Other words.</p>")
    guide.publish(by=None)


def withdraw(guide):
    guide.withdraw(by=None)


def change_the_phone(guide):
    a_clinic(phone="212-555-0199")


def change_the_emergency_number(guide):
    a_clinic(emergency_number="112")


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (publish_anew, "Other words."),
        (withdraw, "We cannot find that page"),
        (change_the_phone, "555-0199"),
        (change_the_emergency_number, "Call 112"),
    ],
)
def test_whatever_is_on_the_page_follows_after_the_few_seconds(client, guide, clock, change, seen):
    before = page(client, guide)
    change(guide)

    clock.later(2.9)
    assert page(client, guide).content == before.content
    clock.later(0.2)
    after = page(client, guide)

    assert seen in after.text
    assert after.headers.get("ETag") != before.headers["ETag"]


def test_a_guide_that_is_published_for_the_first_time_is_there_at_once(client, guide):
    draft = a_guide("Knee pain")
    assert page(client, draft).status_code == 404

    draft.publish(by=None)

    assert page(client, draft).status_code == 200


def test_a_page_that_was_begun_before_a_change_ages_from_its_beginning(client, guide, clock, monkeypatch):
    """Reading it took four seconds: what it says is four seconds old when it is done."""
    made = HeldPages.__call__

    def slowly(self, request):
        answer, self.get_response = self.get_response, lambda r: (clock.later(4), answer(r))[1]
        try:
            return made(self, request)
        finally:
            self.get_response = answer

    monkeypatch.setattr(HeldPages, "__call__", slowly)
    page(client, guide)
    monkeypatch.undo()
    monkeypatch.setattr(held_pages.time, "monotonic", lambda: clock.now)
    change_the_phone(guide)

    assert "555-0199" in page(client, guide).text


def test_while_one_reader_waits_for_the_new_page_the_others_read_the_old_one(guide, clock):
    seen = []

    def made(request):
        if not seen:
            seen.append(held(asked()).content)  # another reader comes while this one's page is made
        return the_answer(b"new")

    held = HeldPages(lambda request: the_answer(b"old"))
    held(asked())
    held.get_response = made
    clock.later(3.5)

    assert held(asked()).content == b"new"
    assert seen == [b"old"]


def test_nobody_reads_the_old_page_when_the_new_one_does_not_come(guide, clock, monkeypatch):
    monkeypatch.setattr(held_pages, "LONGEST_WAIT", 0.05)
    held = HeldPages(lambda request: the_answer(b"old"))
    held(asked())
    clock.later(3.5)
    held.pages.get(("http", "testserver", "/guides/a/")).renewal.acquire()

    clock.later(0.6)
    held.get_response = lambda request: the_answer(b"new")

    assert held(asked()).content == b"new"


def test_many_who_come_for_a_page_that_is_too_old_have_it_made_once(guide, clock):
    made = []

    def slowly(request):
        made.append(1)
        time.sleep(0.3)
        return the_answer(b"new")

    held = HeldPages(lambda request: the_answer(b"old"))
    held(asked())
    held.get_response = slowly
    clock.later(60)

    with ThreadPoolExecutor(8) as pool:
        answers = {answer.content for answer in pool.map(lambda _: held(asked()), range(8))}

    assert answers == {b"new"}
    assert len(made) == 1


def asked(address="/guides/a/", **headers):
    return RequestFactory().get(address, headers=headers)


def the_answer(body=b"words", held=True, **headers):
    response = HttpResponse(body, headers={"Cache-Control": "public, max-age=60", **headers})
    response.held = held
    return response


# While the database is away -------------------------------------------------------------------------------------------


@pytest.fixture
def no_database(monkeypatch):
    def refuse(*args, **kwargs):
        raise DatabaseError("away")

    def stop():
        monkeypatch.setattr(type(connections["default"]), "cursor", refuse)

    return stop


def test_a_guide_is_still_read_while_the_database_is_away(guide, clock, no_database):
    client = Client(raise_request_exception=False)
    before = page(client, guide)
    no_database()

    clock.later(600)
    assert page(client, guide).content == before.content
    clock.later(3600)
    assert page(client, guide).status_code == 503


# For whom -------------------------------------------------------------------------------------------------------------


def test_staff_get_each_page_made_for_them(client, guide, staff, django_assert_num_queries):
    page(client, guide)
    client.force_login(staff)

    with django_assert_num_queries(4):
        response = page(client, guide)

    assert "ETag" not in response.headers


def test_a_draft_that_staff_preview_is_never_held(client, guide, staff):
    guide.title = "Half-finished title"
    guide.save()
    client.force_login(staff)
    assert "Half-finished" in client.get(f"/admin/education/guide/{guide.pk}/preview/").text

    assert "Half-finished" not in page(Client(), guide).text
    assert (
        client.get(f"/admin/education/guide/{guide.pk}/preview/")
        .headers["Cache-Control"]
        .endswith("no-store, must-revalidate, private")
    )


def test_a_page_that_gives_a_cookie_is_never_held(guide, settings):
    def view(request):
        return the_answer()

    settings.ROOT_URLCONF = type("Urls", (), {**vars(urls), "urlpatterns": [
        path("plain/", view), path("cookie/", ensure_csrf_cookie(view)), *urls.urlpatterns]})  # fmt: skip
    client = Client()

    assert "ETag" in client.get("/plain/").headers
    assert "ETag" not in client.get("/cookie/").headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Vary": "Cookie"},
        {"Cache-Control": "no-store"},
        {"Content-Encoding": "br"},
        {"Content-Security-Policy": "script-src 'nonce-abc'"},
    ],
)
def test_what_is_somebodys_own_is_never_held(guide, headers):
    held = HeldPages(lambda request: the_answer(**headers))

    held(asked())

    assert not held.pages.held


def test_what_no_view_has_offered_is_not_held(guide):
    held = HeldPages(lambda request: the_answer(held=False))

    held(asked())

    assert not held.pages.held


# Keys -----------------------------------------------------------------------------------------------------------------


def test_made_up_addresses_leave_no_trace_in_the_memory(guide, client):
    page(client, guide)
    [held] = pages_of(client)

    for number in range(20):
        assert client.get(guide.get_absolute_url(), {"x": number}).status_code == 200
        client.get(f"/guides/none-{number}/")
        client.get(guide.get_absolute_url(), headers={"host": f"testserver:{number + 1}"})
        client.get(guide.get_absolute_url(), headers={"host": f"elsewhere-{number}.example.com"})

    assert pages_of(client) == [held]


def pages_of(client):
    handler = client.handler._middleware_chain
    return list(handler.pages.held) if hasattr(handler, "pages") else list(handler.__wrapped__.pages.held)


def test_a_page_names_the_address_of_the_site_whatever_host_was_asked(guide, client, settings):
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "other.example.org"]
    page(client, guide)

    other = page(client, guide, host="other.example.org")

    assert f"{settings.SITE_URL}/guides/" in other.text
    assert "testserver" not in other.text
    assert "other.example.org" not in other.text
    assert page(client, guide, host="evil.example.com").status_code == 400


def test_the_memory_has_an_end(guide, monkeypatch):
    monkeypatch.setattr(held_pages, "MEMORY", 10_000)
    pages = Pages()
    for number in range(100):
        pages.put(number, Page(the_answer(b"x" * 1_000), since=number))

    assert list(pages.held) == [95, 96, 97, 98, 99]
    assert pages.weight == 10_000
    assert MEMORY == 32 * 1024 * 1024


def test_a_page_that_was_read_of_late_stays_longest(guide, monkeypatch):
    monkeypatch.setattr(held_pages, "MEMORY", 4_000)
    pages = Pages()
    pages.put("a", Page(the_answer(b"x" * 1_000), since=1))
    pages.put("b", Page(the_answer(b"x" * 1_000), since=1))
    pages.get("a")
    pages.put("c", Page(the_answer(b"x" * 1_000), since=1))

    assert list(pages.held) == ["a", "c"]


def test_of_two_who_make_a_page_at_once_the_later_reading_stays(guide):
    pages = Pages()
    pages.put("a", new := Page(the_answer(b"new"), since=2))
    pages.put("a", Page(the_answer(b"old"), since=1))
    pages.forget("a", before=1)

    assert pages.get("a") is new


# Conditional and compressed -------------------------------------------------------------------------------------------


def test_who_has_the_page_is_not_sent_it_again(client, guide):
    first = page(client, guide)

    again = page(client, guide, if_none_match=first.headers["ETag"])

    assert (again.status_code, again.content) == (304, b"")
    kept = {"ETag", "Cache-Control", "Vary", "Last-Modified", "Content-Security-Policy"}
    assert {name: again.headers[name] for name in kept} == {name: first.headers[name] for name in kept}
    assert "Content-Type" not in again.headers


@pytest.mark.parametrize("known", ["*", "W/{tag}", '"other", {tag}', '"other",W/{tag}'])
def test_a_tag_is_known_in_each_of_its_spellings(client, guide, known):
    tag = page(client, guide).headers["ETag"]

    assert page(client, guide, if_none_match=known.replace("{tag}", tag)).status_code == 304


@pytest.mark.parametrize("known", ['"other"', "", "other", '"', 'W/"', "\\", "a" * 30_000, '"a",' * 7_000])
def test_a_tag_that_is_not_ours_gets_the_page(client, guide, known):
    page(client, guide)

    assert page(client, guide, if_none_match=known).status_code == 200


def test_a_date_alone_is_no_proof_because_the_phone_number_may_have_changed(client, guide, clock):
    first = page(client, guide)
    change_the_phone(guide)
    clock.later(4)

    again = page(client, guide, if_modified_since=first.headers["Last-Modified"])

    assert again.status_code == 200
    assert "555-0199" in again.text


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("BR", "br"),
        ("gzip; q=0", ""),
        ("identity", ""),
        ("*", ""),
        ("x" * 5000, ""),
    ],
)
def test_the_best_coding_that_the_browser_takes(client, guide, accepted, coding):
    response = page(client, guide, accept_encoding=accepted)

    assert best_coding(accepted) == coding
    assert response.headers.get("Content-Encoding", "") == coding
    open_up = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}[coding]
    assert open_up(response.content) == page(client, guide).content
    assert response.headers["Content-Length"] == str(len(response.content))


def test_each_coding_has_a_tag_of_its_own(client, guide):
    tags = [page(client, guide, accept_encoding=coding).headers["ETag"] for coding in ("br", "gzip", "")]

    assert len(set(tags)) == 3
    assert all(re.fullmatch(r'"[0-9a-f]{24}(-\w+)?"', tag) for tag in tags)
    assert page(client, guide, accept_encoding="gzip", if_none_match=tags[0]).status_code == 200


def test_head_says_what_get_would_and_leaves_the_page_whole(client, guide):
    first = client.head(guide.get_absolute_url())
    second = client.head(guide.get_absolute_url())
    whole = page(client, guide)

    assert (first.content, second.content) == (b"", b"")
    assert dict(first.headers) == dict(second.headers) == dict(whole.headers)
    assert b"Back pain" in whole.content


def test_posting_never_meets_a_held_page(client, guide):
    page(client, guide)

    assert client.post(guide.get_absolute_url()).status_code in (405, 415)


def test_a_patient_who_opened_the_form_still_reads_from_memory(client, guide, django_assert_num_queries):
    a_service()
    client.get("/request/")
    assert settings.CSRF_COOKIE_NAME in client.cookies
    page(client, guide)

    with django_assert_num_queries(0):
        page(client, guide)
