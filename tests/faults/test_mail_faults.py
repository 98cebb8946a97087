"""Every way in which a mail server can fail: what the desk shows, and that the message arrives once it is mended.

In the suite the sending is done in the test itself, in `make drill` by two workers as processes.
"""

import ssl
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from statistics import quantiles

import pytest
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone

from appointments import deliveries, intake
from appointments.models import Delivery
from tests import factories
from tests.appointments.mail_server import (
    MailServer,
    bad_certificate,
    dripping_server,
    free_port,
    nobody_may_sign_in,
)
from tests.appointments.test_deliveries import later

from . import FULL, size
from .conftest import Browser
from .killed_workers import WITHOUT, quick_clock
from .patients import Crowd
from .processes import process, until
from .sites import a_site, prepare

pytestmark = pytest.mark.django_db(transaction=True)

ALICE, BOB = "alice@example.org", "bob@example.org"
SEND_WITHIN = size(0.5, 30)  # seconds
SEND_IN_THE_PAGE = 1.5  # seconds that mail in trouble costs a page that waits for it
SLACK = 20  # seconds that a busy computer may add; those servers would go on for ten minutes


@pytest.fixture
def people(clinic):
    return [factories.a_recipient(ALICE), factories.a_recipient(BOB)]


@pytest.fixture
def workers(tmp_path):
    """`workers(url)` sends what is due, by a mail server, for as long as the block goes on."""

    def start(email_url, *options, count=2, send_within=SEND_WITHIN):
        shortened = ("--workers", count, "--send-within", send_within, "--diary", tmp_path / "diary", *options)
        return process("-m", "tests.faults.killed_workers", *shortened, folder=tmp_path, EMAIL_URL=email_url)

    return start


@contextmanager
def sending(email_url, workers, settings):
    """Two workers in the drill; in the suite `sweep()`. Gives a function that makes sure that all was tried."""
    if FULL:
        with workers(email_url, "--retry-in", 600):  # so that there is one attempt to judge
            yield lambda: until(tried, within=4 * SEND_WITHIN + 60)
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliveries, "SEND_WITHIN", SEND_WITHIN)
        patch.setattr(deliveries, "CLOSE_WITHIN", SEND_WITHIN)
        use(settings, email_url)
        yield lambda: until(lambda: deliveries.sweep() == 0 and tried())


def tried():
    """Each delivery has been in somebody's hands, and is no longer."""
    return not Delivery.objects.filter(attempts=0).exists() and not Delivery.objects.filter(state="sending").exists()


def use(settings, email_url):
    scheme, _, place = email_url.partition("://")
    login, _, address = place.rpartition("@")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = address.split(":")[0], int(address.split(":")[1])
    settings.EMAIL_HOST_USER, _, settings.EMAIL_HOST_PASSWORD = login.partition(":")
    settings.EMAIL_USE_TLS = scheme == "smtp+tls"


def to(email):
    return Delivery.objects.get(recipient__email=email)


def due_now():
    """As if the time of the next attempt had come."""
    Delivery.objects.filter(state="waiting").update(next_attempt_at=timezone.now())


def times_accepted(server):
    return sorted(recipient for recipient, _ in server.accepted)


@dataclass
class Fault:
    """What is wrong, and what the desk then says of Alice's and Bob's message."""

    name: str
    words: str = ""  # of last_error; none: it was accepted
    bobs_words: str | None = None  # where his are others than Alice's
    red_at_once: bool = False  # a person must mend it
    server: dict | None = None  # attributes of the mail server
    at: str = "smtp://127.0.0.1:{port}"  # how it is addressed
    seen: int = 0  # messages whose text the server has seen without taking them
    options: tuple = ()  # of the mail server: "bad certificate", "no sign-in"


FAULTS = [
    Fault("hangs after the message", "in time", server={"at_data": "hang"}, seen=2),
    Fault("answers 451", "451", server={"at_data": "451 try later"}, seen=2),
    Fault("answers 421 at the address", "421", server={"refuse": {ALICE: "421 busy", BOB: "421 busy"}}),
    Fault("answers 552", "552", red_at_once=True, server={"at_data": "552 too large"}, seen=2),
    Fault("answers 554", "554", red_at_once=True, server={"at_data": "554 no"}, seen=2),
    Fault("refuses Bob alone", bobs_words="550", red_at_once=True, server={"refuse": {BOB: "550 no such user"}}),
    Fault("hangs up after the message", "hung up", server={"at_data": "drop"}, seen=2),
    Fault("hangs up after its 250", server={"after_data": "drop"}),
    Fault("hangs up at good-bye", server={"at_quit": "drop"}),
    Fault("answers 421 at good-bye", server={"at_quit": "421 shutting down"}),
    Fault("never says good-bye", server={"at_quit": "hang"}),
    Fault(
        "refuses our password",
        "user name or password",
        red_at_once=True,
        at="smtp://clinic:wrong@127.0.0.1:{port}",
        options=("no sign-in",),
    ),
    Fault(
        "has a bad certificate",
        "certificate",
        red_at_once=True,
        at="smtp+tls://127.0.0.1:{port}",
        options=("bad certificate",),
    ),
    Fault("has its encryption stripped", "encryption", red_at_once=True, at="smtp+tls://127.0.0.1:{port}"),
]


def options_of(fault, folder):
    options = {}
    if "bad certificate" in fault.options:
        options["tls_context"] = bad_certificate(folder)
    if "no sign-in" in fault.options:
        options |= {"authenticator": nobody_may_sign_in, "auth_require_tls": False}
    return options


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_the_desk_shows_and_that_it_arrives_once_when_mended(people, workers, settings, tmp_path, fault):
    server = MailServer()
    for name, value in (fault.server or {}).items():
        setattr(server, name, value)
    factories.a_request()
    with (
        server.running(**options_of(fault, tmp_path)),
        sending(fault.at.format(port=server.port), workers, settings) as all_tried,
    ):
        all_tried()
        expected = {ALICE: fault.words, BOB: fault.words if fault.bobs_words is None else fault.bobs_words}
        for email, words in expected.items():
            delivery = to(email)
            assert delivery.state == ("waiting" if words else "accepted"), delivery.last_error
            assert words in delivery.last_error
            assert delivery.needs_help is (bool(words) and fault.red_at_once)
            assert Delivery.objects.in_trouble().filter(pk=delivery.pk).exists() is delivery.needs_help
        assert times_accepted(server) == [email for email, words in expected.items() if not words]
        if fault.seen == 0:
            assert len(server.seen) == len(server.accepted), "words have left in clear"

    mended = MailServer()
    mended.accepted = server.accepted
    with mended.running(), sending(f"smtp://127.0.0.1:{mended.port}", workers, settings) as all_tried:
        due_now()
        until(lambda: (all_tried(), not Delivery.objects.undelivered().exists())[1], within=60)
    assert times_accepted(mended) == [ALICE, BOB], "lost or repeated"
    assert not Delivery.objects.in_trouble().exists()


@pytest.mark.parametrize("byte", [b"2", b""], ids=["drips one byte a second", "says nothing"])
def test_a_server_that_takes_its_time_is_left_at_the_deadline(people, workers, settings, byte):
    factories.a_request()
    with (
        dripping_server(every=size(0.3, 1), total=600, byte=byte) as port,
        sending(f"smtp://127.0.0.1:{port}", workers, settings) as all_tried,
    ):
        began = time.monotonic()
        all_tried()
        assert time.monotonic() - began < 2 * SEND_WITHIN + SLACK + size(0, 10)
    assert {delivery.state for delivery in Delivery.objects.all()} == {"waiting"}
    assert "in time" in to(ALICE).last_error


def test_a_server_that_says_nothing_is_not_said_to_have_hung_up(people, settings):
    """Python's library calls both a disconnection."""
    factories.a_request()
    settings.EMAIL_TIMEOUT = 0.3
    with dripping_server(total=600, byte=b"") as port:
        use(settings, f"smtp://127.0.0.1:{port}")
        deliveries.sweep()

    assert {delivery.last_error for delivery in Delivery.objects.all()} == {"The mail server did not answer in time."}


@pytest.mark.drill
def test_twin_without_the_deadline_a_dripping_server_holds_the_workers(people, workers):
    factories.a_request()
    with (
        dripping_server(every=1, total=600) as port,
        workers(f"smtp://127.0.0.1:{port}", "--without", "deadline"),
    ):
        until(lambda: Delivery.objects.filter(state="sending").count() == 2)
        time.sleep(SEND_WITHIN + 15)
        assert Delivery.objects.filter(state="sending", attempts=1).count() == 2


def test_twin_without_verification_a_bad_certificate_gets_our_mail(people, settings, tmp_path, monkeypatch):
    """What Django's own context prevents, and a careless one would not."""
    factories.a_request()
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
    monkeypatch.setattr(EmailBackend, "ssl_context", careless)
    server = MailServer()
    with server.running(tls_context=bad_certificate(tmp_path)):
        use(settings, f"smtp+tls://127.0.0.1:{server.port}")
        deliveries.sweep()

    assert times_accepted(server) == [ALICE, BOB]


def through_not_now(workers, settings, *options):
    """Messages to many people, of which the server takes one in five not now. Gives the Message-IDs it has accepted."""
    for _ in range(size(6, 100)):
        factories.a_recipient()
    for _ in range(size(2, 4)):
        factories.a_request()
    server = MailServer()
    server.not_now = size(0.3, 0.2)
    none_waits = lambda: not Delivery.objects.filter(state__in=["waiting", "sending"]).exists()  # noqa: E731
    with server.running(), ExitStack() as stack:
        url = f"smtp://127.0.0.1:{server.port}"
        if FULL:
            stack.enter_context(workers(url, "--retry-in", 1, *options))
            until(none_waits, within=300, every=0.5)
        else:
            use(settings, url)
            until(lambda: (due_now(), deliveries.sweep(), none_waits())[2], within=60)
    return [message_from_bytes(content)["Message-ID"] for _, content in server.accepted]


def test_one_in_five_is_answered_not_now_and_all_arrive_once(clinic, workers, settings, record_figures):
    ids = through_not_now(workers, settings)

    attempts = sum(Delivery.objects.values_list("attempts", flat=True))
    record_figures(deliveries=Delivery.objects.count(), attempts=attempts, accepted=len(ids), different=len(set(ids)))
    assert len(ids) == len(set(ids)) == Delivery.objects.count()
    assert attempts > len(ids), "nothing was answered with a 4xx"


def test_twin_where_not_now_is_taken_for_never_messages_are_lost(
    clinic, workers, settings, monkeypatch, record_figures
):
    if not FULL:
        monkeypatch.setattr(Delivery, "mark_refused", Delivery.mark_refused)  # put back after the test
        WITHOUT["retries"]()

    ids = through_not_now(workers, settings, "--without", "retries")

    record_figures(deliveries=Delivery.objects.count(), lost=Delivery.objects.count() - len(ids))
    assert len(ids) < Delivery.objects.count()


def told_while_one_hangs(workers, *options, within):
    """One worker, whose first message hangs; how many of five others are told in so many seconds."""
    hanging = factories.a_recipient(ALICE)
    others = [factories.a_recipient() for _ in range(5)]
    factories.a_request()
    Delivery.objects.filter(recipient__in=others).update(next_attempt_at=timezone.now() + timedelta(seconds=0.5))
    server = MailServer()
    server.refuse = {ALICE: "hang"}
    told = Delivery.objects.filter(recipient__in=others, state="accepted")
    with server.running(), workers(f"smtp://127.0.0.1:{server.port}", *options, count=1, send_within=2):
        until(lambda: Delivery.objects.filter(recipient=hanging, attempts=1).exists())
        with suppress(AssertionError):
            until(lambda: told.count() == len(others), within)
    return told.count()


def test_one_address_that_hangs_holds_up_no_other(clinic, workers):
    assert told_while_one_hangs(workers, within=60) == 5


def test_twin_without_the_deadline_one_address_that_hangs_holds_up_all(clinic, workers):
    assert told_while_one_hangs(workers, "--without", "deadline", within=6) == 0


def an_outage(settings):
    """Ten minutes without a mail server, looked at every ten seconds of the deliveries' own time, and ten with one.

    (minutes until all is red or None, minutes until all is delivered or None, what has arrived)
    """
    port, all_red, delivered = free_port(), None, None
    use(settings, f"smtp://127.0.0.1:{port}")
    for _ in range(4):
        factories.a_request()
    server = MailServer()
    with ExitStack() as stack:
        for seconds in range(0, 20 * 60, 10):
            if seconds == 10 * 60:
                stack.enter_context(server.running(port))
            deliveries.sweep()
            if all_red is None and Delivery.objects.in_trouble().count() == 8:
                all_red = seconds / 60
            if seconds >= 10 * 60 and not Delivery.objects.undelivered().exists():
                delivered = seconds / 60 - 10
                break
            later(seconds=10)
    return all_red, delivered, len(server.accepted)


def test_after_ten_minutes_without_a_mail_server_all_arrive(people, settings, record_figures):
    all_red, delivered, arrived = an_outage(settings)

    record_figures(red_after_minutes=all_red, delivered_after_minutes=delivered)
    assert all_red <= 5
    assert delivered <= 6
    assert arrived == 8
    assert not Delivery.objects.in_trouble().exists()


def test_twin_with_three_quick_tries_an_outage_loses_all(people, settings, monkeypatch):
    """As many queues of tasks do it: three times, and that was it."""
    mark = Delivery.mark_refused

    def three_times(delivery, error, **how):
        return mark(delivery, error, **how | {"retry_in": timedelta(seconds=1), "give_up": delivery.attempts >= 3})

    monkeypatch.setattr(Delivery, "mark_refused", three_times)

    all_red, delivered, arrived = an_outage(settings)

    assert (delivered, arrived) == (None, 0)
    assert all_red is not None, "given up in silence"


def test_twin_sent_with_fail_silently_an_outage_loses_all_and_nothing_is_red(people, settings, monkeypatch):
    """What is written most often: the page looks well, and the mail is gone."""
    monkeypatch.setattr(
        deliveries, "send", lambda message, server: get_connection(fail_silently=True).send_messages([message])
    )

    assert an_outage(settings) == (None, 0, 0)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"accepted"}


@pytest.mark.drill
def test_an_address_that_hangs_does_not_hold_up_the_others(clinic, workers, record_figures):
    factories.a_recipient(ALICE)
    others = [factories.a_recipient() for _ in range(20)]
    server = MailServer()
    server.refuse = {ALICE: "hang"}
    with server.running(), workers(f"smtp://127.0.0.1:{server.port}"):
        for _ in range(4):
            factories.a_request()
        until(lambda: not Delivery.objects.filter(recipient__in=others).undelivered().exists(), within=120)
        until(lambda: not Delivery.objects.filter(recipient__email=ALICE, attempts=0).exists(), within=150)
        until(tried, within=90)

    told = Delivery.objects.filter(recipient__in=others)
    delays = [(delivery.accepted_at - delivery.created_at).total_seconds() for delivery in told]
    p95 = quantiles(delays, n=20)[-1]
    record_figures(others=len(delays), p95_seconds=round(p95, 1), longest_seconds=round(max(delays), 1))
    assert p95 <= 60


@pytest.mark.drill
def test_ten_minutes_without_a_mail_server(people, workers, monkeypatch, record_figures):
    """With clocks that go ten times as fast, the workers' and the test's."""
    speed, since, port = 10, time.time(), free_port()
    monkeypatch.setattr(timezone, "now", quick_clock(speed, since))
    minutes = lambda number: number * 60 / speed  # noqa: E731  of that clock, as seconds of ours
    with workers(f"smtp://127.0.0.1:{port}", "--speed", speed, "--since", since):
        for _ in range(4):
            factories.a_request()
        outage_began = time.monotonic()
        all_red = until(lambda: Delivery.objects.in_trouble().count() == 8, within=minutes(5.5))
        assert all_red <= minutes(5) + 1
        time.sleep(max(0, outage_began + minutes(10) - time.monotonic()))
        assert not Delivery.objects.filter(state="accepted").exists()

        server = MailServer()
        with server.running(port):
            took = until(lambda: not Delivery.objects.undelivered().exists(), within=minutes(8))
    record_figures(
        red_after_minutes=round(all_red / minutes(1), 1), delivered_after_minutes=round(took / minutes(1), 1)
    )
    assert took <= minutes(6)
    assert not Delivery.objects.in_trouble().exists()
    assert len(server.accepted) == 8


@pytest.mark.drill
def test_what_mail_in_trouble_costs_a_patient(clinic, tmp_path, record_figures):
    """Nothing: the page is sent before anybody writes a mail. Measured in turns, so that both meet the same computer."""
    service, server = prepare(), MailServer()
    took = {"": [], "hang": [], "451 try later": [], "drop": []}
    with server.running(), a_site(server, tmp_path) as site:
        with Crowd(site.port, service.pk, 4) as crowd:
            until(lambda: crowd.acknowledged, within=60)
            for _ in range(6):
                for trouble, seconds in took.items():
                    server.at_data, before = trouble, len(crowd.seconds)
                    time.sleep(5)
                    seconds += crowd.seconds[before:]
        assert not crowd.wrong
    took["in trouble"] = [seconds for trouble, times in took.items() if trouble for seconds in times]
    p95 = {trouble or "healthy": quantiles(times, n=20)[-1] for trouble, times in took.items()}
    record_figures(
        posts=len(took[""]) + len(took["in trouble"]),
        p95_ms={trouble: round(seconds * 1000) for trouble, seconds in p95.items()},
        ratio=round(p95["in trouble"] / p95["healthy"], 2),
    )
    assert p95["in trouble"] <= 1.2 * p95["healthy"] + 0.02  # seconds: a clock's grain


def posted_in_turns(form_page, settings):
    """(95th percentile of a healthy server, of one that hangs) of the seconds that a patient waits for the receipt."""
    patient, took, server = Browser(), {"": [], "hang": []}, MailServer()
    with server.running():
        use(settings, f"smtp://127.0.0.1:{server.port}")
        for _ in range(6):
            for trouble, seconds in took.items():
                server.at_data = trouble
                answers = form_page(patient)
                began = time.monotonic()
                assert patient.post("/request/", answers).status_code == 303
                seconds.append(time.monotonic() - began)
    return [quantiles(times, n=20)[-1] for times in took.values()]


def test_no_patient_waits_for_mail(form_page, settings, record_figures):
    healthy, ill = posted_in_turns(form_page, settings)

    record_figures(p95_healthy_ms=round(healthy * 1000), p95_in_trouble_ms=round(ill * 1000))
    assert ill < healthy + SEND_IN_THE_PAGE / 2


def test_twin_with_mail_sent_inside_the_request_a_patient_waits_for_it(
    form_page, settings, monkeypatch, record_figures
):
    monkeypatch.setattr(deliveries, "SEND_WITHIN", SEND_IN_THE_PAGE)
    monkeypatch.setattr(deliveries, "CLOSE_WITHIN", 0.1)
    receive = intake.receive

    def receive_and_send(*args, **kwargs):
        stored = receive(*args, **kwargs)
        deliveries.sweep()
        return stored

    monkeypatch.setattr(intake, "receive", receive_and_send)

    healthy, ill = posted_in_turns(form_page, settings)

    record_figures(p95_healthy_ms=round(healthy * 1000), p95_in_trouble_ms=round(ill * 1000))
    assert ill > healthy + SEND_IN_THE_PAGE / 2
    assert ill > 1.2 * healthy
