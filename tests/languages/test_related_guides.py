"""Related guides of a guide in another language: what can be chosen, and that it is what goes live and comes back."""

import json

import pytest
from pytest_django.asserts import assertNotContains

from education.exporting import export
from education.importing.exported import read_exported
from education.importing.report import Report
from education.made_drafts import make_draft
from education.models import Guide
from education.models.related import choose
from tests import factories
from tests.education.test_editor_desk import change, post_of
from tests.languages.test_guides import published


@pytest.fixture
def knees(clinic):
    """Two guides at one address, in English and in Spanish, neither a translation of the other."""
    english = factories.a_published_guide("Knee")
    spanish = factories.a_published_guide("Rodilla", slug="knee", language="es")
    return english, spanish


def offered(client, guide):
    choices = client.get(change(guide)).context["adminform"].form.fields["related_1"].widget.choices
    return {title for _, title in choices[1:]}


def live(guide):
    return Guide.objects.get(pk=guide.pk)


def test_those_in_its_language_are_offered_and_ours_that_are_not_translated_into_it(staff_client, knees):
    barium, hip = factories.a_published_guide("Barium"), factories.a_published_guide("Hip")
    published(barium)
    hip.translate_into("es", by=factories.a_user())  # a draft that nobody can read
    spanish = factories.a_guide("Nuevo", slug="nuevo", language="es")

    assert offered(staff_client, spanish) == {"Rodilla", "Bario", "Knee", "Hip"}
    assert offered(staff_client, hip) == {"Barium", "Knee"}


def test_a_guide_that_readers_of_the_language_are_not_shown_is_refused(staff_client, knees):
    spanish = knees[1]
    hip = factories.a_published_guide("Hip")

    response = staff_client.post(change(hip), post_of(hip, related_1=spanish.pk))

    assert response.context["adminform"].form.errors["related_1"]
    assert not hip.related.exists()


def test_what_was_chosen_before_stays_chosen(staff_client, knees):
    spanish = knees[1]
    hip = factories.a_published_guide("Hip")
    choose(hip, [spanish])

    assert offered(staff_client, hip) == {"Knee", "Rodilla"}
    assert staff_client.post(change(hip), post_of(hip, related_1=spanish.pk)).status_code == 302


def test_a_new_guide_is_offered_what_is_read_in_the_language_that_it_asks_for(staff_client, knees):
    spanish = knees[1]
    new = factories.a_guide("Nuevo")
    post = {
        **post_of(new),
        "slug": "nuevo",
        "title": "Nuevo",
        "sections-INITIAL_FORMS": "0",
        "sources-INITIAL_FORMS": "0",
    }
    post = {name: value for name, value in post.items() if not name.endswith(("-id", "-guide"))}
    address = "/admin/education/guide/add/"

    for language in ("en", "tlh", "\0"):
        response = staff_client.post(address, {**post, "language": language, "related_1": spanish.pk})
        assert "related_1" in response.context["adminform"].form.errors
    assert staff_client.post(address, {**post, "language": "es", "related_1": spanish.pk}).status_code == 302

    assert Guide.objects.get(slug="nuevo", language="es").related.get().other == spanish


@pytest.mark.parametrize("own", ["es", "en"])
@pytest.mark.parametrize("chosen", [0, 1])
def test_the_guide_that_was_chosen_goes_live_and_comes_back(knees, own, chosen):
    guide, other = factories.a_guide("Hip", language=own), knees[chosen]
    choose(guide, [other])

    revision = guide.publish(by=None)

    assert revision.related == [other.pk]
    assert live(guide).state == Guide.State.LIVE
    choose(guide, [])
    assert guide.restore(revision) == []
    assert [row.other for row in guide.related.all()] == [other]


@pytest.mark.parametrize("chosen", [0, 1])
def test_it_is_found_where_it_has_moved_though_another_one_has_its_address(knees, chosen):
    guide, other = factories.a_guide("Cadera", language="es"), knees[chosen]
    choose(guide, [other])
    revision = guide.publish(by=None)
    Guide.objects.filter(pk=knees[1 - chosen].pk).update(slug="elsewhere")
    other = live(other)
    other.slug = "moved"
    other.save()
    Guide.objects.filter(pk=knees[1 - chosen].pk).update(slug="knee")

    guide.restore(revision)

    assert [row.other for row in guide.related.all()] == [other]


@pytest.mark.parametrize("chosen", [0, 1])
def test_a_file_names_the_guide_that_was_chosen(knees, chosen):
    guide, other = factories.a_guide("Cadera", language="es"), knees[chosen]
    choose(guide, [other])
    report = Report()

    data = read_exported(json.loads(export(guide.as_exported(), "json")), report)
    copy, missing = make_draft({**data, "slug": ""}, topic=guide.topic)

    assert [row.other for row in copy.related.all()] == [other]
    assert not [says for says in missing if "related" in says]


def test_data_of_before_name_a_guide_of_its_own_language_else_ours(knees):
    hip = factories.a_published_guide("Hip")
    guide = factories.a_guide("Cadera", language="es")
    choose(guide, [knees[1]])
    revision = guide.publish(by=None)
    revision.data = {**revision.data, "related": ["knee", "hip"]}
    choose(guide, [])

    guide.restore(revision)

    assert [row.other for row in guide.related.all()] == [knees[1], hip]


def test_a_comparison_names_the_guides_in_their_languages(staff_client, knees):
    guide = factories.a_guide("Cadera", language="es")
    choose(guide, [knees[1]])
    guide.publish(by=None)
    choose(guide, [knees[0]])

    page = staff_client.get(f"/admin/education/guide/{guide.pk}/compare/?old=live&new=draft").content.decode()

    assert "Rodilla" in page and "Knee" in page
    assertNotContains(staff_client.get(change(guide)), "(gone)")
