"""What is removed by age, what never is, and when a run stops itself."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django.asserts import assertNotContains

from appointments import append_only, bookings, erasure, retention
from appointments.management.commands.worker import StopSign, Worker
from appointments.models import AccessEvent, AppointmentRequest, Delivery, PurgeRun, StatusChange, StepNotAllowed
from clinic import doctor
from clinic.facts import Facts
from tests import factories
from tests.faults import canary
from tests.faults.test_hostile import in_the_database
from tests.triage.pages import detail

Status, Outcome = AppointmentRequest.Status, AppointmentRequest.Outcome


@pytest.fixture(autouse=True)
def many_others(clinic, settings):
    """The fuse counts percents: it has tests of its own."""
    settings.PURGE_FUSE_PERCENT = 100


def a_full_request(**facts):
    """With words of the patient and of staff in every place there is."""
    row = factories.a_request(
        name=canary.new(),
        email=f"{canary.new()}@example.org",
        message=canary.new(),
        access_needs=canary.new(),
        language=canary.new(),
    )
    by = factories.a_user()
    row.add_reply(kind="message", text=canary.new())
    row.record_attempt(by=by, channel="email", outcome="reached", note=canary.new())
    row.add_note(by=by, text=canary.new())
    row.waitlist(by=by, reason=canary.new())
    AppointmentRequest.objects.filter(pk=row.pk).update(**facts)
    row.refresh_from_db()
    return row


def closed(days_ago, outcome=Outcome.WITHDRAWN, **facts):
    at = timezone.now() - timedelta(days=days_ago)
    return a_full_request(
        status=Status.CLOSED, outcome=outcome, closed_at=at, created_at=at - timedelta(days=3), **facts
    )


def words_in_the_database():
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = set()
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found |= canary.found(cursor.fetchall(), deep=0)
    return found


def test_words_go_after_30_days_and_the_person_stays(clinic):
    young, old = closed(29), closed(31, Outcome.DECLINED, text_for_patient="We cannot.")

    run = retention.run()

    assert (run.stopped, run.blanked, run.anonymized, run.deleted) == ("", 1, 0, 0)
    name, address = old.name, old.email.split("@")[0]
    old.refresh_from_db()
    assert (old.name, old.message, old.access_needs) == (name, "", "")
    assert old.text_for_patient == retention.REMOVED
    assert old.words_removed_at is not None
    young.refresh_from_db()
    assert young.message
    closed_words = words_in_the_database() - words_of(young)
    assert closed_words == {name, address, old.language}


def words_of(row):
    texts = [row.name, row.email.split("@")[0], row.message, row.access_needs, row.language]
    texts += [note.text for note in row.notes.all()] + [reply.text for reply in row.replies.all()]
    texts += [change.reason for change in row.status_changes.all()] + [attempt.note for attempt in row.attempts.all()]
    return {text for text in texts if text.startswith("zqx")}


def test_after_90_days_nobody_knows_whose_it_was_and_its_timings_stay(clinic):
    old = closed(91)
    times = ("created_at", "promised_by", "first_attempt_at", "contacted_at", "closed_at")
    before = {name: getattr(old, name) for name in times}

    run = retention.run()

    assert (run.anonymized, run.blanked) == (1, 0)
    assert words_in_the_database() == set()
    secret, digest = old.secret, old.content_digest
    old.refresh_from_db()
    assert {name: getattr(old, name) for name in times} == before
    assert secret != old.secret and digest != old.content_digest
    assert StatusChange.objects.filter(request=old).count() == 2
    assert retention.run().anonymized == 0


def test_a_booking_of_long_ago_is_closed_first_and_goes_when_its_time_is_over(clinic):
    start = timezone.now() - timedelta(days=10)
    row = a_full_request(status=Status.BOOKED, start=start, end=start + timedelta(minutes=30))

    bookings.close_old_ones()
    assert retention.run().anonymized == 0
    AppointmentRequest.objects.filter(pk=row.pk).update(closed_at=timezone.now() - timedelta(days=91))
    assert retention.run().anonymized == 1


@pytest.mark.parametrize("status", [status for status in Status if status != Status.CLOSED])
def test_what_waits_for_somebody_is_never_removed_by_age(clinic, status):
    long_ago = timezone.now() - timedelta(days=2000)
    row = a_full_request(status=status, created_at=long_ago, promised_by=long_ago, start=long_ago, end=timezone.now())

    retention.run(go_on=True)

    row.refresh_from_db()
    assert row.name and row.message and row.notes.count() == 1


def test_spam_is_deleted_after_14_days_unless_something_repeats_it(clinic):
    young, old, repeated = (closed(days, Outcome.SPAM) for days in (13, 15, 15))
    closed(1, Outcome.DUPLICATE, duplicate_of=repeated)
    suspected = a_full_request(status=Status.NEW, suspected_spam=True, created_at=timezone.now() - timedelta(days=99))

    run = retention.run()

    assert run.deleted == 1
    left = set(AppointmentRequest.objects.values_list("pk", flat=True))
    assert old.pk not in left
    assert {young.pk, repeated.pk, suspected.pk} <= left


def test_what_was_merged_stays_for_as_long_as_the_request_that_shows_it(clinic):
    open_one = a_full_request(status=Status.WAITLISTED)
    merged, linked = (closed(99, Outcome.DUPLICATE, duplicate_of=open_one, merged=each) for each in (True, False))

    first = retention.run(go_on=True)

    assert first.blanked + first.anonymized >= 1
    merged.refresh_from_db()
    linked.refresh_from_db()
    assert merged.message and not linked.message

    long_ago = timezone.now() - timedelta(days=99)
    AppointmentRequest.objects.filter(pk=open_one.pk).update(status="closed", outcome="withdrawn", closed_at=long_ago)
    retention.run(go_on=True)
    merged.refresh_from_db()
    assert not merged.message


def test_what_is_on_hold_stays_whole_until_the_hold_is_lifted(clinic, staff):
    row = closed(400)
    row.hold(by=staff, reason="A complaint")

    retention.run(go_on=True)
    row.refresh_from_db()
    assert row.name and row.message

    row.lift_hold(by=staff, reason="Settled")
    retention.run(go_on=True)
    row.refresh_from_db()
    assert (row.name, row.message) == ("", "")


def test_what_was_merged_into_a_request_on_hold_stays_with_it(clinic, staff):
    held = closed(99)
    held.hold(by=staff, reason="A complaint")
    merged, linked = (closed(99, Outcome.DUPLICATE, duplicate_of=held, merged=each) for each in (True, False))

    retention.run(go_on=True)
    merged.refresh_from_db()
    linked.refresh_from_db()
    assert merged.message and merged.name and not linked.name
    with pytest.raises(StepNotAllowed, match=f"{held.reference}.* is on hold"):
        erasure.erase([merged.pk], by=staff)

    held.lift_hold(by=staff, reason="Settled")
    retention.run(go_on=True)
    merged.refresh_from_db()
    assert not merged.name


def test_what_is_written_after_the_words_went_goes_in_its_own_time(clinic, staff):
    row = closed(40)
    retention.run(go_on=True)
    row.refresh_from_db()
    with pytest.raises(StepNotAllowed, match="Open it again"):
        row.add_note(by=staff, text="Rang about the bill")
    row.reopen(by=staff, reason="Rang again")
    row.add_note(by=staff, text="About the bill")
    row.decline(by=staff, reason="Not ours", text_for_patient="Ask the office")
    AppointmentRequest.objects.filter(pk=row.pk).update(closed_at=timezone.now() - timedelta(days=31))

    retention.run(go_on=True)

    row.refresh_from_db()
    assert row.text_for_patient == retention.REMOVED and not row.notes.exists()
    assert row.name


def test_nothing_is_written_down_about_nobody(clinic, staff, staff_client):
    row = closed(99)
    retention.run(go_on=True)
    row.refresh_from_db()

    with pytest.raises(StepNotAllowed, match="not known any more"):
        row.add_note(by=staff, text="Mr Sample rang")
    assertNotContains(staff_client.get(detail(row)), "Add a note")


def test_all_batches_are_worked_through(clinic, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for _ in range(5):
        closed(91)

    assert retention.run(go_on=True).anonymized == 5


# It stops itself ------------------------------------------------------------------------------------------------------


def test_a_run_that_would_touch_more_than_a_fifth_stops_and_says_so(clinic, settings, staff):
    settings.PURGE_FUSE_PERCENT = 20
    settings.PURGE_NEVER_STOPS_AT = 1
    rows = [closed(91), closed(31), *(closed(1) for _ in range(7))]

    run = retention.run()

    assert run.stopped == "It would remove something from 2 of 9 requests, more than 20 percent."
    assert (run.blanked, run.anonymized) == (0, 0)
    for row in rows:
        row.refresh_from_db()
        assert row.message
    assert retention.run(by=staff, go_on=True).stopped == ""
    assert AppointmentRequest.objects.filter(message="").count() == 2


def test_a_fifth_is_not_more_than_a_fifth(clinic, settings):
    settings.PURGE_FUSE_PERCENT = 20
    settings.PURGE_NEVER_STOPS_AT = 1
    for days in (91, 31, *[1] * 8):
        closed(days)

    assert retention.run().stopped == ""


def test_what_was_made_anonymous_long_ago_does_not_feed_the_fuse(clinic, settings):
    settings.PURGE_FUSE_PERCENT = 20
    settings.PURGE_NEVER_STOPS_AT = 1
    for _ in range(10):
        closed(100)
    retention.run(go_on=True)
    for _ in range(3):
        closed(31)

    assert retention.run().stopped.startswith("It would remove something from 3 of 3 requests")


def test_a_handful_of_requests_is_no_reason_to_stop(clinic, settings):
    settings.PURGE_FUSE_PERCENT = 20
    closed(91)

    assert retention.run().stopped == ""


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=9), timedelta(days=-2)])
def test_a_run_after_a_jump_of_the_clock_stops_and_the_next_ones_do_too(clinic, monkeypatch, jump):
    row = closed(25)
    assert retention.run().stopped == ""
    jumped = timezone.now() + jump

    for later in (0, 1, 2):
        monkeypatch.setattr(timezone, "now", lambda later=later: jumped + timedelta(hours=later))
        run = retention.run()
        assert "clock" in run.stopped
    monkeypatch.undo()

    row.refresh_from_db()
    assert row.message
    assert retention.run().stopped == ""  # set right again


def test_a_clock_that_has_jumped_closes_no_booking(clinic, staff, monkeypatch):
    row = factories.a_request()
    start = timezone.now() + timedelta(days=20)
    row.book(by=staff, start=start, end=start + timedelta(minutes=30), place="Room 2")
    retention.run()
    monkeypatch.setattr(timezone, "now", lambda: start + timedelta(days=10))

    assert bookings.close_old_ones() == 0
    retention.run(go_on=True)  # somebody has looked: the site stood still
    assert bookings.close_old_ones() == 1


def test_twin_without_the_look_at_the_clock_a_jump_would_remove_all(clinic, monkeypatch):
    row = closed(25)
    retention.run()
    jumped = timezone.now() + timedelta(days=400)
    monkeypatch.setattr(timezone, "now", lambda: jumped)

    retention.run(go_on=True)

    row.refresh_from_db()
    assert (row.name, row.message) == ("", "")


# Who runs it, and who sees that it did ---------------------------------------------------------------------------------


def test_the_worker_runs_it_once_a_day(clinic, monkeypatch):
    row = closed(31)
    monkeypatch.setattr(StopSign, "__init__", lambda self: setattr(self, "is_set", False))
    worker = Worker(StopSign())

    for _ in range(2):
        worker.next_housekeeping = 0.0
        worker.keep_house()

    assert PurgeRun.objects.count() == 1
    row.refresh_from_db()
    assert row.message == ""


def finding():
    return [(found.level, found.says) for found in doctor.removals(Facts())]


def test_the_doctor_warns_of_a_run_that_stopped_and_of_none(clinic, settings):
    assert finding() == [("OK", "What is too old is removed each day.")]
    closed(31)
    assert finding() == [("WARNING", "Nothing was looked through for its age in two days.")]

    settings.PURGE_FUSE_PERCENT = settings.PURGE_NEVER_STOPS_AT = 0
    retention.run()
    assert finding() == [
        ("WARNING", "Nothing was removed by age. It would remove something from 1 of 1 requests, more than 0 percent.")
    ]

    retention.run(go_on=True)
    assert finding() == [("OK", "What is too old is removed each day.")]


def test_the_command_previews_runs_stops_and_goes_on(clinic, settings):
    row = closed(91)
    settings.PURGE_FUSE_PERCENT = settings.PURGE_NEVER_STOPS_AT = 0
    said = StringIO()

    call_command("purge", "--preview", stdout=said, no_color=True)
    assert "Name, number and address go after 90 days: 1 now, 1 within 7 days" in said.getvalue()
    assert row.reference in said.getvalue()
    assert not PurgeRun.objects.exists()

    with pytest.raises(SystemExit):
        call_command("purge", stderr=said, no_color=True)
    assert "Nothing was removed. It would remove" in said.getvalue()

    call_command("purge", "--go-on", stdout=said, no_color=True)
    assert "Made anonymous: 1" in said.getvalue()


def test_the_access_log_loses_its_oldest_years_alone_and_is_locked_again(clinic, staff):
    def event(years):
        return AccessEvent(
            by=staff, action="view", reference="BCDF7346", at=timezone.now() - timedelta(days=366 * years)
        )

    AccessEvent.objects.bulk_create([event(5), event(7), event(8)])
    said = StringIO()

    call_command("purge_access_log", "--preview", stdout=said)
    assert (AccessEvent.objects.count(), said.getvalue()) == (3, "2 access events are older than 6 years.\n")
    call_command("purge_access_log", stdout=said)

    assert AccessEvent.objects.count() == 1
    assert append_only.is_locked(connection)


def test_the_doctor_says_when_the_access_log_is_not_locked(clinic):
    assert [found.level for found in doctor.access_log()] == ["OK"]
    append_only.unlock(connection)
    assert [found.level for found in doctor.access_log()] == ["FAULT"]


def test_deliveries_of_what_was_made_anonymous_say_nothing(clinic):
    factories.a_recipient()
    closed(91)

    retention.run(go_on=True)

    assert Delivery.objects.exists()
    assert in_the_database() == {}
