import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from education.models import Guide, NotPublishable, Picture, Section, find_guide
from tests.factories import a_guide, a_picture, a_published_guide, a_service, a_topic, a_user


def test_publishing_freezes_the_draft_and_counts_up(db, staff):
    guide = a_guide("Back pain")

    first = guide.publish(by=staff)
    guide.title = "Back pain today"
    guide.save()
    second = guide.publish(by=staff)

    assert (first.number, second.number) == (1, 2)
    assert (first.title, second.title) == ("Back pain", "Back pain today")
    assert second.published_by == staff
    assert Guide.objects.get().live_revision == second


def test_withdrawing_hides_the_guide_and_keeps_its_revisions(db, staff):
    guide = a_published_guide()

    guide.withdraw(by=staff)
    guide.withdraw(by=None)  # a second time does nothing

    assert not Guide.objects.published().exists()
    revision = guide.revisions.get()
    assert revision.withdrawn_by == staff
    assert guide.publish(by=staff).number == 2


def test_what_stands_in_the_way_is_said_for_each_section(db):
    guide = a_guide(
        sections=[
            {"heading": "First", "level": 3, "body": "<p>a</p>"},
            {"heading": "Hollow"},
            {"heading": "Card", "kind": "emergency", "body": "<p>a</p>", "more": "<p>b</p>"},
        ],
        last_reviewed=timezone.localdate() + timedelta(days=2),
    )

    with pytest.raises(NotPublishable) as problems:
        guide.publish(by=None)

    assert [problem.partition(".")[0] for problem in problems.value.messages] == [
        "“First” is a sub-section and has no section above it",
        "“Hollow” is empty",
        "“Card” is a warning or care card: move its “Read more” into the text",
        "The last review cannot be in the future",
    ]
    assert not guide.revisions.exists()
    assert not Guide.objects.get().is_live


def test_a_guide_without_sections_is_not_published(db):
    guide = a_guide()
    guide.sections.all().delete()

    with pytest.raises(NotPublishable, match="Add at least one section"):
        guide.publish(by=None)


def test_a_heading_over_sub_sections_may_stand_alone(db):
    guide = a_guide(sections=[{"heading": "Above"}, {"heading": "Below", "level": 3, "body": "<p>a</p>"}])

    guide.publish(by=None)

    assert Guide.objects.get().is_live


def test_a_guide_knows_whether_its_draft_differs(db):
    guide = a_guide(picture=a_picture())
    assert guide.state == Guide.State.DRAFT

    guide.publish(by=None)
    assert Guide.objects.get().state == Guide.State.LIVE

    Section.objects.update(body="<p>Other words.</p>")
    assert Guide.objects.get().state == Guide.State.CHANGED

    guide = Guide.objects.get()
    guide.publish(by=None)
    Picture.objects.update(alt="Other words")
    assert Guide.objects.get().state == Guide.State.CHANGED


def test_the_state_of_many_guides_takes_a_fixed_number_of_queries(db, django_assert_num_queries):
    for number in range(6):
        parts = [{"heading": f"{part}", "body": "<p>a</p>", "picture": a_picture()} for part in range(number + 1)]
        a_published_guide(sections=parts, service=a_service(), topic=a_topic(f"Topic {number}"))

    with django_assert_num_queries(4):
        assert {guide.state for guide in Guide.objects.with_draft()} == {Guide.State.LIVE}


def test_restoring_makes_the_draft_what_it_was(db):
    figure = a_picture("Figure")
    guide = a_guide(
        "Back pain",
        picture=figure,
        service=a_service(),
        topic=a_topic("Backs"),
        last_reviewed=date(2026, 1, 2),
        next_review=date(2027, 1, 2),
        is_sample=True,
        sections=[
            {"heading": "One", "body": "<p>a</p>", "more": "<p>b</p>", "picture": figure},
            {"heading": "Two", "level": 3, "kind": "urgent", "body": "<p>c</p>"},
        ],
    )
    guide.sources.create(organization="WHO", title="On backs", year="2025", url="https://example.org/")
    first = guide.publish(by=None)
    guide.title, guide.topic, guide.picture, guide.last_reviewed = "Other", a_topic("Other"), None, None
    guide.save()
    guide.sections.first().delete()
    guide.sources.all().delete()

    guide.restore(first)

    guide = Guide.objects.get()
    assert guide.as_data() == first.data
    assert guide.state == Guide.State.LIVE
    assert guide.slug == "back-pain"


def test_restoring_a_picture_that_is_gone_leaves_its_place_empty(db):
    picture = a_picture()
    guide = a_guide(picture=picture)
    revision = guide.publish(by=None)
    guide.picture = None
    guide.save()
    Picture.objects.all()._raw_delete("default")  # as SQL would

    guide.restore(revision)

    assert Guide.objects.get().picture is None


def test_the_database_refuses_two_revisions_of_one_number(db):
    guide = a_published_guide()
    revision = guide.live_revision
    revision.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        revision.save(force_insert=True)


def test_the_request_form_finds_a_guide_that_is_published(db):
    guide = a_guide("Back pain", slug="back", service=a_service("Imaging"))
    assert find_guide("back") is None

    guide.publish(by=a_user())
    guide.title = "Half-finished title"
    guide.save()

    assert find_guide("back") == {"slug": "back", "title": "Back pain", "revision": 1, "service": "imaging"}
    for hostile in ("", "nowhere", "x" * 3000, "back\x00", "\ud800", "back' or 1=1", "Бек"):
        assert find_guide(hostile) is None


def test_editors_who_publish_at_once_get_a_number_each(transactional_db):
    guide = a_guide()
    everyone = threading.Barrier(6)

    def publish(_):
        try:
            mine = Guide.objects.get(pk=guide.pk)
            everyone.wait(10)
            return mine.publish(by=None).number
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(publish, range(6)))

    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    assert Guide.objects.get().live_revision.number in numbers
