"""Two editors on one guide: nothing is silently overwritten."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from education.admin import GuideAdmin
from education.models import Guide
from tests.factories import a_guide, a_published_guide, a_topic, a_user

from .posts import saved
from .test_editor_desk import change, page_of, post_of

TWO = [{"heading": "One", "body": "<p>first words</p>"}, {"heading": "Two", "body": "<p>second words</p>"}]


def typed_again(response, **more):
    """The form of the answer, posted as it stands."""
    page = response.context
    forms = [page["adminform"].form]
    for inline in page["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    fields = [field for form in forms for field in form]
    post = {
        field.html_name: field.value() for field in fields if field.value() is not None and field.value() is not False
    }
    return post | more


def headings(guide):
    return [(section.heading, section.body) for section in guide.sections.all()]


def test_the_second_save_gets_both_texts_and_changes_nothing(staff_client, clinic):
    guide = a_guide(sections=TWO)
    first, second = saved(guide)
    mine = post_of(guide, summary="My summary.", sections=[first, {**second, "body": "<p>second thoughts of mine</p>"}])
    theirs = post_of(guide, sections=[first, {**second, "body": "<p>second words of theirs</p>"}])
    other = Client()
    other.force_login(a_user("ana"))
    other.post(change(guide), theirs)

    response = staff_client.post(change(guide), {**mine, "_publish": "1"})

    assert response.status_code == 409
    assertContains(response, "ana saved this guide on", status_code=409)
    assertContains(response, "Nothing of yours is saved yet", status_code=409)
    assertContains(response, "second <del>words </del>of <del>theirs</del></td>", status_code=409)
    assertContains(response, "second <ins>thoughts </ins>of <ins>mine</ins></td>", status_code=409)
    assertContains(response, "<del>In short.</del>", status_code=409)
    assertContains(response, "<ins>My summary.</ins>", status_code=409)
    assertNotContains(response, "first words</td>", status_code=409)
    guide = Guide.objects.get()
    assert (guide.summary, guide.is_live) == ("In short.", False)
    assert headings(guide)[1] == ("Two", "<p>second words of theirs</p>")


def test_what_was_typed_is_ready_to_be_saved_on_purpose(staff_client, clinic):
    guide = a_guide(sections=TWO)
    first, second = saved(guide)
    mine = post_of(guide, sections=[{**first, "body": "<p>mine</p>"}, second])
    staff_client.post(change(guide), post_of(guide, sections=[{**first, "body": "<p>theirs</p>"}, second]))
    response = staff_client.post(change(guide), mine)

    assertContains(response, "You saved this guide on", status_code=409)
    assert staff_client.post(change(guide), typed_again(response)).status_code == 302
    assert headings(guide)[0] == ("One", "<p>mine</p>")


def test_sections_that_the_other_added_stay_and_removed_ones_come_back_with_what_was_typed(staff_client, clinic):
    guide = a_guide(sections=TWO)
    first, second = saved(guide)
    new = {"heading": "My own", "body": "<p>new</p>"}
    mine = post_of(guide, sections=[{**first, "body": "<p>mine</p>"}, second, new])
    added = {"heading": "Theirs", "body": "<p>added</p>", "position": "15"}
    staff_client.post(change(guide), post_of(guide, sections=[{**first, "DELETE": "on"}, second, added]))

    response = staff_client.post(change(guide), mine)
    assertContains(response, "<ins>mine</ins>", status_code=409)
    assertNotContains(response, "<del>added</del>", status_code=409)
    assert [heading for heading, _ in headings(guide)] == ["Two", "Theirs"] or headings(guide)[0][0] == "Theirs"

    staff_client.post(change(guide), typed_again(response))
    assert dict(headings(guide)) == {
        "One": "<p>mine</p>",
        "Two": "<p>second words</p>",
        "Theirs": "<p>added</p>",
        "My own": "<p>new</p>",
    }


def test_a_section_that_i_remove_is_shown_with_what_the_other_wrote(staff_client, clinic):
    guide = a_guide(sections=TWO)
    first, second = saved(guide)
    mine = post_of(guide, sections=[first, {**second, "DELETE": "on"}])
    staff_client.post(change(guide), post_of(guide, sections=[first, {**second, "body": "<p>new from theirs</p>"}]))

    response = staff_client.post(change(guide), mine)

    assertContains(response, "new from theirs", status_code=409)
    assert len(headings(guide)) == 2
    staff_client.post(change(guide), typed_again(response))
    assert len(headings(guide)) == 1


def test_sources_and_the_order_count_too(staff_client, clinic):
    guide = a_guide(sections=TWO)
    first, second = saved(guide)
    mine = post_of(guide)
    staff_client.post(change(guide), post_of(guide, sections=[{**first, "position": "30"}, second]))
    guide.sources.create(organization="WHO", title="On swallowing")

    response = staff_client.post(change(guide), mine)

    assertContains(response, "Order of the sections", status_code=409)
    staff_client.post(change(guide), typed_again(response))
    assert [heading for heading, _ in headings(guide)] == ["One", "Two"]
    assert guide.sources.get().title == "On swallowing"


@pytest.mark.parametrize("based_on", ["", "x", "0", "9" * 40, "\x00"])
def test_a_post_that_does_not_say_what_it_saw_overwrites_nothing(staff_client, clinic, based_on):
    guide = a_guide("Backs")

    response = staff_client.post(change(guide), post_of(guide, title="Knees", based_on=based_on))

    assert response.status_code in (200, 409)
    assert Guide.objects.get().title == "Backs"
    post = post_of(guide, title="Knees")
    del post["based_on"]
    assert staff_client.post(change(guide), post).status_code == 409
    assert Guide.objects.get().title == "Backs"


def test_rows_that_were_made_up_break_nothing(staff_client, clinic):
    guide = a_guide("Backs")
    odd = {"sections-99-heading": "x", "sections-7-id": "x", "sections-8-id": "9" * 30, "sections-TOTAL_FORMS": "x"}

    response = staff_client.post(change(guide), {**post_of(guide, based_on="0"), **odd})

    assert response.status_code == 409
    assert guide.sections.count() == 1


def test_saving_what_has_not_changed_disturbs_nobody(staff_client, clinic):
    guide = a_guide()
    before = post_of(guide)

    staff_client.post(change(guide), before)
    staff_client.post(change(guide), {**before, "_publish": "1"})

    assert staff_client.post(change(guide), {**before, "title": "New"}).status_code == 302
    assert Guide.objects.get().title == "New"


def test_one_editor_may_save_again_and_again(staff_client, clinic):
    guide = a_guide()

    for title in ("One", "Two", "Three"):
        assert staff_client.post(change(guide), post_of(guide, title=title)).status_code == 302
        assert Guide.objects.get().title == title


def test_restoring_counts_as_a_save(staff_client, clinic):
    guide = a_published_guide("First")
    open_form = post_of(guide, title="Typed before")
    staff_client.post(page_of(guide, "restore", 1))

    assert staff_client.post(change(guide), open_form).status_code == 409


def test_who_may_not_remove_sections_is_asked_all_the_same(client, clinic):
    editor = a_user(superuser=False)
    editor.user_permissions.set(Permission.objects.filter(codename__in=["change_guide", "view_section", "view_source"]))
    client.force_login(editor)
    guide = a_guide("Backs", sections=TWO)
    mine = post_of(guide, title="Mine")
    guide.sections.filter(heading="One").update(body="<p>theirs</p>")
    guide.count_edit()

    response = client.post(change(guide), mine)

    assertContains(response, "<ins>Mine</ins>", status_code=409)
    assert Guide.objects.get().title == "Backs"
    assert guide.sections.first().body == "<p>theirs</p>"


def test_an_error_is_shown_with_the_conflict(staff_client, clinic):
    guide = a_guide("Backs")
    mine = post_of(guide, title="", summary="Mine.")
    staff_client.post(change(guide), post_of(guide, title="Knees"))

    response = staff_client.post(change(guide), mine)

    assertContains(response, "This field is required.", status_code=409)
    assertContains(response, "Mine.", status_code=409)
    assert Guide.objects.get().title == "Knees"


def save_at_once(guide, posts):
    """Every post from an account of its own, all at one moment; the status of each answer."""
    clients = []
    for _ in posts:
        clients.append(Client())
        clients[-1].force_login(a_user())
    everyone = threading.Barrier(len(posts))

    def save(client, post):
        try:
            everyone.wait(10)
            return client.post(change(guide), post).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(posts)) as pool:
        return sorted(pool.map(save, clients, posts))


def test_of_many_who_save_at_one_moment_one_wins_and_the_others_are_asked(transactional_db):
    guide = a_guide(topic=a_topic())

    answers = save_at_once(guide, [post_of(guide, title=f"Title {number}") for number in range(5)])

    assert answers == [302, 409, 409, 409, 409]
    assert Guide.objects.get().edit_version == 2


def test_without_the_count_the_last_of_them_overwrites_all(transactional_db, monkeypatch):
    guide = a_guide(topic=a_topic())
    monkeypatch.setattr(GuideAdmin, "save_related", super(GuideAdmin, GuideAdmin).save_related)

    answers = save_at_once(guide, [post_of(guide, title=f"Title {number}") for number in range(5)])

    assert answers == [302] * 5


def test_the_conflict_names_who_saved_last_and_not_who_did_something_else_since(staff_client, clinic):
    guide = a_guide(sections=TWO)
    mine, theirs = post_of(guide, summary="Mine."), post_of(guide, summary="Theirs.")
    ana, bo = Client(), Client()
    ana.force_login(a_user("ana"))
    bo.force_login(a_user("bo"))
    ana.post(change(guide), theirs)
    bo.post(page_of(guide, "ask_review"), {"reviewer": ""})

    response = staff_client.post(change(guide), mine)

    assertContains(response, "ana saved this guide on", status_code=409)
    assertNotContains(response, "bo saved", status_code=409)
