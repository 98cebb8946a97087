"""The picture library: renditions made behind the page, where each picture is shown, and what is never deleted."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.urls import get_resolver, reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments.management.commands.worker import do_all
from clinic import doctor
from clinic.facts import Facts
from education import darkroom, images
from education.models import Guide, Keeper, NotPublishable, Original, Picture, SignOff
from education.models.keeping import kept
from tests.appointments.test_worker import database_url
from tests.factories import a_guide, a_picture, a_picture_file, a_published_guide

from .test_editor_desk import CountQueries
from .test_pictures import ADD, files_on_disk, photo_from_a_phone, picture_post, the_worker_comes_by, upload

LIST = reverse("admin:education_picture_changelist")


def change(picture):
    return reverse("admin:education_picture_change", args=[picture.pk])


def a_new_picture(size=(1200, 800)):
    """As it is between the upload and the worker's visit."""
    picture = Picture(title="New", alt="What it shows")
    picture.take(a_picture_file(size))
    picture.save()
    return picture


def names_on_disk():
    return [Path(path).name for path in files_on_disk()]


# Behind the page ------------------------------------------------------------------------------------------------------


def test_the_editor_sees_a_picture_at_once_and_the_worker_does_the_rest(
    staff_client, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post(ADD, picture_post(a_picture_file((1200, 800))))
    picture = Picture.objects.get()
    first = default_storage.open(f"{picture.folder}/480.webp").read()
    page = staff_client.get(change(picture))

    assert names_on_disk() == ["480.webp"]
    assertContains(page, f"{picture.folder}/480.webp")
    assertContains(page, "The other sizes are being prepared")
    do_all(settings.WORKER_EACH_TURN)
    assert names_on_disk() == sorted(f"{width}.{name}" for width in (480, 720, 960, 1200) for name in ("avif", "webp"))
    assert default_storage.open(f"{picture.folder}/480.webp").read() == first  # it may be in a cache for ever
    assertNotContains(staff_client.get(change(picture)), "are being prepared")
    assert not Original.objects.exists()


def test_the_original_is_in_no_file_and_at_no_address(staff_client, client):
    photo = photo_from_a_phone()
    staff_client.post(ADD, picture_post(upload(photo)))

    assert bytes(Original.objects.get().content) == photo  # the camera's name is in there until the worker comes by
    assert not any(b"SECRETCAMERA" in default_storage.open(path).read() for path in files_on_disk())
    assert "original" not in " ".join(map(str, get_resolver().reverse_dict)).lower()
    assert client.get(f"/media/{Picture.objects.get().folder}/original").status_code == 404
    the_worker_comes_by()
    assert not Original.objects.exists()


def test_a_guide_waits_for_its_pictures_and_its_data_do_not_remember_it(staff_client, clinic):
    picture = a_new_picture()
    guide = a_guide("Swallow test", sections=[{"heading": "Look", "body": "<p>a</p>", "picture": picture}])
    before = guide.as_data()

    with pytest.raises(NotPublishable, match="The picture of “Look” is still being prepared"):
        guide.publish(by=None)
    preview = staff_client.get(reverse("admin:education_guide_preview", args=[guide.pk]))
    assertContains(preview, f'src="/media/{picture.folder}/480.webp"')
    assertNotContains(preview, "srcset")
    the_worker_comes_by()
    guide = Guide.objects.get()
    guide.publish(by=None)

    assert before["sections"][0]["picture"].pop("is_pending")
    assert guide.live_revision.data == before
    assert not guide.has_unpublished_changes()
    assertContains(staff_client.get(guide.get_absolute_url()), f"{picture.folder}/960.avif 960w")


def test_of_two_workers_one_gets_the_picture(db):
    a_new_picture()
    first, second = Original.objects.get(), Original.objects.get()

    assert first.claim()
    assert not second.claim()
    assert not darkroom.develop_next()


DIES = """
import os, signal, sys
import django
django.setup()
from education import darkroom, images
left = int(sys.argv[1])
def store_some(folder, files, storage, whole=images.store):
    whole(folder, dict(list(files.items())[:left]), storage)
    os.kill(os.getpid(), signal.SIGKILL)
if left >= 0:
    images.store = store_some
print(darkroom.develop_next())
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("files_written", [0, 1, 5, 6])
def test_a_worker_that_is_killed_loses_nothing_and_leaves_nothing(files_written):
    picture = a_new_picture()
    environment = {**os.environ, "DATABASE_URL": database_url(), "DATA_DIR": str(settings.MEDIA_ROOT.parent)}
    run = [sys.executable, "-c", DIES]

    killed = subprocess.run([*run, str(files_written)], cwd=settings.BASE_DIR, env=environment, timeout=60)

    assert killed.returncode == -signal.SIGKILL
    assert Original.objects.get().attempts == 1
    assert not Picture.objects.get().is_ready
    Original.objects.update(next_attempt_at=timezone.now())  # as it is two minutes later
    alive = subprocess.run([*run, "-1"], cwd=settings.BASE_DIR, env=environment, timeout=60, capture_output=True)
    assert alive.stdout.strip() == b"True"
    assert Picture.objects.get().is_ready
    assert not Original.objects.exists()
    assert files_on_disk() == sorted(
        f"{picture.folder}/{width}.{name}" for width in picture.widths for name in images.FORMATS
    )


def test_what_broke_off_on_the_disk_is_written_again(db):
    picture = a_new_picture()
    the_worker_comes_by()
    path = f"{picture.folder}/960.avif"
    whole = default_storage.open(path).read()
    default_storage.delete(path)
    default_storage.save(path, ContentFile(whole[:100]))

    images.store(picture.folder, {"960.avif": whole}, default_storage)

    assert default_storage.open(path).read() == whole


def test_a_picture_that_got_another_file_meanwhile_keeps_that_one(staff_client, django_capture_on_commit_callbacks):
    picture = a_new_picture()
    late = Original.objects.get()

    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post(change(picture), picture_post(a_picture_file((500, 500))))
    late.hand_over(images.renditions(images.upright(a_picture_file((1200, 800)))))

    picture.refresh_from_db()
    assert not picture.is_ready
    assert files_on_disk() == [f"{picture.folder}/480.webp"]
    the_worker_comes_by()
    assert all(path.startswith(picture.folder) for path in files_on_disk())
    assert len(files_on_disk()) == 4


def test_a_picture_that_is_deleted_meanwhile_leaves_nothing(staff_client, django_capture_on_commit_callbacks):
    picture = a_new_picture()
    late = Original.objects.get()

    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post(reverse("admin:education_picture_delete", args=[picture.pk]), {"post": "yes"})
    late.hand_over(images.renditions(images.upright(a_picture_file((1200, 800)))))

    assert not Original.objects.exists()
    assert files_on_disk() == []


def test_a_picture_that_cannot_be_prepared_is_tried_five_times_and_holds_up_no_other(staff_client):
    broken, sound = a_new_picture(), a_new_picture()
    Original.objects.filter(picture=broken).update(content=b"no picture")

    for _ in range(8):
        the_worker_comes_by()
        Original.objects.update(next_attempt_at=timezone.now())

    sound.refresh_from_db()
    assert sound.is_ready
    assert Original.objects.get().attempts == 5
    assertContains(staff_client.get(change(broken)), "It could not be prepared for patients.")
    assert [finding.level for finding in doctor.pictures(Facts())] == ["OK"]
    Original.objects.update(added_at=timezone.now() - timedelta(minutes=11))
    assert [finding.level for finding in doctor.pictures(Facts())] == ["WARNING"]


def test_files_that_nobody_names_go_after_a_day(db):
    shown, replaced = a_picture("Shown"), a_picture("Replaced")
    a_published_guide(picture=replaced)
    published = replaced.folder
    replaced.take(a_picture_file())
    replaced.save()
    the_worker_comes_by()
    for name in ("0ld", "y0ung"):
        default_storage.save(f"pictures/{name}/480.webp", ContentFile(b"x"))
    grow_old("pictures/0ld", shown.folder, published)

    assert darkroom.clear_away_strays() == 1

    left = {str(Path(path).parent) for path in files_on_disk()}
    assert left == {"pictures/y0ung", shown.folder, published, replaced.folder}
    grow_old("pictures/y0ung")
    assert darkroom.clear_away_strays() == 1


def grow_old(*folders):
    for folder in folders:
        for path in Path(settings.MEDIA_ROOT, folder).iterdir():
            os.utime(path, (0, 0))


# Never deleted --------------------------------------------------------------------------------------------------------


def test_whatever_holds_a_guides_data_keeps_its_pictures():
    holding = [
        model
        for model in apps.get_app_config("education").get_models()
        if any(field.name == "guide" for field in model._meta.fields)
        and any(isinstance(field, models.JSONField) and field.name == "data" for field in model._meta.fields)
    ]

    assert holding
    others = [model for model in holding if not issubclass(model, Keeper)]
    assert others == [SignOff]  # what is signed was saved before: its Snapshot keeps the pictures


def test_a_picture_stays_while_a_revision_shows_one_of_its_earlier_files(
    staff_client, django_capture_on_commit_callbacks
):
    picture = a_picture()
    guide = a_published_guide(picture=picture)
    published = files_on_disk()
    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post(change(picture), picture_post(a_picture_file((50, 50))))
    guide.picture = None
    guide.save()
    guide.withdraw(by=None)

    with django_capture_on_commit_callbacks(execute=True):
        refused = staff_client.post(reverse("admin:education_picture_delete", args=[picture.pk]), {"post": "yes"})

    assertContains(refused, "(revision 1)")
    assert Picture.objects.filter(pk=picture.pk).exists()
    assert set(published) <= set(files_on_disk())


def test_a_line_of_the_index_whose_keeper_is_gone_keeps_nothing(db):
    picture = a_picture()
    guide = a_published_guide(picture=picture)
    assert kept(folders=[picture.folder])
    Guide.objects.update(live_revision=None, picture=None)
    for rows in (guide.history, guide.snapshots, guide.revisions):
        rows.all()._raw_delete("default")

    assert not kept(folders=[picture.folder])
    picture.delete()


# The grid -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(clinic):
    """A picture on a live page, in an old revision and in two drafts; a decorative one; one that nobody uses."""
    shown, border, free = (
        a_picture("Room", credit="A hand"),
        a_picture("Border", alt="", decorative=True),
        a_picture("Spare"),
    )
    guide = a_published_guide("Swallow test", picture=shown)
    guide.publish(by=None)
    a_guide("Other test", sections=[{"heading": "Look", "picture": shown}, {"heading": "Again", "picture": shown}])
    a_guide("Framed", picture=border)
    return shown, border, free


def titles(response):
    return [picture.title for picture in response.context["cl"].result_list]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Border", "Room", "Spare"]),
        ("?use=used", ["Border", "Room"]),
        ("?use=unused", ["Spare"]),
        ("?words=decorative", ["Border"]),
        ("?words=described", ["Room", "Spare"]),
        ("?words=uncredited", ["Border", "Spare"]),
        ("?q=what+shows", ["Room", "Spare"]),
        ("?ready=no", []),
        ("?q=%00", ["Border", "Room", "Spare"]),
        ("?use=", ["Border", "Room", "Spare"]),
    ],
)
def test_the_library_is_searched_and_filtered(staff_client, three, query, found):
    assert titles(staff_client.get(LIST + query)) == found


def test_a_filter_that_the_library_does_not_have_is_refused(staff_client, three):
    assert staff_client.get(f"{LIST}?use=nonsense").status_code == 400


def test_each_picture_says_where_it_is_shown_with_links(staff_client, three):
    page = staff_client.get(LIST)
    swallow, other = Guide.objects.get(title="Swallow test"), Guide.objects.get(title="Other test")

    assertContains(page, "Used: 1 live, 2 drafts, 2 earlier")
    assertContains(page, "Used: 1 draft<")
    assertContains(page, "Not used anywhere", count=2)  # a picture, and the filter's name
    assertContains(page, f'<a href="{swallow.get_absolute_url()}">Swallow test</a>: patients read it')
    assertContains(page, f'<a href="/admin/education/guide/{other.pk}/change/">Other test</a>: draft', count=1)
    assertContains(page, f'<a href="/admin/education/guide/{swallow.pk}/preview/1/">Swallow test</a>: revision 1')


def test_the_library_takes_the_same_queries_for_three_pictures_and_for_many(staff_client, three):
    with CountQueries() as few:
        staff_client.get(LIST)
    for number in range(6):
        a_published_guide(f"Guide {number}", picture=a_picture(f"Picture {number}"))

    with CountQueries() as many:
        staff_client.get(LIST)

    assert many.count == few.count


def test_the_guides_form_sees_a_picture_by_its_number(staff_client, client, three):
    small = f"/admin/education/picture/{three[0].pk}/small/"

    assert staff_client.get(small)["Location"] == f"/media/{three[0].folder}/480.webp"
    assert staff_client.get("/admin/education/picture/999999/small/").status_code == 404
    assertContains(staff_client.get(reverse("admin:education_guide_add")), "js/picture-picker.js")
