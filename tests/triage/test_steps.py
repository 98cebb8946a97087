"""Each step, through its address: taken, and refused with what was typed still there."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from appointments.models import AccessEvent, ContactAttempt
from tests.factories import a_request, a_user

from .pages import LIST, action, detail, same, step, take

TOMORROW = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT10:30")
YESTERDAY = (timezone.localtime() - timedelta(days=1)).strftime("%Y-%m-%dT10:30")
BOOKING = {"start": TOMORROW, "minutes": "45", "place": "Room 2"}


@pytest.fixture
def appointment_request(clinic):
    return a_request(name="Petra Private", email="petra@example.org")


def called(appointment_request, *, by, outcome="no_answer", days_ago=0):
    appointment_request.record_attempt(by=by, channel="phone", outcome=outcome)
    at = timezone.now() - timedelta(days=days_ago)
    ContactAttempt.objects.filter(pk=appointment_request.attempts.last().pk).update(at=at)


@pytest.mark.parametrize(
    ("slug", "typed", "status", "outcome"),
    [
        ("attempt", {"channel": "phone", "outcome": "no_answer"}, "contacting", ""),
        ("attempt", {"channel": "email", "outcome": "reached", "next_attempt_at": TOMORROW, "note": "Hm"}, "new", ""),
        ("book", BOOKING, "booked", ""),
        ("await", {"text_for_patient": "A referral"}, "awaiting_patient", ""),
        ("waitlist", {}, "waitlisted", ""),
        ("decline", {"reason": "Not here", "text_for_patient": "Please ask your doctor."}, "closed", "declined"),
        ("withdraw", {}, "closed", "withdrawn"),
        ("spam", {}, "closed", "spam"),
    ],
)
def test_a_step_is_taken_and_recorded(staff_client, staff, appointment_request, slug, typed, status, outcome):
    response = take(staff_client, appointment_request, slug, **typed)

    assertRedirects(response, detail(appointment_request))
    appointment_request.refresh_from_db()
    assert (appointment_request.status, appointment_request.outcome) == (status, outcome)
    event = AccessEvent.objects.get(action="change")
    assert (event.reference, event.step, event.by) == (appointment_request.reference, slug, staff)


def test_a_booking_keeps_date_length_and_place(staff_client, appointment_request):
    take(staff_client, appointment_request, "book", **BOOKING)

    appointment_request.refresh_from_db()
    assert timezone.localtime(appointment_request.start).strftime("%Y-%m-%dT%H:%M") == TOMORROW
    assert appointment_request.end - appointment_request.start == timedelta(minutes=45)
    assert appointment_request.place == "Room 2"


def test_redirecting_needs_a_contact_that_reached(staff_client, staff, appointment_request):
    refused = take(staff_client, appointment_request, "redirect", reason="To the emergency room")
    called(appointment_request, by=staff, outcome="reached")
    taken = take(staff_client, appointment_request, "redirect", reason="To the emergency room")

    assertContains(refused, "First record a contact", status_code=422)
    assertContains(refused, "To the emergency room", status_code=422)
    assert taken.status_code == 302
    appointment_request.refresh_from_db()
    assert appointment_request.outcome == "redirected"


def test_giving_up_needs_three_attempts_on_two_days(staff_client, staff, appointment_request):
    called(appointment_request, by=staff, days_ago=1)
    called(appointment_request, by=staff)
    refused = take(staff_client, appointment_request, "unreachable")
    called(appointment_request, by=staff)
    taken = take(staff_client, appointment_request, "unreachable")

    assertContains(refused, "Try at least 3 times", status_code=422)
    assert taken.status_code == 302
    appointment_request.refresh_from_db()
    assert appointment_request.outcome == "unreachable"


def test_a_duplicate_is_found_by_its_reference_and_looked_at_first(staff_client, appointment_request):
    other = a_request(name="Petra P.")
    spoken = f"{other.reference[:4].lower()} {other.reference[4:]}"

    unknown = take(staff_client, appointment_request, "duplicate", of="XXXXXXXX")
    itself = take(staff_client, appointment_request, "duplicate", of=appointment_request.reference)
    found = take(staff_client, appointment_request, "duplicate", of=spoken)

    assertContains(unknown, "There is no request with this reference", status_code=422)
    assertContains(unknown, 'value="XXXXXXXX"', status_code=422)
    assertContains(itself, "cannot repeat itself", status_code=422)
    assertRedirects(found, same(appointment_request, other))
    appointment_request.refresh_from_db()
    assert appointment_request.is_open


def test_reopening_needs_its_own_permission_and_a_reason(client, staff_client, staff, appointment_request):
    appointment_request.mark_spam(by=staff)
    receptionist = a_user(superuser=False)
    receptionist.user_permissions.add(Permission.objects.get(codename="triage_appointmentrequest"))

    without_reason = take(staff_client, appointment_request, "reopen")
    reopened = take(staff_client, appointment_request, "reopen", reason="Not spam after all")
    appointment_request.refresh_from_db()
    appointment_request.mark_spam(by=staff)
    client.force_login(receptionist)
    page = client.get(detail(appointment_request))
    forbidden = take(client, appointment_request, "reopen", reason="Let me")

    assertContains(without_reason, "Write why it is opened again.", status_code=422)
    assert reopened.status_code == 302
    assertNotContains(page, step(appointment_request, "reopen"))
    assert forbidden.status_code == 403
    appointment_request.refresh_from_db()
    assert appointment_request.status == "closed"


def test_a_lead_gives_it_to_a_colleague(client, staff_client, appointment_request):
    rosa = a_user("rosa", first_name="Rosa")
    receptionist = a_user(superuser=False)
    receptionist.user_permissions.add(Permission.objects.get(codename="triage_appointmentrequest"))

    nobody = take(staff_client, appointment_request, "assign", to="")
    given = take(staff_client, appointment_request, "assign", to=rosa.pk)
    client.force_login(receptionist)
    appointment_request.refresh_from_db()
    forbidden = take(client, appointment_request, "assign", to=receptionist.pk)

    assertContains(nobody, "Choose a colleague.", status_code=422)
    assert given.status_code == 302
    assert forbidden.status_code == 403
    appointment_request.refresh_from_db()
    assert appointment_request.assigned_to == rosa and appointment_request.claim_holds


def test_a_note_is_added_and_kept_from_being_empty(staff_client, staff, appointment_request):
    empty = take(staff_client, appointment_request, "note", text="  ")
    take(staff_client, appointment_request, "note", text="Daughter calls back <b>soon</b>\nafter 5")

    assertContains(empty, "Write the note.", status_code=422)
    page = staff_client.get(detail(appointment_request))
    assertContains(page, "Daughter calls back &lt;b&gt;soon&lt;/b&gt;<br>after 5")
    assert appointment_request.notes.get().by == staff


@pytest.mark.parametrize(
    ("slug", "typed", "error"),
    [
        ("attempt", {"channel": "phone", "note": "kept words"}, "Choose what happened."),
        (
            "attempt",
            {"channel": "phone", "outcome": "busy", "next_attempt_at": YESTERDAY, "note": "kept words"},
            "still to come",
        ),
        ("book", {**BOOKING, "start": "", "place": "kept words"}, "Choose a date and a time."),
        ("book", {**BOOKING, "start": YESTERDAY, "place": "kept words"}, "must be in the future"),
        ("book", {**BOOKING, "minutes": "0", "place": "kept words"}, "At least 5 minutes."),
        ("book", {**BOOKING, "minutes": "9" * 40, "place": "kept words"}, "At most 600 minutes."),
        ("await", {"text_for_patient": " "}, "Write what the patient should do or send."),
        ("decline", {"reason": "kept words", "text_for_patient": ""}, "Write what the patient is told."),
        ("decline", {"reason": "", "text_for_patient": "kept words"}, "Write the reason."),
        ("redirect", {"reason": ""}, "Write where the patient was sent."),
        ("duplicate", {"of": ""}, "Write the reference of the other request."),
        ("note", {"text": "x" * 1001}, "at most 1000 characters"),
        ("waitlist", {"reason": "nul\x00byte"}, "Null characters"),
    ],
)
def test_a_mistake_saves_nothing_and_keeps_what_was_typed(staff_client, appointment_request, slug, typed, error):
    response = take(staff_client, appointment_request, slug, **typed)

    assertContains(response, error, status_code=422)
    if "kept words" in typed.values():
        assertContains(response, "kept words", status_code=422)
    before = appointment_request.version
    appointment_request.refresh_from_db()
    assert (appointment_request.status, appointment_request.version) == ("new", before)
    assert not AccessEvent.objects.filter(action="change").exists()


def test_a_step_that_does_not_exist_from_here_is_refused_with_what_was_typed(staff_client, staff, appointment_request):
    appointment_request.mark_spam(by=staff)

    page = staff_client.get(detail(appointment_request))
    response = take(staff_client, appointment_request, "await", text_for_patient="A referral from Dr. Sample")

    assertNotContains(page, step(appointment_request, "await"))
    assertContains(response, "cannot become", status_code=422)
    assertContains(response, "A referral from Dr. Sample", status_code=422)


def test_a_booked_request_offers_only_what_can_follow(staff_client, appointment_request):
    take(staff_client, appointment_request, "book", **BOOKING)

    page = staff_client.get(detail(appointment_request)).content.decode()
    offered = {
        slug
        for slug in ("attempt", "book", "await", "waitlist", "decline", "withdraw", "redirect", "spam", "reopen")
        if step(appointment_request, slug) in page
    }
    assert offered == {"attempt", "decline", "withdraw"}


def test_no_answer_is_two_clicks(staff_client, appointment_request):
    """The form of an attempt is open, its channel chosen: the outcome and the button remain."""
    page = staff_client.get(detail(appointment_request))

    assertContains(page, '<details class="step" id="step-attempt" open>')
    assertContains(page, '<input type="radio" name="channel" value="phone" id="attempt_channel_0" checked>', html=True)


def test_a_claim_is_taken_renewed_and_released(staff_client, staff, appointment_request):
    claimed = staff_client.post(action(appointment_request, "claim"))
    appointment_request.refresh_from_db()
    assertRedirects(claimed, detail(appointment_request))
    assert appointment_request.assigned_to == staff and appointment_request.claim_holds

    staff_client.post(action(appointment_request, "release"))
    appointment_request.refresh_from_db()
    assert not appointment_request.claim_holds


def test_a_claim_of_somebody_else_is_told(staff_client, appointment_request):
    colleague = a_user("rosa", first_name="Rosa")
    appointment_request.claim(by=colleague)

    page = staff_client.get(detail(appointment_request))
    response = staff_client.post(action(appointment_request, "claim"), follow=True)

    assertContains(page, "Held by <strong>Rosa</strong>")
    assertNotContains(page, action(appointment_request, "claim"))
    assert response.redirect_chain[0][0] == LIST
    assertContains(response, "claimed this request already")


def test_getting_changes_nothing(staff_client, appointment_request):
    staff_client.get(detail(appointment_request))
    before = appointment_request.__class__.objects.values().get(pk=appointment_request.pk)

    for slug in ("attempt", "book", "spam", "waitlist"):
        assertRedirects(
            staff_client.get(step(appointment_request, slug), {**BOOKING, "version": 1}), detail(appointment_request)
        )
    for name in ("claim", "release"):
        assertRedirects(staff_client.get(action(appointment_request, name)), detail(appointment_request))

    assert appointment_request.__class__.objects.values().get(pk=appointment_request.pk) == before
    assert not AccessEvent.objects.filter(action="change").exists()


def test_there_is_no_way_round_the_verbs(staff_client, appointment_request):
    url = detail(appointment_request)
    facts = {"status": "booked", "name": "Other", "_save": "Save"}

    assert staff_client.post(url, facts).status_code == 403
    assert staff_client.post(LIST + "add/", facts).status_code == 403
    assert staff_client.post(url.replace("change", "delete"), {"post": "yes"}).status_code == 403
    staff_client.post(
        LIST, {"action": "delete_selected", "_selected_action": [appointment_request.pk], "post": "yes", "index": 0}
    )
    appointment_request.refresh_from_db()
    assert (appointment_request.status, appointment_request.name) == ("new", "Petra Private")


@pytest.mark.parametrize("permissions", [[], ["change_appointmentrequest", "delete_appointmentrequest"]])
def test_staff_without_the_permission_may_do_nothing(client, appointment_request, permissions):
    user = a_user(superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)

    for slug in ("attempt", "book", "spam", "note"):
        assert take(client, appointment_request, slug, text="x").status_code == 403
    for name in ("claim", "release"):
        assert client.post(action(appointment_request, name)).status_code == 403
    appointment_request.refresh_from_db()
    assert appointment_request.status == "new" and appointment_request.assigned_to is None
    assert not appointment_request.notes.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_request_that_is_not_there_is_a_404(staff_client, clinic, method):
    ask = getattr(staff_client, method)
    for pk in ("0", "99999999999999999999999"):
        assert ask(f"{LIST}{pk}/claim/").status_code == 404
        assert ask(f"{LIST}{pk}/step/spam/").status_code == 404
    for pk in ("0", "99999999999999999999999", "abc", "%00"):
        assert staff_client.get(f"{LIST}{pk}/change/").status_code == 404


def test_no_name_in_messages_or_the_log_of_the_admin(staff_client, appointment_request):
    staff_client.post(action(appointment_request, "claim"))
    take(staff_client, appointment_request, "attempt", channel="phone", outcome="busy")
    messages = [str(message) for message in staff_client.get(detail(appointment_request)).context["messages"]]

    assert len(messages) == 2
    assert all(message.startswith(appointment_request.reference) and "Petra" not in message for message in messages)
    assert not LogEntry.objects.filter(object_repr__contains="Petra").exists()
