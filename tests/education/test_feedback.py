"""“Was this page clear?”: asked of everybody, answered by nobody in particular."""

from datetime import date
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains

from education import feedback
from education.models import Feedback
from tests.factories import a_guide, a_published_guide
from tests.staff.people import somebody

PARTS = [{"heading": "What it is", "body": "<p>a</p>"}, {"heading": "Risks & <b>none</b>", "body": "<p>b</p>"}]
OURS = {"sec-fetch-site": "same-origin"}


@pytest.fixture(autouse=True)
def nobody_lately():
    feedback.recently.forget(0)


@pytest.fixture
def guide(clinic):
    return a_published_guide("Back pain", sections=PARTS)


class Browser(Client):
    """Without a cookie; sends forms as browsers do."""

    def post(self, address, typed):
        return super().post(address, urlencode(typed), content_type="application/x-www-form-urlencoded")


@pytest.fixture
def reader():
    return Browser(enforce_csrf_checks=True, headers=OURS)


def answer(reader, guide, clear="yes"):
    return reader.post(f"{guide.get_absolute_url()}clear/", {"clear": clear, "revision": "1"})


def test_the_page_asks_with_two_buttons_and_holds_nothing_of_its_reader(client, guide):
    one, other = client.get(guide.get_absolute_url()), Client().get(guide.get_absolute_url())

    assertContains(one, 'action="/guides/back-pain/clear/"')
    assertContains(one, 'name="clear" value="no"')
    assert one.content == other.content
    assert not one.cookies


def test_an_answer_is_counted_and_a_sentence_can_follow_without_a_cookie(reader, guide):
    thanks = answer(reader, guide, "no")
    asked = reader.get(thanks["Location"])
    told = reader.post(thanks["Location"], {"section": "Risks & <b>none</b>", "words": "What is a spasm?"})

    assert (thanks.status_code, told.status_code) == (303, 303)
    assertContains(asked, "Please do not write about your health")
    assertContains(asked, '<option value="What it is">')
    assertContains(reader.get(told["Location"]), "We have what you wrote")
    [stored] = Feedback.objects.all()
    assert (stored.clear, stored.section, stored.words) == (False, "Risks & <b>none</b>", "What is a spasm?")
    assert not reader.cookies
    assert {field.name for field in Feedback._meta.fields} == {"id", "revision", "clear", "section", "words", "day"}
    for response in (thanks, asked, told):
        assert "no-store" in response["Cache-Control"]


def test_the_answer_belongs_to_what_was_read(reader, guide):
    guide.publish(by=None)

    answer(reader, guide)

    assert Feedback.objects.get().revision.number == 1


@pytest.mark.parametrize("number", ["", "0", "99", "-1", "x", "1" * 50, "²"])
def test_a_revision_that_is_none_counts_for_the_live_one(reader, guide, number):
    reader.post(f"{guide.get_absolute_url()}clear/", {"clear": "yes", "revision": number})

    assert Feedback.objects.get().revision == guide.live_revision


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"origin": "http://testserver"},
        {"referer": "http://testserver/guides/back-pain/"},
    ],
)
def test_our_own_page_is_known_by_what_its_browser_says(guide, headers):
    assert answer(Browser(headers=headers), guide).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null", "referer": "http://testserver/"},
        {"origin": "http://testserver.elsewhere.example"},
        {"referer": "https://elsewhere.example/http://testserver"},
        {"referer": "http://[broken"},
    ],
)
def test_what_another_page_sends_is_not_counted(guide, headers):
    elsewhere = Browser(headers=headers)

    response = answer(elsewhere, guide)

    assertContains(response, "from our own page", status_code=403)
    assert not response.cookies
    assert not Feedback.objects.exists()


@pytest.mark.parametrize("clear", ["", "maybe", "yes\x00", "<script>"])
def test_what_is_neither_yes_nor_no_is_asked_again(reader, guide, clear):
    assertContains(answer(reader, guide, clear), "choose “Yes” or “No”", status_code=422)
    assert not Feedback.objects.exists()


def test_a_guide_that_is_not_live_takes_no_answer(reader, clinic):
    assert answer(reader, a_guide("A draft")).status_code == 404


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Call me: (212) 555-0142 please", "Call me: [left out] please"),
        ("+44 20 7946 0958", "[left out]"),
        ("I am pat@example.org, born 1950-03-04", "I am [left out] born [left out]"),
        ("see www.example.org/x", "see [left out]"),
        ("Is it 1.5 or 15 mSv? See NCRP 160, 2009", "Is it 1.5 or 15 mSv? See NCRP 160, 2009"),
        ("two\r\nlines\x07 \u202eturned", "two lines turned"),
    ],
)
def test_what_could_say_who_wrote_is_struck_out_before_it_is_stored(reader, guide, typed, kept):
    thanks = answer(reader, guide)

    reader.post(thanks["Location"], {"words": typed})

    assert Feedback.objects.get().words == kept


def test_a_sentence_that_is_too_long_is_kept_in_the_form(reader, guide):
    thanks = answer(reader, guide)
    words = "long " * 100

    response = reader.post(thanks["Location"], {"words": words, "section": "What it is"})

    assertContains(response, "Please make it shorter", status_code=422)
    assertContains(response, words.strip(), status_code=422)
    assertContains(response, '<option value="What it is" selected>', status_code=422)
    assert Feedback.objects.get().words == ""


@pytest.mark.parametrize("section", ["Another part", "<script>alert(1)</script>", "\x00"])
def test_a_part_that_the_page_has_not_is_refused_in_words(reader, guide, section):
    response = reader.post(answer(reader, guide)["Location"], {"section": section})

    assert response.status_code == 422
    assert "<script>alert" not in response.text
    assert Feedback.objects.get().section == ""


def test_words_are_taken_once_and_only_with_the_token_of_the_answer(reader, guide):
    address = answer(reader, guide)["Location"]
    reader.post(address, {"words": "First"})
    reader.post(address, {"words": "Second"})
    other = a_published_guide("Neck pain")
    token = address.split("/")[-2]

    assert Feedback.objects.get().words == "First"
    for wrong in (f"{guide.get_absolute_url()}clear/{token}x/", f"{other.get_absolute_url()}clear/{token}/"):
        assert reader.post(wrong, {"words": "Third"}).status_code == 404


def test_the_token_is_good_for_an_hour(reader, guide, monkeypatch):
    address = answer(reader, guide)["Location"]
    clock = signing.time.time
    monkeypatch.setattr(signing.time, "time", lambda: clock() + 3601)

    assert reader.get(address).status_code == 404


def test_one_network_is_not_counted_on_and_on_and_its_address_is_kept_nowhere(guide, monkeypatch):
    one, other = (Browser(headers=OURS, REMOTE_ADDR=address) for address in ("192.0.2.7", "192.0.2.8"))

    codes = [answer(one, guide).status_code for _ in range(feedback.FROM_A_NETWORK + 1)]

    assert codes == [303] * feedback.FROM_A_NETWORK + [429]
    assert answer(other, guide).status_code == 303
    assert "192.0.2.7" not in repr(feedback.recently.counts) + repr(list(Feedback.objects.values()))


def test_the_memory_of_networks_is_bounded_and_forgets(monkeypatch):
    monkeypatch.setattr(feedback, "MOST_NETWORKS", 5)
    counts = feedback.Recently()

    last = [counts.add(f"192.0.2.{number}") for number in range(50)][-1]

    assert (len(counts.counts), last) == (6, 45)
    monkeypatch.setattr(feedback.time, "monotonic", lambda: 10**9)
    assert counts.add("192.0.2.1") == 1
    assert len(counts.counts) == 1


def test_a_guide_takes_so_many_answers_a_day(reader, guide, monkeypatch):
    monkeypatch.setattr(feedback, "A_DAY_FOR_A_GUIDE", 2)

    assert [answer(reader, guide).status_code for _ in range(3)] == [303, 303, 429]
    assert answer(reader, a_published_guide("Neck pain")).status_code == 303


# In the admin ---------------------------------------------------------------------------------------------------------


def test_editors_see_counts_by_revision_month_and_part_and_the_sentences(client, guide):
    first, second = guide.live_revision, guide.publish(by=None)
    make = Feedback.objects.create
    make(revision=first, clear=True, day=date(2026, 3, 3))
    make(revision=first, clear=False, day=date(2026, 4, 3), section="What it is", words="<b>Which</b> liquid?")
    make(revision=second, clear=True, day=date(2026, 4, 4))
    make(revision=a_published_guide("Neck pain").live_revision, clear=False, words="Of another guide")
    client.force_login(somebody("Editor"))

    page = client.get(f"/admin/education/feedback/guide/{guide.pk}/")

    for row in (
        '<tr><th scope="row">1</th><td>1</td><td>1</td></tr>',
        '<tr><th scope="row">2</th><td>1</td><td>0</td></tr>',
        '<tr><th scope="row">March 2026</th><td>1</td><td>0</td></tr>',
        '<tr><th scope="row">April 2026</th><td>1</td><td>1</td></tr>',
        '<tr><th scope="row">What it is</th><td>0</td><td>1</td></tr>',
    ):
        assertContains(page, row, html=True)
    assertContains(page, "&lt;b&gt;Which&lt;/b&gt; liquid?")
    assertNotContains(page, "Of another guide")
    assertContains(client.get(f"/admin/education/guide/{guide.pk}/change/"), "What readers say")


def test_a_sentence_can_be_deleted_and_its_words_are_kept_nowhere(client, guide):
    said = Feedback.objects.create(revision=guide.live_revision, clear=False, words="My name is Pat")
    client.force_login(somebody("Editor"))

    client.post(f"/admin/education/feedback/{said.pk}/delete/", {"post": "yes"})

    assert not Feedback.objects.exists()
    assert "Pat" not in repr(list(LogEntry.objects.values()))


def test_who_does_not_keep_guides_does_not_see_what_readers_say(client, guide):
    client.force_login(somebody("Triage"))

    assert client.get(f"/admin/education/feedback/guide/{guide.pk}/").status_code == 403
    assert client.get("/admin/education/feedback/").status_code == 403


def test_the_list_of_answers_takes_the_same_queries_for_one_and_for_many(
    staff_client, guide, django_assert_num_queries
):
    Feedback.objects.create(revision=guide.live_revision, clear=False, words="One")
    staff_client.get("/admin/education/feedback/")

    with CaptureQueriesContext(connection) as few:
        staff_client.get("/admin/education/feedback/?words=with")
    for number in range(20):
        Feedback.objects.create(revision=guide.publish(by=None), clear=True, words=f"{number}")

    with django_assert_num_queries(len(few)):
        staff_client.get("/admin/education/feedback/?words=with")
