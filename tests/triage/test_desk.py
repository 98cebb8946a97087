"""The first page: what is wrong, what waits, whom to call next."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from appointments.models import AccessEvent, AppointmentRequest, Delivery, Recipient, WorkerHeartbeat
from appointments.models.counted import counted, counted_together
from clinic.desk import CHECKS, desk
from clinic.facts import Facts
from clinic.models import ClinicProfile, OpeningHours
from tests.factories import a_recipient, a_request, a_service, a_user, opening_hours

from .pages import DESK, action, called, detail

LIVE = "/admin/desk/"


@pytest.fixture
def all_well(clinic):
    WorkerHeartbeat.beat("worker")
    a_service()
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


@pytest.mark.parametrize(("button", "step"), [("send-again", "send again"), ("dismiss", "dismiss")])
def test_who_pressed_it_is_written_down(staff_client, staff, undelivered, button, step):
    staff_client.post(f"/admin/appointments/delivery/{undelivered.pk}/{button}/")

    event = AccessEvent.objects.get(action="change")
    assert (event.by, event.reference, event.step) == (staff, undelivered.request.reference, step)


def test_what_cannot_be_written_down_is_not_done(staff_client, undelivered, events_cannot_be_written):
    for button in ("send-again", "dismiss"):
        response = staff_client.post(f"/admin/appointments/delivery/{undelivered.pk}/{button}/")
        assert response.status_code == 503
    before = undelivered.next_attempt_at, undelivered.state
    undelivered.refresh_from_db()
    assert (undelivered.next_attempt_at, undelivered.state) == before


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
    a_request().await_patient(by=staff, text_for_patient="A referral")
    a_request().waitlist(by=staff)

    counts = {label: (count, url) for label, count, url in desk(staff)["counts"]}

    assert {label: count for label, (count, _) in counts.items()} == {
        "Mine": 1,
        "To contact": 2,
        "Unclaimed": 1,
        "Overdue": 1,
        "Waiting for the patient": 1,
        "Waiting list": 1,
        "Suspected spam": 0,
        "Not delivered": 0,
    }
    for label, (count, url) in counts.items():
        if label != "Not delivered":
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

    assert called(page) == [first.reference, second.reference]
    assertContains(page, action(first, "claim"))
    assertNotContains(page, "Pat Sample")


def at_the_clinics(hour, minute=0):
    """A moment of a Tuesday on which the clinic is open from 9 to 5."""
    return datetime(2026, 11, 24, hour, minute, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def clock(monkeypatch):
    """Sets the time that the site sees."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


def reasons(page):
    return re.findall(r'class="call-why">([^<]*)<', page.content.decode())


@pytest.mark.parametrize(
    ("hour", "facts", "why"),
    [
        (10, {}, "Any time suits; the promise runs out Wed 10 a.m."),
        (
            10,
            {"best_time_to_call": "morning"},
            "Asked to be called in the morning, now until today noon; the promise runs out Wed 10 a.m.",
        ),
        (
            10,
            {"best_time_to_call": "afternoon"},
            "Asked to be called in the afternoon, from today noon; the promise runs out Wed 10 a.m.",
        ),
        (
            10,
            {"best_time_to_call": "afternoon", "promised_by": at_the_clinics(12, 30)},
            "Asked to be called in the afternoon, but that would be too late; the promise runs out today 12:30 p.m.",
        ),
        (
            11,
            {"best_time_to_call": "afternoon", "promised_by": at_the_clinics(10)},
            "Promised by today 10 a.m.; asked to be called in the afternoon, but do not wait for that.",
        ),
        (
            10,
            {"message": "I have chest pain"},
            "To be read first, the words may be about an emergency; the promise runs out Wed 10 a.m.",
        ),
    ],
)
def test_each_row_says_why_it_stands_there(staff_client, all_well, clock, hour, facts, why):
    facts.setdefault("promised_by", at_the_clinics(10) + timedelta(days=1))
    clock(at_the_clinics(9, 30))
    a_request(**facts)
    clock(at_the_clinics(hour))

    assert reasons(staff_client.get(DESK)) == [why]


def test_who_asked_for_the_afternoon_stands_below_in_the_morning(staff_client, all_well, clock):
    clock(at_the_clinics(10))
    tomorrow = at_the_clinics(10) + timedelta(days=1)
    afternoon = a_request(best_time_to_call="afternoon", promised_by=tomorrow - timedelta(minutes=30))
    any_time, morning = a_request(promised_by=tomorrow), a_request(best_time_to_call="morning", promised_by=tomorrow)
    late = a_request(best_time_to_call="afternoon", promised_by=at_the_clinics(9, 45))

    page = staff_client.get(DESK)

    assert called(page) == [row.reference for row in (late, morning, any_time, afternoon)]
    assertContains(page, "Can wait for the time the patient asked for")


def test_a_later_try_hides_neither_a_broken_promise_nor_what_is_to_be_read_first(staff_client, staff, all_well):
    now = timezone.now()
    for facts in ({"promised_by": now - timedelta(hours=1)}, {"message": "I have chest pain"}):
        row = a_request(**facts)
        AppointmentRequest.objects.filter(pk=row.pk).update(next_attempt_at=now + timedelta(days=3))
    assert len(called(staff_client.get(DESK))) == 2

    for row in AppointmentRequest.objects.all():
        row.record_attempt(by=staff, channel="phone", outcome="busy", next_attempt_at=now + timedelta(days=3))
    assert called(staff_client.get(DESK)) == []


def test_at_night_the_desk_says_for_when_its_order_is(staff_client, all_well, clock):
    clock(at_the_clinics(20))

    assertContains(staff_client.get(DESK), "The clinic is closed. The order is that of its next opening, Wed 9 a.m.")


def test_a_patient_who_added_something_is_marked(staff_client, all_well):
    a_request().add_reply(kind="message", text="Please hurry")

    page = staff_client.get(DESK)

    assertContains(page, "The patient has added")
    assertNotContains(page, "hurry")


def test_the_live_part_is_the_same_as_in_the_page(staff_client, all_well):
    for _ in range(3):
        a_request()

    page, live = staff_client.get(DESK), staff_client.get(LIVE)

    assertContains(page, live.content.decode())
    assertContains(page, f'data-tag="{live["ETag"].replace(chr(34), "&quot;")}"')
    assert "no-store" in live["Cache-Control"]


def test_the_live_part_changes_its_tag_only_with_what_it_shows(staff_client, all_well):
    row = a_request()
    before = staff_client.get(LIVE)["ETag"]
    assert staff_client.head(LIVE)["ETag"] == staff_client.get(LIVE)["ETag"] == before

    row.claim(by=a_user())

    assert staff_client.get(LIVE)["ETag"] != before


def test_what_is_new_since_a_moment_is_counted_and_suspected_spam_is_not(staff_client, all_well):
    row, since = a_request(), timezone.now().timestamp()
    spam = a_request()
    AppointmentRequest.objects.filter(pk=spam.pk).update(suspected_spam=True)

    def news(since):
        answer = staff_client.head(LIVE, {"since": since})
        assert answer.content == b""
        return int(answer["X-News"])

    assert news(since) == 0
    a_request()
    row.add_reply(kind="message", text="Words")
    assert news(since) == 2
    for wrong in ("", "x", "nan", "inf", "-1e999", "1e30", "\x00", "9" * 400):
        assert news(wrong) == 0, wrong


def test_the_page_reloads_by_itself_without_javascript(staff_client, all_well):
    page = staff_client.get(DESK)

    assertContains(page, '<noscript><meta http-equiv="refresh" content="60"></noscript>')
    assertContains(page, f'<a href="{DESK}">Refresh</a>')


def test_somebody_who_is_signed_out_gets_no_live_part(client, all_well):
    assert client.get(LIVE)["Location"].startswith("/admin/login/")


def test_however_many_wait_the_urgent_ones_are_shown(staff_client, all_well, monkeypatch):
    monkeypatch.setattr("clinic.desk.CALLS_ORDERED", 3)
    now = timezone.now()
    for _ in range(5):
        a_request(promised_by=now + timedelta(hours=2))
    late, first = a_request(promised_by=now - timedelta(hours=1)), a_request(message="I have chest pain")

    page = staff_client.get(DESK)

    assert called(page)[:2] == [first.reference, late.reference]
    assertContains(page, "More wait behind these")


def test_who_was_reached_is_called_again_at_the_time_agreed_and_never_forgotten(staff_client, staff, all_well):
    row = a_request()
    row.record_attempt(by=staff, channel="phone", outcome="reached")
    assertContains(staff_client.get(DESK), "Reached, not decided")

    AppointmentRequest.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now() - timedelta(minutes=1))

    assert called(staff_client.get(DESK)) == [row.reference]


def test_claiming_from_the_desk_leads_to_the_call(staff_client, staff, all_well):
    row = a_request(name="Petra Private")

    page = staff_client.post(action(row, "claim"), follow=True)

    assert page.redirect_chain == [(detail(row), 302)]
    assertContains(page, '<details class="step" id="step-attempt" open>')
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
    assertNotContains(page, "Call now")
    assertNotContains(client.get(LIVE), row.reference)
    assert "X-News" not in client.get(LIVE)


def colors(page):
    """{what is looked at: its color}"""
    checks = {what: color for what, color, *_ in page.context["checks"]}
    checks.pop("What the worker looks at")  # tests/clinic/test_examination.py
    return checks


def test_each_check_stands_there_in_red_and_green(staff_client, all_well):
    a_request()
    well = staff_client.get(DESK)
    assert set(colors(well).values()) == {"green"}
    assertContains(well, '<span class="check check-green">Well</span> The worker')

    WorkerHeartbeat.objects.all().delete()
    AppointmentRequest.objects.update(suspected_spam=True, promised_by=timezone.now() - timedelta(minutes=1))

    page = staff_client.get(DESK)
    assert colors(page).keys() == colors(well).keys() <= set(CHECKS.values())
    assert {what: color for what, color in colors(page).items() if color != "green"} == {
        "The worker": "red",
        "Suspected requests and their promise": "amber",
    }
    assertContains(page, '<span class="check check-red">Mend it</span> The worker')


def test_a_suspected_request_about_to_miss_its_promise_is_said_on_the_desk(staff_client, all_well):
    suspect = a_request()
    AppointmentRequest.objects.update(suspected_spam=True, promised_by=timezone.now() - timedelta(minutes=1))

    page = staff_client.get(DESK)

    assertContains(page, "health-fair")
    assertContains(page, "1 request suspected as spam and not decided")
    assertContains(page, "?status=suspected")
    assertNotContains(page, suspect.reference)


def test_a_reopened_request_is_called_again(staff_client, staff, all_well):
    row = a_request()
    row.record_attempt(by=staff, channel="phone", outcome="reached")
    row.withdraw(by=staff)
    row.reopen(by=staff, reason="Changed their mind")

    assert called(staff_client.get(DESK)) == [row.reference]


def test_the_desk_asks_the_same_number_of_queries_for_many_rows(staff_client, all_well, django_assert_num_queries):
    a_request()
    Delivery.objects.update(attempts=3)
    with CaptureQueriesContext(connection) as few:
        staff_client.get(DESK)
    for _ in range(20):
        a_request()
    Delivery.objects.update(attempts=3)

    with django_assert_num_queries(len(few)):
        staff_client.get(DESK)
    assert questions(few) <= 12


@pytest.mark.django_db(transaction=True)
def test_with_what_begins_and_ends_a_transaction_the_desk_asks_twelve_times(staff_client, all_well):
    """With mail to staff and to a patient that is stuck, too."""
    Delivery.objects.create(request=a_request(), kind=Delivery.Kind.ACKNOWLEDGEMENT)
    Delivery.objects.update(attempts=3)

    with CaptureQueriesContext(connection) as asked:
        page = staff_client.get(DESK)

    assertContains(page, "to staff not delivered")
    assertContains(page, "to patients did not arrive")
    assert len(asked) <= 12, [one["sql"][:60] for one in asked]


def test_of_each_kind_of_stuck_mail_the_oldest_are_shown(staff_client, all_well):
    """However many of the other kind are older."""
    with_mail = [a_request() for _ in range(12)]
    of_patients = [Delivery(request=one, kind=Delivery.Kind.ACKNOWLEDGEMENT) for one in with_mail]
    Delivery.objects.bulk_create(of_patients)
    Delivery.objects.update(attempts=3)
    now = timezone.now()
    for minutes, delivery in enumerate(Delivery.objects.order_by("recipient", "-pk")):
        Delivery.objects.filter(pk=delivery.pk).update(created_at=now - timedelta(minutes=minutes))

    page = staff_client.get(DESK)

    for name in ("in_trouble", "patients_not_told"):
        shown = page.context[name]
        own = Delivery.objects.filter(recipient__isnull=name == "patients_not_told").order_by("created_at")
        assert shown == list(own[:10]) and len(shown) == 10


def test_mail_that_goes_out_while_the_desk_is_drawn_is_no_error(staff_client, all_well, monkeypatch):
    a_request()
    Delivery.objects.update(attempts=3)
    monkeypatch.setattr(Facts, "stuck", [])

    page = staff_client.get(DESK)

    assertContains(page, "1</strong> Not delivered")  # as it was a moment ago


def test_a_desk_without_trouble_asks_twelve_times(staff_client, all_well):
    a_request()
    Delivery.objects.update(state="sent")

    with CaptureQueriesContext(connection) as asked:
        assertContains(staff_client.get(DESK), "All is well")

    assert questions(asked) <= 12


def questions(asked):
    return len([one for one in asked if not one["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))])


def test_counting_together_gives_what_each_count_gives(staff, all_well):
    for _ in range(3):
        a_request()
    requests = AppointmentRequest.objects
    lists = {"all": requests.all(), "mine": requests.claimed_by(staff), "none": requests.none()}

    assert (
        counted_together(lists)
        == {name: counted(rows) for name, rows in lists.items()}
        == {"all": 3, "mine": 0, "none": 0}
    )


@pytest.mark.parametrize(
    ("hours_open", "level", "said"),
    [
        (0.5, "good", "All is well"),
        (2, "fair", "1 request not opened by anybody in 1 opening hour"),
        (5, "bad", "1 request not opened by anybody in 4 opening hours"),
    ],
)
def test_a_request_that_nobody_opens_turns_amber_and_then_red(staff_client, all_well, hours_open, level, said):
    OpeningHours.objects.all().delete()
    opening_hours("00:00", "23:59", weekdays=range(7))
    a_request(created_at=timezone.now() - timedelta(hours=hours_open))
    Delivery.objects.update(state="accepted", accepted_at=timezone.now())

    page = staff_client.get(DESK)

    assertContains(page, f"health-{level}")
    assertContains(page, said)


def test_not_all_is_well_while_a_patient_waits_past_the_promise(staff_client, all_well, staff):
    late = a_request(promised_by=timezone.now() - timedelta(minutes=5))
    Delivery.objects.update(state="accepted", accepted_at=timezone.now())

    page = staff_client.get(DESK)
    assertContains(page, "health-fair")
    assertContains(page, "1 request past the promised time")

    late.mark_spam(by=staff)
    assertContains(staff_client.get(DESK), "All is well")


def test_a_patient_who_could_not_be_written_to_is_amber_and_named_nowhere(staff_client, all_well):
    row = a_request(name="Petra Private", email="petra@example.org")
    Delivery.objects.to_staff().update(state="accepted", accepted_at=timezone.now())
    Delivery.objects.to_patients().update(state="failed", attempts=1, last_error="The mail server refused it (550).")

    page = staff_client.get(DESK)

    assertContains(page, "health-fair")
    assertContains(page, "1 message to patients did not arrive")
    assertContains(page, f"{row.reference}</a> to the patient: The mail server refused it (550).")
    assertNotContains(page, "etra")


def test_a_paused_form_is_said(staff_client, all_well):
    ClinicProfile.objects.update(paused=True)

    page = staff_client.get(DESK)

    assertContains(page, "health-fair")
    assertContains(page, "The request form is paused until somebody opens it again.")


def test_a_digest_in_trouble_is_shown_without_a_request(staff_client, all_well):
    Delivery.objects.create(kind="digest", recipient=all_well, day="2026-11-23", attempts=3)

    assertContains(staff_client.get(DESK), "Daily digest to Front desk: Not sent yet.")
    assertContains(staff_client.get("/admin/appointments/delivery/"), "Daily digest")


TEST_MAIL = "/admin/appointments/recipient/test-mail/"


def test_a_test_mail_goes_to_the_chosen_recipient(staff_client, all_well):
    page = staff_client.post(TEST_MAIL, {"recipient": all_well.pk}, follow=True)

    assertContains(page, "The mail server has taken the test mail to desk@example.org.")
    assert [(message.to, message.subject) for message in mail.outbox] == [(["desk@example.org"], "A test mail")]


def test_what_keeps_a_test_mail_from_going_out_is_said(staff_client, all_well, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    page = staff_client.post(TEST_MAIL, {"recipient": all_well.pk}, follow=True)

    assertContains(page, "The test mail was not sent. The mail server could not be reached.")


def test_test_mails_are_few_only_posted_and_need_the_permission(client, staff_client, all_well):
    assertRedirects(staff_client.get(TEST_MAIL), DESK)
    other = client.__class__()
    other.force_login(a_user(superuser=False))
    assert other.post(TEST_MAIL, {"recipient": all_well.pk}).status_code == 403
    for wrong in ("", "x", "999", "9" * 30, "²"):
        assert staff_client.post(TEST_MAIL, {"recipient": wrong}).status_code == 404
    assert not mail.outbox

    pages = [staff_client.post(TEST_MAIL, {"recipient": all_well.pk}, follow=True) for _ in range(11)]

    assert len(mail.outbox) == 10
    assertContains(pages[-1], "10 test mails an hour are enough")


def test_a_recipients_services_and_duty_are_edited_on_one_page(staff_client, all_well):
    service = a_service("Injections")
    url = f"/admin/appointments/recipient/{all_well.pk}/change/"
    typed = {
        "name": "Front desk",
        "email": "desk@example.org",
        "active": "on",
        "services": [service.pk],
        "duty_hours-TOTAL_FORMS": 1,
        "duty_hours-INITIAL_FORMS": 0,
        "duty_hours-0-weekday": 1,
        "duty_hours-0-starts": "08:00",
        "duty_hours-0-ends": "12:00",
    }

    refused = staff_client.post(url, {**typed, "duty_hours-0-ends": "07:00"})
    staff_client.post(url, typed)

    assertContains(refused, "Duty must end after it starts.")
    assert list(all_well.services.all()) == [service]
    assert str(all_well.duty_hours.get()) == "Tuesday 08:00–12:00"
