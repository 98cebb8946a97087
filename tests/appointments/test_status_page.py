"""The page that a patient's link opens: where the request stands, and what can be done there."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from appointments.models import AppointmentRequest, ChangedMeanwhile, PatientReply
from clinic import languages
from clinic.desk import desk
from clinic.templatetags.clinic import moment
from tests import factories
from tests.triage.pages import detail

SOON = timezone.now() + timedelta(days=3)
A_BOOKING = {"start": SOON, "end": SOON + timedelta(minutes=30), "place": "Room 2"}
TYPED = {
    "name": "Quentin Zqcanary",
    "phone": "+12125550177",
    "email": "zqcanary@example.org",
    "message": "zqcanary words",
    "language": "Zqcanarish",
    "access_needs": "zqcanary ramp",
    "guide_title": "Zqcanary guide",
}


def address(stored, name=""):
    return f"/request/status/{stored.secret}/{name}"


def missed_call(request, *, by, outcome="no_answer", **facts):
    return request.record_attempt(by=by, channel="phone", outcome=outcome, **facts)


def give_up(request, *, by):
    for days_ago in (2, 1, 0):
        request.attempts.create(channel="phone", outcome="no_answer", at=timezone.now() - timedelta(days=days_ago))
    request.close_unreachable(by=by)


def redirect(request, *, by):
    missed_call(request, by=by, outcome="reached")
    request.redirect(by=by, reason="zqcanary")


def over(request, *, by):
    """Booked, and its time has passed."""
    request.book(by=by, **A_BOOKING)
    yesterday = timezone.now() - timedelta(days=1)
    AppointmentRequest.objects.filter(pk=request.pk).update(start=yesterday, end=yesterday + timedelta(minutes=30))
    request.refresh_from_db()
    return request


STORIES = {
    "new": (lambda request, by: None, "We have your request", "We will contact you by"),
    "reached": (
        lambda request, by: missed_call(request, by=by, outcome="reached", note="zqcanary"),
        "We have talked about your request",
        "we reached you",
    ),
    "contacting": (
        lambda request, by: missed_call(request, by=by, note="zqcanary"),
        "We tried to reach you",
        "We will try again",
    ),
    "awaiting_patient": (
        lambda request, by: request.await_patient(by=by, text_for_patient="Send us <b>your</b> referral."),
        "We need something from you",
        "Send us &lt;b&gt;your&lt;/b&gt; referral.",
    ),
    "waitlisted": (
        lambda request, by: request.waitlist(by=by, reason="zqcanary"),
        "You are on the waiting list",
        "as soon as a time is free",
    ),
    "booked": (lambda request, by: request.book(by=by, **A_BOOKING), "Your appointment is booked", "Room 2"),
    "declined": (
        lambda request, by: request.decline(by=by, reason="zqcanary", text_for_patient="Ask <b>your</b> doctor."),
        "Our answer to your request",
        "Ask &lt;b&gt;your&lt;/b&gt; doctor.",
    ),
    "redirected": (lambda request, by: redirect(request, by=by), "Your request is closed", "other care than ours"),
    "withdrawn": (lambda request, by: request.withdraw(), "Your request is withdrawn", "nothing else to do"),
    "unreachable": (lambda request, by: give_up(request, by=by), "We could not reach you", "We tried several times"),
    "duplicate": (
        lambda request, by: request.mark_duplicate(by=by, of=factories.a_request()),
        "We have two requests from you",
        "go on with the other",
    ),
    "fulfilled": (
        lambda request, by: over(request, by=by).close_fulfilled(by=by),
        "Your appointment has passed",
        "Thank you for coming",
    ),
    "noshow": (
        lambda request, by: over(request, by=by).close_noshow(by=by, reason="zqcanary"),
        "Your appointment has passed",
        "We did not see you there",
    ),
    "spam": (lambda request, by: request.mark_spam(by=by), "Your request is closed", "We will not act on it"),
}


def test_there_are_words_for_each_status_and_outcome():
    known = {*AppointmentRequest.Status.values, *AppointmentRequest.Outcome.values} - {"closed"}

    assert known <= set(STORIES)


@pytest.mark.parametrize("story", STORIES)
def test_it_says_where_the_request_stands_and_nothing_that_was_typed(client, services, staff, story):
    happened, heading, words = STORIES[story]
    service = factories.a_service("Zqcanary service", preparation="Wear no metal.")
    stored = factories.a_request(**TYPED, service=service)
    happened(stored, staff)

    response = client.get(address(stored))

    assertContains(response, f"<h1>{heading}</h1>", html=True)
    assertContains(response, words)
    assertContains(response, f"{stored.reference[:4]} {stored.reference[4:]}")
    page = response.content.decode().lower()
    assert "zqcanar" not in page and "0177" not in page and "quentin" not in page
    assert ("appointment is booked" in page) == ("wear no metal." in page) == (story == "booked")
    assert response["Cache-Control"] == "no-store, private"
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies


def test_a_promise_that_was_missed_is_said_so(client, services):
    stored = factories.a_request(promised_by=timezone.now() - timedelta(hours=1))

    assertContains(client.get(address(stored)), "We are late, and we are sorry")


def test_it_says_when_we_tried_and_when_we_will_try_again(client, services, staff):
    stored, again = factories.a_request(), timezone.now() + timedelta(days=1)
    missed_call(stored, by=staff, next_attempt_at=again)

    page = client.get(address(stored))

    for at in (stored.first_attempt_at, again):
        assertContains(page, f"<dd>{moment(at)}</dd>", html=True)
    assertNotContains(page, "..")


@pytest.mark.parametrize(
    ("calls", "words", "never"),
    [
        (["no_answer", "reached"], ["we reached you", "We talked last"], ["We tried to reach you", "We tried last"]),
        (["reached", "no_answer"], ["We tried to reach you again"], ["could not reach you yet"]),
        (["no_answer", "reached", "busy"], ["We tried to reach you again"], ["could not reach you yet"]),
        (["asked_to_call_back"], ["we were asked to call back"], ["could not reach you"]),
        (["no_answer", "asked_to_call_back"], ["we were asked to call back"], ["could not reach you"]),
        (["voicemail"], ["We have left you a message"], ["could not reach you"]),
        (["no_answer"], ["We could not reach you yet"], ["left you a message"]),
    ],
)
def test_what_it_says_of_our_calls_is_what_happened(client, services, staff, calls, words, never):
    stored = factories.a_request()
    for outcome in calls:
        missed_call(stored, by=staff, outcome=outcome)

    page = client.get(address(stored))

    for said in words:
        assertContains(page, said)
    for said in never:
        assertNotContains(page, said)


@pytest.mark.parametrize(
    ("story", "next_step"),
    [
        ("awaiting_patient", "As soon as we have it, we go on with your request"),
        ("waitlisted", "When a time is free, we contact you"),
        ("contacting", "We call again in our opening hours"),
    ],
)
def test_where_no_time_is_set_it_says_what_happens_next(client, services, staff, story, next_step):
    stored = factories.a_request()
    STORIES[story][0](stored, staff)

    assertContains(client.get(address(stored)), next_step)


def test_a_request_that_is_opened_again_has_a_new_promise(client, services, staff):
    stored = factories.a_request(created_at=timezone.now() - timedelta(days=20))
    old_promise = stored.promised_by
    missed_call(stored, by=staff)
    stored.withdraw()

    stored.reopen(by=staff, reason="A mistake")

    assert stored.clock_is_running and not stored.is_overdue
    assert stored.promised_by > timezone.now() > old_promise
    page = client.get(address(stored))
    assertContains(page, "We will contact you by")
    assertContains(page, moment(stored.promised_by))
    AppointmentRequest.objects.update(promised_by=timezone.now() - timedelta(minutes=1))
    assert list(AppointmentRequest.objects.overdue()) == [stored], "and the desk says so when it runs out"


def test_a_booking_shows_how_to_get_ready(client, services, staff):
    stored = factories.a_request(service=factories.a_service("Scan", preparation="Eat <nothing>.\n\nDrink water."))
    stored.book(by=staff, **A_BOOKING)

    page = client.get(address(stored))

    assertContains(page, "<p>Eat &lt;nothing&gt;.</p>", html=True)
    assertContains(page, "<p>Drink water.</p>", html=True)
    assertContains(page, address(stored, "appointment.ics"))


def test_after_thirty_days_it_is_no_longer_kept(client, services, staff):
    stored = factories.a_request()
    stored.decline(by=staff, reason="Full", text_for_patient="zqcanary answer")
    AppointmentRequest.objects.update(closed_at=timezone.now() - timedelta(days=30, minutes=1))

    for name in ("", "message/", "withdraw/", "appointment.ics"):
        response = client.get(address(stored, name))
        assertContains(response, "no longer kept", status_code=410)
        assertNotContains(response, "zqcanary", status_code=410)


# The secret -----------------------------------------------------------------------------------------------------------

PAGES = ["", "message/", "another-time/", "withdraw/", "appointment.ics"]


def but_for_the_switch(answer, path):
    """The page without its own address, to which the links to the other languages lead, and nothing else does."""
    page, links = answer.content.decode(), len(languages.offered())
    assert page.count(path) == links
    return page.replace(f'{path}" lang="', "")


@pytest.mark.parametrize("name", PAGES)
def test_a_wrong_secret_is_the_same_404_whatever_it_is(client, services, name):
    stored = factories.a_request()
    wrong = ["x", "a" * 24, stored.reference, stored.secret[:-1], stored.secret.swapcase()]
    asked = [f"/request/status/{secret}/{name}" for secret in wrong] + [f"/request/sent/{secret}/" for secret in wrong]

    answers = {path: client.get(path) for path in asked}

    assert {answer.status_code for answer in answers.values()} == {404}
    assert len({but_for_the_switch(answer, path) for path, answer in answers.items()}) == 1


def test_who_guesses_has_to_wait_and_who_has_the_link_has_not(client, services, settings):
    settings.REQUESTS_PER_HOUR_REFUSED = 3
    stored = factories.a_request()

    guesses = [client.get(f"/request/status/guess{number}/").status_code for number in range(5)]

    assert guesses == [404, 404, 404, 429, 429]
    assert client.get(address(stored)).status_code == 200


def test_the_receipt_leads_to_the_status_page_after_a_day(client, services):
    stored = factories.a_request()
    assertContains(client.get(stored.get_absolute_url()), address(stored))

    AppointmentRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))

    assertRedirects(client.get(stored.get_absolute_url()), address(stored))


# Replies --------------------------------------------------------------------------------------------------------------


def test_a_message_is_taken_once_and_not_shown_again(client, services, staff):
    stored = factories.a_request()

    sent = client.post(address(stored, "message/"), {"message": " I move\r\nin May "})
    again = client.post(address(stored, "message/"), {"message": "I move\nin May"})
    other = client.post(address(stored, "message/"), {"message": "No, in June"})

    assert (sent.status_code, again.status_code) == (303, 303)
    assertContains(other, "This was not sent", status_code=409)
    assertContains(other, "No, in June", status_code=409)
    assert PatientReply.objects.get().text == "I move\nin May"
    page = client.get(address(stored))
    assertContains(page, "We have your message")
    assertNotContains(page, "in May")
    assertNotContains(page, address(stored, "message/"))
    assertRedirects(client.get(address(stored, "message/")), address(stored))


def test_another_time_is_a_choice_and_a_few_words(client, services):
    stored = factories.a_request()

    empty = client.post(address(stored, "another-time/"), {"message": "zqwords"})
    client.post(address(stored, "another-time/"), {"best_time": "afternoon", "message": "Not on Tuesdays"})

    assertContains(empty, "Choose a time.")
    assertContains(empty, "zqwords")
    reply = PatientReply.objects.get()
    assert (reply.kind, reply.text) == ("other_time", "Afternoon. Not on Tuesdays")
    assertContains(client.get(address(stored)), "called at another time")


def test_another_time_is_the_one_by_which_we_call(client, services, staff, staff_client):
    """The desk orders by it and says so; what was asked for before stays in the history."""
    stored = factories.a_request(best_time_to_call="morning")

    client.post(address(stored, "another-time/"), {"best_time": "afternoon", "message": ""})

    stored.refresh_from_db()
    assert stored.best_time_to_call == "afternoon"
    last = stored.status_changes.last()
    assert (last.reason, last.by) == ("Best time to call: Afternoon. Before: Morning", None)
    assertContains(staff_client.get(detail(stored)), "Before: Morning")
    [row] = [*(live := desk(staff))["call_now"], *live["can_wait"]]
    assert "sked to be called in the afternoon" in row.why
    assert "morning" not in row.why


def test_the_same_time_again_and_a_message_change_no_wish(client, services):
    stored = factories.a_request(best_time_to_call="morning")

    client.post(address(stored, "message/"), {"message": "Hello"})
    client.post(address(stored, "another-time/"), {"best_time": "morning", "message": "Not on Tuesdays"})

    stored.refresh_from_db()
    assert stored.best_time_to_call == "morning"
    assert stored.status_changes.count() == 1


@pytest.mark.parametrize(
    ("name", "answers", "sentence"),
    [
        ("message/", {"message": " "}, "Write your message."),
        ("message/", {"message": "x" * 501}, "500 characters or fewer"),
        ("another-time/", {"best_time": "midnight"}, "Choose a time from the list."),
    ],
)
def test_a_reply_that_cannot_be_taken_says_why(client, services, name, answers, sentence):
    stored = factories.a_request()

    assertContains(client.post(address(stored, name), answers), sentence)

    assert not PatientReply.objects.exists()
    assert AppointmentRequest.objects.get().version == 1


def test_staff_who_had_the_request_open_are_told_of_a_reply(client, services, staff):
    seen_by_staff = factories.a_request()
    client.post(address(seen_by_staff, "message/"), {"message": "Wait"})

    with pytest.raises(ChangedMeanwhile):
        seen_by_staff.waitlist(by=staff)


def test_a_closed_request_takes_no_reply(client, services, staff):
    stored = factories.a_request()
    stored.mark_spam(by=staff)

    response = client.post(address(stored, "message/"), {"message": "Hello?"})

    assertContains(response, "This was not sent", status_code=409)
    assert not PatientReply.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_messages_at_once_one_is_kept(services, at_once):
    from .conftest import Browser

    stored = factories.a_request()
    start = threading.Barrier(6)

    def send(number):
        start.wait(20)
        return Browser().post(address(stored, "message/"), {"message": f"Message {number}"}).status_code

    assert sorted(at_once(send, range(6))) == [303] + [409] * 5
    assert PatientReply.objects.count() == 1


# Withdrawing ----------------------------------------------------------------------------------------------------------


def test_withdrawing_asks_once_more_and_then_closes(client, services):
    stored = factories.a_request()

    assertContains(client.get(address(stored, "withdraw/")), "Yes, withdraw my request")
    response = client.post(address(stored, "withdraw/"), {"seen": "request"})

    assert response.status_code == 303
    stored.refresh_from_db()
    assert (stored.status, stored.outcome) == ("closed", "withdrawn")
    assert stored.status_changes.last().by is None
    assertContains(client.get(address(stored)), "Your request is withdrawn")
    assert client.post(address(stored, "withdraw/"), {"seen": "request"}).status_code == 303
    assert stored.status_changes.count() == 2


def test_who_saw_a_request_does_not_cancel_the_appointment_it_became(client, services, staff):
    stored = factories.a_request()
    stored.book(by=staff, **A_BOOKING)

    response = client.post(address(stored, "withdraw/"), {"seen": "request"})

    assertContains(response, "Nothing was withdrawn yet", status_code=409)
    assertContains(response, "Yes, cancel my appointment", status_code=409)
    stored.refresh_from_db()
    assert stored.status == "booked"

    client.post(address(stored, "withdraw/"), {"seen": "appointment"})
    assertContains(client.get(address(stored)), "Your appointment is canceled")
    assert list(AppointmentRequest.objects.cancelled_by_patient()) == [stored]


def test_an_appointment_that_has_begun_is_not_withdrawn(client, services, staff):
    stored = factories.a_request()
    stored.book(by=staff, **A_BOOKING)
    AppointmentRequest.objects.update(start=timezone.now() - timedelta(minutes=5))

    client.post(address(stored, "withdraw/"), {"seen": "appointment"})

    stored.refresh_from_db()
    assert stored.status == "booked"


@pytest.mark.django_db(transaction=True)
def test_withdrawing_and_booking_at_once_leave_one_truth(services, staff, at_once):
    """Whoever is first: no patient withdraws an appointment that they never saw, and nothing is half done."""
    from .conftest import Browser

    for _ in range(5):
        stored = factories.a_request()
        start = threading.Barrier(2)

        def withdraw(stored=stored, start=start):
            start.wait(20)
            return Browser().post(address(stored, "withdraw/"), {"seen": "request"}).status_code

        def book(stored=stored, start=start):
            mine = AppointmentRequest.objects.get(pk=stored.pk)
            start.wait(20)
            try:
                mine.book(by=staff, **A_BOOKING)
            except ChangedMeanwhile:
                return "told"
            return "booked"

        answers = at_once(lambda work: work(), [withdraw, book])

        stored.refresh_from_db()
        assert (answers, stored.status) in [([303, "told"], "closed"), ([409, "booked"], "booked")]
        assert stored.status_changes.count() == 2


def test_looking_changes_nothing_and_other_sites_cannot_post(services):
    from .conftest import Browser

    stored, browser = factories.a_request(), Browser(csrf=True)
    for name in ("message/", "another-time/", "withdraw/"):
        assert browser.get(address(stored, name)).status_code == 200
        answers = {"seen": "request", "message": "x", "best_time": "any"}
        assert Browser(csrf=True).post(address(stored, name), answers).status_code == 403
    stored.refresh_from_db()
    assert (stored.version, stored.status) == (1, "new")
