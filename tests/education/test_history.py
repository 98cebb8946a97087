"""What became of a guide: each saved draft and each publishing, who, when and why; and any of them back again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from education.models import Guide, HistoryEntry, Picture, Section, Snapshot, Source, Topic
from education.scheduling import Round
from tests.factories import a_guide, a_picture, a_published_guide, a_service, a_topic, a_user

from .test_editor_desk import ADD, LIST, change, page_of, post_of
from .test_two_editors import typed_again

What = HistoryEntry.What


def kept(guide):
    """Oldest first."""
    return list(guide.history.order_by("pk").values_list("what", "note"))


def history_of(guide):
    return reverse("admin:education_guide_history", args=[guide.pk])


# Keeping --------------------------------------------------------------------------------------------------------------


def test_each_save_is_kept_with_who_when_and_the_note(staff_client, staff, clinic):
    guide = a_guide("Backs", topic=a_topic())
    staff_client.post(change(guide), post_of(guide, title="Back pain", note="A plainer title"))
    staff_client.post(change(guide), post_of(Guide.objects.get(), summary="Shorter."))

    last, first, found = guide.history.all()

    assert (first.what, first.by, first.note) == (What.SAVED, staff, "A plainer title")
    assert timezone.now() - first.at < timedelta(minutes=1)
    assert (last.what, last.note) == (What.SAVED, "")
    assert [entry.data["title"] for entry in (last, first)] == ["Back pain", "Back pain"]
    assert (last.data["summary"], first.data["summary"]) == ("Shorter.", "In short.")
    assert (found.what, found.by, found.data["title"]) == (What.FOUND, None, "Backs")  # no form had made it


def test_a_new_guide_begins_its_history(staff_client, staff, clinic):
    draft = post_of(a_guide("A pattern", topic=a_topic()), title="New", slug="new", note="From the leaflet")
    for name in ("sections-0-id", "sections-0-guide", "based_on"):
        del draft[name]

    staff_client.post(ADD, {**draft, "sections-INITIAL_FORMS": "0"})

    entry = Guide.objects.get(title="New").history.get()
    assert (entry.what, entry.by, entry.note) == (What.SAVED, staff, "From the leaflet")
    assert [section["heading"] for section in entry.data["sections"]] == ["What it is"]


def test_a_save_that_changes_nothing_makes_no_row(staff_client, clinic):
    guide = a_guide()
    guide.keep(by=None)

    staff_client.post(change(guide), post_of(guide))
    page = staff_client.post(change(guide), post_of(guide, note="Nothing, really"), follow=True)

    assert kept(guide) == [(What.SAVED, "")]
    assertContains(page, "You changed nothing, so your note was not kept.")
    assert Guide.objects.get().edit_version == 1


def test_a_note_alone_disturbs_no_other_editor(staff_client, clinic):
    guide = a_guide()
    mine = post_of(guide, title="Mine")

    staff_client.post(change(guide), post_of(guide, note="Nothing"))

    assert staff_client.post(change(guide), mine).status_code == 302


def test_the_note_stays_typed_on_an_error_and_on_a_conflict(staff_client, clinic):
    guide = a_guide()
    mine = post_of(guide, title="", note="A longer title")
    assertContains(staff_client.post(change(guide), mine), 'value="A longer title"')

    mine = post_of(guide, title="Mine", note="A longer title")
    staff_client.post(change(guide), post_of(guide, title="Theirs"))
    response = staff_client.post(change(guide), mine)
    assertContains(response, 'value="A longer title"', status_code=409)
    staff_client.post(change(guide), typed_again(response))
    assert guide.history.first().note == "A longer title"


def test_a_note_that_is_too_long_is_refused_beside_its_field(staff_client, clinic):
    guide = a_guide("Backs")

    page = staff_client.post(change(guide), post_of(guide, title="Knees", note="x" * 201))

    assertContains(page, "Ensure this value has at most 200 characters")
    assert Guide.objects.get().title == "Backs"


def test_publishing_and_withdrawing_stand_in_the_same_list(staff_client, staff, clinic):
    guide = a_guide("Backs")
    staff_client.post(change(guide), post_of(guide, note="Ready", _publish="1"))
    staff_client.post(page_of(guide, "withdraw"))

    assert [(what, note) for what, note in kept(guide)] == [
        (What.FOUND, ""),
        (What.PUBLISHED, "Ready"),
        (What.WITHDRAWN, ""),
    ]
    assert guide.history.first().revision == guide.revisions.get()
    page = staff_client.get(history_of(guide))
    assertContains(page, "Published revision 1")
    assertContains(page, "Withdrawn revision 1")


def test_what_is_stored_once_is_not_stored_again(db):
    guide = a_guide("One")
    for title in ("One", "Two", "One", "Two", "One"):
        Guide.objects.filter(pk=guide.pk).update(title=title)
        Guide.objects.get().keep(by=None)
    Guide.objects.get().publish(by=None)

    assert guide.history.count() == 6
    assert guide.snapshots.count() == 2


def test_what_a_program_or_a_picture_did_to_the_draft_is_found_before_it_is_overwritten(staff_client, clinic):
    picture = a_picture(alt="Old words")
    guide = a_guide("Backs", picture=picture)
    guide.keep(by=None)
    Section.objects.update(body="<p>By a program.</p>")
    Picture.objects.update(alt="New words")

    staff_client.post(change(guide), post_of(guide, title="Knees", picture=picture.pk))

    saved, found = guide.history.all()[:2]
    assert (found.what, found.by) == (What.FOUND, None)
    assert found.data["sections"][0]["body"] == "<p>By a program.</p>"
    assert found.data["picture"]["alt"] == "New words"
    assert saved.data["title"] == "Knees"


def test_a_save_that_is_refused_is_not_kept(staff_client, clinic, client):
    guide = a_guide("Backs")
    guide.keep(by=None)

    staff_client.post(change(guide), post_of(guide, title=""))

    assert kept(guide) == [(What.SAVED, "")]


def test_of_many_who_keep_the_same_draft_at_once_each_finds_one_snapshot(transactional_db):
    guide = a_guide()
    everyone = threading.Barrier(5)

    def keep(_):
        try:
            mine = Guide.objects.get(pk=guide.pk)
            everyone.wait(10)
            mine.publish(by=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(keep, range(5)))

    assert Snapshot.objects.count() == 1
    assert guide.history.count() == 5


# The page -------------------------------------------------------------------------------------------------------------


def test_the_history_is_paged_newest_first_at_a_steady_price(staff_client, clinic, django_assert_max_num_queries):
    guide = a_guide(topic=a_topic())
    for number in range(60):
        Guide.objects.filter(pk=guide.pk).update(summary=f"Words {number}.")
        Guide.objects.get().keep(by=None, note=f"Note {number}.")

    with django_assert_max_num_queries(14):
        first = staff_client.get(history_of(guide))
    assertContains(first, "Note 59.")
    assertNotContains(first, "Note 34.")
    second = staff_client.get(history_of(guide), {"before": first.context["older"]})
    assertContains(second, "Note 34.")
    assertNotContains(second, "Note 35.")
    third = staff_client.get(history_of(guide), {"before": second.context["older"]})
    assertContains(third, "Note 0.")
    assert third.context["older"] is None


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "\x00", "²", "٣"])
def test_a_page_that_is_made_up_is_refused(staff_client, clinic, before):
    history = history_of(a_published_guide())
    assert staff_client.get(history, {"before": before}).status_code == 400
    assert staff_client.get(history, {"before": ""}).status_code == 200
    assert staff_client.get(history, {"before": "0"}).status_code == 200
    assert staff_client.get("/admin/education/guide/999999/history/").status_code == 404
    assert staff_client.get(f"/admin/education/guide/{'9' * 40}/history/").status_code == 404


def test_an_old_draft_can_be_looked_at(staff_client, clinic):
    guide = a_guide("Backs")
    entry = guide.keep(by=None)
    guide.title = "Knees"
    guide.save()

    page = staff_client.get(page_of(guide, "entry", entry.pk))

    assertContains(page, "Backs")
    assertNotContains(page, "Knees")


def test_who_may_only_look_sees_the_history_and_restores_nothing(client, clinic):
    guide = a_published_guide("Backs")
    viewer = a_user(superuser=False)
    viewer.user_permissions.set(viewer.user_permissions.model.objects.filter(codename="view_guide"))
    client.force_login(viewer)
    entry = guide.history.first()

    page = client.get(history_of(guide))
    assertContains(page, "Published revision 1")
    assertNotContains(page, "Restore")
    assert client.get(page_of(guide, "restore_entry", entry.pk)).status_code == 403
    assert client.post(page_of(guide, "restore_entry", entry.pk)).status_code == 403


def test_a_name_or_a_note_cannot_run(staff_client, clinic):
    guide = a_guide("<script>alert(1)</script>", slug="x")
    entry = guide.keep(by=None, note="<img src=x onerror=alert(1)>")
    guide.title = "Other"
    guide.save()

    for page in (history_of(guide), page_of(guide, "compare") + f"?old={entry.pk}", page_of(guide, "schedule")):
        text = staff_client.get(page).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


# Restoring ------------------------------------------------------------------------------------------------------------


def test_restoring_asks_first_keeps_the_draft_and_is_undone_by_one_click(staff_client, staff, clinic):
    guide = a_guide("First words")
    old = guide.keep(by=None)
    Guide.objects.update(title="Second words")

    page = staff_client.get(page_of(guide, "restore_entry", old.pk))
    assertContains(page, "is kept in the history first")
    assert Guide.objects.get().title == "Second words"

    page = staff_client.post(page_of(guide, "restore_entry", old.pk), follow=True)
    assert Guide.objects.get().title == "First words"
    assert [what for what, _ in kept(guide)] == [What.SAVED, What.FOUND, What.RESTORED]
    assert guide.history.first().by == staff
    undo = page.context["undo"]
    assert undo.data["title"] == "Second words"
    assertContains(page, f'action="{page_of(guide, "restore_entry", undo.pk)}"')

    response = staff_client.post(page_of(guide, "restore_entry", undo.pk))
    assertRedirects(response, change(guide))
    assert Guide.objects.get().title == "Second words"


def test_undo_is_gone_once_something_was_done_since(staff_client, clinic):
    guide = a_guide("First words")
    old = guide.keep(by=None)
    staff_client.post(page_of(guide, "restore_entry", old.pk))
    staff_client.post(change(guide), post_of(Guide.objects.get(), title="Third words"))

    assertNotContains(staff_client.get(change(guide)), 'class="undo"')


def test_restoring_leaves_what_patients_read_and_what_others_did_meanwhile(db):
    guide = a_guide("First")
    old = guide.keep(by=None)
    stale = Guide.objects.get()
    guide.title = "Second"
    guide.save()
    guide.publish(by=None)

    stale.restore(old)

    guide = Guide.objects.get()
    assert guide.live_revision.title == "Second"
    assert guide.title == "First"
    assert guide.known_state == guide.state == Guide.State.CHANGED


def test_what_is_gone_since_is_said(staff_client, clinic):
    picture = a_picture()
    guide = a_guide(
        "Backs",
        topic=a_topic("Old topic"),
        service=a_service("Imaging"),
        picture=picture,
        sections=[{"heading": "How it looks", "body": "<p>a</p>", "picture": picture}],
    )
    old = guide.keep(by=None)
    guide.topic, guide.service, guide.picture = a_topic("New topic"), None, None
    guide.save()
    guide.sections.update(picture=None)
    Topic.objects.get(name="Old topic").delete()
    a_service("Imaging").delete()
    Picture.objects.filter(pk=picture.pk).delete()  # past the model: its own delete() refuses

    page = staff_client.post(page_of(guide, "restore_entry", old.pk), follow=True)

    assertContains(page, "The topic “old-topic” is gone: the guide is under “New topic”.")
    assertContains(page, "The service “imaging” is gone: none is chosen now.")
    assertContains(page, "The picture of “the top of the page” is gone from the library")
    assertContains(page, "The picture of “How it looks” is gone from the library")
    guide = Guide.objects.get()
    assert (guide.topic.name, guide.service, guide.picture) == ("New topic", None, None)


def test_an_entry_of_another_guide_is_not_restored(staff_client, clinic):
    guide, other = a_guide("One"), a_published_guide("Two")

    assert staff_client.post(page_of(guide, "restore_entry", other.history.first().pk)).status_code == 404
    assert Guide.objects.get(pk=guide.pk).title == "One"


def test_a_guide_that_was_never_published_goes_with_its_history(staff_client, clinic):
    guide = a_guide("Draft")
    guide.keep(by=None)

    staff_client.post(reverse("admin:education_guide_delete", args=[guide.pk]), {"post": "yes"})

    assert not Guide.objects.exists()
    assert not HistoryEntry.objects.exists()


# Unpublished changes in the list --------------------------------------------------------------------------------------


def of(state, client):
    return [guide.title for guide in client.get(LIST, {"state": state}).context["cl"].result_list]


def changes():
    yield "a section's words", lambda guide: Section.objects.filter(guide=guide).update(body="<p>New.</p>")
    yield "a section's own save", lambda guide: guide.sections.get().delete()
    yield "all sections at once", lambda guide: guide.sections.all().delete()
    yield "a new section", lambda guide: guide.sections.create(heading="New", body="<p>a</p>", position=90)
    yield "many at once", lambda guide: Section.objects.bulk_create([Section(guide=guide, heading="New", body="b")])
    yield "a source", lambda guide: Source.objects.create(guide=guide, organization="WHO", title="On it")
    yield "the title", lambda guide: Guide.objects.filter(pk=guide.pk).update(title="New title")
    yield "the picture's words", lambda guide: Picture.objects.update(alt="New words")
    yield "the picture's own save", lambda guide: setattr(guide.picture, "alt", "New") or guide.picture.save()
    yield "the topic's address", lambda guide: setattr(guide.topic, "slug", "new") or guide.topic.save()


@pytest.mark.parametrize(("name", "do"), changes())
def test_whoever_changes_a_draft_the_list_knows(staff_client, clinic, name, do):
    guide = a_published_guide("Backs", picture=a_picture())
    assert of("live", staff_client) == ["Backs"]

    do(Guide.objects.get(pk=guide.pk))

    assert of("live", staff_client) == []
    assert len(of("changed", staff_client)) == 1
    assert Guide.objects.get().known_state == Guide.objects.get().state == "changed"


def test_a_draft_that_is_as_patients_read_it_again_is_live(staff_client, clinic):
    guide = a_published_guide("Backs")
    Guide.objects.update(title="Knees")
    assert of("changed", staff_client) == ["Knees"]

    Guide.objects.update(title="Backs")
    assert of("live", staff_client) == ["Backs"]
    guide.withdraw(by=None)
    assert of("draft", staff_client) == ["Backs"]


def test_the_workers_round_finds_what_no_model_saw(clinic):
    a_published_guide("Backs")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE education_section SET heading = 'By hand'")
    assert Guide.objects.get().known_state == "live"

    Round()()

    assert Guide.objects.get().known_state == "changed"


def test_the_filter_compares_no_guide(staff_client, clinic, django_assert_num_queries, monkeypatch):
    for number in range(5):
        a_published_guide(f"Guide {number}")
    Guide.objects.filter(title="Guide 1").update(summary="Other.")
    of("changed", staff_client)
    monkeypatch.setattr(Guide, "as_data", lambda guide: pytest.fail("a draft was read"))

    assert of("changed", staff_client) == ["Guide 1"]
    assert len(of("live", staff_client)) == 4


def test_a_state_that_is_found_out_while_somebody_saves_is_not_wrong_afterwards(transactional_db):
    """Whoever saves holds the guide: the finder leaves it out, or the saver's word comes last."""
    guide = a_published_guide("Backs")
    Guide.objects.update(known_state="")
    looking, go_on = threading.Event(), threading.Event()

    def find():
        try:
            original = Guide.state_of

            def slow(self, draft):
                looking.set()
                go_on.wait(2)
                return original(self, draft)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Guide, "state_of", slow)
                Guide.objects.settle()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        finding = pool.submit(find)
        looking.wait(5)
        saving = threading.Timer(0.2, go_on.set)
        saving.start()
        section = guide.sections.get()
        section.heading = "New"
        section.save()
        finding.result(10)

    Guide.objects.settle()
    assert Guide.objects.get().known_state == "changed"
