"""Two requests that may be one: looked at side by side, then linked or merged."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from appointments import intake
from appointments.models import AccessEvent, PatientReply
from tests.factories import a_request, a_user, request_fields

from .pages import detail, same, take


@pytest.fixture
def first(clinic):
    return a_request(name="Petra Private", phone="+12125550177", message="My first words")


@pytest.fixture
def second(clinic):
    return a_request(name="P. Private", phone="", email="petra@example.org", message="My second words")


def decide(client, first, second, **typed):
    shown = {"version": first.version, "other_version": second.version, "shown_at": timezone.now().isoformat()}
    return client.post(same(first, second), {**shown, "keep": first.reference, "how": "merge", **typed})


def test_both_are_shown_and_both_looks_recorded(staff_client, first, second):
    page = staff_client.get(same(first, second))

    for words in (
        "My first words",
        "My second words",
        "Petra Private",
        "petra@example.org",
        "Nothing is copied or deleted",
    ):
        assertContains(page, words)
    assert set(AccessEvent.objects.filter(action="view").values_list("reference", flat=True)) == {
        first.reference,
        second.reference,
    }


def test_the_title_and_the_address_hold_no_name(staff_client, first, second):
    page = staff_client.get(same(first, second)).content.decode()

    title = page[page.index("<title>") : page.index("</title>")]
    assert first.reference in title and "Private" not in title


def test_linked_the_other_points_at_the_one_that_is_kept(staff_client, staff, first, second):
    second.add_note(by=staff, text="Note of the second")

    response = decide(staff_client, first, second, how="link")

    assertRedirects(response, detail(first))
    second.refresh_from_db()
    assert (second.outcome, second.duplicate_of, second.merged) == ("duplicate", first, False)
    assertNotContains(staff_client.get(detail(first)), "Note of the second")


def test_merged_the_one_that_is_kept_shows_what_both_hold(staff_client, staff, first, second):
    second.record_attempt(by=staff, channel="email", outcome="message_sent", note="Note of an attempt")
    second.add_note(by=staff, text="Note of the second")
    second.add_reply(kind="message", text="Words that came later")
    second.refresh_from_db()

    response = decide(staff_client, first, second)

    assertRedirects(response, detail(first))
    page = staff_client.get(detail(first))
    for words in (
        "My first words",
        "My second words",
        "Note of an attempt",
        "Note of the second",
        "Words that came later",
    ):
        assertContains(page, words)
    assert PatientReply.objects.get().read_at is not None
    last_look = AccessEvent.objects.filter(action="view")[:2]
    assert {event.reference for event in last_look} == {first.reference, second.reference}


def test_the_one_that_is_kept_stands_for_both(staff_client, staff, first, second):
    type(second).objects.filter(pk=second.pk).update(
        promised_by=first.promised_by - timedelta(hours=3), read_first=True
    )
    second.refresh_from_db()
    second.record_attempt(by=staff, channel="phone", outcome="reached")

    decide(staff_client, first, second)

    first.refresh_from_db()
    assert first.promised_by == second.promised_by
    assert first.read_first
    assert (first.first_attempt_at, first.contacted_at) == (second.first_attempt_at, second.contacted_at)


def test_calls_for_both_count_when_nobody_can_be_reached(staff_client, staff, first, second):
    for request in (first, second):
        request.record_attempt(by=staff, channel="phone", outcome="no_answer")
        request.attempts.update(at=timezone.now() - timedelta(days=1))
    first.record_attempt(by=staff, channel="phone", outcome="no_answer")
    decide(staff_client, first, second)
    first.refresh_from_db()

    take(staff_client, first, "unreachable")

    first.refresh_from_db()
    assert first.outcome == "unreachable"


def test_what_is_opened_again_has_its_own_back(staff_client, staff, first, second):
    second.add_note(by=staff, text="Note of the second")
    decide(staff_client, first, second)
    second.refresh_from_db()

    second.reopen(by=staff, reason="Two people of one household")

    assertNotContains(staff_client.get(detail(first)), "Note of the second")
    assertContains(staff_client.get(detail(second)), "Note of the second")


def test_it_can_be_kept_the_other_way_round(staff_client, first, second):
    assertRedirects(decide(staff_client, first, second, keep=second.reference), detail(second))

    first.refresh_from_db()
    assert first.duplicate_of == second


def test_what_others_were_merged_into_is_kept(staff_client, first, second):
    third = a_request()
    decide(staff_client, first, second)
    first.refresh_from_db()

    response = decide(staff_client, third, first, keep=third.reference)

    assertContains(response, "Others were merged into this request already", status_code=422)
    first.refresh_from_db()
    assert first.is_open


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("how", ["link", "merge"])
def test_nothing_is_saved_when_the_one_that_is_closed_or_merged_has_changed(staff_client, first, second, which, how):
    changed = [first, second][which]
    type(changed).objects.get(pk=changed.pk).waitlist(by=a_user())

    response = decide(staff_client, first, second, how=how)

    second.refresh_from_db()
    if how == "link" and changed is first:  # what is kept may be in any state, as long as it is open
        assert response.status_code == 302
    else:
        assertContains(response, "Somebody else changed this request", status_code=409)
        assert second.is_open
        again = response.context["form"].data.dict()
        assert staff_client.post(same(first, second), again).status_code == 302


@pytest.mark.parametrize(
    ("typed", "error"), [({"keep": "XXXXXXXX"}, "Select a valid choice"), ({"keep": ""}, "Choose the")]
)
def test_a_mistake_saves_nothing(staff_client, first, second, typed, error):
    assertContains(decide(staff_client, first, second, **typed), error, status_code=422)

    second.refresh_from_db()
    assert second.is_open


def test_of_a_closed_or_suspected_one_there_is_nothing_to_decide(staff_client, staff, first, second):
    suspected = intake.receive(request_fields(), form_token="8" * 32, spam_reasons=["Two links"])
    second.withdraw(by=staff)

    assertContains(staff_client.get(same(first, second)), "is closed already")
    assertContains(staff_client.get(same(first, suspected)), "looks like spam")


def test_only_those_who_triage_look_at_both(client, first, second):
    client.force_login(a_user(superuser=False))

    assert client.get(same(first, second)).status_code == 403
    assert decide(client, first, second).status_code == 403
    assert client.get(same(first, first)).status_code in (403, 404)


# The same person ------------------------------------------------------------------------------------------------------


def test_earlier_requests_of_the_same_phone_or_address_are_listed(staff_client, staff, clinic):
    by_phone = a_request(phone="+12125550177")
    by_email = a_request(phone="", email="PETRA@example.org")
    by_phone.withdraw(by=staff)
    stranger = a_request(phone="+12125550188", email="other@example.org")
    wanted = a_request(phone="+12125550177", email="petra@example.org")

    page = staff_client.get(detail(wanted))

    assert page.context["same_person"] == [by_email, by_phone]
    assertContains(page, same(wanted, by_email))
    assertNotContains(page, same(wanted, by_phone))  # it is closed
    assertNotContains(page, stranger.reference)
    seen = AccessEvent.objects.filter(by=staff, action="list", step="same person")
    assert set(seen.values_list("reference", flat=True)) == {by_phone.reference, by_email.reference}


def test_who_gave_only_one_of_both_is_not_everybody_else(staff_client, clinic):
    a_request(phone="", email="somebody@example.org")
    only_phone = a_request(phone="+12125550177", email="")

    assert staff_client.get(detail(only_phone)).context["same_person"] == []
