"""The guide's form in the admin, by the requests a browser sends."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from education.models import Guide, Section
from tests.factories import a_guide, a_picture, a_published_guide, a_topic, a_user

from .posts import guide_post, saved, topic_post

ADD = reverse("admin:education_guide_add")
LIST = reverse("admin:education_guide_changelist")


def change(guide):
    return reverse("admin:education_guide_change", args=[guide.pk])


def page_of(guide, name, *args):
    return reverse(f"admin:education_guide_{name}", args=[guide.pk, *args])


def post_of(guide, **facts):
    """The form of a saved guide, as it would be posted unchanged, with `facts` in place of what they name."""
    sections = facts.pop("sections", None) or saved(guide)
    initial = sum("id" in section for section in sections)
    version = Guide.objects.values_list("edit_version", flat=True).get(pk=guide.pk)
    own = {"title": guide.title, "topic": guide.topic_id, "summary": guide.summary, "based_on": version}
    own["slug"] = guide.slug
    return guide_post(sections=sections, initial=(initial, 0), **{**own, **facts})


@pytest.fixture
def editor_client(db, client):
    """Someone who may edit everything about guides, and not publish."""
    editor = a_user(superuser=False)
    editor.user_permissions.set(
        Permission.objects.filter(content_type__app_label="education").exclude(codename="publish_guide")
    )
    client.force_login(editor)
    return client


def test_from_a_first_word_to_a_published_guide(staff_client, clinic):
    # A guide is written, and its last section has no text yet.
    sections = [{"heading": "What it is", "body": "<p>Plain.</p>"}, {"heading": "How it feels"}]
    response = staff_client.post(
        ADD,
        guide_post(
            title="Swallow test",
            slug="swallow-test",
            topic=a_topic().pk,
            sections=sections,
            sources=[{"organization": "WHO", "title": "On swallowing", "url": "example.org/swallow"}],
            _publish="Publish",
        ),
        follow=True,
    )
    guide = Guide.objects.get()
    assertRedirects(response, change(guide))
    assertContains(response, "Saved, but not published")
    assertContains(response, "“How it feels” is empty. Write its text or remove it.")
    assertContains(response, '<a href="#id_sections-1-body">Go there')
    assert not guide.is_live
    assert guide.sources.get().url == "https://example.org/swallow"
    assert list(guide.sections.values_list("heading", "position")) == [("What it is", 10), ("How it feels", 20)]

    # The second section moves up and gets its text; then the guide is published.
    first, second = saved(guide)
    moved = [{**first, "position": 20}, {**second, "position": 10, "body": "<p>Not much.</p>"}]
    post = post_of(guide, sections=moved, _publish="Publish")
    response = staff_client.post(change(guide), post | source_as_saved(guide), follow=True)

    assertContains(response, "Patients now read revision 1")
    assertNotContains(response, "To mend before")
    page = staff_client.get("/guides/swallow-test/").text
    assert page.index("How it feels") < page.index("What it is")
    assert LogEntry.objects.filter(change_message="Published revision 1.").exists()


def source_as_saved(guide):
    source = guide.sources.get()
    facts = {"id": source.pk, "guide": guide.pk, "position": source.position, "organization": source.organization}
    facts |= {"title": source.title, "year": source.year, "url": source.url}
    numbers = {"sources-TOTAL_FORMS": 1, "sources-INITIAL_FORMS": 1}
    return numbers | {f"sources-0-{name}": value for name, value in facts.items()}


def test_new_sections_go_last_and_blank_ones_are_left_out(staff_client):
    guide = a_guide(sections=[{"heading": "One", "body": "<p>a</p>"}, {"heading": "Two", "body": "<p>b</p>"}])
    new = [{"heading": "Three"}, {"heading": "", "position": "50"}, {"heading": "Between", "position": "5"}]

    staff_client.post(change(guide), post_of(guide, sections=saved(guide) + new))

    assert [section.heading for section in guide.sections.all()] == ["One", "Between", "Two", "Three"]
    assert guide.sections.last().position == 20


def test_a_removed_section_is_gone(staff_client):
    guide = a_guide(sections=[{"heading": "One"}, {"heading": "Two"}])
    one, two = saved(guide)

    staff_client.post(change(guide), post_of(guide, sections=[{**one, "DELETE": "on"}, two]))

    assert [section.heading for section in guide.sections.all()] == ["Two"]


def test_what_was_typed_is_kept_when_the_form_has_an_error(staff_client):
    guide = a_guide()
    section = {**saved(guide)[0], "heading": "", "body": "<p>Long work.</p>"}

    response = staff_client.post(
        change(guide), post_of(guide, sections=[section], summary="New summary.", _publish="1")
    )

    assertContains(response, "Long work.")
    assertContains(response, "New summary.")
    assertContains(response, "This field is required.")
    assert guide.sections.get().body == "<p>Plain words.</p>"
    assert not Guide.objects.get().is_live


def test_save_and_preview_shows_the_draft_as_patients_would_see_it(staff_client, client, clinic):
    guide = a_published_guide("Back pain")

    response = staff_client.post(change(guide), post_of(guide, title="Back pain, new", _preview="1"), follow=True)

    assertRedirects(response, page_of(guide, "preview"))
    assertContains(response, "<h1>Back pain, new</h1>", html=True)
    assertContains(response, "This is the draft.")
    assertContains(response, f'<a href="{change(guide)}">Back to editing</a>', html=True)
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Robots-Tag"] == "noindex"
    assertContains(client.get(guide.get_absolute_url()), "<h1>Back pain</h1>", html=True)


def test_an_old_revision_can_be_looked_at_and_restored(staff_client, clinic):
    guide = a_published_guide("First title")
    guide.title = "Second title"
    guide.save()
    guide.publish(by=None)

    old = staff_client.get(page_of(guide, "preview_revision", 1))
    assertContains(old, "<h1>First title</h1>", html=True)
    assertContains(old, "This is revision 1, as it was published.")
    assert staff_client.get(page_of(guide, "preview_revision", 9)).status_code == 404
    assertContains(staff_client.get(page_of(guide, "restore", 1)), "It takes the place of the draft")
    assert Guide.objects.get().title == "Second title"  # asking changes nothing

    staff_client.post(page_of(guide, "restore", 1))

    guide = Guide.objects.get()
    assert guide.title == "First title"
    assert guide.live_revision.title == "Second title"
    assertContains(staff_client.get(change(guide)), "Live, with unpublished changes")


def test_withdrawing_asks_first_and_works_while_the_draft_is_half_finished(staff_client, clinic):
    guide = a_published_guide()
    guide.sections.update(body="")
    assertContains(staff_client.get(change(guide)), page_of(guide, "withdraw"))

    assertContains(staff_client.get(page_of(guide, "withdraw")), "Patients can no longer read it")
    assert Guide.objects.get().is_live

    response = staff_client.post(page_of(guide, "withdraw"), follow=True)

    assertContains(response, "Patients cannot read it.")
    assertNotContains(response, page_of(guide, "withdraw"))
    assert staff_client.get(guide.get_absolute_url()).status_code == 404


def test_the_form_says_what_patients_read(staff_client, clinic):
    guide = a_guide()
    assertContains(staff_client.get(change(guide)), "Patients cannot read it.")

    guide.publish(by=None)
    assertContains(staff_client.get(change(guide)), "revision 1</a>, published on")
    assertNotContains(staff_client.get(change(guide)), "differs from it")

    guide.sections.update(heading="Other")
    assertContains(staff_client.get(change(guide)), "What you see here differs from it")


def test_the_address_stays_once_published(staff_client, clinic):
    guide = a_guide("Back pain")
    staff_client.post(change(guide), post_of(guide, slug="backs"))
    guide.refresh_from_db()
    assert guide.slug == "backs"

    guide.publish(by=None)
    guide.withdraw(by=None)
    refused = staff_client.post(change(guide), post_of(guide, slug="elsewhere", title="Back pain 2"))
    assertContains(refused, "Patients know this page as /guides/backs/.")
    staff_client.post(change(guide), post_of(guide, slug="backs", title="Back pain 2"))

    guide.refresh_from_db()
    assert (guide.slug, guide.title) == ("backs", "Back pain 2")


def test_what_was_published_is_withdrawn_and_not_deleted(staff_client, clinic):
    guide = a_published_guide()
    delete = reverse("admin:education_guide_delete", args=[guide.pk])

    assert staff_client.post(delete, {"post": "yes"}).status_code == 403
    staff_client.post(LIST, {"action": "delete_selected", "post": "yes", "_selected_action": [guide.pk]})
    assert Guide.objects.get().is_live

    guide.withdraw(by=None)
    assert staff_client.post(delete, {"post": "yes"}).status_code == 403
    staff_client.post(LIST, {"action": "delete_selected", "post": "yes", "_selected_action": [guide.pk]})
    assert Guide.objects.get().revisions.exists()


def test_a_draft_that_was_never_published_can_be_deleted(staff_client, clinic):
    guide = a_guide()

    staff_client.post(reverse("admin:education_guide_delete", args=[guide.pk]), {"post": "yes"})

    assert not Guide.objects.exists()


def test_who_may_not_publish_can_edit_and_neither_publish_nor_withdraw(editor_client, clinic):
    live, draft = a_published_guide("Live guide"), a_guide("Draft guide")

    page = editor_client.get(change(draft))
    assertContains(page, "Save and preview")
    assertNotContains(page, 'name="_publish"')
    assertNotContains(editor_client.get(change(live)), page_of(live, "withdraw"))

    response = editor_client.post(change(draft), post_of(draft, title="Forged", _publish="1"))
    assert response.status_code == 403
    assert Guide.objects.get(pk=draft.pk).title == "Draft guide"
    assert not draft.revisions.exists()

    assert editor_client.get(page_of(live, "withdraw")).status_code == 403
    assert editor_client.post(page_of(live, "withdraw")).status_code == 403
    assert Guide.objects.get(pk=live.pk).is_live

    editor_client.post(change(draft), post_of(draft, title="Better title"))
    assert Guide.objects.get(pk=draft.pk).title == "Better title"


def test_the_desk_is_closed_to_staff_without_permissions_and_to_everyone_else(client, clinic):
    guide = a_published_guide()
    pages = [page_of(guide, "preview"), page_of(guide, "withdraw"), page_of(guide, "restore", 1), change(guide)]

    for page in pages:
        assert client.post(page).status_code == 302
        assert "/login/" in client.get(page).headers["Location"]

    client.force_login(a_user(superuser=False))
    for page in pages:
        assert client.get(page).status_code == client.post(page).status_code == 403
    assert Guide.objects.get().is_live


def test_who_may_only_look_sees_the_form_and_the_preview(client, clinic):
    guide = a_published_guide()
    viewer = a_user(superuser=False)
    viewer.user_permissions.set(
        Permission.objects.filter(content_type__app_label="education", codename__startswith="view_")
    )
    client.force_login(viewer)

    page = client.get(change(guide))

    assertContains(page, "What was published")
    assertNotContains(page, "Save")
    assertNotContains(page, "Restore as draft")
    assert client.get(page_of(guide, "preview")).status_code == 200
    assert client.post(page_of(guide, "restore", 1)).status_code == 403


def test_a_forged_page_from_elsewhere_changes_nothing(staff, clinic, client):
    guide = a_published_guide()
    strict = client.__class__(enforce_csrf_checks=True)
    strict.force_login(staff)

    for page in (page_of(guide, "withdraw"), page_of(guide, "restore", 1), change(guide)):
        assert strict.post(page, {"_publish": "1"}).status_code == 403
    assert Guide.objects.get().is_live


def test_the_list_shows_states_and_takes_the_same_queries_for_many(staff_client, clinic, django_assert_num_queries):
    a_guide("A draft")
    a_published_guide("A live one")
    a_published_guide("A changed one").sections.update(heading="New")
    staff_client.get(LIST)  # warm content types
    with CountQueries() as few:
        page = staff_client.get(LIST)
    assert re.findall(r'class="state state-(\w+)"', page.text) == ["changed", "draft", "live"]

    for number in range(8):
        parts = [{"heading": f"{part}", "body": "<p>a</p>", "picture": a_picture()} for part in range(3)]
        a_published_guide(f"Guide {number}", sections=parts, topic=a_topic(f"Topic {number}"))
    staff_client.get(LIST)  # a session that is not quite new is written again

    with django_assert_num_queries(few.count):
        staff_client.get(LIST)


def test_the_form_takes_the_same_queries_for_few_sections_and_for_many(staff_client, clinic, django_assert_num_queries):
    guide = a_guide(sections=[{"heading": "One", "body": "<p>a</p>", "picture": a_picture()}])
    staff_client.get(change(guide))
    with CountQueries() as few:
        staff_client.get(change(guide))

    for number in range(12):
        Section.objects.create(guide=guide, heading=f"{number}", body="<p>a</p>", picture=a_picture())
    staff_client.get(change(guide))  # a session that is not quite new is written again

    with django_assert_num_queries(few.count):
        staff_client.get(change(guide))


class CountQueries:
    def __enter__(self):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self.captured = CaptureQueriesContext(connection)
        self.captured.__enter__()
        return self

    def __exit__(self, *args):
        self.captured.__exit__(*args)
        self.count = len(self.captured)


@pytest.mark.parametrize(
    ("state", "title"), [("draft", "A draft"), ("live", "A live one"), ("changed", "A changed one")]
)
def test_the_list_can_be_narrowed_to_a_state(staff_client, clinic, state, title):
    a_guide("A draft")
    a_published_guide("A live one")
    a_published_guide("A changed one").sections.update(heading="New")

    changelist = staff_client.get(LIST, {"state": state}).context["cl"]

    assert [guide.title for guide in changelist.result_list] == [title]


@pytest.mark.parametrize(("review", "title"), [("overdue", "Late"), ("soon", "Soon"), ("none", "Never")])
def test_the_list_finds_what_is_due_for_review(staff_client, clinic, review, title):
    today = timezone.localdate()
    a_published_guide("Late", next_review=today - timedelta(days=1))
    a_guide("Soon", next_review=today + timedelta(days=59))
    a_guide("Later", next_review=today + timedelta(days=61))
    a_guide("Never")

    changelist = staff_client.get(LIST, {"review": review}).context["cl"]

    assert [guide.title for guide in changelist.result_list] == [title]


def test_the_list_can_be_searched_by_title(staff_client, clinic):
    a_guide("Back pain")
    a_guide("Swallow test")

    assertNotContains(staff_client.get(LIST, {"q": "swallow"}), "Back pain")


@pytest.mark.parametrize(
    "query",
    [
        {"q": "pain " * 3000},
        {"q": "\x00"},
        {"state": "\x00"},
        {"review": "nonsense"},
        {"topic__id__exact": "9" * 40},
        {"topic__id__exact": "\x00"},
        {"title__exact": "\x00"},
        {"is_sample__exact": "\x00"},
        {"changed_at__year": "9" * 11},
        {"live_revision__data__x": "1"},
        {"o": "99.-99.x", "p": "-7", "_facets": "True"},
    ],
)
@pytest.mark.parametrize("model", ["guide", "picture", "topic"])
def test_no_query_string_breaks_a_list(staff_client, clinic, model, query):
    a_published_guide(picture=a_picture())

    assert staff_client.get(reverse(f"admin:education_{model}_changelist"), query).status_code < 500


def test_the_list_can_be_narrowed_to_a_topic_and_to_samples(staff_client, clinic):
    a_guide("Backs", topic=a_topic("Backs"), is_sample=False)
    a_guide("Knees", topic=a_topic("Knees"), is_sample=True)

    topic = staff_client.get(LIST, {"topic__id__exact": a_topic("Backs").pk}).context["cl"]
    sample = staff_client.get(LIST, {"is_sample__exact": "1"}).context["cl"]

    assert [guide.title for guide in topic.result_list] == ["Backs"]
    assert [guide.title for guide in sample.result_list] == ["Knees"]


@pytest.mark.parametrize("tail", ["preview/", "withdraw/", "restore/1/", "preview/1/"])
def test_numbers_that_name_nothing_are_not_found(staff_client, clinic, tail):
    guide = a_published_guide()

    assert staff_client.get(f"/admin/education/guide/{'9' * 40}/{tail}").status_code == 404
    if tail.count("/") == 2:
        huge = tail.replace("1", "9" * 40)
        assert staff_client.get(f"/admin/education/guide/{guide.pk}/{huge}").status_code == 404


def test_no_page_of_the_desk_has_inline_script_or_style(staff_client, clinic):
    guide = a_published_guide(picture=a_picture())
    pages = [LIST, ADD, change(guide), page_of(guide, "preview"), page_of(guide, "withdraw")]
    pages += [page_of(guide, "restore", 1), reverse("admin:education_picture_add")]

    for address in pages:
        response = staff_client.get(address)
        assert response.status_code == 200
        text, policy = response.text, response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert not re.search(r"<style|\sstyle=|\son\w+=", text), address
        for tag in re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text):
            nonce = re.search(r'nonce="([^"]+)"', tag)
            assert "application/json" in tag or f"'nonce-{nonce[1]}'" in policy, address


def test_blank_sections_can_be_had_without_javascript(staff_client, clinic):
    guide = a_guide()

    assertContains(staff_client.get(change(guide)), 'name="sections-TOTAL_FORMS" value="1"')
    assertContains(staff_client.get(change(guide), {"blank": "3"}), 'name="sections-TOTAL_FORMS" value="4"')
    assertContains(staff_client.get(change(guide), {"blank": "9999"}), 'name="sections-TOTAL_FORMS" value="1"')


@pytest.mark.parametrize("field", ["last_reviewed", "next_review"])
def test_a_date_can_be_read_back_by_the_field_that_shows_it(staff_client, clinic, field):
    guide = a_guide(**{field: timezone.localdate()})

    assertContains(staff_client.get(change(guide)), f'value="{timezone.localdate().isoformat()}"')
    staff_client.post(change(guide), post_of(guide, **{field: timezone.localdate().isoformat()}))

    guide.refresh_from_db()
    assert getattr(guide, field) == timezone.localdate()


def test_the_next_review_is_later_than_the_last(staff_client):
    guide = a_guide()

    response = staff_client.post(change(guide), post_of(guide, last_reviewed="2026-05-02", next_review="2026-05-01"))

    assertContains(response, "The next review must be later than the last.")


def test_topics_are_kept_in_order(staff_client, client, clinic):
    staff_client.post(reverse("admin:education_topic_add"), topic_post(name="Backs", slug="backs", position="5"))

    assertContains(staff_client.get(reverse("admin:education_topic_changelist")), "Backs")
