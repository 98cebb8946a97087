"""Search: posted, recorded, and never in an address."""

import re

import pytest
from pytest_django.asserts import assertContains, assertRedirects

from appointments.models import AccessEvent
from tests.factories import a_request

from .pages import LIST, SEARCH
from .test_list import references


@pytest.fixture
def wanted(clinic):
    a_request(name="Somebody Else", phone="+12125550199", email="else@example.org")
    return a_request(name="Émile van Sample", phone="+12125550142", email="Emile.Sample@example.org")


@pytest.mark.parametrize(
    "text",
    [
        "(212) 555-0142",
        "+1 212 555 0142",
        "212.555.0142",
        "5550142",
        "0142",
        "émile",
        "ÉMILE",
        "sample van",
        "emile.sample@example.org",
        "  SAMPLE@example  ",
    ],
)
def test_a_request_is_found_by_what_is_said_on_the_phone(staff_client, wanted, text):
    assert references(staff_client.post(SEARCH, {"q": text})) == [wanted.reference]


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
