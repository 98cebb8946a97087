"""An hour of spam from many addresses, and patients among it: each is taken in, hardly one is suspected, few mails go out."""

from datetime import timedelta
from random import Random

import pytest
from django.db.models import F
from django.utils import timezone

from appointments import deliveries, views
from appointments.models import AppointmentRequest, Delivery, RequestCount
from appointments.models.throttle import daily_hash
from tests import factories
from tests.appointments.test_deliveries import later

from . import size
from .conftest import Browser

pytestmark = pytest.mark.django_db

URL = "/request/"
SPAM, SPAMMERS = size(60, 5_000), size(12, 200)
GENUINE, BEHIND_ONE_ADDRESS = size(16, 100), size(8, 20)
MINUTES = 60
MOST_MAILS = 12  # an hour for each recipient


def genuine(number):
    behind_one = number < BEHIND_ONE_ADDRESS  # a hospital's network, say
    address = "192.0.2.1" if behind_one else f"198.51.100.{number}"
    return address, {"name": f"Patient {number}", "message": f"My knee hurts when I walk. I am {20 + number}."}


def spam(number):
    """One of five kinds, the last of which only its number gives away."""
    traits = [
        {"website": "https://example.org"},
        {"message": f"Cheap pills https://example.org/{number} https://example.org/more"},
        {"message": "We can bring your clinic to the first page of every search engine."},
        {"form_token": factories.a_form_token(age=timedelta(seconds=1))},
        {"message": f"Hello dear, I have an offer, number {number}."},
    ]
    return f"203.0.113.{number % SPAMMERS}", {"name": f"Spam {number}", **traits[number // SPAMMERS % len(traits)]}


def a_minute_later():
    """As if a minute had passed for all that is stored."""
    minute = timedelta(minutes=1)
    later(minutes=1)
    far = timedelta(days=1_000)  # out of the way of each other: both databases look for a double after each row
    RequestCount.objects.update(began=F("began") - minute - far)
    RequestCount.objects.update(began=F("began") + far)
    AppointmentRequest.objects.update(created_at=F("created_at") - minute)


def busiest_hour(minutes):
    return max(sum(start <= minute < start + 60 for minute in minutes) for start in minutes)


def a_flood(form_page, mailoutbox):
    """(when each recipient was sent a mail, in minutes, networks that only a forged header names)"""
    dice, answers = Random(7), form_page(Browser())
    hour = [[] for _ in range(MINUTES)]
    for make, number in [(genuine, GENUINE), (spam, SPAM)]:
        for at in range(number):
            # The patients behind one address come one after the other, the rest as it happens.
            minute = (
                at * MINUTES // BEHIND_ONE_ADDRESS
                if make is genuine and at < BEHIND_ONE_ADDRESS
                else dice.randrange(MINUTES)
            )
            hour[minute].append((make, at))

    sent_at, believed = {}, set()
    for minute in range(2 * MINUTES):
        for make, number in hour[minute] if minute < MINUTES else []:
            address, words = make(number)
            forged = [f"{dice.randrange(256)}.{dice.randrange(256)}.1.1", "10.0.0.1"]
            believed |= {daily_hash(f"request {one}", timezone.now()) for one in forged}
            answer = Browser(REMOTE_ADDR=address).post(
                URL,
                {**answers, "form_token": factories.a_form_token(), **words},
                HTTP_X_FORWARDED_FOR=", ".join(forged),
            )
            assert answer.status_code in (303, 429)
        before = len(mailoutbox)
        while deliveries.sweep(limit=1):
            pass
        for message in mailoutbox[before:]:
            sent_at.setdefault(message.to[0], []).append(minute)
        if minute >= MINUTES and not Delivery.objects.undelivered().exists():
            break
        a_minute_later()
    return sent_at, believed


def patients():
    return AppointmentRequest.objects.filter(name__startswith="Patient")


def most_mails_in_an_hour(sent_at):
    return max(busiest_hour(minutes) for minutes in sent_at.values())


def test_patients_in_a_flood_are_taken_in_and_their_clinic_is_not_flooded(form_page, mailoutbox, record_figures):
    sent_at, believed = a_flood(form_page, mailoutbox)

    suspected = AppointmentRequest.objects.filter(name__startswith="Spam", suspected_spam=True).count()
    record_figures(
        patients=patients().count(),
        patients_suspected=patients().filter(suspected_spam=True).count(),
        spam_suspected=f"{suspected} of {SPAM}",
        most_mails_in_an_hour=most_mails_in_an_hour(sent_at),
    )
    assert patients().count() == GENUINE
    assert AppointmentRequest.objects.count() == GENUINE + SPAM
    assert patients().filter(suspected_spam=True).count() <= 1
    assert suspected > SPAM / 2
    assert len(sent_at) == 2
    assert most_mails_in_an_hour(sent_at) <= MOST_MAILS
    assert not Delivery.objects.undelivered().exists()
    assert not RequestCount.objects.filter(network__in=believed).exists(), "a forged header was believed"


def test_twin_one_mail_for_each_request_at_once_floods_the_clinic(form_page, mailoutbox, monkeypatch, record_figures):
    monkeypatch.setattr(Delivery, "_with_others", lambda delivery, mine, now: mine)

    sent_at, _ = a_flood(form_page, mailoutbox)

    record_figures(most_mails_in_an_hour=most_mails_in_an_hour(sent_at))
    assert most_mails_in_an_hour(sent_at) > MOST_MAILS


def test_twin_counted_as_one_network_patients_are_taken_for_spam(form_page, mailoutbox, monkeypatch, record_figures):
    """As behind a proxy that nobody has told the site of: all come from one address."""
    monkeypatch.setattr(views, "network_of", lambda request: "192.0.2.1")

    a_flood(form_page, mailoutbox)

    suspected = patients().filter(suspected_spam=True).count()
    record_figures(patients=patients().count(), patients_suspected=suspected)
    assert suspected + GENUINE - patients().count() > 1


def test_twin_a_forged_header_is_believed_where_a_proxy_is_counted_that_is_not_there(
    form_page, mailoutbox, settings, record_figures
):
    settings.TRUSTED_PROXIES = 1

    _, believed = a_flood(form_page, mailoutbox)

    assert RequestCount.objects.filter(network__in=believed).exists()
