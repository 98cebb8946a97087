"""Each language has addresses of its own: what moves in one locks nothing in another."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from education.models import Guide, OldAddress, find_guide
from tests import factories

LEFT = ("education", "0018_live_for")
HERE = ("education", "0019_old_addresses_by_language")


@pytest.fixture
def english(clinic):
    return factories.a_published_guide("Barium", slug="barium")


@pytest.fixture
def moved(english):
    """The Spanish guide, which was at `barium`, too, and is at `bario` now."""
    spanish = english.translate_into("es", by=factories.a_user())
    assert spanish.slug == "barium"
    spanish.title = spanish.summary = "Bario"
    spanish.save()
    spanish.sections.update(heading="Qué es", body="<p>Una bebida.</p>")
    spanish = Guide.objects.get(pk=spanish.pk)
    spanish.publish(by=None)
    spanish.slug = "bario"
    spanish.save()
    return spanish


def test_the_guide_at_that_address_in_another_language_stays_as_it_was(english, moved, client, staff_client):
    english.full_clean()
    english.restore(english.live_revision)
    english.translate_into("ar", by=factories.a_user()).full_clean()

    assert client.get("/guides/barium/").status_code == 200
    change = f"/admin/education/guide/{english.pk}/"
    assert staff_client.post(f"{change}translate/ar/").status_code == 302


def test_the_old_address_leads_on_in_its_language_alone(english, moved, client):
    apart = factories.a_published_guide("Otra", slug="otra", language="es")
    apart.slug = "otra-nueva"
    apart.save()
    factories.a_published_guide("Other", slug="otra")

    assert client.get("/es/guides/barium/")["Location"] == "/es/guides/bario/"
    assert client.get("/es/guides/otra/")["Location"] == "/es/guides/otra-nueva/"
    assert client.get("/es/guides/otra/card.png")["Location"] == "/es/guides/otra-nueva/card.png"
    assert client.get("/guides/otra/").status_code == 200
    assert find_guide("otra")["title"] == "Other"


def test_both_languages_may_leave_the_same_address(english, moved, client):
    english.slug = "barium-drink"
    english.save()

    assert client.get("/guides/barium/")["Location"] == "/guides/barium-drink/"
    assert client.get("/es/guides/barium/")["Location"] == "/es/guides/bario/"
    with pytest.raises(ValidationError, match="leads to"):
        factories.a_guide("New", slug="barium", language="es")
    with pytest.raises(IntegrityError), transaction.atomic():
        OldAddress.objects.create(slug="barium", language="es", guide=english)


def test_a_translation_takes_a_free_address_of_its_language(english, moved, staff_client):
    factories.a_guide("Otra", slug="contrast", language="es")
    contrast = factories.a_published_guide("Contrast", slug="contrast")

    response = staff_client.post(f"/admin/education/guide/{contrast.pk}/translate/es/")

    assert response.status_code == 302
    assert contrast.translations.get().slug == "contrast-2"
    assert Guide.objects.free_slug("barium", "es") == "barium-2"  # others know it


@pytest.mark.django_db(transaction=True)
def test_the_addresses_that_were_left_before_the_update_know_their_language():
    executor = MigrationExecutor(connection)
    executor.migrate([LEFT])
    try:
        apps = executor.loader.project_state([LEFT]).apps
        topic = apps.get_model(*LEFT[:1], "Topic").objects.create(name="T", slug="t")
        guides, left = apps.get_model("education", "Guide"), apps.get_model("education", "OldAddress")
        for language in ("en", "es"):
            guide = guides.objects.create(title=language, slug=language, summary=".", topic=topic, language=language)
            left.objects.create(slug=f"old-{language}", guide=guide)
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate([HERE])

    with connection.cursor() as cursor:  # as the version before writes
        cursor.execute(
            "INSERT INTO education_oldaddress (slug, guide_id, left_at) SELECT 'later', guide_id, left_at "
            "FROM education_oldaddress WHERE slug = 'old-es'"
        )
    assert dict(OldAddress.objects.values_list("slug", "language")) == {"old-en": "en", "old-es": "es", "later": "en"}
