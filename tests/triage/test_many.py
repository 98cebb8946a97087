"""One step for many requests: first a page that says what will happen, then each for itself, once."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from appointments.models import AccessEvent, AppointmentRequest, Note, StatusChange
from tests.factories import a_request, a_user

from .pages import DESK, LIST


def many(slug):
    return reverse("admin:appointments_appointmentrequest_many", args=[slug])


def ask(client, slug, rows, **typed):
    """The page that a list's button leads to."""
    return client.post(many(slug), {"chosen": [row.pk for row in rows], "back": LIST, **typed})


def hidden(page):
    """What the page's form sends along."""
    html = page.content.decode()
    fields = {"row": re.findall(r'name="row" value="([^"]+)"', html)}
    for name in ("shown_at", "back"):
        fields[name] = re.search(rf'name="{name}" value="([^"]+)"', html)[1]
    return fields


def agree(client, slug, page, **typed):
    return client.post(many(slug), {**hidden(page), **typed}, follow=True)


def said(page):
    return [str(message) for message in page.context["messages"]]


def a_triager(*codenames, **facts):
    user = a_user(superuser=False, **facts)
    wanted = Permission.objects.filter(codename__in=["triage_appointmentrequest", *codenames])
    user.user_permissions.set(wanted)
    return user


@pytest.fixture
def opened(clinic):
    """Four requests that somebody has read."""
    return [a_request(first_opened_at=timezone.now()) for _ in range(4)]


@pytest.fixture
def colleague(db):
    return a_triager(first_name="Rosa", last_name="Front")


def test_nothing_happens_before_somebody_agrees(staff_client, opened):
    for slug in ("claim", "assign", "note", "spam"):
        page = ask(staff_client, slug, opened)
        assertContains(page, "What will happen")
        for row in opened:
            assertContains(page, f'value="{row.pk}:{row.version}"')

    assert not AppointmentRequest.objects.exclude(status="new", assigned_to=None).exists()
    assert not Note.objects.exists()


def test_each_row_shown_is_recorded(staff_client, staff, opened):
    ask(staff_client, "spam", opened)

    events = AccessEvent.objects.values_list("action", "reference", "step", "by")
    assert sorted(events) == sorted(("list", row.reference, "many: spam", staff.pk) for row in opened)


def test_many_are_claimed(staff_client, staff, opened):
    theirs = opened[0]
    theirs.claim(by=a_user(first_name="Sam"))

    page = ask(staff_client, "claim", opened)
    assertContains(page, "Sam holds it until")
    done = agree(staff_client, "claim", page)

    held = AppointmentRequest.objects.filter(assigned_to=staff, claimed_until__gt=timezone.now())
    assert set(held) == set(opened[1:])
    assert said(done)[0].startswith("3 requests claimed for 30 minutes: ")
    assert AccessEvent.objects.filter(action="change", step="claim").count() == 3


def test_a_lead_assigns_to_a_colleague_and_the_history_says_so(staff_client, staff, opened, colleague):
    opened[0].claim(by=a_user(first_name="Sam"))
    page = ask(staff_client, "assign", opened)
    assertContains(page, "Taken from Sam, who holds it until")

    done = agree(staff_client, "assign", page, to=colleague.pk)

    assert said(done)[0].startswith("4 requests assigned: ")
    rows = AppointmentRequest.objects.filter(
        assigned_to=colleague, claimed_until__gt=timezone.now() + timedelta(hours=3)
    )
    assert set(rows) == set(opened)
    change = StatusChange.objects.filter(request=opened[0]).last()
    assert (change.by, change.reason, change.to_status) == (staff, "Assigned to Rosa Front", "new")


def test_only_who_triages_can_be_chosen(staff_client, opened, colleague):
    outsider = a_user(superuser=False)
    gone = a_triager(is_active=False)
    page = ask(staff_client, "assign", opened)
    assertContains(page, "Rosa Front")
    assertNotContains(page, f'<option value="{outsider.pk}"')
    assertNotContains(page, f'<option value="{gone.pk}"')

    for wrong in ("", outsider.pk, gone.pk, "x"):
        refused = agree(staff_client, "assign", page, to=wrong)
        assert refused.status_code == 422
        assertContains(refused, "Choose a colleague", status_code=422)
    assert not AppointmentRequest.objects.exclude(assigned_to=None).exists()


def test_assigning_needs_its_own_permission(client, opened, colleague):
    client.force_login(a_triager())

    assertNotContains(client.get(LIST), many("assign"))
    assertContains(client.get(LIST), many("claim"))
    assert ask(client, "assign", opened).status_code == 403


def test_who_may_only_look_gets_no_boxes_and_no_page(client, opened):
    reader = a_user(superuser=False)
    reader.user_permissions.set(Permission.objects.filter(codename="view_appointmentrequest"))
    client.force_login(reader)

    assertNotContains(client.get(LIST), 'name="chosen"')
    for slug in ("claim", "assign", "note", "spam"):
        assert ask(client, slug, opened).status_code == 403


def test_a_note_is_written_to_each_and_what_was_typed_is_kept(staff_client, staff, opened):
    page = ask(staff_client, "note", opened)
    refused = agree(staff_client, "note", page, text=" ")
    assertContains(refused, "Write the note.", status_code=422)
    too_long = agree(staff_client, "note", page, text="Words " * 200)
    assertContains(too_long, "Words Words", status_code=422)

    agree(staff_client, "note", page, text="Flu clinic\nis full")

    notes = Note.objects.values_list("request", "text", "by")
    assert sorted(notes) == sorted((row.pk, "Flu clinic\nis full", staff.pk) for row in opened)


def test_only_what_no_patient_may_have_written_is_closed_as_spam_by_the_handful(staff_client, staff, opened):
    suspected = a_request(message="https://example.org https://example.org https://example.org")
    AppointmentRequest.objects.filter(pk=suspected.pk).update(suspected_spam=True, spam_reasons=["It holds links."])
    unread = a_request()
    tried, first, booked, closed = opened
    tried.record_attempt(by=staff, channel="phone", outcome="busy")
    AppointmentRequest.objects.filter(pk=first.pk).update(read_first=True)
    start = timezone.now() + timedelta(days=1)
    booked.book(by=staff, start=start, end=start + timedelta(hours=1), place="Room 2")
    closed.withdraw(by=staff)
    fine = a_request(first_opened_at=timezone.now())

    page = ask(staff_client, "spam", [suspected, unread, tried, first, booked, closed, fine])

    for why in (
        "It holds links.",
        "Nobody has read it yet: open it first.",
        "Somebody has tried to reach this patient",
        "It is to be read first: open it.",
        "It is “Booked”.",
        "It is closed already: Withdrawn by the patient.",
        "Left out: 5",
    ):
        assertContains(page, why)
    agree(staff_client, "spam", page)
    assert set(AppointmentRequest.objects.filter(outcome="spam")) == {suspected, fine}


@pytest.mark.parametrize("slug", ["claim", "assign", "note", "spam"])
def test_a_second_click_does_no_harm(staff_client, opened, colleague, slug):
    page = ask(staff_client, slug, opened)
    typed = {"to": colleague.pk, "text": "Once"}
    first = agree(staff_client, slug, page, **typed)
    stands = list(AppointmentRequest.objects.values("pk", "version", "status", "assigned_to", "claimed_until"))
    changes, notes = StatusChange.objects.count(), Note.objects.count()

    second = agree(staff_client, slug, page, **typed)

    assert len(said(first)) == 1 and said(first)[0].startswith("4 requests ")
    assert [sentence.partition(":")[0] for sentence in said(second)] == [
        f"Already {said(first)[0][11:].partition(':')[0]} before"
    ]
    assert stands == list(AppointmentRequest.objects.values("pk", "version", "status", "assigned_to", "claimed_until"))
    assert (changes, notes) == (StatusChange.objects.count(), Note.objects.count())


@pytest.mark.parametrize("slug", ["claim", "assign", "note", "spam"])
def test_what_changed_since_the_page_was_shown_is_left_alone_and_said(staff_client, opened, colleague, slug):
    page = ask(staff_client, slug, opened)
    changed = opened[0]
    changed.record_attempt(by=a_user(), channel="phone", outcome="busy")

    done = agree(staff_client, slug, page, to=colleague.pk, text="Words")

    assert said(done)[0].startswith("3 requests ")
    assert said(done)[1] == f"Left out, because somebody changed it meanwhile: {changed.reference}."
    changed.refresh_from_db()
    assert (changed.assigned_to, changed.status, changed.notes.count()) == (None, "contacting", 0)


def test_one_that_cannot_be_recorded_is_not_done(staff_client, opened, events_cannot_be_written):
    page = ask(staff_client, "note", opened)
    assert page.status_code == 503

    rows = [f"{row.pk}:{row.version}" for row in opened]
    sent = {"row": rows, "shown_at": timezone.now().isoformat(), "text": "Words"}
    assert staff_client.post(many("note"), sent).status_code == 503
    assert not Note.objects.exists()


def test_back_to_where_one_was_and_nowhere_else(staff_client, opened):
    for back in (DESK, LIST, f"{LIST}?status=to_contact&claim=free"):
        assertRedirects(ask(staff_client, "claim", [], back=back), back)
    assert "\n" not in ask(staff_client, "claim", [], back=f"{LIST}?\r\nSet-Cookie: x=1")["Location"]
    for back in ("https://example.com/", "//example.com", "/admin/logout/", ""):
        assertRedirects(ask(staff_client, "claim", [], back=back), LIST)


@pytest.mark.parametrize("wrong", ["x", "-1", "9" * 30, "²", "1:1:1", "\x00", "999999"])
def test_hostile_choices_change_nothing(staff_client, opened, wrong):
    for slug in ("claim", "spam"):
        for field in ("chosen", "row"):
            answer = staff_client.post(many(slug), {field: wrong, "shown_at": timezone.now().isoformat()})
            assert answer.status_code in (200, 302, 422)
    assert not AppointmentRequest.objects.exclude(status="new", assigned_to=None).exists()
    assert staff_client.post(many("nothing"), {"chosen": 1}).status_code == 404
    assertRedirects(staff_client.get(many("claim")), LIST)


def test_too_many_at_once_are_refused(staff_client, opened):
    answer = staff_client.post(many("claim"), {"chosen": range(1, 200)}, follow=True)

    assert said(answer) == ["Choose at least one request, and at most 100."]


def test_no_word_of_a_patient_is_on_the_page(staff_client, clinic):
    row = a_request(name="Petra Private", email="petra@example.org", message="My secret")

    for slug in ("claim", "spam", "note"):
        for private in ("Petra", "555", "petra@", "secret"):
            assertNotContains(ask(staff_client, slug, [row]), private)
