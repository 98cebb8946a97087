"""A guide acts on what is stored, and a guide that moves changes nobody's text."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from education.made_drafts import make_draft
from education.models import Guide, HistoryEntry
from education.models.related import choose
from education.models.review import ReviewState
from education.models.schedule import HasSchedule
from tests.factories import a_guide, a_published_guide, a_sign_off, a_topic

from .test_editor_desk import page_of

pytestmark = pytest.mark.django_db

# Read before another saved ---------------------------------------------------------------------------------------------


def read_early():
    """A guide as one process has read it, while another changes its title and a section."""
    guide = Guide.objects.get(pk=a_guide("Old title", slug=f"old-{Guide.objects.count()}").pk)
    Guide.objects.filter(pk=guide.pk).update(title="New title")
    guide.sections.update(body="<p>New words.</p>")
    return guide


def in_an_hour():
    return timezone.now() + timedelta(hours=1)


def test_what_is_published_withdrawn_or_scheduled_is_what_is_stored(clinic):
    live = read_early().publish(by=None)
    assert (live.title, live.data["sections"][0]["body"]) == ("New title", "<p>New words.</p>")

    assert read_early().schedule("publish", at=in_an_hour(), by=None).entry.data["title"] == "New title"

    guide = read_early()
    Guide.objects.get(pk=guide.pk).publish(by=None)
    guide.withdraw(by=None)
    assert guide.history.get(what=HistoryEntry.What.WITHDRAWN).data["title"] == "New title"


def test_without_reading_again_a_mixture_would_go_live(clinic, monkeypatch):
    monkeypatch.setattr(HasSchedule, "hold", HasSchedule.locked)

    live = read_early().publish(by=None)

    assert (live.title, live.data["sections"][0]["body"]) == ("Old title", "<p>New words.</p>")


# Related guides --------------------------------------------------------------------------------------------------------


@pytest.fixture
def guide(clinic):
    """With a related one, signed and live; the other has moved since."""
    other, guide = a_published_guide("Other"), a_guide("Back pain", is_sample=False, topic=a_topic("X"))
    choose(guide, [other])
    a_sign_off(guide)
    guide.publish(by=None)
    other.slug = "moved"
    other.save()
    return Guide.objects.get(pk=guide.pk)


def test_a_related_guide_that_moves_changes_neither_the_signed_text_nor_the_state(guide):
    assert guide.as_data()["related"] == ["moved"] != guide.live_revision.data["related"]
    assert guide.review_state == ReviewState.SIGNED
    assert guide.state == Guide.State.LIVE
    assert not guide.has_unpublished_changes()


def test_a_related_guide_is_found_where_it_is_now(guide):
    frozen = guide.live_revision
    choose(guide, [])
    assert guide.state == Guide.State.CHANGED

    assert guide.restore(frozen) == []

    assert [row.other.slug for row in guide.related.all()] == ["moved"]
    copy, missing = make_draft({**frozen.data, "slug": ""}, topic=guide.topic)
    assert [row.other.slug for row in copy.related.all()] == ["moved"]
    assert not [says for says in missing if "related" in says]


def test_two_states_that_name_one_guide_at_two_addresses_are_the_same(staff_client, guide):
    page = staff_client.get(page_of(guide, "compare"), {"old": "live", "new": "draft"})
    assertNotContains(page, "Related guides")

    choose(guide, [])

    assertContains(staff_client.get(page_of(guide, "compare"), {"old": "live", "new": "draft"}), "Related guides")


def test_a_restore_says_which_related_guide_is_gone(clinic):
    other, guide = a_guide("Other"), a_guide("Back pain")
    choose(guide, [other])
    frozen = guide.publish(by=None)
    other.delete()

    assert guide.restore(frozen) == ["The related guide “other” is gone: the others are chosen."]


def test_what_was_scheduled_shows_the_related_guides_of_that_time(clinic):
    early, late, guide = a_published_guide("Early"), a_published_guide("Late"), a_guide("Back pain")
    choose(guide, [early])
    step = guide.schedule("publish", at=in_an_hour(), by=None)
    choose(guide, [late])

    assert step.carry_out()

    guide.refresh_from_db()
    assert guide.live_revision.related == [early.pk]
    assert guide.state == guide.known_state == Guide.State.CHANGED


# One truth of the state ------------------------------------------------------------------------------------------------


def test_the_list_and_the_form_agree_about_a_guide_that_has_moved(clinic):
    guide = a_published_guide("Back pain")
    guide.slug = "backs"
    guide.save()

    Guide.objects.settle()

    guide = Guide.objects.get()
    assert guide.known_state == guide.state == Guide.State.LIVE
