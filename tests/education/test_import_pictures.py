"""Pictures that are part of a document come into the library by the door of every upload; others are never fetched."""

import base64
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone
from PIL import Image
from pytest_django.asserts import assertContains

from clinic import work
from education import darkroom, importing
from education.house_rules import in_the_way
from education.importing.pictures import MOST
from education.models import Guide, Original, Picture
from education.models.brought import BroughtPicture
from tests.factories import a_picture_file, a_topic

from .documents import docx, drawing, p

IMPORT = "/admin/education/guide/import/"
PNG = a_picture_file((60, 40)).read()
AS_DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()


def a_word_document(*more_parts, content=PNG, alt="The scanner"):
    parts = [p("Your scan", "Title"), p("Some words."), p("Before", "Heading1"), p("Eat nothing.")]
    relations = [("rId8", "image", "media/image1.png", False)]
    parts += [drawing("rId8", alt), *more_parts]
    return docx(*parts, relations=relations, more={"word/media/image1.png": content})


def a_page(*pictures, after=""):
    return (
        f"<!doctype html><h1>T</h1><p>Words.</p><h2>Before</h2><p>Eat nothing.</p>{''.join(pictures)}{after}".encode()
    )


def img(source, alt="The scanner"):
    return f'<p><img alt="{alt}" src="{source}"></p>'


DOCUMENTS = {
    "word.docx": a_word_document(),
    "page.html": a_page(img(AS_DATA)),
    "text.md": f"# T\n\nWords.\n\n## Before\n\nEat nothing.\n\n![The scanner]({AS_DATA})\n".encode(),
}


def draft_of(client, content, name):
    """As an editor makes it, in both steps."""
    checked = client.post(IMPORT, {"file": SimpleUploadedFile(name, content), "topic": a_topic().pk})
    assert checked.status_code == 200, checked.context["form"].errors
    made = client.post(IMPORT, {"draft": checked.context["draft"]}, follow=True)
    return Guide.objects.latest("pk"), checked, made


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_picture_comes_along_and_stands_at_its_section(staff_client, clinic, name):
    guide, checked, _made = draft_of(staff_client, DOCUMENTS[name], name)

    picture = guide.sections.get(heading="Before").picture
    assert (picture.alt, picture.width, picture.height) == ("The scanner", 60, 40)
    assertContains(checked, "<strong>Picture:</strong> The scanner")
    assert bytes(Original.objects.get(picture=picture).content) == PNG
    darkroom.develop(Original.objects.get(picture=picture))
    picture.refresh_from_db()
    assert picture.is_ready
    assert not BroughtPicture.objects.exists()


def test_without_an_alternative_it_comes_along_and_the_checks_keep_the_guide_back(staff_client, clinic):
    guide, _checked, made = draft_of(staff_client, a_page(img(AS_DATA, alt="")), "page.html")

    assert guide.sections.get().picture
    assertContains(made, "has no text alternative")
    assert [finding for finding in in_the_way(guide.as_draft()) if "says nothing" in finding.says]


def test_the_first_one_before_all_parts_is_the_guides_and_what_has_no_place_is_in_the_library(staff_client, clinic):
    top = f"<!doctype html><h1>T</h1>{img(AS_DATA, 'Top')}<p>Words.</p><h2>Before</h2><p>Eat nothing.</p>"

    guide, _checked, made = draft_of(
        staff_client, f"{top}{img(AS_DATA, 'First')}{img(AS_DATA, 'Second')}".encode(), "page.html"
    )

    assert (guide.picture.alt, guide.sections.get().picture.alt) == ("Top", "First")
    assert sorted(Picture.objects.values_list("alt", flat=True)) == ["First", "Second", "Top"]
    assertContains(made, "“Second” goes into the picture library alone")


def test_what_no_upload_may_be_is_left_out_and_said(staff_client, clinic, settings):
    svg = "data:image/svg+xml;base64," + base64.b64encode(b"<svg onload='top.ran=1'/>").decode()
    settings.PICTURE_MAX_PIXELS = 60 * 40 - 1
    broken = "data:image/png;base64," + base64.b64encode(PNG[:60]).decode()

    for source, sentence in (
        (svg, "This is not a picture we can read."),
        (AS_DATA, "has more than 40 megapixels"),
        (broken, "left out"),
        ("data:image/png;base64,====", "left out"),
    ):
        guide, _checked, made = draft_of(staff_client, a_page(img(source)), "page.html")
        assertContains(made, sentence)
        assert guide.sections.get().picture is None
    assert not Picture.objects.exists()


def test_where_a_photo_was_taken_is_not_kept(staff_client, clinic, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    buffer, exif = BytesIO(), Image.Exif()
    exif[0x010E] = "Ward seven"
    exif.get_ifd(0x8825)[1] = "N"
    Image.new("RGB", (60, 40), "#0b5c63").save(buffer, "JPEG", exif=exif)
    source = "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()

    _guide, _checked, _made = draft_of(staff_client, a_page(img(source)), "page.html")
    darkroom.develop(Original.objects.get())

    files = [file.read_bytes() for file in tmp_path.rglob("*.*") if file.is_file()]
    assert files
    assert not [file for file in files if b"Ward seven" in file or b"Exif" in file]
    assert not Original.objects.exists()


def test_no_picture_is_asked_for_elsewhere(staff_client, clinic):
    """The process that reads has no network at all: test_import_hostile.py listens for it."""
    page = a_page(img("https://elsewhere.example/x.png"), img("//elsewhere.example/y.png"), img("x-picture-0"))

    _guide, checked, _made = draft_of(staff_client, page, "page.html")

    assertContains(checked, "A picture (add it in the picture library)")
    assert not Picture.objects.exists()


def test_a_document_brings_twenty_at_most(clinic):
    found = importing.read(a_page(*(img(AS_DATA, f"Number {n}") for n in range(MOST + 5))))

    assert len(found.pictures) == MOST
    assert [says for group, says in found.report if "A document brings 20 pictures" in says]


def test_pictures_of_an_import_that_nobody_finished_are_forgotten(staff_client, clinic):
    page = SimpleUploadedFile("page.html", a_page(img(AS_DATA)))
    checked = staff_client.post(IMPORT, {"file": page, "topic": a_topic().pk})
    work.forget_abandoned_imports()
    assert BroughtPicture.objects.count() == 1

    BroughtPicture.objects.update(at=timezone.now() - timedelta(hours=10))
    work.forget_abandoned_imports()

    assert not BroughtPicture.objects.exists()
    staff_client.post(IMPORT, {"draft": checked.context["draft"]})
    assert Guide.objects.get().sections.get().picture is None


def test_the_command_brings_them_too(clinic, tmp_path, capsys):
    file = tmp_path / "scan.docx"
    file.write_bytes(a_word_document())

    call_command("import_guide", file, topic=a_topic().slug)

    assert Guide.objects.get().sections.get().picture.alt == "The scanner"
    assert "Picture “The scanner” is shown where it stood" in capsys.readouterr().out
