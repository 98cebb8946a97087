"""Long lists, page by page: each row once, in order, forwards and back, wherever one begins."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments.admin.requests import ClaimFilter, StatusFilter
from appointments.models import AppointmentRequest, Delivery
from tests.factories import a_recipient, a_request, a_service, requests_like

from .pages import DESK, LIST
from .test_list import references

DELIVERIES = reverse("admin:appointments_delivery_changelist")
PER_PAGE = 50


@pytest.fixture
def many(clinic):
    """133 requests, seven of which always share one moment: then the id decides."""
    requests_like(a_request(), 132)
    return [row.reference for row in AppointmentRequest.objects.order_by("promised_by", "pk")]


def link(page, words):
    found = re.search(rf'<a href="([^"]*)"[^>]*>{words}</a>', page.content.decode())
    return found and found[1].replace("&amp;", "&")


def walk(client, address, words):
    """The pages from here on, as lists of references."""
    pages = []
    while address:
        page = client.get(address)
        pages.append(references(page))
        address = link(page, words) and LIST + link(page, words)
    return pages, page


def test_each_request_stands_on_one_page_in_order(staff_client, many):
    forwards, last = walk(staff_client, LIST, "Next page")

    assert [len(page) for page in forwards] == [50, 50, 33]
    assert [reference for page in forwards for reference in page] == many
    backwards, _ = walk(staff_client, LIST + link(last, "Previous page"), "Previous page")
    assert backwards == forwards[1::-1]
    assert references(staff_client.get(LIST + link(last, "First page"))) == forwards[0]


def test_who_reads_on_misses_nothing_when_rows_before_go(staff_client, staff, many):
    page = staff_client.get(LIST)
    for row in AppointmentRequest.objects.filter(reference__in=many[:50]):
        row.mark_spam(by=staff)  # the last row of the page, where the next one begins, is among them

    assert references(staff_client.get(LIST + link(page, "Next page"))) == many[50:100]


def test_the_way_back_ends_with_a_whole_first_page(staff_client, staff, many):
    third = walk(staff_client, LIST, "Next page")[1]
    for row in AppointmentRequest.objects.filter(reference__in=many[:30]):
        row.mark_spam(by=staff)

    second = staff_client.get(LIST + link(third, "Previous page"))
    first = staff_client.get(LIST + link(second, "Previous page"))

    assert references(second) == many[50:100]
    assert references(first) == many[30:80]
    assert link(first, "Previous page") is None


def test_pages_keep_the_filters_and_filters_drop_the_page(staff_client, many):
    AppointmentRequest.objects.update(service=a_service("Injections"))

    page = staff_client.get(LIST, {"service": "injections", "claim": "free"})
    second = staff_client.get(LIST + link(page, "Next page"))

    assert references(second) == many[50:100]
    assertContains(second, "service=injections")
    assert "after=" not in "".join(re.findall(r'href="([^"]*)"[^>]*>On the waiting list<', second.content.decode()))


def test_no_page_is_empty_because_its_rows_have_gone(staff_client, staff, many):
    last = walk(staff_client, LIST, "Next page")[0][1][-1]
    at = AppointmentRequest.objects.get(reference=last)
    AppointmentRequest.objects.filter(promised_by__gt=at.promised_by).update(suspected_spam=True)
    far = f"{LIST}?after=99999999999999999-1"

    assert len(references(staff_client.get(far))) == PER_PAGE


def digests(recipient, many):
    first = timezone.localdate() - timedelta(days=5_000)
    Delivery.objects.bulk_create(
        Delivery(kind="digest", recipient=recipient, day=first + timedelta(days=n)) for n in range(many)
    )


def test_the_list_of_deliveries_has_pages_newest_first(staff_client, clinic):
    digests(a_recipient(), 130)

    first = staff_client.get(DELIVERIES)
    second = staff_client.get(DELIVERIES + link(first, "Next page"))

    assert link(first, "Previous page") is None
    assert link(second, "First page")
    assert first.context["cl"].result_list[-1].pk == second.context["cl"].result_list[0].pk + 1


@pytest.mark.parametrize(("many", "said"), [(1000, "1,000"), (1001, "1,000+")])
def test_a_count_ends_at_a_thousand(staff_client, clinic, many, said):
    digests(a_recipient(), many)

    assertContains(staff_client.get(DELIVERIES), f"<span>{said} deliveries</span>", html=True)


def test_the_desk_counts_to_a_thousand(staff_client, clinic):
    requests_like(a_request(), 999)
    assertContains(staff_client.get(DESK), "<strong>1,000</strong> To contact", html=True)

    requests_like(AppointmentRequest.objects.first(), 500)
    assertContains(staff_client.get(DESK), "<strong>1,000+</strong> To contact", html=True)


def test_nobody_acts_on_rows_that_are_not_on_the_page(staff_client, clinic):
    recipient, now = a_recipient(), timezone.now()
    Delivery.objects.bulk_create(
        Delivery(kind="digest", recipient=recipient, day=now.date() + timedelta(days=n), state="failed")
        for n in range(60)
    )
    chosen = Delivery.objects.last()

    page = staff_client.post(
        DELIVERIES, {"action": "send_again", "select_across": "1", "_selected_action": [chosen.pk]}
    )

    assert page.status_code == 302
    assert list(Delivery.objects.filter(state="waiting")) == [chosen]


@pytest.mark.parametrize("address", [LIST, DELIVERIES])
@pytest.mark.parametrize(
    "query",
    ["after=x", "after=1-2-3", "after=-1", "before=%00", "after=9" + "9" * 40, "before=١-٢", "after=1_0", "before=1-"],
)
def test_a_place_of_ones_own_making_is_refused_with_a_way_back(staff_client, clinic, address, query):
    a_recipient()
    a_request()

    page = staff_client.get(f"{address}?{query}")

    assertContains(page, f'<a class="button" href="{address}">Back to the list</a>', status_code=400, html=True)


@pytest.mark.parametrize(("address", "other"), [(LIST, "7"), (DELIVERIES, "7-7")])
def test_a_place_in_a_list_of_another_order_is_refused(staff_client, clinic, address, other):
    assert staff_client.get(f"{address}?after={other}").status_code == 400


@pytest.mark.parametrize(
    ("address", "far"), [(LIST, "99999999999999999-999999999999999999"), (DELIVERIES, "999999999999999999")]
)
@pytest.mark.parametrize("query", ["after=", "after={}", "before={}", "before=", "after={}&before={}", "p=3", "o=1.-2"])
def test_a_place_that_may_have_been_in_the_list_is_answered(staff_client, clinic, address, far, query):
    a_recipient()
    a_request()

    assert staff_client.get(f"{address}?{query.format(far, far)}").status_code == 200


@pytest.mark.parametrize("query", ["state__exact=nonsense", "kind__exact=%00", "state__exact=failed&state__exact=x"])
def test_the_list_of_deliveries_has_no_filter_of_ones_own_making(staff_client, clinic, query):
    assert staff_client.get(f"{DELIVERIES}?{query}").status_code == 400


# SQLite says how it would find the rows; with few of them PostgreSQL would read the table, and rightly ----------------

FEW = ["to_contact", "overdue", "undecided", "suspected", "reply", "cancelled"]  # few enough to be sorted
IN_ORDER = [(status, claim) for status in StatusFilter.choices_by_value for claim in ("all", "free")]


@pytest.mark.once
@pytest.mark.parametrize("service", ["all", "imaging"])
@pytest.mark.parametrize(("status", "claim"), [row for row in IN_ORDER if row[0] not in FEW])
def test_a_page_is_read_along_an_index(staff_client, clinic, status, claim, service):
    a_request()

    plan = plan_of(staff_client, status=status, claim=claim, service=service)

    assert "SCAN appointments_appointmentrequest\n" not in plan
    assert "TEMP B-TREE" not in plan, plan


@pytest.mark.once
@pytest.mark.parametrize("service", ["all", "imaging"])
@pytest.mark.parametrize("status", sorted(FEW))
def test_few_that_wait_are_found_among_themselves(staff_client, clinic, status, service):
    a_request()

    plan = plan_of(staff_client, status=status, service=service)

    assert re.search("INDEX request_(ours|status|suspected|withdrawn)|INTEGER PRIMARY KEY", plan.splitlines()[0]), plan


@pytest.mark.once
@pytest.mark.parametrize("status", list(StatusFilter.choices_by_value))
def test_what_somebody_holds_is_found_by_the_claim(staff_client, clinic, status):
    assert "INDEX request_claim (assigned_to_id=? AND claimed_until>?)" in plan_of(
        staff_client, status=status, claim="mine"
    )


def plan_of(client, **query):
    if connection.vendor != "sqlite":
        pytest.skip("SQLite tells its plan for any number of rows.")
    assert set(query) <= {StatusFilter.parameter_name, ClaimFilter.parameter_name, "service"}
    rows = client.get(LIST, query).context["cl"].queryset[: PER_PAGE + 1]
    statement, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + statement, parameters)
        return "".join(f"{row[3]}\n" for row in cursor.fetchall())


def test_no_page_number_is_offered(staff_client, many):
    assertNotContains(staff_client.get(LIST), "?p=")
