"""Owners are reminded of reviews: 30 days before, on the day, then each week; once each, however many workers there are."""

import smtplib
import threading
from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from clinic import work
from education import letters
from education.models import Guide, Letter
from tests.factories import a_guide, a_published_guide, a_sign_off, a_user
from tests.staff.people import somebody

DUE = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def outbox(db, clinic, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return mail.outbox


def a_guide_due(on=DUE, **facts):
    facts = {"last_reviewed": on - timedelta(days=365), "next_review": on, **facts}
    if "owner" not in facts:
        facts["owner"] = a_user("olga")
    return a_published_guide("Back pain", **facts)


def send_all():
    while work.send_a_letter():
        pass


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-31, []),
        (-30, [("soon", -30)]),
        (-1, [("soon", -30)]),
        (0, [("due", 0)]),
        (6, [("due", 0)]),
        (7, [("overdue", 7)]),
        (13, [("overdue", 7)]),
        (14, [("overdue", 14)]),
        (400, [("overdue", 399)]),
    ],
)
def test_which_reminder_is_owed_on_which_day(days, expected):
    a_guide_due()

    letters.owe(DUE + timedelta(days=days))

    assert [(letter.kind, (letter.day - DUE).days) for letter in Letter.objects.all()] == expected


def test_from_thirty_days_before_until_it_is_reviewed(outbox):
    """A year in a loop, a worker that looks each day: each reminder goes out once, and none after the review."""
    today = timezone.localdate()
    guide = a_guide_due(today)
    for day in range(-40, 23):
        letters.owe(today + timedelta(days=day))
        letters.owe(today + timedelta(days=day))
        send_all()

    assert [message.subject for message in outbox] == [
        "A review is due in 30 days: Back pain",
        "A review is due: Back pain",
        "A review is overdue: Back pain",
        "A review is overdue: Back pain",
        "A review is overdue: Back pain",
    ]
    assert {message.to[0] for message in outbox} == {"olga@example.org"}
    assert f"/admin/education/guide/{guide.pk}/change/" in outbox[0].body

    a_sign_off(guide)
    for day in range(23, 60):
        letters.owe(today + timedelta(days=day))
        send_all()
    assert len(outbox) == 5


@pytest.mark.parametrize(
    "change",
    [
        lambda guide: guide.withdraw(by=None),
        lambda guide: Guide.objects.update(next_review=DUE + timedelta(days=500)),
        lambda guide: type(guide.owner).objects.update(is_active=False),
        lambda guide: type(guide.owner).objects.update(email=""),
    ],
)
@pytest.mark.parametrize("when", ["before it is owed", "before it is sent"])
def test_nobody_is_reminded_of_what_is_no_longer_so(outbox, change, when):
    guide = a_guide_due()
    if when == "before it is sent":
        letters.owe(DUE)
        assert Letter.objects.count() == 1

    change(guide)
    letters.owe(DUE)
    send_all()

    assert outbox == []


@pytest.mark.parametrize("owner", ["nobody", "somebody who has left"])
def test_a_guide_that_nobody_owns_reminds_all_who_may_publish(outbox, owner):
    guide = a_guide_due(owner=None if owner == "nobody" else a_user("left", is_active=False))
    people = [somebody("Publisher"), somebody("Publisher")]
    somebody("Editor")

    letters.owe(DUE)
    send_all()

    assert [message.to for message in outbox] == [sorted(person.email for person in people)]
    assert str(guide) in outbox[0].subject


def test_a_draft_and_a_guide_without_a_date_remind_nobody(outbox):
    a_guide("Draft", owner=a_user(), next_review=DUE)
    a_published_guide("No date", owner=a_user())

    letters.owe(DUE)

    assert not Letter.objects.exists()


def test_a_review_for_one_month_is_not_announced_on_the_day_it_begins():
    a_guide_due(last_reviewed=DUE - timedelta(days=30))

    letters.owe(DUE - timedelta(days=29))
    assert not Letter.objects.exists()
    letters.owe(DUE)

    assert Letter.objects.get().kind == "due"


def test_after_a_long_pause_one_reminder_goes_out_and_not_all_that_were_missed(outbox):
    a_guide_due()
    letters.owe(DUE)

    letters.owe(DUE + timedelta(days=50))
    send_all()

    assert [letter.state for letter in Letter.objects.order_by("day")] == ["dropped", "sent"]
    assert len(outbox) == 1
    assert "overdue" in outbox[0].subject


# Once, and not never --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_workers_who_ask_and_send_at_once_send_one(outbox):
    a_guide_due()
    together, sent = threading.Barrier(4), []

    def work_a_while():
        together.wait()
        letters.owe(DUE)
        letters.sweep(send=lambda message: sent.append(message) or "")
        connection.close()

    threads = [threading.Thread(target=work_a_while) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Letter.objects.count() == 1
    assert len(sent) == 1


def test_without_the_claim_two_workers_would_send_two(monkeypatch):
    """The twin: it is the claim that keeps the second worker away."""
    letters.owe(DUE)
    a_guide_due()
    letters.owe(DUE)
    monkeypatch.setattr(Letter, "claim", lambda letter: True)
    sent, letter = [], Letter.objects.get()

    for _ in range(2):
        letters.deliver(letter, send=lambda message: sent.append(message) or "")

    assert len(sent) == 2


def test_a_worker_that_dies_while_sending_is_followed_by_another(outbox):
    a_guide_due()
    letters.owe(DUE)
    letter = Letter.objects.get()
    assert letter.claim()  # and dies

    send_all()
    assert outbox == []  # while the other may still be at it
    Letter.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    send_all()

    assert len(outbox) == 1
    assert outbox[0].extra_headers["Message-ID"].startswith(f"<{letter.message_id}@")
    assert not letter.mark_sent()  # the dead one comes back too late


def test_a_mail_server_in_trouble_is_asked_again_later(outbox, monkeypatch):
    a_guide_due()
    letters.owe(DUE)

    def refuse(*args, **kwargs):
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        send_all()
    letter = Letter.objects.get()
    assert (letter.state, letter.attempts, letter.last_error) == ("waiting", 1, "The mail server hung up.")
    send_all()
    assert outbox == []  # not at once

    Letter.objects.update(next_attempt_at=timezone.now())
    send_all()

    assert len(outbox) == 1
    assert Letter.objects.get().state == "sent"


def test_after_three_days_it_is_given_up():
    a_guide_due()
    letters.owe(DUE)
    Letter.objects.update(created_at=timezone.now() - timedelta(hours=73))

    letters.sweep(send=lambda message: "No.")

    assert Letter.objects.get().state == "failed"
    assert not Letter.objects.due().exists()


def test_a_letter_that_cannot_be_made_keeps_no_other_waiting(outbox, monkeypatch):
    a_guide_due()
    a_published_guide("Another", owner=a_user(), next_review=DUE)
    letters.owe(DUE)
    make = letters.message_for
    monkeypatch.setattr(
        letters, "message_for", lambda letter: 1 / 0 if letter.guide.title == "Back pain" else make(letter)
    )

    send_all()

    assert [message.subject for message in outbox] == ["A review is due: Another"]
    assert (
        Letter.objects.get(guide__title="Back pain").last_error == "The message could not be made (ZeroDivisionError)."
    )


def test_a_title_with_a_line_break_makes_no_header(outbox):
    guide = a_guide_due()
    Guide.objects.update(title="Back\r\nBcc: all@example.org")

    letters.owe(DUE)
    send_all()

    assert outbox[0].subject == "A review is due: Back Bcc: all@example.org"
    assert guide.owner.email in outbox[0].to


def test_the_worker_does_it(settings, monkeypatch):
    """By the names in the settings; and what fails there keeps no message about a request waiting."""
    from appointments.management.commands.worker import do_all

    a_guide_due(timezone.localdate())
    do_all(settings.WORKER_EACH_HOUR + settings.WORKER_EACH_TURN)
    assert len(mail.outbox) == 1

    monkeypatch.setattr(work, "send_a_letter", lambda: 1 / 0)
    assert do_all(["clinic.work.send_a_letter"]) is False
