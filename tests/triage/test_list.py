"""The list: in order of promise, no names, few queries."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments.admin.search import FOUND_AT_MOST as PER_PAGE
from appointments.models import AccessEvent, AppointmentRequest
from clinic.models import OpeningHours
from tests.factories import a_request, a_service, a_user, opening_hours

from .pages import DESK, LIST, SEARCH, action


def references(response):
    return re.findall(r'field-reference"><a [^>]*>(\w{8})</a>', response.content.decode())


def test_requests_stand_in_order_of_promise(staff_client, clinic):
    now = timezone.now()
    late, early, middle = (a_request(promised_by=now + timedelta(hours=hours)) for hours in (9, 1, 5))

    assert references(staff_client.get(LIST)) == [row.reference for row in (early, middle, late)]


def test_open_ones_are_shown_first_and_all_is_a_click_away(staff_client, staff, clinic):
    waiting, closed = a_request(), a_request()
    closed.mark_spam(by=staff)

    page = staff_client.get(LIST)

    assert references(page) == [waiting.reference]
    assertContains(page, '<a href="?status=all">All</a>', html=True)
    assert set(references(staff_client.get(LIST, {"status": "all"}))) == {waiting.reference, closed.reference}


def test_filters_narrow_the_list(staff_client, staff, clinic):
    mine = a_request(service=a_service("Injections"))
    mine.claim(by=staff)
    theirs = a_request()
    theirs.claim(by=a_user())
    overdue = a_request(promised_by=timezone.now() - timedelta(hours=1))
    waiting = a_request()
    waiting.await_patient(by=staff, text_for_patient="A referral")

    def found(**query):
        return set(references(staff_client.get(LIST, query)))

    assert found(claim="mine") == {mine.reference}
    assert found(claim="free") == {overdue.reference, waiting.reference}
    assert found(service="injections") == {mine.reference}
    assert found(status="overdue") == {overdue.reference}
    assert found(status="awaiting_patient") == {waiting.reference}
    assert found(status="to_contact") == {mine.reference, theirs.reference, overdue.reference}


def test_no_name_contact_or_word_of_a_patient_is_in_the_list(staff_client, clinic):
    a_request(name="Petra Private", email="petra@example.org", message="My secret", language="Klingon")

    page = staff_client.get(LIST)

    for private in ("Petra", "555", "petra@", "secret", "Klingon"):
        assertNotContains(page, private)


def test_the_promise_is_said_in_words(staff_client, staff, clinic):
    a_request(promised_by=timezone.now() - timedelta(hours=3, minutes=1))
    tried = a_request()
    tried.record_attempt(by=staff, channel="phone", outcome="busy")

    page = staff_client.get(LIST)

    assertContains(page, '<span class="promise promise-overdue">Overdue by 3 hours</span>')
    assertContains(page, '<span class="promise promise-kept">Tried</span>')


@pytest.mark.parametrize("rows", [5, 50])
def test_the_list_asks_few_queries(staff_client, staff, clinic, rows, django_assert_max_num_queries):
    for number in range(rows):
        row = a_request(guide_title="A guide", email="a@example.org")
        if number % 2:
            row.claim(by=staff)

    with django_assert_max_num_queries(12):
        page = staff_client.get(LIST)
    assert len(references(page)) == rows
    with django_assert_max_num_queries(12):
        staff_client.post(SEARCH, {"q": "Pat"})


def test_the_row_button_claims(staff_client, staff, clinic):
    free, taken = a_request(), a_request()
    taken.claim(by=staff)

    page = staff_client.get(LIST)

    assertContains(page, f'formaction="{action(free, "claim")}"')
    assertNotContains(page, action(taken, "claim"))


def test_who_may_only_look_sees_no_button(client, clinic):
    row = a_request()
    reader = a_user(superuser=False)
    reader.user_permissions.add(Permission.objects.get(codename="view_appointmentrequest"))
    client.force_login(reader)

    page = client.get(LIST)

    assert references(page) == [row.reference]
    assertNotContains(page, "Claim <span")


@pytest.mark.parametrize(
    "query",
    [
        "name__icontains=Pat",
        "phone__startswith=%2B1",
        "message__contains=a",
        "secret__startswith=a",
        "created_at__year=99999999999",
        "assigned_to__password__startswith=a",
    ],
)
def test_no_filter_of_ones_own_making(staff_client, clinic, query):
    a_request()

    assert staff_client.get(f"{LIST}?{query}").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "status=%00",
        "status=nonsense",
        "service=%F0%9F%98%80",
        "claim=" + "x" * 500,
        "status=open&status=overdue",
        "status=overdue&claim=nonsense",
        "p=99999999999999999999",
        "p=x",
        "o=-9.x",
        "all=no",
        "e=x",
    ],
)
def test_an_address_that_the_list_cannot_have_made_is_refused_with_a_way_back(staff_client, clinic, query):
    row = a_request(name="Petra Private", phone="+12125550177")
    AccessEvent.objects.all().delete()

    page = staff_client.get(f"{LIST}?{query}")

    assertContains(page, f'<a class="button" href="{LIST}">Back to the list</a>', status_code=400, html=True)
    for unwanted in (row.reference, "Petra", "555-0177", "nonsense", "xxx"):
        assertNotContains(page, unwanted, status_code=400)
    assert not AccessEvent.objects.exists()  # nothing was shown


@pytest.mark.parametrize(
    "query", ["status=", "claim=&service=", "status=&claim=free", "p=", "p=1", "o=1.-2", "o=", "all=", "e=1", "after="]
)
def test_what_is_left_empty_is_not_given(staff_client, clinic, query):
    row = a_request()

    assert references(staff_client.get(f"{LIST}?{query}")) == [row.reference]


def test_each_link_of_the_list_and_of_the_desk_leads_to_a_list(staff_client, clinic):
    for _ in range(PER_PAGE + 1):
        a_request(service=a_service("Injections"))
    pages = [staff_client.get(LIST), staff_client.get(DESK)]
    links = {
        urljoin(page.request["PATH_INFO"], unescape(address))
        for page in pages
        for address in re.findall(r'href="([^"]*\?[^"]*)"', page.content.decode())
    }

    assert len(links) >= 20
    for address in links:
        assert staff_client.get(address).status_code == 200, address


def test_words_to_search_for_are_posted_to_no_other_list(staff_client, clinic):
    a_request(name="Petra Private")

    page = staff_client.post(f"{SEARCH}?status=nonsense&after=x", {"q": "Petra"})

    assertNotContains(page, "Petra", status_code=400)


def test_staff_without_permission_see_no_requests(client, clinic):
    a_request()
    client.force_login(a_user(superuser=False))

    assert client.get(LIST).status_code == 403
    assert client.post(SEARCH, {"q": "Pat"}).status_code == 403
    assert AppointmentRequest.objects.get().first_opened_at is None


@pytest.mark.parametrize(("hours_ago", "badge"), [(0.5, None), (2, "unopened-soon"), (5, "unopened-late")])
def test_what_nobody_has_opened_stands_out(staff_client, clinic, hours_ago, badge):
    OpeningHours.objects.all().delete()
    opening_hours("00:00", "23:59", weekdays=range(7))
    row = a_request(created_at=timezone.now() - timedelta(hours=hours_ago))

    before = staff_client.get(LIST)
    row.mark_opened()
    after = staff_client.get(LIST)

    assert ("Not opened yet" in before.content.decode()) is bool(badge)
    assert not badge or f"badge-{badge}" in before.content.decode()
    assertNotContains(after, "Not opened yet")
