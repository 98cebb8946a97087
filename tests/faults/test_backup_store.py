"""Backups of a site on several hosts, whose pictures lie on a store that all of them share."""

import pytest

from clinic.models import BackupRun
from education import darkroom
from tests import factories
from tests.clinic.test_media_store import bucket, keys, needs_store, server, store

from .test_backup import a_file_of_its_own, safe

__all__ = ["a_file_of_its_own", "bucket", "safe", "server", "store"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


@needs_store
def test_pictures_on_the_store_of_all_hosts_are_put_back_too(clinic, safe, bucket, store):
    safe.settings["MEDIA_STORE"] = store
    factories.a_picture()
    while darkroom.develop_next():
        pass
    whole = contents(bucket)
    assert len(whole) > 2
    file = safe.backup()
    assert BackupRun.objects.good().get().missing == 0
    for name in list(whole)[1:]:
        bucket.delete_object(Bucket=bucket.name, Key=name)
    bucket.put_object(Bucket=bucket.name, Key=next(iter(whole)), Body=b"cut off")

    done = safe.restore(file)

    assert done.returncode == 0, done.stdout + done.stderr
    assert contents(bucket) == whole


def contents(bucket):
    return {name: bucket.get_object(Bucket=bucket.name, Key=name)["Body"].read() for name in keys(bucket)}
