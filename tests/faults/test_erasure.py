"""A hundred erased patients: not a byte of theirs is left, and a backup that brings them back is erased again."""

import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from appointments import erasure, retention
from appointments.models import AppointmentRequest, Erasure, SearchEntry, StepNotAllowed
from clinic import doctor
from tests import factories
from tests.appointments.test_retention import a_full_request
from tests.postgresql import find_programs
from tests.triage.pages import LIST, SEARCH, action, detail, take

from . import canary, size
from .test_hostile import in_the_database

pytestmark = pytest.mark.django_db(transaction=True)

PATIENTS = size(20, 100)
PERSON = reverse("admin:appointments_erasure_changelist")


def bytes_kept():
    """{file: canaries} of all that the database keeps on disk; of PostgreSQL a dump, as a backup takes it."""
    if connection.vendor == "postgresql":
        found = canary.found(dump(), deep=0)
        return {"dump": found} if found else {}
    name = Path(connection.settings_dict["NAME"])
    files = [name, *name.parent.glob(f"{name.name}-*")]
    return {file.name: found for file in files if (found := canary.found(read_elsewhere(file), deep=0))}


def read_elsewhere(file):
    """Read by a process of its own: closing a database's file here would take SQLite's locks away from this process."""
    return subprocess.run(["cat", file], capture_output=True, check=True).stdout


def dump():
    facts = connection.settings_dict
    command = [find_programs() / "pg_dump", "-h", facts["HOST"], "-U", facts["USER"], facts["NAME"]]
    return subprocess.run(command, capture_output=True, check=True, env={"PGPASSWORD": facts["PASSWORD"]}).stdout


@pytest.fixture
def patients(clinic):
    factories.a_recipient()
    found = [a_full_request() for _ in range(PATIENTS)]
    SearchEntry.objects.renew(found)  # as the worker does within a second
    return found


def worked_on(staff, request):
    """What staff do with it meanwhile leaves its traces, too."""
    staff.post(SEARCH, {"q": request.name})
    staff.post(action(request, "claim"), {})
    staff.get(detail(request))
    take(staff, request, "correct", name=canary.new(), email=f"{canary.new()}@example.org", language=canary.new())
    take(staff, request, "correct", version=1, name=canary.new(), email=request.email)


def test_of_a_hundred_erased_patients_not_a_byte_is_left(patients, record_figures):
    staff, stays = Client(), a_full_request()
    staff.force_login(factories.a_user())
    staff.get(LIST)
    for request in patients:
        worked_on(staff, request)
        request.refresh_from_db()
    kept = canary.found([stays.name, stays.email, stays.message, stays.access_needs, stays.language])
    kept |= canary.found([*stays.notes.values_list("text"), *stays.replies.values_list("text")])
    kept |= canary.found([*stays.attempts.values_list("note"), *stays.status_changes.values_list("reason")])
    erasure.settle()
    before = set().union(*bytes_kept().values())
    assert len(before - kept) >= PATIENTS * 8

    for request in patients:
        form = {"q": request.email, "do": "erase", "sure": "yes", "request": request.pk}
        assert staff.post(PERSON, form).status_code == 302

    left = set().union(*bytes_kept().values()) - kept
    record_figures(patients=PATIENTS, words=len(before - kept), left=len(left))
    assert left == set()
    assert kept <= before
    assert in_the_database().keys() <= {"appointments_note", "appointments_statuschange"}  # of the one who stays
    assert Erasure.objects.count() == PATIENTS
    assert canary.found(Path(settings.ERASED_FILE).read_bytes()) == set()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL clears up by itself")
@pytest.mark.parametrize("off", ["settle", "secure_delete"])
def test_twin_without_it_sqlite_keeps_what_was_deleted(patients, monkeypatch, off):
    by = factories.a_user()
    erasure.settle()
    if off == "settle":
        monkeypatch.setattr(erasure, "settle", lambda: True)
    else:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete=OFF")

    erasure.erase([request.pk for request in patients], by=by)

    assert bytes_kept()
    connection.close()  # the setting was this connection's


def test_what_a_restored_backup_brings_back_is_erased_again(patients, record_figures):
    by = factories.a_user()
    gone, on_hold, stays = patients[:-2], patients[-2], patients[-1]
    backup = [AppointmentRequest.objects.filter(pk=request.pk).values().get() for request in patients]
    erasure.erase([request.pk for request in [*gone, on_hold]], by=by)

    Erasure.objects.all().delete()  # an older database knows nothing of it
    AppointmentRequest.objects.all().delete()
    AppointmentRequest.objects.bulk_create(AppointmentRequest(**row) for row in backup)
    AppointmentRequest.objects.get(pk=on_hold.pk).hold(by=by, reason="A complaint")
    run = retention.run(go_on=True)

    record_figures(brought_back=len(gone), erased_again=run.erased_again)
    assert run.erased_again == len(gone)
    assert set(AppointmentRequest.objects.values_list("pk", flat=True)) == {on_hold.pk, stays.pk}
    assert Erasure.objects.count() == len(gone) + 1


def test_another_request_with_the_number_of_an_erased_one_is_left_alone(patients):
    erasure.erase([patients[0].pk], by=factories.a_user())
    other = patients[1]
    AppointmentRequest.objects.filter(pk=patients[2].pk).delete()
    Erasure.objects.update(request_number=other.pk)

    assert erasure.replay() == 0


def test_a_torn_line_of_the_file_is_written_again(patients):
    erasure.erase([patients[0].pk], by=factories.a_user())
    file = Path(settings.ERASED_FILE)
    file.write_text(file.read_text()[:-10])

    erasure.erase([patients[1].pk], by=factories.a_user())

    assert len(erasure.in_file()) == 2


def test_a_file_that_cannot_be_written_stops_no_erasure_and_is_told(patients, settings, tmp_path):
    by, settings.ERASED_FILE = factories.a_user(), tmp_path / "no" / "such" / "folder"

    erasure.erase([patients[0].pk], by=by)
    retention.run(go_on=True)

    assert AppointmentRequest.objects.count() == PATIENTS - 1
    assert [finding.level for finding in doctor.erased()] == ["FAULT"]
    settings.ERASED_FILE = tmp_path / "erased.txt"
    retention.run(go_on=True)
    assert [finding.level for finding in doctor.erased()] == ["OK"]


def test_what_is_on_hold_or_repeated_by_another_is_not_erased(patients):
    by, (held, repeated, repeats) = factories.a_user(), patients[:3]
    held.hold(by=by, reason="A complaint")
    repeats.mark_duplicate(by=by, of=repeated)

    for number in (held.pk, repeated.pk):
        with pytest.raises(StepNotAllowed):
            erasure.erase([number], by=by)
    assert not Erasure.objects.exists()
    assert AppointmentRequest.objects.count() == PATIENTS

    erasure.erase([repeated.pk, repeats.pk], by=by)
    assert AppointmentRequest.objects.count() == PATIENTS - 2
