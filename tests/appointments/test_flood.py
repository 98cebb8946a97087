"""A flood of requests is told in few mails, and still each recipient is told of each request."""

from datetime import timedelta
from email import message_from_bytes

import pytest
from django.utils import timezone

from appointments import deliveries
from appointments.emails import message_for
from appointments.models import AppointmentRequest, Delivery, delivery
from tests import factories

from .conftest import ALICE, BOB
from .test_deliveries import later

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(clinic):
    return factories.a_recipient(ALICE)


def requests(many):
    return [factories.a_request() for _ in range(many)]


def mails(server, email=ALICE):
    return [message_from_bytes(content) for recipient, content in server.accepted if recipient == email]


def states():
    return set(Delivery.objects.values_list("state", flat=True))


def test_eleven_waiting_requests_are_told_in_one_mail(people, mail_server):
    told = requests(11)

    deliveries.sweep()

    for email in (ALICE, BOB):
        [mail] = mails(mail_server, email)
        assert mail["Subject"] == "New appointment requests are waiting"
        assert all(request.reference in mail.get_payload() for request in told)
        assert "11 new appointment requests" in mail.get_payload()
        assert "/admin/appointments/appointmentrequest/\r\n" in mail.get_payload()
    assert states() == {"accepted"}
    assert not deliveries.sweep()


def test_a_mail_lists_fifty_references_and_counts_the_rest(alice, mail_server):
    told = requests(60)

    deliveries.sweep()

    [mail] = mails(mail_server)
    assert sum(request.reference in mail.get_payload() for request in told) == 50
    assert "60 new appointment requests" in mail.get_payload()
    assert "These are the first 50" in mail.get_payload()
    assert states() == {"accepted"}


def test_a_thousand_are_told_in_few_mails(alice, mail_server, monkeypatch):
    monkeypatch.setattr(delivery, "TOGETHER_AT_MOST", 500)
    service, now = factories.a_service(), timezone.now()
    fields = {"service": service, "phone": "+12125550142", "consented_at": now, "promised_by": now}
    rows = AppointmentRequest.objects.bulk_create(
        [AppointmentRequest(**fields, form_token=f"{number:032x}", name="Pat") for number in range(1_000)],
        batch_size=500,
    )
    Delivery.objects.bulk_create([Delivery(request=row, recipient=alice) for row in rows], batch_size=500)

    while deliveries.sweep(limit=1):
        pass

    assert len(mails(mail_server)) == 2
    assert states() == {"accepted"}


def test_the_first_five_go_at_once_and_then_one_mail_in_some_minutes_tells_all(alice, mail_server):
    for _ in range(5):
        requests(1)
        assert deliveries.sweep() == 1
    for _ in range(3):
        requests(1)
        assert deliveries.sweep() == 0

    assert len(mails(mail_server)) == 5
    assert not Delivery.objects.in_trouble(timezone.now() + timedelta(minutes=6)).exists(), "held back is not late"

    later(minutes=7, seconds=31)
    assert deliveries.sweep() == 1
    assert "3 new appointment requests" in mails(mail_server)[-1].get_payload()
    assert states() == {"accepted"}


def test_whatever_comes_there_are_twelve_mails_an_hour_at_most_and_nobody_waits_for_long(alice, mail_server):
    sent_at, minute = [], 0
    for minute in range(75):
        requests(1)
        if deliveries.sweep():
            sent_at.append(minute)
        held = Delivery.objects.filter(state="waiting").order_by("created_at").first()
        assert not held or timezone.now() - held.created_at <= timedelta(minutes=8)
        later(minutes=1)

    busiest = max(sum(start <= minute < start + 60 for minute in sent_at) for start in sent_at)
    assert 10 <= busiest <= 12
    assert len(mails(mail_server)) == len(sent_at)


def test_a_request_to_be_read_first_waits_for_five_minutes_at_most(alice, mail_server):
    for _ in range(5):
        requests(1)
        deliveries.sweep()
    requests(1)
    deliveries.sweep()
    [urgent] = requests(1)
    AppointmentRequest.objects.filter(pk=urgent.pk).update(read_first=True)
    assert deliveries.sweep() == 0

    later(minutes=5, seconds=1)
    assert deliveries.sweep() == 1

    assert urgent.reference in mails(mail_server)[-1].get_payload()
    assert states() == {"accepted"}, "the other one that was held went along"


def test_what_a_dead_worker_held_is_sent_again_as_the_same_message(alice, mail_server):
    requests(11)
    dead = Delivery.objects.first()
    assert dead.claim()
    lost = message_for(dead)
    requests(3)
    assert deliveries.sweep() == 3, "those that came later are nobody's yet"

    later(minutes=3)
    assert deliveries.sweep() == 1

    again = mails(mail_server)[-1]
    assert again["Message-ID"] == lost.extra_headers["Message-ID"]
    assert again.get_payload().splitlines() == lost.body.splitlines()
    assert states() == {"accepted"}


def test_twin_another_set_is_another_message(alice):
    requests(12)
    first, second = Delivery.objects.first(), Delivery.objects.last()
    assert first.claim()
    told = message_for(first)
    Delivery.objects.filter(pk=second.pk).update(lease=None, state="dismissed")

    assert message_for(first).extra_headers["Message-ID"] != told.extra_headers["Message-ID"]


def test_a_refusal_counts_for_all_that_the_mail_told(alice, mail_server):
    requests(11)
    mail_server.at_data = "451 try later"

    assert deliveries.sweep() == 0

    assert set(Delivery.objects.values_list("state", "attempts", "last_error")) == {
        ("waiting", 1, "The mail server answered 451.")
    }
    mail_server.at_data = ""
    later(seconds=11)
    assert deliveries.sweep() == 1
    assert states() == {"accepted"}


def test_a_worker_that_lost_its_lease_marks_nothing_of_the_set(alice, mail_server):
    requests(11)
    slow = Delivery.objects.first()
    assert slow.claim()
    later(minutes=3)

    assert deliveries.sweep() == 1

    assert not slow.mark_refused("too late", retry_in=timedelta(0))
    assert states() == {"accepted"}


def test_a_message_that_was_dismissed_while_it_waited_is_not_told(alice, mail_server, staff):
    requests(12)
    Delivery.objects.first().dismiss(by=staff)

    deliveries.sweep()

    assert "11 new appointment requests" in mails(mail_server)[0].get_payload()
    assert Delivery.objects.first().state == "dismissed"


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_tells_the_flood(alice, mail_server, at_once):
    requests(30)

    assert sum(at_once(lambda _: deliveries.sweep(), range(8))) == 1

    assert len(mails(mail_server)) == 1
    assert states() == {"accepted"}


@pytest.mark.django_db(transaction=True)
def test_many_workers_keep_the_pace_together(alice, mail_server, at_once):
    requests(10)

    at_once(lambda _: deliveries.sweep(), range(8))

    assert len(mails(mail_server)) == 5
    later(minutes=8)
    at_once(lambda _: deliveries.sweep(), range(8))
    assert len(mails(mail_server)) == 6
    assert states() == {"accepted"}
