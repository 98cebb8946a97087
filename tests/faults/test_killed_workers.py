"""Workers are killed in the middle of everything: no message is lost, and one is repeated only where it must be."""

import os
from collections import Counter

import pytest

from appointments.models import AppointmentRequest, Delivery, Recipient
from tests import factories
from tests.appointments.mail_server import MailServer

from . import FULL, size
from .killed_workers import AFTER_250, LATE, POINTS
from .mails import requests_told, sent_ids
from .processes import all_told, process, until, until_all_are_told

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = size(2, 3)
RECIPIENTS, REQUESTS = size(8, 100), size(2, 4)  # few for each recipient: a flood would be told in one mail
CHANCE = size(0.12, 0.08)
LEASE = size(1, 5)  # seconds
KILLS = size(4, 200)


@pytest.fixture
def mail_server():
    with MailServer().running() as server:
        yield server


@pytest.fixture
def killed_workers(mail_server, tmp_path):
    """Starts them; `.kills()` is a list of (point, Message-ID)."""
    diary = tmp_path / "diary"
    diary.touch()

    def start(*options, workers=WORKERS, chance=CHANCE, lease=LEASE):
        return process(
            *("-m", "tests.faults.killed_workers", "--diary", diary, "--seed", int.from_bytes(os.urandom(3), "big")),
            *("--workers", workers, "--chance", chance, "--lease", lease, *options),
            folder=tmp_path,
            name="workers",
            EMAIL_URL=f"smtp://127.0.0.1:{mail_server.port}",
        )

    start.kills = lambda: [tuple(line.split("\t")) for line in diary.read_text().splitlines()]
    return start


def requests_for_new_people():
    Recipient.objects.update(active=False)
    for _ in range(RECIPIENTS):
        factories.a_recipient()
    for _ in range(REQUESTS):
        factories.a_request()


def owed_ids():
    return {str(message_id) for message_id in Delivery.objects.values_list("message_id", flat=True)}


def test_no_message_is_lost_and_one_is_repeated_only_between_acceptance_and_commit(
    clinic, mail_server, killed_workers, record_figures
):
    with killed_workers():
        while len(killed_workers.kills()) < KILLS:
            requests_for_new_people()
            until(all_told, within=size(60, 600))

    kills = Counter(point for point, _ in killed_workers.kills())
    excused = Counter(message_id for point, message_id in killed_workers.kills() if point in (AFTER_250, LATE))
    sent = sent_ids(mail_server)
    repeated = sent - Counter(set(sent))
    record_figures(
        deliveries=len(owed_ids()), kills=dict(kills), lost=len(owed_ids() - set(sent)), repeated=repeated.total()
    )
    assert owed_ids() <= set(sent), "lost"
    assert not repeated - excused, "repeated without need"
    if FULL:
        assert set(POINTS) <= set(kills)


def test_a_flood_told_in_few_mails_loses_nothing_either(clinic, mail_server, killed_workers, record_figures):
    """What was told together is told together again: in a mail with the same Message-ID."""
    people = [factories.a_recipient() for _ in range(3)]
    for _ in range(size(14, 200)):
        factories.a_request()
    with killed_workers(chance=0.15):
        until_all_are_told(within=size(60, 600))

    requests = AppointmentRequest.objects.count()
    told, points = requests_told(mail_server), Counter(point for point, _ in killed_workers.kills())
    mails, repeated = len(mail_server.accepted), sum(times - 1 for times in sent_ids(mail_server).values())
    record_figures(requests=requests, mails=mails, kills=dict(points), repeated=repeated)
    for recipient in people:
        assert told[recipient.email] >= requests, "lost"
        assert points[LATE] or told[recipient.email] == requests, "told in two different messages"
    assert repeated <= points[AFTER_250] + points[LATE]
    assert mails < requests * len(people)


def test_twin_marked_first_and_sent_after_messages_are_lost(clinic, mail_server, killed_workers, record_figures):
    requests_for_new_people()
    with killed_workers("--without", "sending-first", chance=0.3):
        until(all_told, within=size(60, 600))

    lost = owed_ids() - set(sent_ids(mail_server))
    record_figures(deliveries=len(owed_ids()), kills=len(killed_workers.kills()), lost=len(lost))
    assert lost


@pytest.mark.drill
def test_twin_without_leases_what_a_dead_worker_held_stays_in_its_hands(clinic, mail_server, killed_workers):
    requests_for_new_people()
    with killed_workers("--without", "leases", chance=0.3):
        until(lambda: not Delivery.objects.filter(state="waiting").exists(), within=size(60, 600))

    assert Delivery.objects.undelivered().exists()
