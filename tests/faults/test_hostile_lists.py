"""Hostile addresses of every list in the admin: an answer that is no fault of ours, soon."""

import random
import re
import time
from collections import Counter
from html import unescape
from urllib.parse import quote, urlencode

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from appointments.models import AppointmentRequest
from tests import factories
from tests.triage.pages import SEARCH

from . import size

NUMBER = size(120, 2_000)  # for each list
STOCK = "/stock/appointments/appointmentrequest/"
SLOWEST = size(5, 1)  # seconds; the short form shares the computer with other tests
LOOKUPS = [
    "exact",
    "icontains",
    "startswith",
    "regex",
    "iregex",
    "year",
    "date",
    "gt",
    "in",
    "isnull",
    "range",
    "pk__in",
]
VALUES = [
    "", "%", "_", "\x00", "a\x00b", "'", "';--", "\"", "\\", "0", "-1", "1", "99999999999", "9" * 400, "1e999", "NaN", "٣",
    "None", "null", "true", "[]", "{}", "2026-02-30", "9999-12-31", "0000-00-00", "10000-01-01", "😀", "\u202e", "a" * 3_000,
    "(a+)+$", "[", "(" * 500, ",".join(map(str, range(2_000))), "../../etc/passwd", "<script>", "{{7*7}}", "%s%s%n", "a b " * 600,
]  # fmt: skip


def lists():
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        try:
            yield model, reverse(name)
        except NoReverseMatch:  # no list of its own
            continue


def hostile_queries(model, number):
    dice = random.Random(number)
    fields = [field.name for field in model._meta.get_fields()]
    own = ["p", "o", "q", "e", "all", "_facets", "_popup", "_to_field", "_changelist_filters", "after", "before"]
    own += [
        "status",
        "claim",
        "service",
        "state",
        "kind",
        "action",
        "active__exact",
        "is_staff__exact",
        "topic__id__exact",
    ]
    for _ in range(number):
        pairs = []
        for _ in range(dice.choice([1, 1, 1, 2, 3, 12])):
            path = dice.choice(fields)
            names = [dice.choice(own), dice.choice(own), path, f"{path}__{dice.choice(LOOKUPS)}", f"{path}__password__{dice.choice(LOOKUPS)}",
                     "__".join([path] * 40), dice.choice(VALUES)]  # fmt: skip
            pairs.append((dice.choice(names), dice.choice(VALUES)))
        yield dice.choice(
            [
                urlencode(pairs),
                urlencode(pairs),
                urlencode(pairs) + "&" + quote(dice.choice(VALUES)),
                "%ff%fe=%c3%28&" + urlencode(pairs),
            ]
        )


def timed(ask):
    """(answer, seconds). What is slow is asked again, twice: a slow address is slow each time, a busy computer is not."""
    for _ in range(3):
        began = time.perf_counter()
        response = ask()
        took = time.perf_counter() - began
        if took <= SLOWEST:
            break
    return response, took


@pytest.mark.parametrize(("model", "address"), lists(), ids=lambda value: getattr(value, "__name__", ""))
def test_no_address_of_a_list_is_a_fault_of_ours(client, clinic, record_figures, model, address):
    factories.a_recipient()
    factories.a_published_guide()
    factories.a_request(email="pat@example.org").claim(by=factories.a_user("staff"))
    client = Client(raise_request_exception=False)
    client.force_login(factories.a_user())
    answers, slowest, faults = Counter(), 0, []

    for query in hostile_queries(model, NUMBER):
        response, took = timed(lambda query=query: client.get(f"{address}?{query}"))
        slowest = max(slowest, took)
        answers[response.status_code] += 1
        if response.status_code >= 500 or took > SLOWEST:
            faults.append((response.status_code, round(took, 2), query[:200]))

    assert not faults, (answers, len(faults), faults[:5])
    record_figures(**{f"answers {status}": number for status, number in answers.items()}, slowest=f"{slowest:.2f} s")


def filters_of(address, model_admin):
    """The names that the filters of a list read from its address."""
    request = RequestFactory().get(address)
    request.user = factories.a_user()
    return [
        name
        for chosen in model_admin.get_changelist_instance(request).filter_specs
        for name in chosen.expected_parameters()
    ]


@pytest.mark.parametrize(("model", "address"), lists(), ids=lambda value: getattr(value, "__name__", ""))
def test_what_a_list_does_not_offer_is_refused_and_what_it_links_to_is_answered(client, clinic, model, address):
    model_admin = admin.site._registry[model]
    if not hasattr(model_admin.get_changelist(None), "is_offered"):
        pytest.skip("A page of its own that reads nothing from its address.")
    factories.a_recipient()
    factories.a_published_guide()
    client.force_login(factories.a_user())
    page = client.get(address)
    if page.status_code == 302:
        pytest.skip("There is one of it: its list is its form.")

    names = [name for name in filters_of(address, model_admin) if not name.endswith("__isnull")]
    hostile = [value for value in VALUES if value and value not in ("1", "0", "true")]
    queries = [urlencode({name: value}) for name in names for value in hostile]
    queries += [f"{name}={value}" for name in ("p", "o", "e") for value in ("x", "%00", "1e9", "0x1", "9" * 400)]
    answers = Counter(client.get(f"{address}?{query}").status_code for query in queries)
    linked = {unescape(link) for link in re.findall(r'href="(\?[^"]*)"', page.content.decode())}

    assert answers == {400: len(queries)}
    assert [link for link in linked if client.get(address + link).status_code != 200] == []
    assert len(linked) >= len(names)


def test_no_words_to_search_for_are_a_fault_of_ours(clinic, record_figures):
    factories.a_request()
    client = Client(raise_request_exception=False)
    client.force_login(factories.a_user())
    dice, slowest = random.Random(NUMBER), 0

    for _ in range(NUMBER):
        words = " ".join(
            dice.choices([*VALUES, "AND", "OR", "NEAR", "NOT", "*", "^", ":*", "!", "&", "|", "<->", "pat", "555"], k=4)
        )
        searched = words[: dice.choice([100, 5_000])]
        response, took = timed(lambda searched=searched: client.post(SEARCH, {"q": searched}))
        slowest = max(slowest, took)
        assert response.status_code in (200, 302), words[:200]

    assert slowest < SLOWEST
    record_figures(searches=NUMBER, slowest=f"{slowest:.2f} s")


def test_twin_the_stock_list_breaks_at_the_same_addresses(clinic, settings, record_figures):
    """Django's own list of requests, with the filters that every tutorial gives it: it believes what an address says."""
    settings.ROOT_URLCONF = "tests.faults.stock_site"
    factories.a_request()
    client = Client(raise_request_exception=False)
    client.force_login(factories.a_user())
    known = ["created_at__year=99999999999", f"q={'+'.join(['word'] * 2_000)}", "status__exact=%00"]

    queries = [*known, *hostile_queries(AppointmentRequest, NUMBER)]
    answers = Counter(client.get(f"{STOCK}?{query}").status_code for query in queries)

    record_figures(**{f"answers {status}": number for status, number in answers.items()})
    assert answers[500]
