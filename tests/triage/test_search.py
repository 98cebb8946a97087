"""Search: posted, recorded, and never in an address. By the words that the worker wrote, and before it has."""

import re

import pytest
from django.db import connection
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from appointments.management.commands.worker import NO_REQUEST_YET, Worker
from appointments.models import AccessEvent, AppointmentRequest, SearchEntry
from appointments.models.search import sound_of
from appointments.search import is_meant
from tests.factories import a_request, requests_like

from .pages import LIST, SEARCH
from .test_list import references


def the_worker_comes_by():
    while SearchEntry.objects.renew_some(SearchEntry.objects.missing()[:500]):
        pass


def an_hour_goes_by():
    worker = Worker(stop=None)
    worker.findable_from = NO_REQUEST_YET
    while worker.make_findable():
        pass


@pytest.fixture(params=["just came", "indexed"])
def wanted(clinic, request):
    a_request(name="Somebody Else", phone="+12125550199", email="else@example.org")
    wanted = a_request(name="Émile van Sample-O’Brien", phone="+12125550142", email="Emile.Sample@example.org")
    if request.param == "indexed":
        the_worker_comes_by()
    return wanted


@pytest.mark.parametrize(
    "text",
    [
        "(212) 555-0142",
        "+1 212 555 0142",
        "212.555.0142",
        "5550142",
        "0142",
        "001 212 555 0142",
        "+1 (0) 212 5550142",
        "0212-555-0142",
        "+1 212 555-014",
        "212 555 0142 ext. 7",
        "émile",
        "ÉMILE",
        "sample van",
        "émi samp",
        "o'brien",
        "Sample OBrien",
        "brien",
        "sampleobrien",
        "emile.sample@example.org",
        "emile.sample@example.o",
        "  SAMPLE@example  ",
    ],
)
def test_a_request_is_found_by_what_is_said_on_the_phone(staff_client, wanted, text):
    assert references(staff_client.post(SEARCH, {"q": text})) == [wanted.reference]


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize(
    "heard",
    ["Emil Semple", "Sempel", "Amile", "Emile van Zample-O’Brian", "em semple", "Emi Semple", "o zample"],
)
def test_a_name_that_was_only_heard_is_found_by_its_sound(staff_client, clinic, heard, indexed):
    wanted = a_request(name="Émile van Sample-O’Brien", phone="+12125550142", email="Emile.Sample@example.org")
    a_request(name="Simon Cymbal", phone="+12125550199")  # sounds much like it, and is spelled otherwise
    if indexed:
        the_worker_comes_by()

    page = staff_client.post(SEARCH, {"q": heard})

    assert references(page) == [wanted.reference]
    assertContains(page, "Nothing is written like that. 1 name sounds like it.")
    assert AccessEvent.objects.filter(action="search").count() == 1


# How callers and staff may differ over a name. Of these the sound brings so many together:
ALIKE = """kowalski kovalsky, mohammed muhammad, mohamed mohammed, hussein husain, catherine katharine, katherine kathryn,
    stephen steven, smith smyth, smith smtih, gonzalez gonzales, gonzalez gonsales, hernandez ernandez, jimenez gimenez,
    garcia garsia, rodriguez rodrigues, philip filip, meyer maier, meier meyer, schmidt schmitt, schmidt smith,
    wagner vagner, jansen janssen, johnson jonson, clark clarke, reilly riley, vazquez basquez, velasco belasco,
    zapata sapata, ahmed ahmad, abdullah abdulla, yusuf youssef, yousef yusuf, fatima fatema, chavez chaves,
    nicholson nicolson, brian bryan, sample semple, wright right, xavier javier, sean shawn"""
# And these it does not: one consonant is more, or heard as another, or there is but one.
APART = """jimenez himenez, thompson thomson, nguyen nuyen, jansen yansen, lee li, knight night, quinn kwin"""


def pairs(text):
    return [pair.split() for pair in text.split(",")]


@pytest.mark.parametrize("heard, written", pairs(ALIKE))
def test_names_that_sound_alike(heard, written):
    assert sound_of(heard) == sound_of(written) != ""
    assert is_meant([heard], written)


@pytest.mark.parametrize("heard, written", pairs(APART))
def test_names_that_only_people_hear_as_one(heard, written):
    assert sound_of(heard) != sound_of(written) or not sound_of(heard)


@pytest.mark.parametrize("word", ["lee", "ana", "محمد", "x4y2", ""])
def test_what_has_too_little_sound_has_none(word):
    assert sound_of(word) == ""


@pytest.mark.parametrize(
    "written, heard",
    [
        ("Benjamin Kowalski", "ben kovalsky"),
        ("Ewa Kowalski", "eva kovalsky"),
        ("Hanna Wiśniewski", "anna visnievsky"),
        ("Kowalski Ben", "ben kovalsky"),
    ],
)
def test_the_other_words_may_be_beginnings_or_have_no_sound(staff_client, clinic, written, heard):
    wanted = a_request(name=written)
    a_request(name="Zoltan Kowalski")

    assert references(staff_client.post(SEARCH, {"q": heard})) == [wanted.reference]


@pytest.mark.parametrize("text", ["Gracia", "Li", "5550199", "nobody@example.org", "Semple Nobody", "♪2514", "ʃ2514"])
def test_what_sounds_otherwise_is_not_found(staff_client, clinic, text):
    a_request(name="Emile Sample", phone="+12125550142", email="emile@example.org")
    the_worker_comes_by()

    for by_sound in ({}, {"by_sound": "1"}):
        assertContains(staff_client.post(SEARCH, {"q": text} | by_sound), "Nothing found")


def test_what_was_found_says_whose_it_is_and_nothing_else_of_the_patient(staff_client, clinic):
    a_request(name="Petra Private", email="petra.private@example.org", message="My secret", language="Klingon")
    a_request(name="Petra <b>Other</b>", phone="+12125550199")

    page = staff_client.post(SEARCH, {"q": "petra"})

    assertContains(page, '<td class="field-known_as">Petra Private</td>', html=True)
    assertContains(page, "Petra &lt;b&gt;Other&lt;/b&gt;")
    for private in ("555", "petra.private@", "secret", "Klingon"):
        assertNotContains(page, private)
    assertNotContains(staff_client.get(LIST), "Petra")


def test_others_that_sound_like_it_are_a_button_away(staff_client, clinic):
    """Some Meyer is always there, and an e-mail may begin like anything."""
    meyer, maier = a_request(name="Ana Meyer"), a_request(name="Ana Maier")

    page = staff_client.post(SEARCH, {"q": "maier"})
    assert references(page) == [maier.reference]
    assertContains(page, 'form="find-form" name="by_sound"')

    page = staff_client.post(SEARCH, {"q": "maier", "by_sound": "1"})
    assert set(references(page)) == {meyer.reference, maier.reference}
    assertContains(page, "2 names sound like it.")
    assertNotContains(page, 'name="by_sound"')


def test_no_button_where_nothing_could_be_heard(staff_client, clinic):
    a_request(name="Ana Lee", phone="+12125550142", reference="K7TQ2M4P")

    for text in ("0142", "lee", "K7TQ 2M4P"):
        assertNotContains(staff_client.post(SEARCH, {"q": text}), 'name="by_sound"')


def test_more_that_sound_alike_than_are_compared_is_said(staff_client, clinic, monkeypatch):
    monkeypatch.setattr("appointments.search.SOUND_ALIKE", 2)
    a_request(name="Ana Kowalski")
    requests_like(a_request(name="Ben Kowalski"), 3)
    the_worker_comes_by()

    assertContains(staff_client.post(SEARCH, {"q": "kovalsky"}), "2 names sound like it, and there may be more")


def test_what_an_older_version_has_written_is_written_anew(staff_client, clinic):
    old, none, newer = a_request(name="Ana Kowalski"), a_request(name="Ben Kowalski"), a_request(name="Cora Kowalski")
    the_worker_comes_by()
    SearchEntry.objects.filter(pk=old.pk).update(words="ana kowalski", version=None)
    SearchEntry.objects.filter(pk=none.pk).delete()
    assert SearchEntry.objects.missing(below=newer.pk + 1).count() == 2

    an_hour_goes_by()

    assert not SearchEntry.objects.missing(below=newer.pk + 1)
    assert set(references(staff_client.post(SEARCH, {"q": "kovalsky"}))) == {
        old.reference,
        none.reference,
        newer.reference,
    }


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL’s index")
def test_no_search_reads_through_what_was_written_lately(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'appointments_search'")
        assert cursor.fetchone() == (["fastupdate=off"],)


def test_a_whole_address_finds_its_own_and_not_one_that_begins_like_it(staff_client, clinic):
    mine = a_request(email="sam@example.co")
    a_request(email="samuel@example.com")

    for _ in ("just came", "indexed"):
        assert references(staff_client.post(SEARCH, {"q": "sam@example.co"})) == [mine.reference]
        the_worker_comes_by()


def test_a_request_is_found_by_its_reference_however_it_is_written(staff_client, staff, wanted):
    wanted.mark_spam(by=staff)
    reference = wanted.reference

    for written in (
        reference,
        reference.lower(),
        f"{reference[:4]} {reference[4:]}",
        f"{reference[:4]}-{reference[4:]}",
    ):
        assert references(staff_client.post(SEARCH, {"q": written})) == [reference]


def test_a_number_no_library_can_read_is_found_by_its_digits(staff_client, clinic):
    odd = a_request(phone="020 / 7946.0 ext 3")

    assert references(staff_client.post(SEARCH, {"q": "02079460"})) == [odd.reference]
    the_worker_comes_by()
    assert references(staff_client.post(SEARCH, {"q": "02079460"})) == [odd.reference]


@pytest.mark.parametrize("number", ["+442079460142", "020 7946 0142"])
@pytest.mark.parametrize("text", ["020 7946 0142", "+44 (0)20 7946 0142", "0044 2079460142", "7946-0142", "٠١٤٢"])
def test_a_number_is_found_in_any_notation(staff_client, clinic, number, text):
    abroad = a_request(phone=number)
    a_request(phone="+442079460143")
    the_worker_comes_by()

    assert references(staff_client.post(SEARCH, {"q": text})) == [abroad.reference]


@pytest.mark.parametrize("text", ["Lukasz Strauss", "łukasz strauß", "MUNOZ", "muñoz"])
def test_letters_that_a_keyboard_lacks_are_found(staff_client, clinic, text):
    pole = a_request(name="Łukasz Strauß-Muñoz")
    the_worker_comes_by()

    assert references(staff_client.post(SEARCH, {"q": text})) == [pole.reference]


def test_the_newest_of_many_are_found_before_and_after_the_worker(staff_client, clinic):
    old = [a_request(name="Pat Sample") for _ in range(30)]
    the_worker_comes_by()
    new = [a_request(name="Pat Sample") for _ in range(30)]

    found = references(staff_client.post(SEARCH, {"q": "sample"}))

    assert set(found) == {row.reference for row in new + old[10:]}


def test_what_changed_is_found_by_what_it_is_now(staff_client, clinic):
    row = a_request(name="Pat Sample")
    the_worker_comes_by()

    AppointmentRequest.objects.filter(pk=row.pk).update(name="Robin Example", phone="+12125550177")
    SearchEntry.objects.renew(AppointmentRequest.objects.filter(pk=row.pk))

    for gone in ("Pat", "0142"):
        assertContains(staff_client.post(SEARCH, {"q": gone}), "Nothing found")
    for known in ("robin", "0177", row.reference):
        assert references(staff_client.post(SEARCH, {"q": known})) == [row.reference]


def test_what_is_deleted_leaves_no_words(staff_client, clinic):
    row = a_request(name="Zebra Quagga")
    the_worker_comes_by()

    row.delete()
    SearchEntry.objects.compact()

    assert not SearchEntry.objects.exists()
    assertContains(staff_client.post(SEARCH, {"q": "zebra"}), "Nothing found")
    assert not [words for words in everything_in_the_index() if b"zebra" in words or b"quagga" in words]


def everything_in_the_index():
    """SQLite's own tables of the index; on PostgreSQL its rows are those of the table, until its next vacuum."""
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT block FROM appointments_search_data")
        return [bytes(block) for (block,) in cursor.fetchall()]


def test_what_came_while_no_worker_ran_is_found_after_its_start(staff_client, clinic):
    row = a_request(name="Zebra Quagga")
    requests_like(a_request(), 1_000)

    the_worker_comes_by()
    assertContains(staff_client.post(SEARCH, {"q": "zebra"}), "Nothing found")

    an_hour_goes_by()
    assert references(staff_client.post(SEARCH, {"q": "zebra"})) == [row.reference]


def test_what_was_searched_for_is_in_no_address(staff_client, wanted):
    page = staff_client.post(SEARCH, {"q": "(212) 555-0142"})

    hrefs = re.findall(r'(?:href|action|formaction)="([^"]*)"', page.content.decode())
    assert len(hrefs) > 10
    assert not [href for href in hrefs if "555" in href or "q=" in href]
    assertContains(page, 'value="(212) 555-0142"')


def test_a_search_in_the_address_is_dropped(staff_client, wanted):
    assertRedirects(staff_client.get(LIST, {"q": "Émile"}), LIST)
    assertRedirects(staff_client.get(SEARCH, {"q": "Émile"}), LIST)


def test_each_request_found_is_recorded_and_no_other(staff_client, staff, wanted):
    staff_client.post(SEARCH, {"q": "van"})

    event = AccessEvent.objects.get()
    assert (event.action, event.reference, event.by) == ("search", wanted.reference, staff)


def test_many_hits_stand_on_one_page_that_says_so(staff_client, clinic):
    for _ in range(53):
        a_request(name="Pat Sample")

    page = staff_client.post(SEARCH, {"q": "sample"})

    assert len(references(page)) == 50
    assertContains(page, "there are more")
    assert AccessEvent.objects.count() == 50


@pytest.mark.parametrize("text", ["", "   ", "\x00", "x" * 101, "%", "_", "'; --", "😀", "a " * 50])
def test_hostile_words_are_answered(staff_client, wanted, text):
    response = staff_client.post(SEARCH, {"q": text}, follow=True)

    assert response.status_code == 200
    assert wanted.reference in references(response) or "Nothing found" in response.content.decode()


def test_a_percent_sign_is_no_wildcard(staff_client, wanted):
    assertContains(staff_client.post(SEARCH, {"q": "%"}), "Nothing found")
