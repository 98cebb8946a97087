"""A topic that changes its address: whoever kept the old one arrives."""

import pytest
from django.core.exceptions import ValidationError
from pytest_django.asserts import assertContains

from education.made_drafts import topic_of
from education.models import OldTopicAddress, Topic
from tests.factories import a_guide, a_published_guide, a_topic

from .posts import topic_post


def move(topic, slug):
    topic.slug = slug
    topic.save()


@pytest.fixture
def topic(clinic):
    topic = a_topic("Scans")
    a_published_guide("A guide", topic=topic)
    return topic


def test_the_old_address_leads_to_the_new_one(client, topic):
    move(topic, "pictures")

    response = client.get("/guides/topic/scans/?after=b")

    assert (response.status_code, response["Location"]) == (301, "/guides/topic/pictures/?after=b")
    assert "max-age=0" in response["Cache-Control"]  # it may move back
    assertContains(client.get("/guides/topic/pictures/"), "A guide")


def test_by_the_form_of_the_admin_as_well(staff_client, client, topic):
    staff_client.post(f"/admin/education/topic/{topic.pk}/change/", topic_post(name="Scans", slug="pictures"))

    assert client.get("/guides/topic/scans/")["Location"] == "/guides/topic/pictures/"


def test_chains_collapse_and_there_is_no_loop(client, topic):
    for slug in ("second", "third", "scans"):
        move(topic, slug)

    assert client.get("/guides/topic/scans/").status_code == 200
    for slug in ("second", "third"):
        assert client.get(f"/guides/topic/{slug}/")["Location"] == "/guides/topic/scans/"


def test_no_other_topic_takes_an_address_that_leads_somewhere(staff_client, topic):
    move(topic, "pictures")

    page = staff_client.post("/admin/education/topic/add/", topic_post(name="New", slug="scans"))

    assertContains(page, "This address leads to the topic “Scans”, which was there before.")
    with pytest.raises(ValidationError):
        Topic.objects.create(name="New", slug="scans")
    assert Topic.objects.count() == 1


def test_a_topic_that_nobody_has_seen_moves_without_a_trace(client, clinic):
    topic = a_topic("Scans")
    a_guide(topic=topic)

    move(topic, "pictures")

    assert not OldTopicAddress.objects.exists()
    assert client.get("/guides/topic/scans/").status_code == 404


def test_an_export_or_a_revision_from_before_finds_its_topic(topic):
    guide = topic.guides.get()
    move(topic, "pictures")

    assert topic_of({"topic": "scans"}) == topic
    guide.restore(guide.live_revision)
    assert guide.topic == topic


def test_an_address_that_was_never_one_leads_nowhere(client, topic):
    move(topic, "pictures")

    assert client.get("/guides/topic/nothing/").status_code == 404
