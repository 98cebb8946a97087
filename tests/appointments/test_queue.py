"""The queue stores what django-tasks' own backend would, and its worker reads it."""

import pytest
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from appointments.tasks import deliver

pytestmark = pytest.mark.django_db


def test_a_task_is_stored_as_its_library_stores_it():
    deliver.enqueue(7)
    DatabaseBackend.enqueue(deliver.get_backend(), deliver, [7], {})

    ours, theirs = DBTaskResult.objects.values().order_by("enqueued_at")
    assert {**ours, "id": "", "enqueued_at": ""} == {**theirs, "id": "", "enqueued_at": ""}
    assert ours["id"] != theirs["id"]
    assert DBTaskResult.objects.ready().count() == 2
