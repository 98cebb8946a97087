"""Pictures through the admin's form: what is taken, what is refused and in which words, what stays on disk."""

import random
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import ProtectedError
from django.urls import reverse
from PIL import Image, ImageCms

from education import darkroom, images
from education.images import check_picture
from education.models import Guide, Picture
from tests.factories import a_guide, a_picture, a_picture_file, a_published_guide

ADD = reverse("admin:education_picture_add")
RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture_post(file, **facts):
    return {"title": "Room", "alt": "A room", "caption": "", "credit": "", "file": file, **facts}


def upload(content, name="x.jpg"):
    return SimpleUploadedFile(name, content, "image/jpeg")


def png_that_says(width, height):
    """A PNG of a few bytes whose header claims any size."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def photo_from_a_phone():
    """A JPEG, red on the left and blue on the right, that says "turn me", where it was taken and by whom."""
    image = Image.new("RGB", (1200, 800), RED)
    image.paste(BLUE, (600, 0, 1200, 800))
    exif = image.getexif()
    exif[0x0112] = 6  # turn to the right to see it upright
    exif[0x010F] = "SECRETCAMERA"
    exif.get_ifd(0x8825).update({1: "N", 2: (40.0, 42.0, 51.0), 3: "W", 4: (74.0, 0.0, 23.0), 29: "2026:11:01"})
    buffer = BytesIO()
    image.save(buffer, "JPEG", exif=exif, comment=b"SECRETCOMMENT")
    return buffer.getvalue()


def written(content):
    """The renditions of an uploaded file, opened: {name: image}."""
    return {
        name: Image.open(BytesIO(data)) for name, data in images.renditions(images.upright(upload(content))).items()
    }


def bytes_of(image, format="PNG", **save):
    buffer = BytesIO()
    image.save(buffer, format, **save)
    return buffer.getvalue()


def the_worker_comes_by():
    while darkroom.develop_next():
        pass


def files_on_disk():
    root = Path(settings.MEDIA_ROOT)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_photo_is_turned_upright_stripped_and_written_at_each_width(staff_client):
    photo = photo_from_a_phone()
    assert b"SECRETCAMERA" in photo
    assert Image.open(BytesIO(photo)).getexif().get_ifd(0x8825)

    staff_client.post(ADD, picture_post(upload(photo)))
    the_worker_comes_by()

    picture = Picture.objects.get()
    assert (picture.width, picture.height, picture.widths) == (800, 1200, [480, 720, 800])
    assert files_on_disk() == [
        f"{picture.folder}/{width}.{name}" for width in (480, 720, 800) for name in ("avif", "webp")
    ]  # and the upload itself is nowhere
    for path in files_on_disk():
        content = default_storage.open(path).read()
        image = Image.open(BytesIO(content))
        assert image.format.lower() == path.rpartition(".")[2]
        assert image.width == int(Path(path).stem)
        assert not image.getexif()
        assert b"SECRET" not in content
        top, bottom = image.getpixel((image.width // 2, 20)), image.getpixel((image.width // 2, image.height - 20))
        assert top[0] > 150 > top[2]  # what was left is now on top: red
        assert bottom[2] > 150 > bottom[0]


def test_a_large_picture_gets_all_widths(staff_client):
    staff_client.post(ADD, picture_post(a_picture_file((3200, 1800))))
    the_worker_comes_by()

    picture = Picture.objects.get()
    assert (picture.width, picture.height, picture.widths) == (1600, 900, [480, 720, 960, 1600])
    assert len(files_on_disk()) == 8


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_usual_formats_are_taken(staff_client, format):
    staff_client.post(ADD, picture_post(a_picture_file((40, 30), format=format)))

    assert Picture.objects.get().widths == [40]


def test_sixteen_bits_of_gray_keep_their_shades():
    image = written(bytes_of(Image.new("I;16", (60, 40), 0x8000)))["60.webp"]

    assert 120 <= image.getpixel((30, 20))[0] <= 136


def test_what_is_transparent_stays_so():
    clear = Image.new("RGBA", (60, 40), (0, 0, 0, 0))

    for image in written(bytes_of(clear)).values():
        assert image.convert("RGBA").getpixel((30, 20))[3] == 0


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixels_is_taken(mode):
    format = "JPEG" if mode == "CMYK" else "PNG"
    content = bytes_of(Image.new(mode, (60, 40)), format)

    assert {image.size for image in written(content).values()} == {(60, 40)}


def test_printers_colors_become_those_of_a_screen():
    cyan = bytes_of(Image.new("CMYK", (60, 40), (255, 0, 0, 0)), "JPEG")

    red, green, blue = written(cyan)["60.webp"].getpixel((30, 20))

    assert red < 60
    assert green > 140
    assert blue > 180


def display_that_swaps_red_and_blue():
    """A color profile with the red and the blue of sRGB in each other's place."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for number in range(int.from_bytes(profile[128:132])):
        at = 132 + 12 * number
        swapped = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(bytes(profile[at : at + 4]))
        if swapped:
            profile[at : at + 4] = swapped
    return bytes(profile)


@pytest.mark.parametrize(("mode", "red"), [("RGB", (255, 0, 0)), ("RGBA", (255, 0, 0, 255))])
def test_a_color_profile_is_followed_and_not_kept(mode, red):
    content = bytes_of(Image.new(mode, (60, 40), red), icc_profile=display_that_swaps_red_and_blue())

    for image in written(content).values():
        assert image.getpixel((30, 20))[2] > 200 > 60 > image.getpixel((30, 20))[0]  # what it calls red is our blue
        assert not image.info.get("icc_profile")


def test_a_broken_color_profile_spoils_nothing():
    content = bytes_of(Image.new("RGB", (60, 40), RED), icc_profile=b"no profile at all")

    assert written(content)["60.webp"].getpixel((30, 20))[0] > 150


@pytest.mark.parametrize("format", ["PNG", "WEBP", "AVIF"])
def test_what_moves_is_refused(staff_client, format):
    frames = [Image.new("RGB", (40, 30), color) for color in (RED, BLUE)]
    content = bytes_of(frames[0], format, save_all=True, append_images=frames[1:], duration=100)

    response = staff_client.post(ADD, picture_post(upload(content)))

    assert response.context["adminform"].form.errors["file"] == [
        "The picture moves. Save one still picture of it and try again."
    ]


def test_a_photo_with_a_second_one_behind_it_is_taken():
    photos = [Image.new("RGB", (40, 30), color) for color in (RED, BLUE)]
    content = bytes_of(photos[0], "MPO", save_all=True, append_images=photos[1:])

    assert written(content)["40.webp"].getpixel((20, 15))[0] > 150


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04" + b"\0" * 60, b"%PDF-1.7 SECRET"])
def test_what_rides_along_with_a_picture_is_left_behind(tail):
    content = bytes_of(Image.new("RGB", (60, 40), RED), "PNG") + tail

    for data in images.renditions(images.upright(upload(content))).values():
        assert tail not in data
        assert b"SECRET" not in data
        assert b"script" not in data


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF_POLYGLOT = b"GIF89a/*\x01\x00\x80\x00\x00*/=1;alert(1)//" + b"\x00" * 40


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (SVG, "not a picture we can read"),
        (GIF_POLYGLOT, "not a picture we can read"),
        (b"just text", "not a picture we can read"),
        (b"\xff\xd8\xff\xe0", "not a picture we can read"),
        (b"", "empty"),
        (photo_from_a_phone()[:3000], "damaged"),
        (png_that_says(13_300, 13_300), "40 megapixels"),
        (png_that_says(60_000, 60_000), "not a picture we can read"),
        (png_that_says(20_000, 2_001), "40 megapixels"),
    ],
    ids=["svg", "gif", "text", "jpeg head", "empty", "truncated", "177 MP", "3600 MP", "just too many"],
)
def test_what_is_no_good_picture_is_refused_next_to_the_field(staff_client, content, words):
    response = staff_client.post(ADD, picture_post(upload(content)))

    assert response.status_code == 200
    (error,) = response.context["adminform"].form.errors["file"]
    assert words in error
    assert not Picture.objects.exists()
    assert files_on_disk() == []


def test_177_megapixels_are_refused_before_a_pixel_is_decoded(monkeypatch):
    def decode(*args):
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)

    with pytest.raises(ValidationError, match="40 megapixels"):
        check_picture(upload(png_that_says(13_300, 13_300)))


def test_a_file_of_many_bytes_is_refused(staff_client, settings):
    settings.PICTURE_MAX_BYTES = 2**20

    response = staff_client.post(ADD, picture_post(upload(photo_from_a_phone() + b"\0" * 2**20)))

    assert "larger than 1 MB" in response.context["adminform"].form.errors["file"][0]


def test_broken_files_of_all_kinds_are_refused_or_taken_but_never_crash(db):
    chance = random.Random(2026)
    originals = [photo_from_a_phone()] + [
        a_picture_file((64, 48), format=name).read() for name in ("PNG", "WEBP", "AVIF")
    ]
    refused = 0
    for number in range(160):
        content = bytearray(originals[number % 4])
        for _ in range(chance.randint(1, 30)):
            content[chance.randrange(min(len(content), 700))] = chance.randrange(256)
        try:
            written(bytes(content))
        except ValidationError:
            refused += 1

    assert refused > 40  # the damage was real


def test_alt_text_or_decorative(staff_client):
    response = staff_client.post(ADD, picture_post(a_picture_file((40, 30)), alt=""))
    assert "Write a text alternative, or tick “decorative”." in response.text
    assert files_on_disk() == []

    staff_client.post(ADD, picture_post(a_picture_file((40, 30)), alt="", decorative="on"))
    assert Picture.objects.get().as_data()["alt"] == ""


def test_a_picture_needs_its_file_once(staff_client):
    response = staff_client.post(ADD, picture_post(""))
    assert response.context["adminform"].form.errors["file"] == ["This field is required."]

    picture = a_picture()
    staff_client.post(reverse("admin:education_picture_change", args=[picture.pk]), picture_post("", caption="New"))
    picture.refresh_from_db()
    assert picture.caption == "New"
    assert len(files_on_disk()) == 2 * len(picture.widths)


def test_the_form_shows_the_picture_and_where_it_is_used(staff_client):
    picture = a_picture()
    guide = a_published_guide("Swallow test", picture=picture)
    guide.title = "Swallow test, new"
    guide.save()

    page = staff_client.get(reverse("admin:education_picture_change", args=[picture.pk])).text

    assert f'src="/media/{picture.folder}/480.webp"' in page
    assert f'<a href="{guide.get_absolute_url()}">Swallow test, new</a>: patients read it' in page
    assert f'<a href="/admin/education/guide/{guide.pk}/change/">Swallow test, new</a>: draft' in page


def test_another_file_leaves_what_was_published_whole(staff_client, django_capture_on_commit_callbacks):
    picture = a_picture()
    a_published_guide(picture=picture)
    published = files_on_disk()
    change = reverse("admin:education_picture_change", args=[picture.pk])

    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post(change, picture_post(a_picture_file((50, 50))))
    the_worker_comes_by()
    picture.refresh_from_db()
    second = picture.folder
    assert set(published) < set(files_on_disk())
    assert Guide.objects.get().has_unpublished_changes()

    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post(change, picture_post(a_picture_file((60, 60))))
    assert not any(path.startswith(second) for path in files_on_disk())  # no page ever showed that one
    assert set(published) < set(files_on_disk())


def test_a_picture_in_use_cannot_be_deleted_and_another_goes_with_its_files(
    staff_client, django_capture_on_commit_callbacks
):
    picture = a_picture()
    guide = a_published_guide("Swallow test", picture=picture)
    delete = reverse("admin:education_picture_delete", args=[picture.pk])

    in_draft = staff_client.post(delete, {"post": "yes"})
    guide.picture = None
    guide.save()
    on_page = staff_client.post(delete, {"post": "yes"})

    assert "<li>Swallow test (draft)</li>" in in_draft.text
    assert "<li>Swallow test (revision 1)</li>" in on_page.text
    assert Picture.objects.exists()
    with pytest.raises(ProtectedError):
        picture.delete()
    guide.withdraw(by=None)
    guide.delete()
    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post(delete, {"post": "yes"})
    assert not Picture.objects.exists()
    assert files_on_disk() == []


def test_deleting_many_from_the_list_keeps_the_same_rules(staff_client, django_capture_on_commit_callbacks):
    used, free = a_picture("Used"), a_picture("Free")
    guide = a_published_guide(picture=used)
    guide.picture = None
    guide.save()
    post = {"action": "delete_selected", "post": "yes"}

    staff_client.post(reverse("admin:education_picture_changelist"), {**post, "_selected_action": [used.pk, free.pk]})
    assert Picture.objects.count() == 2

    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post(reverse("admin:education_picture_changelist"), {**post, "_selected_action": [free.pk]})
    assert list(Picture.objects.all()) == [used]
    assert all(path.startswith(used.folder) for path in files_on_disk())


def test_a_section_picture_counts_as_used(staff_client):
    picture = a_picture()
    a_guide("Figured", sections=[{"heading": "Look", "picture": picture}])

    response = staff_client.post(reverse("admin:education_picture_delete", args=[picture.pk]), {"post": "yes"})

    assert "<li>Figured (draft)</li>" in response.text
    assert Picture.objects.exists()
