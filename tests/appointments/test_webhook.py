"""The practice system is told of each step, signed, until it has taken it; and nothing of what a patient wrote."""

import base64
import json
import re
import socket
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments import deliveries, intake, webhook
from appointments.models import Delivery, WorkerHeartbeat
from tests import factories
from tests.test_house import PRODUCTION, manage

from .mail_server import bad_certificate, dripping_server, own_certificate
from .practice_system import PracticeSystem

KEY, OLD_KEY = b"k" * 32, b"o" * 32
DOCUMENT = Path(__file__).parent.parent.parent / "docs/practice-system.md"
CANARY = "canary"


def secret(key):
    return "whsec_" + base64.b64encode(key).decode()


@pytest.fixture
def is_from_the_clinic():
    """What docs/practice-system.md shows to those who receive events."""
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    names = {}
    exec(example, names)
    return names["is_from_the_clinic"]


@pytest.fixture
def told(settings, clinic):
    """A site that tells whatever stands at settings.WEBHOOK_URL."""
    settings.WEBHOOK_URL, settings.WEBHOOK_SECRETS = "http://127.0.0.1:9/", [KEY]


@pytest.fixture
def system(told, settings):
    with PracticeSystem().running() as system:
        settings.WEBHOOK_URL = system.url
        yield system


def events():
    return Delivery.objects.to_practice_system().order_by("pk")


def later(**time):
    """As if that much time had passed for every delivery."""
    times = ("created_at", "next_attempt_at", "lease_until", "accepted_at")
    Delivery.objects.update(**{name: F(name) - timedelta(**time) for name in times})


def went_wrong(delivery):
    delivery.refresh_from_db()
    return delivery.state, delivery.attempts, delivery.needs_help, delivery.last_error


def test_each_step_is_told(system, staff):
    request = factories.a_request()
    request.waitlist(by=staff)
    request.withdraw(by=staff)
    request.reopen(by=staff, reason="A mistake")

    assert deliveries.sweep() == 4

    told = [json.loads(body) for _, body in system.events]
    assert [(one["type"], one["data"]["status"], one["data"]["outcome"]) for one in told] == [
        ("request.new", "new", ""),
        ("request.waitlisted", "waitlisted", ""),
        ("request.closed", "closed", "withdrawn"),
        ("request.new", "new", ""),
    ]
    assert {one["data"]["reference"] for one in told} == {request.reference}
    steps = request.status_changes.values_list("at", flat=True)
    assert [one["timestamp"] for one in told] == [at.isoformat() for at in steps]
    link = reverse("admin:appointments_appointmentrequest_change", args=[request.pk])
    assert all(one["data"]["url"].endswith(link) for one in told)
    assert set(events().values_list("state", "attempts")) == {("accepted", 1)}


def test_it_hears_of_new_statuses_with_their_outcome_and_of_nothing_else(system, staff):
    row = factories.a_request(email="pat@example.org")
    row.assign(by=staff, to=staff)
    row.correct(by=staff, name="Robin Sample")
    row.decline(by=staff, reason="Not here", text_for_patient="Ask elsewhere")
    row.hold(by=staff, reason="A complaint")
    row.reopen(by=staff, reason="Asked again")
    row.undo(by=staff)
    deliveries.sweep()

    told = [json.loads(body) for _, body in system.events]
    assert [(event["type"], event["data"]["outcome"]) for event in told] == [
        ("request.new", ""),
        ("request.closed", "declined"),
        ("request.new", ""),
        ("request.closed", "declined"),
    ]


def test_where_no_practice_system_is_set_nothing_is_owed(clinic, staff):
    factories.a_request().waitlist(by=staff)

    assert not events().exists()


def test_an_event_is_stored_with_its_step_or_not_at_all(system, staff):
    request = factories.a_request()
    with pytest.raises(RuntimeError), transaction.atomic():
        request.waitlist(by=staff)
        raise RuntimeError

    assert events().count() == request.status_changes.count() == 1


def test_the_signature_is_what_the_document_checks(system, is_from_the_clinic):
    factories.a_request()
    deliveries.sweep()

    ((headers, body),) = system.events
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == json.loads(body)["id"] == str(events().get().message_id)
    assert is_from_the_clinic(headers, body, secret(KEY))
    assert not is_from_the_clinic(headers, body + b" ", secret(KEY))
    assert not is_from_the_clinic(headers, body, secret(OLD_KEY))
    assert not is_from_the_clinic({**headers, "webhook-id": "another"}, body, secret(KEY))
    old = str(int(headers["webhook-timestamp"]) - 600)
    assert not is_from_the_clinic({**headers, "webhook-timestamp": old}, body, secret(KEY))


def test_the_signature_is_that_of_standard_webhooks():
    """The example of the specification's own libraries."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'

    assert webhook.signature(signed, key) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_changed_without_losing_an_event(system, settings, is_from_the_clinic):
    settings.WEBHOOK_SECRETS = [KEY, OLD_KEY]
    factories.a_request()
    deliveries.sweep()

    ((headers, body),) = system.events
    assert is_from_the_clinic(headers, body, secret(KEY)) and is_from_the_clinic(headers, body, secret(OLD_KEY))


def test_nothing_that_a_patient_or_staff_wrote_is_sent(system, staff):
    request = factories.a_request(
        name=f"{CANARY} name",
        email=f"{CANARY}@example.org",
        message=f"{CANARY} message",
        language=CANARY,
        access_needs=CANARY,
        guide_slug=CANARY,
        guide_title=CANARY,
        service=factories.a_service(f"{CANARY} service"),
    )
    request.add_note(by=staff, text=CANARY)
    request.record_attempt(by=staff, channel="phone", outcome="reached", note=CANARY)
    request.decline(by=staff, reason=CANARY, text_for_patient=CANARY)
    deliveries.sweep()

    assert len(system.events) >= 2
    for headers, body in system.events:
        everything = f"{headers}{body.decode()}".lower()
        assert CANARY not in everything and "5550142" not in everything
        assert request.secret not in everything and secret(KEY) not in everything


def test_of_suspected_spam_it_hears_nothing(system, staff):
    def suspected():
        return intake.receive(factories.request_fields(), form_token=factories.uuid.uuid4(), spam_reasons=["Odd"])

    spam, genuine = suspected(), suspected()
    spam.mark_spam(by=staff)
    assert not events().exists()

    intake.take_as_genuine(genuine, by=staff)
    genuine.mark_spam(by=staff)
    deliveries.sweep()

    told = [json.loads(body)["data"] for _, body in system.events]
    assert [(one["reference"], one["status"], one["outcome"]) for one in told] == [
        (genuine.reference, "new", ""),
        (genuine.reference, "closed", "spam"),
    ]


# What goes wrong --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "needs_help", "said"),
    [
        (301, True, "sends us elsewhere (301)"),
        (307, True, "sends us elsewhere (307)"),
        (400, True, "refused the event (400)"),
        (401, True, "does not take our signature (401)"),
        (404, True, "refused the event (404)"),
        (410, True, "wants no more events (410)"),
        (429, False, "answered 429."),
        (500, False, "answered 500."),
        (503, False, "answered 503."),
        ("drop", False, "hung up"),
        ("nonsense", False, "gave no answer that can be understood"),
    ],
)
def test_what_is_not_taken_is_tried_again(system, answer, needs_help, said):
    factories.a_request()
    system.answer = answer

    deliveries.sweep()

    event = events().get()
    assert went_wrong(event)[:3] == ("waiting", 1, needs_help)
    assert said in event.last_error
    wait = event.next_attempt_at - timezone.now()
    assert wait > timedelta(minutes=50) if needs_help else wait < timedelta(seconds=11)

    system.answer = 200
    later(hours=2)
    deliveries.sweep()
    assert went_wrong(event) == ("accepted", 2, False, "")
    assert len({headers["webhook-id"] for headers, _ in system.events}) == 1  # so that it is not taken for two
    assert len(system.events) == 2


def test_redirects_are_not_followed(system):
    with PracticeSystem().running() as elsewhere:
        system.answer, system.location = 307, elsewhere.url
        factories.a_request()
        deliveries.sweep()

        assert len(system.events) == 1
        assert elsewhere.events == []


def test_a_practice_system_that_is_not_there(told, settings):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.WEBHOOK_URL = f"http://127.0.0.1:{free.getsockname()[1]}/"
    factories.a_request()
    deliveries.sweep()

    assert went_wrong(events().get()) == ("waiting", 1, False, "The practice system could not be reached.")


@pytest.mark.parametrize("answer", ["hang", "drip"])
def test_one_that_hangs_or_drips_is_left_after_the_deadline(system, monkeypatch, answer):
    monkeypatch.setattr(webhook, "ANSWER_WITHIN", 1)
    factories.a_request()
    system.answer = answer
    began = time.monotonic()

    deliveries.sweep()

    assert time.monotonic() - began < 4
    assert went_wrong(events().get()) == ("waiting", 1, False, "The practice system did not answer in time.")


def test_one_that_drips_from_the_first_byte_is_left_after_the_deadline(told, settings, monkeypatch):
    monkeypatch.setattr(webhook, "ANSWER_WITHIN", 1)
    factories.a_request()
    with dripping_server(byte=b"H") as port:
        settings.WEBHOOK_URL = f"http://127.0.0.1:{port}/"
        deliveries.sweep()

    assert went_wrong(events().get())[3] == "The practice system did not answer in time."


def test_twin_without_the_deadline_a_dripping_system_holds_the_worker(system, monkeypatch):
    """The socket's own time-out, one second here, counts anew with each byte."""
    monkeypatch.setattr(webhook, "ANSWER_WITHIN", 1)
    factories.a_request()
    event = events().get()
    event.claim()
    system.answer = "drip"
    began = time.monotonic()

    webhook.send(event)

    assert time.monotonic() - began > 4


def test_a_certificate_that_cannot_be_verified_gets_nothing(told, settings, tmp_path):
    with PracticeSystem().running(tls=bad_certificate(tmp_path)) as system:
        settings.WEBHOOK_URL = system.url
        factories.a_request()
        deliveries.sweep()

        assert system.events == []
    assert went_wrong(events().get()) == (
        "waiting",
        1,
        True,
        "The practice system's certificate could not be verified.",
    )


def test_a_certificate_of_the_clinic_s_own_can_be_trusted(told, settings, tmp_path, monkeypatch):
    with PracticeSystem().running(tls=own_certificate(tmp_path, "127.0.0.1")) as system:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        settings.WEBHOOK_URL = system.url
        factories.a_request()

        assert deliveries.sweep() == 1
        assert len(system.events) == 1


def test_what_it_answers_is_nowhere_kept(system, log):
    system.answer, system.location = 400, f"https://{CANARY}.example.org/"
    factories.a_request()
    deliveries.sweep()

    assert CANARY not in events().get().last_error + log.getvalue()
    assert "was not accepted: The practice system refused the event (400)" in log.getvalue()


def test_while_it_takes_nothing_one_event_tries_and_mail_to_staff_goes_out(system, people):
    system.answer = 503
    for _ in range(20):
        factories.a_request()
    first, second = events()[:2]
    deliveries.deliver(first.pk)
    deliveries.deliver(second.pk)
    assert not events().due().exists()  # one look puts all of them back, so that no mail stands behind them
    for _ in range(3):
        deliveries.sweep(limit=1000)

    assert len(system.events) == 1
    assert not Delivery.objects.undelivered().to_staff().filter(attempts=0).exists()

    system.answer = 200
    later(minutes=10)
    deliveries.sweep(limit=1000)
    assert set(events().values_list("state", flat=True)) == {"accepted"}
    assert len(system.events) == 21


def test_twin_each_would_try_by_itself(system, monkeypatch):
    monkeypatch.setattr(Delivery, "_unless_another_is_refused", lambda delivery, mine, now: mine)
    system.answer = 503
    for _ in range(20):
        factories.a_request()
    deliveries.sweep(limit=1000)

    assert len(system.events) == 20


def test_an_event_that_is_refused_for_good_holds_up_no_other(system):
    system.answer = 400
    factories.a_request()
    deliveries.sweep()
    system.answer = 200
    factories.a_request()
    deliveries.sweep()

    assert list(events().values_list("state", flat=True)) == ["waiting", "accepted"]


def test_after_three_days_it_is_given_up_one_by_one_and_can_be_sent_again(system, staff_client):
    system.answer = 503
    first, second = factories.a_request(), factories.a_request()
    deliveries.sweep()
    later(hours=73)
    deliveries.sweep()
    deliveries.sweep()

    assert events().get(request=first).state == "failed"
    assert went_wrong(events().get(request=second))[:2] == ("waiting", 0)  # its turn comes, and not at once

    system.answer = 200
    chosen = {"action": "send_again", "_selected_action": [events().get(request=first).pk]}
    staff_client.post(reverse("admin:appointments_delivery_changelist"), chosen)
    deliveries.sweep()
    assert events().get(request=first).state == "accepted"


def test_a_worker_that_died_with_an_event_in_its_hands_loses_none(system):
    factories.a_request()
    event = events().get()
    assert event.claim()
    assert deliveries.sweep() == 0

    later(minutes=3)
    assert deliveries.sweep() == 1


def test_when_the_practice_system_is_taken_away_nothing_is_owed_any_more(system, settings):
    factories.a_request()
    settings.WEBHOOK_URL = ""
    deliveries.sweep()

    assert (events().get().state, events().get().last_error) == ("dismissed", "No practice system is set.")
    assert system.events == []


def test_a_step_has_one_event(system, staff):
    request = factories.a_request()
    event = events().get()

    with pytest.raises(Exception, match=r"(?i)unique"), transaction.atomic():
        Delivery.objects.create(request=request, kind="event", status_change=event.status_change)
    with pytest.raises(Exception, match="event_is_of_a_step"), transaction.atomic():
        Delivery.objects.create(request=request, kind="event")


# On the screens -------------------------------------------------------------------------------------------------------


def test_what_is_stuck_stands_on_the_desk_and_stops_nobody(system, staff_client):
    WorkerHeartbeat.beat("worker")
    factories.a_recipient()
    system.answer = 410
    factories.a_request()
    Delivery.objects.to_staff().update(state="accepted", accepted_at=timezone.now())
    deliveries.sweep()

    desk = staff_client.get(reverse("admin:index"))
    assertContains(desk, "1 event did not reach the practice system.")
    assertContains(desk, 'href="/admin/appointments/delivery/?kind__exact=event"')
    assertContains(desk, "health-fair")
    assertNotContains(desk, "messages to patients did not arrive")
    assert deliveries.health()["ok"]

    listed = staff_client.get("/admin/appointments/delivery/?kind__exact=event")
    assertContains(listed, "The practice system wants no more events (410)")


def test_the_page_of_a_request_says_what_became_of_its_events(system, staff_client):
    request = factories.a_request()
    deliveries.sweep()

    page = staff_client.get(reverse("admin:appointments_appointmentrequest_change", args=[request.pk]))

    assertContains(page, "<strong>The practice system</strong>, about “New”: accepted")


# Settings -------------------------------------------------------------------------------------------------------------

URL, SECRETS = "https://practice.example.org/events", secret(KEY)


@pytest.mark.once
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"WEBHOOK_URL": "http://practice.example.org/"}, "WEBHOOK_URL cannot be used"),
        ({"WEBHOOK_URL": "http://127.0.0.1/"}, "WEBHOOK_URL cannot be used"),
        ({"WEBHOOK_URL": "https://me:password@practice.example.org/"}, "WEBHOOK_URL cannot be used"),
        ({"WEBHOOK_URL": "file:///etc/passwd"}, "WEBHOOK_URL cannot be used"),
        ({"WEBHOOK_URL": "https://practice.example.org/a b"}, "WEBHOOK_URL cannot be used"),
        ({"WEBHOOK_SECRETS": ""}, "Set WEBHOOK_SECRETS"),
        ({"WEBHOOK_SECRETS": "whsec_c2hvcnQ="}, "WEBHOOK_SECRETS cannot be read"),
        ({"WEBHOOK_SECRETS": f"{SECRETS},a plain password that is long enough"}, "WEBHOOK_SECRETS cannot be read"),
    ],
)
def test_production_does_not_start_with_a_webhook_that_is_unsafe(tmp_path, wrong, said):
    checked = manage(
        "check", tmp_path=tmp_path, **{**PRODUCTION, "WEBHOOK_URL": URL, "WEBHOOK_SECRETS": SECRETS, **wrong}
    )

    assert checked.returncode != 0
    assert len(checked.stderr.strip().splitlines()) == 1, checked.stderr
    assert said in checked.stderr and "password@" not in checked.stderr


@pytest.mark.once
def test_a_webhook_that_is_safe_is_read(tmp_path):
    ask = "from django.conf import settings; print(settings.WEBHOOK_URL, settings.WEBHOOK_SECRETS)"
    secrets = f"{SECRETS},{secret(OLD_KEY)}"
    facts = {**PRODUCTION, "WEBHOOK_URL": URL, "WEBHOOK_SECRETS": secrets}
    shown = manage("shell", "--no-imports", "-c", ask, tmp_path=tmp_path, **facts)

    assert shown.stdout.strip() == f"{URL} {[KEY, OLD_KEY]}", shown.stderr
    trial = manage("check", tmp_path=tmp_path, WEBHOOK_URL="http://127.0.0.1:9/", WEBHOOK_SECRETS=SECRETS)
    assert trial.returncode == 0, trial.stderr
