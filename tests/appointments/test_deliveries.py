"""The guarantee: each recipient's mail server accepts the message at least once, or the desk shows red."""

import smtplib
import time
from datetime import timedelta
from email import message_from_bytes

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.db.models import F
from django.utils import timezone

from appointments import deliveries
from appointments.emails import notification
from appointments.models import Delivery, Recipient, WorkerHeartbeat
from tests import factories

from .conftest import ALICE, BOB, use
from .mail_server import MailServer, dripping_server


def to(email):
    return Delivery.objects.get(recipient__email=email)


def ago(**time):
    return timezone.now() - timedelta(**time)


def later(**time):
    """As if that much time had passed for every delivery."""
    times = ("created_at", "next_attempt_at", "lease_until", "accepted_at")
    Delivery.objects.update(**{name: F(name) - timedelta(**time) for name in times})


def test_every_recipient_gets_a_message_of_their_own(people, mail_server):
    request = factories.a_request()

    assert deliveries.sweep() == 2

    assert sorted(recipient for recipient, _ in mail_server.accepted) == [ALICE, BOB]
    for recipient, content in mail_server.accepted:
        message = message_from_bytes(content)
        assert message["To"] == recipient
        assert message["Subject"] == "A new appointment request is waiting"
        assert request.reference in message.get_payload()
        assert f"/admin/appointments/appointmentrequest/{request.pk}/change/" in message.get_payload()
        assert str(to(recipient).message_id) in message["Message-ID"]
    assert set(Delivery.objects.values_list("state", "attempts")) == {("accepted", 1)}
    assert not Delivery.objects.undelivered().exists()


def test_no_word_that_a_patient_wrote_is_in_a_message(people, mail_server):
    words = ["Canaryname", "5550177", "canary@example.org", "canarymessage", "canarylanguage", "canaryaccess"]
    factories.a_request(
        name="Canaryname",
        phone="+12125550177",
        email="canary@example.org",
        message="canarymessage",
        language="canarylanguage",
        access_needs="canaryaccess",
        service=factories.a_service("Canary service"),
        guide_slug="canary-guide",
        guide_title="Canary guide",
    )

    deliveries.sweep()

    for _, content in mail_server.accepted:
        if message_from_bytes(content)["To"] == "canary@example.org":
            content = content.replace(b"canary@example.org", b"")  # what stands on the patient's own envelope
        text = (content + message_from_bytes(content).get_payload(decode=True)).decode().lower()
        assert not [word for word in [*words, "canary"] if word.lower() in text]


def test_one_recipient_is_refused_and_the_other_is_told(people, mail_server, log):
    factories.a_request()
    mail_server.refuse = {BOB: "550 canary-no-such-user bob"}

    deliveries.sweep()

    assert to(ALICE).state == "accepted"
    refused = to(BOB)
    assert (refused.state, refused.needs_help) == ("waiting", True)
    assert "(550)" in refused.last_error
    assert refused in Delivery.objects.in_trouble()
    assert refused.next_attempt_at > timezone.now() + timedelta(minutes=50)
    assert "canary" not in refused.last_error + log.getvalue()  # a server may echo anything
    assert f"Delivery {refused.pk} was not accepted" in log.getvalue()

    mail_server.refuse = {}
    later(hours=2)
    deliveries.sweep()
    assert (to(BOB).state, to(BOB).last_error, to(BOB).needs_help) == ("accepted", "", False)


def test_twin_one_message_to_both_hides_the_refusal(people, mail_server):
    """Why each recipient has a message of their own: with two in one, a refusal of one looks like success."""
    mail_server.refuse = {BOB: "550 no such user"}

    sent = mail.EmailMessage("Subject", "Body", to=[ALICE, BOB]).send()

    assert sent == 1
    assert [recipient for recipient, _ in mail_server.accepted] == [ALICE]


@pytest.mark.parametrize(
    ("answer", "text", "needs_help"),
    [
        ("451 try later", "The mail server answered 451.", False),
        ("554 no", "The mail server answered 554.", True),
        ("drop", "The mail server hung up.", False),
    ],
)
def test_trouble_at_the_message_itself_is_tried_again(people, mail_server, answer, text, needs_help):
    factories.a_request()
    mail_server.at_data = answer

    assert deliveries.sweep() == 0

    assert set(Delivery.objects.values_list("state", "attempts", "last_error", "needs_help")) == {
        ("waiting", 1, text, needs_help)
    }
    assert deliveries.sweep() == 0, "tried again at once"

    mail_server.at_data = ""
    later(hours=2)
    assert deliveries.sweep() == 2
    assert sorted(message_from_bytes(content)["To"] for _, content in mail_server.accepted) == [ALICE, BOB]


def test_a_server_that_hangs_is_left_after_the_deadline(people, mail_server, monkeypatch):
    factories.a_request()
    mail_server.at_data = "hang"
    monkeypatch.setattr(deliveries, "SEND_WITHIN", 1)
    began = time.monotonic()

    deliveries.deliver(to(ALICE).pk)

    assert time.monotonic() - began < 8
    assert (to(ALICE).state, to(ALICE).last_error) == ("waiting", "The mail server did not answer in time.")


def test_a_server_that_drips_is_left_after_the_deadline(people, settings, monkeypatch):
    factories.a_request()
    settings.EMAIL_TIMEOUT = 1
    monkeypatch.setattr(deliveries, "SEND_WITHIN", 1)
    with dripping_server() as port:
        use(settings, port)
        began = time.monotonic()
        deliveries.deliver(to(ALICE).pk)
        took = time.monotonic() - began

    assert took < 4
    assert to(ALICE).last_error == "The mail server did not answer in time."


def test_twin_the_sockets_own_time_out_does_not_stop_a_drip(people, settings):
    settings.EMAIL_TIMEOUT = 1
    with dripping_server(total=4) as port:
        use(settings, port)
        began = time.monotonic()
        with pytest.raises(smtplib.SMTPException):
            mail.EmailMessage("Subject", "Body", to=[ALICE]).send()

    assert time.monotonic() - began > 3


def test_a_bad_good_bye_undoes_nothing(people, mail_server):
    factories.a_request()
    mail_server.at_quit = "drop"

    assert deliveries.sweep() == 2
    later(hours=1)
    assert deliveries.sweep() == 0
    assert len(mail_server.accepted) == 2


def test_no_server_at_all_then_it_comes_back(people, settings):
    factories.a_request()
    use(settings, 9)
    deliveries.sweep()
    assert set(Delivery.objects.values_list("last_error", flat=True)) == {"The mail server could not be reached."}

    with MailServer().running() as server:
        use(settings, server.port)
        later(seconds=11)
        assert deliveries.sweep() == 2


def test_mail_is_never_sent_in_clear_to_a_server_without_encryption(people, mail_server, settings):
    factories.a_request()
    settings.EMAIL_USE_TLS = True

    deliveries.sweep()

    assert not mail_server.accepted
    assert to(ALICE).needs_help
    assert "does not offer encryption" in to(ALICE).last_error


class ReturnsNothing(BaseEmailBackend):
    def send_messages(self, messages):
        return None


class TakesNone(ReturnsNothing):
    def send_messages(self, messages):
        return 0


@pytest.mark.parametrize("backend", [ReturnsNothing, TakesNone])
def test_a_backend_that_sent_nothing_has_not_delivered(people, settings, backend):
    factories.a_request()
    settings.EMAIL_BACKEND = f"{backend.__module__}.{backend.__qualname__}"

    assert deliveries.sweep() == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {"waiting"}


def test_a_backend_that_does_not_exist_turns_red_and_raises_nothing(people, settings):
    factories.a_request()
    settings.EMAIL_BACKEND = "no.such.Backend"

    assert deliveries.sweep() == 0
    assert Delivery.objects.in_trouble().count() == 2


def test_a_poison_row_never_blocks_those_behind_it(people, mail_server):
    Recipient.objects.filter(email=ALICE).update(email="bad\naddress@example.org")  # header injection: cannot be made
    first, second = factories.a_request(), factories.a_request()

    for _ in range(4):
        deliveries.sweep(limit=1)

    assert [recipient for recipient, _ in mail_server.accepted] == [BOB, BOB]
    poisoned = Delivery.objects.exclude(recipient__email=BOB)
    assert {delivery.request for delivery in poisoned} == {first, second}
    assert all(delivery.needs_help and delivery.state == "waiting" for delivery in poisoned)


def test_the_retry_plan():
    plan = [deliveries.retry_delay(attempt).total_seconds() for attempt in range(1, 6)]
    afterwards = [deliveries.retry_delay(attempt).total_seconds() for attempt in range(6, 300)]

    assert plan == [10, 30, 60, 120, 240]
    assert 240 <= min(afterwards) < max(afterwards) <= 360


def test_after_three_days_it_is_given_up_and_stays_red_until_somebody_acts(people, mail_server, staff):
    factories.a_request()
    mail_server.at_data = "451 try later"
    later(hours=71)
    deliveries.sweep()
    assert {delivery.state for delivery in Delivery.objects.all()} == {"waiting"}

    later(hours=2)
    deliveries.sweep()
    later(days=30)
    deliveries.sweep()

    assert set(Delivery.objects.values_list("state", "attempts")) == {("failed", 2)}
    assert Delivery.objects.in_trouble().count() == 2

    mail_server.at_data = ""
    to(ALICE).send_again(by=staff)
    to(BOB).dismiss(by=staff)
    assert deliveries.sweep() == 1
    assert to(ALICE).state == "accepted"
    assert (to(BOB).state, to(BOB).dismissed_by) == ("dismissed", staff)
    assert not Delivery.objects.undelivered().exists()


def test_a_recipient_who_was_switched_off_is_not_written_to(people, mail_server):
    factories.a_request()
    Recipient.objects.filter(email=BOB).update(active=False)

    deliveries.sweep()

    assert [recipient for recipient, _ in mail_server.accepted] == [ALICE]
    assert to(BOB).state == "dismissed"


@pytest.mark.parametrize("at_once", [1, 20])
def test_what_waited_for_somebody_who_was_switched_off_is_told_to_the_others(people, mail_server, at_once):
    Recipient.objects.filter(email=ALICE).update(active=False)
    requests = [factories.a_request(message=f"Request {number}") for number in range(at_once)]
    assert not Delivery.objects.filter(recipient__email=ALICE).exists()
    Recipient.objects.filter(email=ALICE).update(active=True)
    Recipient.objects.filter(email=BOB).update(active=False)

    deliveries.sweep()
    deliveries.sweep()

    assert {recipient for recipient, _ in mail_server.accepted} == {ALICE}
    told = "".join(message_from_bytes(content).get_payload() for _, content in mail_server.accepted)
    assert all(request.reference in told for request in requests)
    assert not Delivery.objects.undelivered().exists()


def test_where_nobody_is_left_to_tell_it_stays_red(people, mail_server, staff):
    factories.a_request()
    Recipient.objects.update(active=False)

    deliveries.sweep()

    assert not mail_server.accepted
    assert Delivery.objects.in_trouble().count() == 2
    assert "there is no other" in to(BOB).last_error

    Recipient.objects.filter(email=BOB).update(active=True)
    to(BOB).send_again(by=staff)
    to(ALICE).send_again(by=staff)
    deliveries.sweep()
    assert [recipient for recipient, _ in mail_server.accepted] == [BOB]
    assert not Delivery.objects.undelivered().exists()


def test_a_claimed_delivery_is_nobody_elses_until_the_lease_ends(people, mail_server):
    factories.a_request()
    mine = to(ALICE)
    assert mine.claim()

    assert not to(ALICE).claim()
    assert not deliveries.deliver(mine.pk)

    later(minutes=3)
    assert deliveries.deliver(mine.pk)
    assert not mine.mark_refused("too late", retry_in=timedelta(0)), "a worker that lost its lease marked"
    assert to(ALICE).state == "accepted"


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_sends(people, mail_server, at_once):
    factories.a_request()

    sent = at_once(lambda _: deliveries.sweep(), range(8))

    assert sum(sent) == 2
    assert sorted(recipient for recipient, _ in mail_server.accepted) == [ALICE, BOB]


@pytest.mark.django_db(transaction=True)
def test_twin_without_the_claim_many_workers_send(people, mail_server, at_once, monkeypatch):
    factories.a_request()
    monkeypatch.setattr(Delivery, "claim", lambda delivery: True)

    at_once(lambda _: deliveries.sweep(), range(8))

    assert len(mail_server.accepted) > 2


def test_a_clock_that_was_set_back_delays_nothing(people, mail_server):
    factories.a_request()
    Delivery.objects.filter(recipient__email=ALICE).update(next_attempt_at=timezone.now() + timedelta(days=400))
    Delivery.objects.filter(recipient__email=BOB).update(
        state="sending", lease_until=timezone.now() + timedelta(days=400)
    )

    assert deliveries.sweep() == 2


@pytest.mark.parametrize(
    ("facts", "red"),
    [
        ({}, False),
        ({"attempts": 2, "last_error": "The mail server answered 451."}, False),
        ({"attempts": 3}, True),
        ({"needs_help": True}, True),
        ({"state": "failed"}, True),
        ({"created_at": ago(minutes=6), "next_attempt_at": ago(minutes=6)}, True),
        ({"created_at": ago(minutes=6), "next_attempt_at": ago(days=-1)}, False),  # held back on purpose
        ({"state": "accepted", "accepted_at": timezone.now(), "attempts": 9}, False),
    ],
)
def test_when_the_desk_shows_red(clinic, facts, red):
    factories.a_recipient(ALICE)
    factories.a_request()
    Delivery.objects.update(**facts)

    assert Delivery.objects.in_trouble().exists() is red


def test_the_link_and_the_message_id_follow_the_sites_address(people, settings):
    settings.SITE_URL = "https://clinic.example.org"
    factories.a_request()

    message = notification(to(ALICE))

    assert "https://clinic.example.org/admin/" in message.body
    assert message.extra_headers["Message-ID"] == f"<{to(ALICE).message_id}@clinic.example.org>"
    assert notification(to(ALICE)).extra_headers == message.extra_headers


def test_health_tells_who_is_not_told(people):
    assert not deliveries.health()["ok"], "no worker lives"
    WorkerHeartbeat.beat("one")
    assert deliveries.health() == {
        "database": True,
        "worker_alive": True,
        "undelivered": 0,
        "in_trouble": 0,
        "oldest_undelivered": None,
        "ok": True,
    }

    factories.a_request()
    fresh = deliveries.health()
    Delivery.objects.filter(recipient__email=ALICE).update(needs_help=True)
    red = deliveries.health()

    assert (fresh["undelivered"], fresh["oldest_undelivered"], fresh["ok"]) == (2, to(ALICE).created_at, True)
    assert (red["in_trouble"], red["ok"]) == (1, False)
    WorkerHeartbeat.objects.update(at=timezone.now() - timedelta(minutes=3))
    assert not deliveries.health()["worker_alive"]


@pytest.mark.django_db(transaction=True)
def test_health_answers_without_a_database(at_once, monkeypatch):
    from .test_outage import database_is_away

    with database_is_away(monkeypatch):
        [state] = at_once(lambda _: deliveries.health(), [1])

    assert (state["database"], state["ok"]) == (False, False)
    assert connection.vendor
