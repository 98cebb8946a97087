"""The first page: what is wrong, what waits, whom to call next."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from appointments.models import Delivery, Recipient, WorkerHeartbeat
from clinic.models import OpeningHours
from tests.factories import a_recipient, a_request, a_user

from .pages import DESK, action, detail


@pytest.fixture
def all_well(clinic):
    WorkerHeartbeat.beat("worker")
    return a_recipient("desk@example.org")


@pytest.fixture
def undelivered(all_well):
    """A delivery that the mail server refused three times."""
    a_request(name="Petra Private")
    delivery = Delivery.objects.get()
    Delivery.objects.update(attempts=3, last_error="The mail server answered 451.")
    return delivery


def test_all_is_well(staff_client, all_well):
    page = staff_client.get(DESK)

    assertContains(page, "All is well")
    assertContains(page, "health-good")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda: WorkerHeartbeat.objects.update(at=timezone.now() - timedelta(minutes=5)), "worker is not running"),
        (lambda: Recipient.objects.update(active=False), "no active recipient"),
        (lambda: OpeningHours.objects.all().delete(), "No opening hours"),
    ],
)
def test_what_keeps_staff_from_being_told_is_red(staff_client, all_well, fault, said):
    fault()

    page = staff_client.get(DESK)

    assertContains(page, "health-bad")
    assertContains(page, said)


def test_a_clinic_without_a_profile_is_red(staff_client, db):
    assertContains(staff_client.get(DESK), "The clinic has no profile")


def test_an_undelivered_message_is_red_until_it_is_delivered(staff_client, undelivered):
    page = staff_client.get(DESK)
    assertContains(page, "health-bad")
    assertContains(page, "The mail server answered 451.")
    assertNotContains(page, "Petra")

    response = staff_client.post(f"/admin/appointments/delivery/{undelivered.pk}/send-again/")
    assertRedirects(response, DESK)
    undelivered.refresh_from_db()
    assert undelivered.claim() and undelivered.mark_accepted()

    assertContains(staff_client.get(DESK), "All is well")


def test_a_named_person_dismisses_a_message(staff_client, staff, undelivered):
    staff_client.post(f"/admin/appointments/delivery/{undelivered.pk}/dismiss/")

    undelivered.refresh_from_db()
    assert (undelivered.state, undelivered.dismissed_by) == ("dismissed", staff)
    assertContains(staff_client.get(DESK), "All is well")


def test_the_buttons_of_a_message_only_post_and_need_the_permission(client, staff_client, undelivered):
    for name in ("send-again", "dismiss"):
        url = f"/admin/appointments/delivery/{undelivered.pk}/{name}/"
        assertRedirects(staff_client.get(url), DESK)
        other = client.__class__()
        other.force_login(a_user(superuser=False))
        assert other.post(url).status_code == 403
    undelivered.refresh_from_db()
    assert undelivered.state == "waiting" and undelivered.dismissed_by is None


def test_send_again_is_an_action_of_the_list_too(staff_client, undelivered):
    url = "/admin/appointments/delivery/"
    Delivery.objects.update(state="failed")

    page = staff_client.get(url, {"state__exact": "failed"})
    staff_client.post(url, {"action": "send_again", "_selected_action": [undelivered.pk], "index": "0"})

    assertContains(page, "The mail server answered 451.")
    undelivered.refresh_from_db()
    assert undelivered.state == "waiting"


def test_what_waits_is_counted_and_linked(staff_client, staff, all_well):
    overdue = a_request(promised_by=timezone.now() - timedelta(hours=1))
    mine = a_request()
    mine.claim(by=staff)
    a_request().await_patient(by=staff, reason="A referral")
    a_request().waitlist(by=staff)

    counts = {label: (count, url) for label, count, url in staff_client.get(DESK).context["counts"]}

    assert {label: count for label, (count, _) in counts.items()} == {
        "To contact": 2,
        "Overdue": 1,
        "Claimed by me": 1,
        "Waiting for the patient": 1,
        "On the waiting list": 1,
    }
    for label, (count, url) in counts.items():
        assert staff_client.get(url).context["cl"].result_count == count, label
    assertContains(staff_client.get(counts["Overdue"][1]), overdue.reference)


def test_whom_to_call_next(staff_client, staff, all_well):
    now = timezone.now()
    second, first = (a_request(promised_by=now + timedelta(hours=hours)) for hours in (5, 1))
    a_request().claim(by=a_user())
    a_request().record_attempt(by=staff, channel="phone", outcome="reached")
    later = a_request()
    later.record_attempt(by=staff, channel="phone", outcome="busy", next_attempt_at=now + timedelta(hours=2))

    page = staff_client.get(DESK)

    assert [row.pk for row in page.context["call_next"]] == [first.pk, second.pk]
    assertContains(page, action(first, "claim"))
    assertNotContains(page, "Pat Sample")


def test_claiming_from_the_desk_leads_to_the_call(staff_client, staff, all_well):
    row = a_request(name="Petra Private")

    page = staff_client.post(action(row, "claim"), follow=True)

    assert page.redirect_chain == [(detail(row), 302)]
    assertContains(page, "Petra Private")
    assertContains(page, "Yours until")


def test_somebody_who_does_not_triage_sees_no_requests(client, all_well):
    row = a_request()
    editor = a_user(superuser=False)
    editor.user_permissions.add(Permission.objects.get(codename="change_guide"))
    client.force_login(editor)

    page = client.get(DESK)

    assert page.status_code == 200
    assertNotContains(page, row.reference)
    assertNotContains(page, "Call next")


def test_a_reopened_request_is_called_again(staff_client, staff, all_well):
    row = a_request()
    row.record_attempt(by=staff, channel="phone", outcome="reached")
    row.withdraw(by=staff)
    row.reopen(by=staff, reason="Changed their mind")

    assert [waiting.pk for waiting in staff_client.get(DESK).context["call_next"]] == [row.pk]


def test_the_desk_asks_the_same_number_of_queries_for_many_rows(staff_client, all_well, django_assert_max_num_queries):
    for _ in range(20):
        a_request()
    Delivery.objects.update(attempts=3)

    with django_assert_max_num_queries(25):
        staff_client.get(DESK)
