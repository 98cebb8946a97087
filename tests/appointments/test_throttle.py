"""Floods are slowed down; patients behind one address, and the address itself, are spared."""

import threading
from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone
from pytest_django.asserts import assertContains

from appointments.models import AppointmentRequest, RequestCount
from appointments.models.throttle import daily_hash
from clinic.network import network_of

URL = "/request/"


def asked_by(remote, forwarded=None):
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded is not None else {}
    return network_of(RequestFactory().post(URL, REMOTE_ADDR=remote, **headers))


def test_a_flood_is_asked_to_wait_or_call_and_what_was_typed_is_kept(client, form_page, settings):
    settings.REQUESTS_PER_HOUR_REFUSED = 2
    for _ in range(2):
        assert client.post(URL, form_page(client)).status_code == 303

    response = client.post(URL, form_page(client, message="Two words & more"))

    for words in ("Too many requests at once", "(212) 555-0142", "Two words &amp; more"):
        assertContains(response, words, status_code=429)
    assert response["Retry-After"]
    assert AppointmentRequest.objects.count() == 2
    assert client.post(URL, form_page(client), REMOTE_ADDR="198.51.100.7").status_code == 303


def test_reading_the_form_counts_for_nothing(client, services):
    client.get(URL)

    assert not RequestCount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_count_is_exact_however_many_come_at_once(at_once):
    counts = at_once(lambda _: RequestCount.add("192.0.2.1"), range(40))

    assert sorted(counts) == list(range(1, 41))


@pytest.mark.django_db(transaction=True)
def test_twin_counting_by_reading_first_loses_some(at_once):
    row = RequestCount.objects.create(network="x", began="2026-11-23T10:00Z")
    barrier = threading.Barrier(8)

    def read_then_write(_):
        mine = RequestCount.objects.get(pk=row.pk)
        barrier.wait(20)
        mine.sent += 1
        mine.save()

    at_once(read_then_write, range(8))

    row.refresh_from_db()
    assert row.sent < 8


def test_no_address_and_no_word_is_kept(client, form_page):
    client.post(URL, form_page(client, message="My canary hurts when I walk"), REMOTE_ADDR="198.51.100.77")

    network, words = RequestCount.objects.values()
    assert "198.51" not in str([network, words])
    assert "canary" not in str([network, words])
    assert network["sent"] == words["sent"] == 1


def test_the_hash_changes_each_day_and_with_the_secret_key(settings):
    now = timezone.now()
    today = daily_hash("192.0.2.1", now)
    assert today != daily_hash("192.0.2.1", now + timedelta(days=1))
    settings.SECRET_KEY = "another key"
    assert today != daily_hash("192.0.2.1", now)


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "network"),
    [
        (0, "192.0.2.1", None, "192.0.2.1"),
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),  # forged: nobody of ours adds it
        (1, "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (1, "10.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"),  # the left part is the visitor's own invention
        (2, "10.0.0.1", "6.6.6.6, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "10.0.0.1", "6.6.6.6", "10.0.0.1"),  # did not come through both: believe nothing
        (1, "10.0.0.1", "", "10.0.0.1"),
        (1, "10.0.0.1", "not an address", "10.0.0.1"),
        (1, "10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        (1, "10.0.0.1", "[2001:db8:1:2:3::9]:4711", "2001:db8:1:2::/64"),
        (0, "2001:db8:1:2:ffff::1", None, "2001:db8:1:2::/64"),
        (0, "::ffff:192.0.2.1", None, "192.0.2.1"),
        (0, "", None, "unknown"),
    ],
)
def test_who_sent_it(settings, proxies, remote, forwarded, network):
    settings.TRUSTED_PROXIES = proxies

    assert asked_by(remote, forwarded) == network
