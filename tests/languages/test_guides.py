"""A translation is a guide of its own, and knows which revision of its original it follows."""

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError

from education.demo import HERE, read
from education.models import Guide, NotPublishable
from education.models.glossary import GlossaryTerm
from education.search import find
from tests import factories


@pytest.fixture
def original(clinic):
    return factories.a_published_guide("Barium", sections=[{"heading": "What", "body": "<p>Barium is a drink.</p>"}])


def a_translation(original, language="es", *, title="Bario", slug="bario", body="<p>El bario es una bebida.</p>"):
    """Translated, and not published yet."""
    translation = original.translate_into(language, by=factories.a_user())
    translation.title, translation.slug, translation.summary = title, slug, "En pocas palabras."
    translation.save()
    translation.sections.update(body=body, heading="Qué es")
    return Guide.objects.get(pk=translation.pk)


def published(original, *arguments, **facts):
    translation = a_translation(original, *arguments, **facts)
    translation.publish(by=None)
    return translation


def test_a_translation_begins_with_the_originals_text_and_cannot_go_live_with_it(original):
    translation = original.translate_into("es", by=factories.a_user())

    assert [section.body for section in translation.sections.all()] == ["<p>Barium is a drink.</p>"]
    assert (translation.original, translation.follows, translation.language) == (original, 1, "es")
    assert translation.live_revision is None and original.is_live
    with pytest.raises(NotPublishable, match="translate it"):
        translation.publish(by=None)


def test_there_is_one_translation_into_a_language(original):
    assert original.translate_into("es", by=factories.a_user()) == original.translate_into("es", by=factories.a_user())
    assert original.translations.count() == 1


def test_each_language_has_its_own_addresses(original, client):
    same = a_translation(original, title="Barium", slug="barium", body="<p>Una bebida.</p>")
    same.full_clean()
    same.publish(by=None)

    assert "Barium is a drink" in client.get("/guides/barium/").content.decode()
    assert "Una bebida" in client.get("/es/guides/barium/").content.decode()
    with pytest.raises(ValidationError, match="address already"):
        Guide(title="X", slug="barium", language="es", topic=original.topic, summary=".").full_clean()


def test_publishing_one_leaves_the_other_as_it_is(original, client):
    translation = published(original)
    original.sections.update(body="<p>Barium is another drink.</p>")
    original.publish(by=None)

    assert "El bario es una bebida." in client.get("/es/guides/bario/").content.decode()
    assert translation.revisions.count() == 1 and original.revisions.count() == 2


def test_a_translation_that_is_behind_says_so_to_editor_and_reader_until_it_is_brought_up_to_date(
    original, client, staff_client
):
    translation = published(original)
    notice = "ha cambiado desde entonces"
    assert notice not in client.get("/es/guides/bario/").content.decode()
    original.publish(by=None)

    assert notice in client.get("/es/guides/bario/").content.decode()
    form = staff_client.get(f"/admin/education/guide/{translation.pk}/change/").content.decode()
    assert "Mark as up to date" in form and "Behind" in form
    assert "Bario" in staff_client.get("/admin/education/guide/?behind=yes").content.decode()

    staff_client.post(f"/admin/education/guide/{translation.pk}/up-to-date/")

    assert notice not in client.get("/es/guides/bario/").content.decode()
    assert "Bario" not in staff_client.get("/admin/education/guide/?behind=yes").content.decode()


def test_a_guide_that_is_not_translated_is_shown_in_english_and_says_so(original, client):
    page = client.get("/es/guides/barium/").content.decode()

    assert "Todavía no tenemos esta guía" in page
    assert '<article class="guide" lang="en" dir="ltr">' in page
    assert f'<link rel="canonical" href="{settings.SITE_URL}/guides/barium/">' in page
    assert 'hreflang="es" href="http' not in page
    assert 'lang="en" dir="ltr"' in client.get("/ar/guides/").content.decode()


def test_the_english_address_within_another_language_leads_to_the_translation(original, client):
    published(original)

    response = client.get("/es/guides/barium/")

    assert (response.status_code, response["Location"]) == (302, "/es/guides/bario/")


def test_the_switch_and_search_engines_know_the_other_addresses_of_a_guide(original, client):
    published(original)

    page = client.get("/es/guides/bario/").content.decode()

    assert f'<link rel="alternate" hreflang="en" href="{settings.SITE_URL}/guides/barium/">' in page
    assert f'<link rel="alternate" hreflang="es" href="{settings.SITE_URL}/es/guides/bario/">' in page
    assert 'hreflang="ar" href="http' not in page  # there is none
    assert 'href="/guides/barium/"' in page and 'href="/ar/guides/barium/"' in page
    assert "/es/guides/bario/" in client.get("/sitemap-guides-1.xml").content.decode()


def test_lists_show_each_guide_once_in_the_readers_language(original, client):
    published(original)
    factories.a_published_guide("Contrast")

    for address in ("/es/", "/es/guides/", "/es/guides/a-z/", "/es/guides/topic/x-rays-and-scans/"):
        page = client.get(address).content.decode()
        assert ">Bario<" in page and ">Barium<" not in page and ">Contrast<" in page, address
    page = client.get("/guides/").content.decode()
    assert ">Bario<" not in page and ">Barium<" in page
    feed = client.get("/es/guides/feed.atom").content.decode()
    assert "Bario" in feed and "Contrast" not in feed


def test_the_search_finds_words_by_the_endings_of_the_pages_language(original, client):
    published(original, body="<p>Tomamos radiografías de los niños.</p>")
    published(original, "ar", title="باريوم", body="<p>نلتقط صورًا للأطفال.</p>")

    assert [hit.address for hit in find("radiografía", "es").hits] == ["/es/guides/bario/"]
    assert [hit.address for hit in find("nino", "es").hits] == ["/es/guides/bario/"]
    assert [hit.language for hit in find("الأطفال", "ar").hits] == ["ar"]
    assert find("radiografía").hits == []  # English readers get what they can read
    page = client.get("/es/guides/search/?q=radiografias").content.decode()
    assert "/es/guides/bario/" in page


def test_what_has_no_translation_is_found_in_english(original, client):
    assert [hit.language for hit in find("barium", "es").hits] == ["en"]
    published(original)
    assert find("drink", "es").hits == []  # its place is taken by the translation


def test_a_glossary_explains_each_guide_in_its_own_language(original):
    GlossaryTerm.objects.create(term="drink", meaning="Something to swallow.")
    GlossaryTerm.objects.create(term="bebida", meaning="Algo que se traga.", language="es")

    translation = published(original)

    assert [word["term"] for word in translation.live_revision.words] == ["bebida"]
    assert "Leer más" not in translation.live_revision.html


def test_the_frozen_page_speaks_the_guides_language_whoever_publishes_it(original):
    translation = a_translation(original)
    translation.sections.update(more="<p>Más palabras.</p>")
    translation.publish(by=None)

    assert "Leer más" in translation.live_revision.html


def test_english_checks_are_silent_for_other_languages_and_the_editor_is_told(original, staff_client):
    translation = a_translation(original, body="<p>El bario es una bebida, y fluoroscopy prior to commence.</p>" * 30)

    assert translation.as_draft().reading()["age"] is None
    form = staff_client.get(f"/admin/education/guide/{translation.pk}/change/").content.decode()
    assert "the formula is for English" in form and "in this language, too" in form

    translation.language = "fr"
    assert not translation.as_draft().reading()["finds_safety"]


def test_the_editor_begins_a_translation_from_the_originals_form(original, staff_client):
    form = staff_client.get(f"/admin/education/guide/{original.pk}/change/").content.decode()
    assert "Translate into" in form

    response = staff_client.post(f"/admin/education/guide/{original.pk}/translate/ar/")

    translation = original.translations.get()
    assert response["Location"] == f"/admin/education/guide/{translation.pk}/change/"
    assert translation.language == "ar"
    assert "Barium" in staff_client.get("/admin/education/guide/?language=ar").content.decode()


def test_the_form_knows_the_guide_in_each_language(original, client):
    published(original)
    factories.a_service()

    assert "Viene de nuestra guía “Bario”" in client.get("/es/request/?guide=barium").content.decode()
    assert "our guide “Barium”" in client.get("/request/?guide=bario").content.decode()


def test_the_spanish_guide_that_ships_says_what_the_english_one_says():
    english, spanish = read(HERE / "guides/fluoroscopy.toml"), read(HERE / "guides/es/fluoroscopia.toml")

    shape = [
        [(s["level"], s["kind"], s.get("picture"), "more" in s) for s in one["sections"]] for one in (english, spanish)
    ]
    assert shape[0] == shape[1]
    assert english["sources"] == spanish["sources"]
