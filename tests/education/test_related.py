"""Guides under a guide, and a page for each topic."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains

from education import forms
from education.models import RelatedGuide
from education.models.related import choose
from tests.factories import a_guide, a_published_guide, a_topic

from .test_editor_desk import change, post_of


def shown(client, guide):
    return [other["title"] for other in client.get(guide.get_absolute_url()).context["related"]]


def test_an_editor_chooses_related_guides_and_their_order(staff_client, clinic):
    first, second, third = (a_published_guide(title, topic=a_topic(title)) for title in ("A", "B", "C"))

    staff_client.post(
        change(first), post_of(first, related_1=third.pk, related_3=second.pk, related_5="", _publish="1")
    )

    first.refresh_from_db()
    assert shown(staff_client, first) == ["C", "B"]
    assert first.live_revision.data["related"] == ["c", "b"]
    form = staff_client.get(change(first)).context["adminform"].form
    assert [form.initial.get(name) for name in forms.RELATED[:3]] == [third.pk, second.pk, None]
    assertContains(staff_client.get(first.get_absolute_url()), '<a href="/guides/c/">C</a>', html=True)


def test_choosing_waits_for_publishing_and_counts_as_a_change(staff_client, clinic):
    guide, other = a_published_guide("A", topic=a_topic("X")), a_published_guide("B")

    staff_client.post(change(guide), post_of(guide, related_1=other.pk))

    guide.refresh_from_db()
    assert shown(staff_client, guide) == []
    assert guide.has_unpublished_changes()
    assert guide.edit_version == 2
    staff_client.post(change(guide), post_of(guide, title="A2"))  # a form that does not ask leaves them alone
    assert [row.other for row in guide.related.all()] == [other]
    staff_client.post(change(guide), post_of(guide, **dict.fromkeys(forms.RELATED, "")))
    assert not guide.related.exists()


def test_the_history_keeps_the_choice_with_its_note_and_with_who_made_it(staff_client, staff, clinic):
    guide, other = a_published_guide("A", topic=a_topic("X")), a_published_guide("B")

    page = staff_client.post(change(guide), post_of(guide, related_1=other.pk, note="B belongs here"), follow=True)

    assertNotContains(page, "You changed nothing")
    newest = guide.history.first()
    assert (newest.what, newest.by, newest.note, newest.data["related"]) == ("saved", staff, "B belongs here", ["b"])
    guide.refresh_from_db()
    guide.keep_what_is_not_kept()  # as the next save does
    assert guide.history.first() == newest


def test_a_related_guide_is_shown_only_while_it_is_live_and_wherever_it_moves(client, clinic):
    guide, other = a_guide("A", topic=a_topic("X")), a_published_guide("B")
    choose(guide, [other])
    guide.publish(by=None)
    other.slug = "moved"
    other.save()
    assertContains(client.get(guide.get_absolute_url()), '<a href="/guides/moved/">B</a>', html=True)

    other.withdraw(by=None)

    page = client.get(guide.get_absolute_url())
    assertNotContains(page, "Related guides")


def test_with_none_chosen_the_newest_of_the_topic_stand_there(client, clinic):
    elsewhere = a_published_guide("Elsewhere", topic=a_topic("Other"))
    guides = [a_published_guide(f"Guide {number}") for number in range(7)]
    a_guide("A draft")

    assert shown(client, guides[0]) == ["Guide 6", "Guide 5", "Guide 4", "Guide 3", "Guide 2"]
    assert shown(client, elsewhere) == []


@pytest.mark.parametrize("number", ["0", "999999", "x", "-1"])
def test_what_is_no_live_guide_is_refused_beside_its_field(staff_client, clinic, number):
    guide = a_published_guide("A")

    response = staff_client.post(change(guide), post_of(guide, related_1=number, summary="Typed."))

    assert response.context["adminform"].form.errors["related_1"]
    assertContains(response, "Typed.")


def test_a_guide_is_not_related_to_itself_or_to_more_than_five(staff_client, clinic):
    guide, *others = (a_published_guide(f"G {number}") for number in range(7))

    response = staff_client.post(change(guide), post_of(guide, related_1=guide.pk))
    assert response.context["adminform"].form.errors["related_1"]
    with pytest.raises(ValidationError, match="up to 5"):
        choose(guide, others)
    with pytest.raises(IntegrityError), transaction.atomic():
        RelatedGuide.objects.create(guide=guide, other=guide, position=1)


def test_restoring_brings_back_the_related_guides(clinic):
    guide, one, two = a_guide("A"), a_published_guide("One"), a_published_guide("Two")
    choose(guide, [two, one])
    revision = guide.publish(by=None)
    choose(guide, [])

    guide.restore(revision)

    assert [row.other.title for row in guide.related.all()] == ["Two", "One"]
    assert not guide.has_unpublished_changes()


def test_where_there_are_very_many_guides_they_are_chosen_by_number(staff_client, clinic, monkeypatch):
    monkeypatch.setattr(forms, "MOST_OFFERED", 2)
    guide, other = a_published_guide("A"), a_published_guide("B")
    a_published_guide("C")
    a_published_guide("D")

    assertNotContains(staff_client.get(change(guide)), '<select name="related_1"')
    staff_client.post(change(guide), post_of(guide, related_1=other.pk))

    assert guide.related.get().other == other


def price(client, address):
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_a_page_costs_as_many_queries_however_many_guides_there_are(client, clinic):
    guide = a_published_guide("A")
    few = price(client, guide.get_absolute_url())
    for number in range(8):
        a_published_guide(f"Guide {number}")

    assert price(client, guide.get_absolute_url()) == few == 4  # its own, the clinic's, related guides, other languages


def test_a_topic_has_its_page(client, clinic):
    topic = a_topic("Children")
    topic.description = "For parents."
    topic.save()
    a_published_guide("Child X-ray", topic=topic)
    a_published_guide("Barium test")
    a_guide("Draft for children", topic=topic)

    page = client.get("/guides/topic/children/")

    assertContains(page, "<h1>Children</h1>", html=True)
    assertContains(page, "For parents.")
    assertContains(page, "Child X-ray")
    assertNotContains(page, "Barium test")
    assertNotContains(page, "Draft for children")
    assertContains(client.get("/guides/child-x-ray/"), '<a href="/guides/topic/children/">Children</a>', html=True)
    assertContains(
        client.get("/guides/"), '<a class="tall" href="/guides/topic/children/">Children</a>', count=1, html=True
    )


def test_a_topic_without_live_guides_is_not_there(client, clinic):
    a_guide("Draft", topic=a_topic("Empty"))

    for slug in ("empty", "nothing"):
        assertContains(client.get(f"/guides/topic/{slug}/"), "We cannot find that page", status_code=404)
