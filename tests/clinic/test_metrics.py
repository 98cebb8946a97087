"""/metrics: guarded, right, and the same from any host."""

from collections import Counter
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from appointments.models import Delivery, WorkerHeartbeat
from tests import factories

TOKEN = "of-this-test-alone-0123456789"
GUARDED = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def asked(settings, clinic):
    """A client of a site that has a token: the middlewares are made anew."""
    settings.METRICS_TOKEN = TOKEN
    return Client()


def figures(client):
    """{(name, label's value or nothing): number}"""
    text = client.get("/metrics", headers=GUARDED).text
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}, {"authorization": "Basic x"}]
)
def test_who_has_no_token_finds_nothing(asked, headers):
    assert asked.get("/metrics", headers=headers).status_code == 404


def test_without_a_token_of_the_site_there_is_no_such_page(settings, client, clinic):
    settings.METRICS_TOKEN = ""

    for token in ("", "x"):
        assert client.get("/metrics", headers={"authorization": f"Bearer {token}"}).status_code == 404


def test_the_figures_are_those_of_the_desk(asked):
    now = timezone.now()
    factories.a_recipient()
    WorkerHeartbeat.beat("worker")
    kept, missed = factories.a_request(), factories.a_request()
    hour = timedelta(hours=1)
    type(kept).objects.filter(pk=kept.pk).update(promised_by=now - hour, first_attempt_at=now - 2 * hour)
    type(kept).objects.filter(pk=missed.pk).update(promised_by=now - hour)
    Delivery.objects.update(created_at=now - hour, next_attempt_at=now - hour)

    seen = figures(asked)

    assert seen["clinic_database_answers", ""] == 1
    assert seen["clinic_requests", "open"] == 2
    assert seen["clinic_requests", "overdue"] == 1
    assert (seen["clinic_promises", "kept"], seen["clinic_promises", "missed"]) == (1, 1)
    assert seen["clinic_deliveries_owed", "staff"] == Delivery.objects.count()
    assert seen["clinic_deliveries_in_trouble", "staff"] == Delivery.objects.count()
    assert 3500 < seen["clinic_deliveries_oldest_seconds", ""] < 3700
    assert seen["clinic_workers", ""] == 1
    assert seen["clinic_findings", "undelivered"] == 2


def test_how_long_mail_took_is_seen(asked):
    factories.a_recipient()
    factories.a_request()
    now = timezone.now()
    Delivery.objects.update(created_at=now - timedelta(seconds=40), accepted_at=now, state="accepted")

    seen = figures(asked)

    assert seen["clinic_deliveries_accepted", ""] == Delivery.objects.count()
    assert 39 < seen["clinic_deliveries_seconds", "mean"] < 41


def test_the_price_is_known_and_does_not_grow(asked, django_assert_max_num_queries):
    figures(asked)
    with django_assert_max_num_queries(14):
        figures(asked)


def counted_by_page(client):
    """Answers of this process so far. To ask is one more, of the page "watch"."""
    counted = Counter()
    for family in text_string_to_metric_families(client.get("/metrics", headers=GUARDED).text):
        for sample in family.samples:
            if sample.name == "clinic_http_seconds_count":
                counted[sample.labels["page"]] += int(sample.value)
    return counted


def test_latency_is_counted_by_few_labels(asked):
    for path in ("/", "/guides/", "/guides/no-such/", *[f"/made-up-{number}/" for number in range(20)]):
        asked.get(path)

    text = asked.get("/metrics", headers=GUARDED).text

    assert 'clinic_http_seconds_count{method="GET",page="home",status="2xx"}' in text
    assert 'clinic_http_seconds_count{method="GET",page="guides",status="4xx"}' in text
    assert "made-up" not in text
    assert "process_resident_memory_bytes" in text


def test_a_page_is_counted_as_the_same_in_each_language(asked):
    before = counted_by_page(asked)
    for path in ("/es/", "/ar/", "/es/guides/", "/ar/guides/no-such/", "/es/request/", "/ar/request/", "/xx/guides/"):
        asked.get(path)

    counted = counted_by_page(asked) - before

    assert counted == {"home": 2, "guides": 2, "request": 2, "other": 1, "watch": 1}


def test_no_word_of_a_patient_is_in_it(asked):
    factories.a_recipient()
    factories.a_request(name="Canary Sample", phone="+12125550177", message="canary words")

    text = asked.get("/metrics", headers=GUARDED).text.lower()

    assert "canary" not in text
    assert "5550177" not in text
