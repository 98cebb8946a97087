"""Publishing and withdrawing at a time that was set: within a minute, once, and only what passes the checks then."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from email import message_from_bytes
from email.policy import default as modern
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments.management.commands.worker import Worker
from education import scheduling
from education.models import Guide, HistoryEntry, Picture, Revision, ScheduledStep
from tests.appointments.mail_server import MailServer
from tests.appointments.test_worker import a_worker, until
from tests.factories import a_guide, a_picture, a_published_guide, a_topic, a_user

from .test_editor_desk import LIST, change, page_of, post_of

What, State = ScheduledStep.What, ScheduledStep.State
TOMORROW = timedelta(days=1)


def scheduled(guide, what=What.PUBLISH, *, by=None, ago=None):
    """A step for tomorrow, or one whose time came `ago`."""
    step = guide.schedule(what, at=timezone.now() + TOMORROW, by=by)
    if ago is not None:
        ScheduledStep.objects.filter(pk=step.pk).update(at=timezone.now() - ago)
        step.refresh_from_db()
    return step


def due(guide, what=What.PUBLISH, *, by=None):
    return scheduled(guide, what, by=by, ago=timedelta(seconds=1))


def form_for(moment, what="publish", **facts):
    local = timezone.localtime(moment)
    return {"what": what, "day": f"{local:%Y-%m-%d}", "hour": f"{local:%H:%M}", "note": "", **facts}


# What happens then ----------------------------------------------------------------------------------------------------


def test_a_guide_goes_live_at_its_time_and_not_before(db, staff):
    guide = a_guide("Backs")
    step = scheduled(guide, by=staff)

    assert scheduling.carry_out_what_is_due() == 0
    assert scheduling.carry_out_what_is_due(step.at + timedelta(seconds=1)) == 1

    revision = Guide.objects.get().live_revision
    assert (revision.title, revision.published_by) == ("Backs", staff)
    published, asked = guide.history.all()[:2]
    assert (published.what, published.revision) == (HistoryEntry.What.PUBLISHED, revision)
    assert published.note.startswith("As scheduled for")
    assert asked.what == HistoryEntry.What.SCHEDULED
    step.refresh_from_db()
    assert step.state == State.DONE


def test_what_goes_live_is_the_draft_as_it_stood_when_it_was_scheduled(db):
    guide = a_guide("Ready words")
    due(guide)
    guide.title = "Half-finished wor"
    guide.save()

    scheduling.carry_out_what_is_due()

    guide = Guide.objects.get()
    assert guide.live_revision.title == "Ready words"
    assert guide.title == "Half-finished wor"
    assert guide.known_state == guide.state == Guide.State.CHANGED
    assert guide.history.first().data["title"] == "Ready words"


def test_a_picture_is_shown_as_the_library_has_it_then(db):
    picture = a_picture(alt="Old words")
    guide = a_guide(picture=picture, sections=[{"heading": "A", "body": "<p>a</p>", "picture": picture}])
    due(guide)
    picture.alt = "New words"
    picture.save()

    scheduling.carry_out_what_is_due()

    data = Guide.objects.get().live_revision.data
    assert data["picture"]["alt"] == data["sections"][0]["picture"]["alt"] == "New words"


def test_a_guide_is_withdrawn_at_its_time(db, staff):
    guide = a_published_guide()
    due(guide, What.WITHDRAW, by=staff)

    scheduling.carry_out_what_is_due()

    assert not Guide.objects.get().is_live
    assert Revision.objects.get().withdrawn_by == staff


def test_a_worker_that_was_away_makes_up_for_it_in_the_right_order(db):
    guide = a_guide()
    scheduled(guide, What.WITHDRAW, ago=timedelta(hours=1))
    scheduled(guide, What.PUBLISH, ago=timedelta(hours=2))

    assert scheduling.carry_out_what_is_due() == 2

    assert not Guide.objects.get().is_live
    assert Revision.objects.get().withdrawn_at


def test_what_is_done_by_hand_takes_it_off_the_schedule(db):
    guide = a_guide("One")
    early = scheduled(guide)
    later = scheduled(guide, What.WITHDRAW)

    guide.publish(by=None)
    early.refresh_from_db()
    later.refresh_from_db()
    assert (early.state, later.state) == (State.CANCELLED, State.WAITING)

    again = scheduled(guide)
    guide.withdraw(by=None)
    again.refresh_from_db()
    later.refresh_from_db()
    assert (again.state, later.state) == (State.CANCELLED, State.CANCELLED)


def test_a_withdrawal_on_time_leaves_a_later_publishing_alone(db):
    guide = a_published_guide()
    due(guide, What.WITHDRAW)
    later = scheduled(guide)

    scheduling.carry_out_what_is_due()

    later.refresh_from_db()
    assert later.state == State.WAITING


def test_the_database_holds_one_waiting_step_of_a_kind(db):
    guide = a_guide()
    first = scheduled(guide)
    second = scheduled(guide)

    first.refresh_from_db()
    assert (first.state, second.state) == (State.CANCELLED, State.WAITING)
    with pytest.raises(IntegrityError), transaction.atomic():
        ScheduledStep.objects.create(guide=guide, what=What.PUBLISH, at=timezone.now(), entry=second.entry)


# Once -----------------------------------------------------------------------------------------------------------------


def carried_out_at_once(guide, workers=5):
    """Each worker has found the step before any of them takes it."""
    due(guide)
    everyone = threading.Barrier(workers)

    def work(_):
        try:
            [step] = ScheduledStep.objects.due().select_related("entry__snapshot", "by")
            everyone.wait(10)
            return step.carry_out()
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        return sorted(map(bool, pool.map(work, range(workers))))


def test_of_several_workers_one_publishes(transactional_db):
    guide = a_guide()

    assert carried_out_at_once(guide) == [False, False, False, False, True]

    assert guide.revisions.count() == 1
    assert guide.history.filter(what="published").count() == 1


def test_without_the_claim_each_of_them_would(transactional_db, monkeypatch):
    monkeypatch.setattr(ScheduledStep, "claim", lambda step: True)
    guide = a_guide()

    assert carried_out_at_once(guide) == [True] * 5

    assert guide.revisions.count() == 5


def test_of_several_workers_that_fail_one_owes_a_mail(transactional_db):
    guide = a_guide(sections=[{"heading": "Empty"}])

    assert carried_out_at_once(guide) == [False] * 5

    assert guide.history.filter(what="refused").count() == 1
    assert ScheduledStep.objects.get().mail_at


def test_a_worker_that_dies_in_the_middle_leaves_it_to_the_next(transactional_db, monkeypatch):
    guide = a_guide()
    due(guide)
    with monkeypatch.context() as patch:
        patch.setattr(Guide, "keep", lambda *args, **facts: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            scheduling.carry_out_what_is_due()
    assert not guide.revisions.exists()

    assert scheduling.carry_out_what_is_due() == 1
    assert guide.revisions.count() == 1


# When it cannot be ----------------------------------------------------------------------------------------------------


@pytest.fixture
def caught(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return mail.outbox


def a_failed_step(by=None):
    guide = a_guide("Backs", sections=[{"heading": "Hollow"}], topic=a_topic())
    due(guide, by=by)
    scheduling.carry_out_what_is_due()
    return guide


def test_when_a_check_fails_nothing_is_published_and_the_owner_is_told(staff_client, staff, clinic, caught):
    guide = a_failed_step(by=staff)
    scheduling.tell_owners()
    scheduling.tell_owners()

    assert not Guide.objects.get().is_live
    [message] = caught
    assert message.to == [staff.email]
    assert message.subject == "Not published: Backs"
    assert "“Hollow” is empty" in message.body
    assert change(guide) in message.body
    page = staff_client.get(change(guide))
    assertContains(page, "It was not published on")
    assertContains(page, 'class="step-failed" role="alert"')
    assertContains(page, "<li>“Hollow” is empty")
    assertContains(staff_client.get(LIST), 'class="step-failed">Not published')
    assertContains(staff_client.get(LIST, {"schedule": "failed"}), "Backs")
    assert guide.history.first().what == HistoryEntry.What.REFUSED


def test_a_picture_that_is_gone_stops_it(db):
    picture = a_picture()
    guide = a_guide(picture=picture)
    due(guide)
    guide.picture = None
    guide.save()
    Picture.objects.filter(pk=picture.pk).delete()  # past the model: its own delete() refuses

    scheduling.carry_out_what_is_due()

    [step] = ScheduledStep.objects.all()
    assert step.has_failed
    assert "is gone from the library" in step.said[0]


def test_a_fault_of_ours_is_a_failure_too_and_stops_no_other_guide(db, monkeypatch, caplog):
    first, second = a_guide("One"), a_guide("Two")
    due(first)
    due(second)
    broken = Guide.as_draft

    def as_draft(guide, **facts):
        return broken(guide, **facts) if guide.title == "Two" else 1 / 0

    monkeypatch.setattr(Guide, "as_draft", as_draft)

    assert scheduling.carry_out_what_is_due() == 1

    assert Guide.objects.published().get().title == "Two"
    assert "ZeroDivisionError" in ScheduledStep.objects.get(guide=first).said[0]
    assert "could not be carried out" in caplog.text


def test_mail_that_fails_is_tried_again(db, staff, settings, monkeypatch, caught):
    a_failed_step(by=staff)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    scheduling.tell_owners()
    step = ScheduledStep.objects.get()
    assert step.mail_attempts == 1
    assert timezone.now() < step.mail_at < timezone.now() + timedelta(minutes=2)

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    scheduling.tell_owners()
    assert caught == []
    scheduling.tell_owners(step.mail_at)
    assert len(caught) == 1
    assert ScheduledStep.objects.get().mail_at is None


def test_after_three_days_nobody_is_written_to_any_more(db, staff, settings):
    a_failed_step(by=staff)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    while (step := ScheduledStep.objects.get()).mail_at:
        scheduling.tell_owners(step.mail_at)

    assert step.mail_attempts == scheduling.GIVE_UP_AFTER
    assert step.has_failed  # and the list says so still


def test_when_its_owner_has_left_those_who_may_publish_are_told(db, caught):
    leaver, publisher = a_user("leaver", superuser=False), a_user("publisher")
    a_user("triage", superuser=False)
    leaver.is_active = False
    leaver.save()
    a_failed_step(by=leaver)

    scheduling.tell_owners()

    assert [message.to for message in caught] == [[publisher.email]]


def test_the_guides_owner_is_told_before_all_who_may_publish(db, caught):
    leaver, owner = a_user("leaver", superuser=False), a_user("owner", superuser=False)
    a_user("publisher")
    leaver.is_active = False
    leaver.save()
    a_failed_step(by=leaver)
    Guide.objects.update(owner=owner)

    scheduling.tell_owners()

    assert [message.to for message in caught] == [[owner.email]]


def test_a_title_cannot_write_headers(db, staff, caught):
    guide = a_failed_step(by=staff)
    Guide.objects.filter(pk=guide.pk).update(title="Backs\r\nBcc: everybody@example.org")

    scheduling.tell_owners()

    [message] = caught
    assert message.subject == "Not published: Backs Bcc: everybody@example.org"
    assert message.recipients() == [staff.email]


def test_publishing_or_scheduling_anew_settles_a_failure(staff_client, staff, clinic):
    guide = a_failed_step(by=staff)
    guide.sections.update(body="<p>Words.</p>")

    guide.publish(by=staff)

    assert ScheduledStep.objects.get().state == State.SEEN_TO
    assertNotContains(staff_client.get(change(guide)), "It was not published")


# The page -------------------------------------------------------------------------------------------------------------


def test_an_editor_schedules_sees_it_and_cancels(staff_client, staff, clinic):
    guide = a_guide("Backs")
    at = timezone.now().replace(second=0, microsecond=0) + timedelta(days=3)

    page = staff_client.post(page_of(guide, "schedule"), form_for(at, note="After the meeting"), follow=True)

    step = ScheduledStep.objects.get()
    assert (step.at, step.by, step.what) == (at, staff, What.PUBLISH)
    assertContains(page, "what you change later does not go along")
    assertContains(staff_client.get(change(guide)), "To be published on")
    assertContains(staff_client.get(change(guide)), "It goes live as it is saved now.")
    assertContains(staff_client.get(LIST), 'class="step-waiting">Publish ')
    assert "After the meeting" in guide.history.first().note

    staff_client.post(change(guide), post_of(guide, title="Knees"))
    assertContains(staff_client.get(change(guide)), "The draft was changed since then.")

    page = staff_client.post(page_of(guide, "schedule"), {"cancel": "publish"}, follow=True)
    assertContains(page, "It is off the schedule.")
    step.refresh_from_db()
    assert step.state == State.CANCELLED
    assertNotContains(staff_client.get(change(guide)), "To be published on")
    page = staff_client.post(page_of(guide, "schedule"), {"cancel": "publish"}, follow=True)
    assertContains(page, "There was nothing left to cancel")


def test_what_is_in_the_way_is_said_when_it_is_scheduled(staff_client, clinic):
    guide = a_guide(sections=[{"heading": "Hollow"}])

    assertContains(staff_client.get(page_of(guide, "schedule")), "As it is saved now it would not be published")
    page = staff_client.post(page_of(guide, "schedule"), form_for(timezone.now() + TOMORROW), follow=True)

    assertContains(page, "As it stands it would not be published: “Hollow” is empty")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"day": "2020-01-01"}, "That day has passed."),
        ({"day": "9999-12-31"}, "That is more than two years away."),
        ({"day": "0001-01-01"}, "That day has passed."),
        ({"day": "yesterday"}, "Enter a valid date."),
        ({"day": ""}, "This field is required."),
        ({"hour": "25:00"}, "Enter a valid time."),
        ({"hour": ""}, "This field is required."),
        ({"hour": "\x00"}, "Enter a valid time."),
        ({"what": "delete"}, "Select a valid choice."),
        ({"note": "x" * 151}, "at most 150 characters"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(staff_client, clinic, facts, says):
    guide = a_guide()

    page = staff_client.post(page_of(guide, "schedule"), form_for(timezone.now() + TOMORROW, **facts))

    assertContains(page, says, status_code=422)
    assertContains(page, "Nothing was scheduled.", status_code=422)
    assert not ScheduledStep.objects.exists()


def test_a_time_that_has_passed_today_is_refused(db):
    with pytest.raises(ValidationError, match="has passed"):
        a_guide().schedule(What.PUBLISH, at=timezone.now() - timedelta(minutes=1), by=None)
    with pytest.raises(ValidationError, match="has passed"):
        scheduling.moment(timezone.localdate(), time(0, 0))


def change_of_clocks(forward):
    """The next day on which the clinic's clocks go forward, or back."""
    zone, day = ZoneInfo("America/New_York"), timezone.localdate() + TOMORROW
    while True:
        start, end = (datetime.combine(day + timedelta(days=n), time(), zone).utcoffset() for n in (0, 1))
        if (end > start) if forward else (end < start):
            return day
        day += TOMORROW


def test_a_time_that_the_clocks_skip_or_show_twice_is_refused(staff_client, clinic):
    spring, autumn = change_of_clocks(forward=True), change_of_clocks(forward=False)
    guide = a_guide()
    facts = {"what": "publish", "note": ""}

    page = staff_client.post(page_of(guide, "schedule"), {**facts, "day": spring.isoformat(), "hour": "02:30"})
    assertContains(page, "this time is skipped", status_code=422)
    page = staff_client.post(page_of(guide, "schedule"), {**facts, "day": autumn.isoformat(), "hour": "01:30"})
    assertContains(page, "this time comes twice", status_code=422)

    before, after = scheduling.moment(spring, time(1, 59)), scheduling.moment(spring, time(3, 0))
    assert after.timestamp() - before.timestamp() == 60
    before, after = scheduling.moment(autumn, time(0, 59)), scheduling.moment(autumn, time(2, 0))
    assert after.timestamp() - before.timestamp() == 2 * 3600 + 60


def test_who_may_not_publish_may_not_schedule(client, clinic):
    guide = a_guide()
    editor = a_user(superuser=False)
    permissions = editor.user_permissions.model.objects.filter(content_type__app_label="education")
    editor.user_permissions.set(permissions.exclude(codename="publish_guide"))
    client.force_login(editor)

    assert client.get(page_of(guide, "schedule")).status_code == 403
    assert client.post(page_of(guide, "schedule"), form_for(timezone.now() + TOMORROW)).status_code == 403
    assertNotContains(client.get(change(guide)), "Schedule…")
    assert not ScheduledStep.objects.exists()


# The worker -----------------------------------------------------------------------------------------------------------

rounds = []


def broken_round():
    rounds.append("broken")
    raise ValueError("broken on purpose")


def whole_round():
    rounds.append("whole")


def test_a_round_that_breaks_keeps_nobody_else_from_theirs(settings, caplog):
    rounds.clear()
    settings.WORKER_ROUNDS = [f"{__name__}.broken_round", f"{__name__}.whole_round"]
    worker = Worker(stop=None)

    worker.go_rounds()
    worker.go_rounds()  # the next one is due in some seconds

    assert rounds == ["broken", "whole"]
    assert "broken on purpose" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_the_worker_publishes_on_time_and_writes_to_the_owner(clinic, tmp_path):
    owner = a_user("owner")
    ready, hollow = a_guide("Ready"), a_guide("Hollow", sections=[{"heading": "Hollow"}])
    due(ready, by=owner)
    due(hollow, by=owner)

    with MailServer().running() as server, a_worker(server, tmp_path=tmp_path):
        until(lambda: Guide.objects.published().exists())
        until(lambda: server.accepted)
        until(lambda: not ScheduledStep.objects.filter(mail_at__isnull=False).exists())

    assert [guide.title for guide in Guide.objects.published()] == ["Ready"]
    [(receiver, content)] = server.accepted
    assert receiver == owner.email
    assert message_from_bytes(content, policy=modern)["Subject"] == "Not published: Hollow"
