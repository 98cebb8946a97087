"""Pictures on an S3-compatible store: a real one on this computer, over HTTP."""

import os
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from importlib.util import find_spec

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from clinic.store_address import NoStore, bucket_options
from education import darkroom
from education.models import Original, Picture
from tests import factories
from tests.appointments.mail_server import free_port

needs_store = pytest.mark.skipif(
    not (find_spec("storages") and find_spec("boto3") and find_spec("moto")),
    reason="requirements-hosts.txt and moto are not installed",
)


def test_an_address_says_all_that_the_store_needs():
    assert bucket_options("s3://AK:se%2Fcret@s3.example.org:9000/pictures?region=eu-west-1") == {
        "access_key": "AK",
        "secret_key": "se/cret",
        "bucket_name": "pictures",
        "endpoint_url": "https://s3.example.org:9000",
        "region_name": "eu-west-1",
        "addressing_style": "path",
    }
    assert bucket_options("s3+http://a:b@10.0.0.9/x")["endpoint_url"] == "http://10.0.0.9"


@pytest.mark.parametrize(
    "address",
    [
        "https://s3.example.org/x",
        "s3://a:sesame@/x",
        "s3://a:sesame@h",
        "s3://a:sesame@h/x/y",
        "s3://h/x",
        "s3://a:sesame@h:q/x",
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_its_secret(address):
    with pytest.raises(NoStore, match="write s3://") as told:
        bucket_options(address)
    assert "sesame" not in str(told.value)


@pytest.mark.once
def test_a_wrong_address_ends_the_start_with_one_sentence(tmp_path):
    said = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env={**os.environ, "DATA_DIR": str(tmp_path), "MEDIA_STORE": "s3://a:sesame@h", "DATABASE_URL": ""},
        capture_output=True,
        text=True,
    )

    assert said.returncode == 1
    assert said.stderr.startswith("MEDIA_STORE cannot be read")
    assert "sesame" not in said.stderr


@pytest.fixture(scope="module")
def server():
    """Its port. A process of its own, as a store is."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=10).close()
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def store(server):
    """MEDIA_STORE of a bucket."""
    return f"s3+http://key:secret@127.0.0.1:{server}/pictures-{time.monotonic_ns()}"


@pytest.fixture
def bucket(store, settings):
    """The store in the place of the disk, with an empty bucket."""
    import boto3

    options = bucket_options(store)
    name = options["bucket_name"]
    client = boto3.client(
        "s3",
        endpoint_url=options["endpoint_url"],
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=name)
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "clinic.media_store.Bucket", "OPTIONS": options},
    }
    client.name = name
    return client


def keys(bucket):
    return sorted(found["Key"] for found in bucket.list_objects_v2(Bucket=bucket.name).get("Contents", []))


@needs_store
@pytest.mark.django_db(transaction=True)
def test_what_one_host_writes_any_host_hands_out(bucket, client, settings):
    picture = factories.a_picture()
    while darkroom.develop_next():
        pass

    names = keys(bucket)
    assert len(names) == 2 * len(picture.widths)
    assert not settings.MEDIA_ROOT.exists(), "nothing is on a host's own disk"
    picture.refresh_from_db()
    assert picture.is_ready
    assert not Original.objects.exists()
    assert picture.first_file.startswith("/media/pictures/"), "browsers ask this site, not the store"
    for name in names:
        answer = client.get(f"/media/{name}")
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("image/")
        assert b"".join(answer.streaming_content) == bucket.get_object(Bucket=bucket.name, Key=name)["Body"].read()
        assert "immutable" in answer["Cache-Control"]


@needs_store
@pytest.mark.django_db(transaction=True)
def test_what_is_not_there_is_not_found(bucket, client):
    assert client.get("/media/pictures/0123456789abcdef/480.webp").status_code == 404
    assert darkroom.clear_away_strays() == 0


@needs_store
@pytest.mark.django_db(transaction=True)
def test_a_picture_that_goes_leaves_nothing_behind_and_strays_are_cleared_away(bucket, monkeypatch):
    picture = factories.a_picture()
    while darkroom.develop_next():
        pass
    Picture.objects.get(pk=picture.pk).delete()
    assert keys(bucket) == []

    bucket.put_object(Bucket=bucket.name, Key="pictures/0123456789abcdef/480.webp", Body=b"left by a kill")
    assert darkroom.clear_away_strays() == 0, "somebody may be writing it"
    later = timezone.now() + 2 * timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert darkroom.clear_away_strays() == 1
    assert keys(bucket) == []


@needs_store
@pytest.mark.django_db(transaction=True)
def test_a_picture_written_twice_is_one(bucket):
    for _ in range(2):
        default_storage.save("pictures/0123456789abcdef/480.webp", ContentFile(b"the same"))

    assert keys(bucket) == ["pictures/0123456789abcdef/480.webp"]
