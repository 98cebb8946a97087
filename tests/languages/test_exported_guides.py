"""A translation leaves as JSON and returns as what it was: in its language, tied to its original."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from education.exporting import export
from education.models import Guide
from tests import factories


@pytest.fixture
def original(clinic):
    return factories.a_published_guide("Barium", sections=[{"heading": "What", "body": "<p>Barium is a drink.</p>"}])


@pytest.fixture
def translation(original):
    guide = original.translate_into("es", by=factories.a_user())
    guide.title, guide.summary = "Bario", "En pocas palabras."
    guide.save()
    guide.sections.update(body="<p>El bario es una bebida.</p>", heading="Qué es")
    return Guide.objects.get(pk=guide.pk)


def taken_out(guide, folder):
    path = folder / "guide.json"
    path.write_text(export(guide.as_exported(), "json"))
    guide.delete()
    return path


def command(*arguments):
    out = StringIO()
    call_command("import_guide", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_translation_returns_exactly_with_its_language_and_its_link(original, translation, tmp_path):
    before = translation.as_exported()
    assert (before["language"], before["original"], before["follows"]) == ("es", "barium", 1)

    said = command(taken_out(translation, tmp_path))

    [after] = original.translations.all()
    assert after.as_exported() == before
    assert (after.language, after.slug, after.follows) == ("es", "barium", 1)  # the address is free in its language
    assert "Look at" not in said


def test_what_follows_a_revision_that_is_not_here_is_behind_until_an_editor_says_otherwise(
    original, translation, tmp_path
):
    Guide.objects.filter(pk=translation.pk).update(follows=7)
    translation.refresh_from_db()

    said = command(taken_out(translation, tmp_path))

    assert original.translations.get().is_behind
    assert "Look whether it says what “Barium” says here" in said


def test_a_second_translation_and_one_of_no_guide_stand_by_themselves_and_say_so(original, translation, tmp_path):
    path = tmp_path / "guide.json"
    path.write_text(export(translation.as_exported(), "json"))
    second = command(path)
    path.write_text(json.dumps({**translation.as_exported(), "original": "elsewhere"}))
    third = command(path)

    assert original.translations.get() == translation
    assert "has a translation into this language already" in second
    assert "“elsewhere”, which does not exist here" in third
    assert set(Guide.objects.filter(language="es").values_list("slug", flat=True)) == {"barium", "barium-2", "barium-3"}


def test_a_document_is_in_the_language_that_the_command_names(clinic, tmp_path):
    topic = factories.a_topic("Children")
    path = tmp_path / "guia.md"
    path.write_text("# Bario\n\n## Qué es\n\nEs una bebida blanca.\n")

    command(path, "--topic", topic.slug, "--language", "es")
    with pytest.raises(CommandError, match=r"no guides in the language “xx”.*--language"):
        command(path, "--topic", topic.slug, "--language", "xx")

    [guide] = Guide.objects.all()
    assert (guide.language, guide.original) == ("es", None)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"language": "../x"}, "“language” in this file"),
        ({"language": 7}, "“language” in this file"),
        ({"language": "xx"}, "no guides in the language “xx”"),
        ({"original": "a/b"}, "“original” in this file"),
        ({"follows": -1}, "“follows” in this file"),
        ({"follows": True}, "“follows” in this file"),
    ],
)
def test_a_link_that_means_nothing_is_refused_in_words(translation, tmp_path, facts, says):
    path = tmp_path / "guide.json"
    path.write_text(json.dumps({**translation.as_exported(), **facts}))

    with pytest.raises(CommandError, match=says):
        command(path)

    assert Guide.objects.count() == 2


def test_the_command_writes_the_guide_of_a_language(original, translation):
    out = StringIO()
    call_command("export_guide", "barium", "--format", "json", "--language", "es", stdout=out)

    assert json.loads(out.getvalue())["title"] == "Bario"
    with pytest.raises(CommandError, match="in the language ar"):
        call_command("export_guide", "barium", "--language", "ar")


def test_the_admin_makes_the_draft_in_the_language_of_the_file_or_the_one_chosen(original, translation, staff_client):
    text = export(translation.as_exported(), "json")
    translation.delete()
    page = reverse("admin:education_guide_import")

    for data, language in (
        ({"text": text}, "es"),
        ({"text": "# Bario\n\nEs una bebida.", "topic": original.topic.pk, "language": "es"}, "es"),
        ({"text": "# Barium\n\nA white drink.", "topic": original.topic.pk}, "en"),
    ):
        checked = staff_client.post(page, data)
        assert ("in Español under" in checked.text) == (language == "es")
        staff_client.post(page, {"draft": checked.context["draft"]})
        assert Guide.objects.latest("pk").language == language

    assert original.translations.get().title == "Bario"
