"""Letters that the mail server does not take are seen on the first page and by the doctor, and can be sent again there."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from appointments.models import WorkerHeartbeat
from clinic import doctor, work
from education import letters
from education.models import Letter
from tests.factories import a_published_guide, a_recipient, a_service, a_user

DESK = "/admin/"
DUE = timezone.localdate()


@pytest.fixture
def all_well(clinic, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    WorkerHeartbeat.beat("worker")
    a_service()
    a_recipient()


@pytest.fixture
def letter(all_well):
    """Given up: three days long the mail server had refused it."""
    a_published_guide("Back pain", owner=a_user("olga"), next_review=DUE)
    letters.owe(DUE)
    Letter.objects.update(created_at=timezone.now() - timedelta(hours=73))
    letters.sweep(send=lambda message: "There is no such mailbox.")
    return Letter.objects.get(state="failed")


def button(letter, name):
    return reverse(f"admin:education_guide_letter_{name}", args=[letter.guide_id, letter.pk])


def finding():
    return next(found for found in doctor.quick() if found.name == "letters")


def test_without_such_a_letter_all_is_green(staff_client, all_well):
    assert finding().level == doctor.OK
    assertContains(staff_client.get(DESK), "health-good")


def test_one_that_was_given_up_is_red_with_its_error_and_its_buttons(staff_client, letter):
    page = staff_client.get(DESK)

    assert finding().level == doctor.FAULT
    assertContains(page, "health-bad")
    assertContains(page, "1 e-mail about guides did not go out.")
    assertContains(page, "There is no such mailbox. (given up after 1 attempt)")
    assertContains(page, button(letter, "again"))
    assertContains(staff_client.get("/admin/education/guide/?waits=letters"), "Back pain")


def test_one_that_was_refused_three_times_is_amber(staff_client, letter):
    Letter.objects.update(state="waiting", attempts=3)

    assert finding().level == doctor.WARNING
    assertContains(staff_client.get(DESK), "health-fair")


def test_sent_again_it_arrives_and_all_is_green(staff_client, letter):
    answer = staff_client.post(button(letter, "again"))
    while work.send_a_letter():
        pass

    assertRedirects(answer, DESK)
    assert [message.subject for message in mail.outbox] == ["A review is due: Back pain"]
    assertContains(staff_client.get(DESK), "health-good")
    assert LogEntry.objects.first().change_message == "Sent an e-mail again: A review is due."


def test_sent_again_in_vain_it_is_red_again(staff_client, letter):
    staff_client.post(button(letter, "again"))

    letters.sweep(send=lambda message: "There is no such mailbox.")

    assertContains(staff_client.get(DESK), "health-bad")


def test_dismissed_it_is_gone_and_not_sent(staff_client, letter):
    staff_client.post(button(letter, "dismiss"))

    assert not work.send_a_letter()
    assertContains(staff_client.get(DESK), "health-good")


def test_what_has_gone_out_is_not_sent_again(staff_client, letter):
    Letter.objects.update(state="sent", sent_at=timezone.now())

    page = staff_client.post(button(letter, "again"), follow=True)

    assertContains(page, "has gone out")
    assert not Letter.objects.due().exists()


def test_what_a_worker_holds_stays_with_it(letter):
    letter.send_again(by=None)
    letter.claim()

    assert not letter.send_again(by=None)
    assert letter.mark_sent()


def test_who_may_not_change_guides_neither_sees_nor_sends_it(client, letter):
    reader = a_user(superuser=False)
    reader.groups.add(Group.objects.get(name="Triage"))
    client.force_login(reader)

    assertNotContains(client.get(DESK), "did not go out")
    assert client.post(button(letter, "again")).status_code == 403


def test_hundreds_of_them_ask_no_more_of_the_database(staff_client, letter, django_assert_max_num_queries):
    for day in range(1, 40):
        Letter.objects.create(
            kind="due", guide=letter.guide, next_review=DUE, day=DUE + timedelta(days=day), state="failed"
        )

    with django_assert_max_num_queries(12 + 1 + 6):  # the list, and what the session and the guides' lines ask
        page = staff_client.get(DESK)

    assertContains(page, "40 e-mails about guides did not go out.")
    assertContains(page, "See the guides")
