"""What the doctor, /healthz and the desk say of the backups, and what stops the site at its start."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from clinic import checks, doctor
from clinic.backups import Trouble, keys, make, schedule
from clinic.models import BackupRun, Examination
from tests.appointments.test_doctor import healthy
from tests.factories import a_request, a_user

__all__ = ["healthy"]  # a fixture
pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(healthy, settings, tmp_path):
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.BACKUP_DIR.mkdir()
    settings.BACKUP_PUBLIC_KEY = [str(keys.new().to_public())]
    return settings.BACKUP_DIR


def a_good_one(folder, **ago):
    at = timezone.now() - timedelta(**ago)
    (folder / "good.age").write_bytes(b"12345")
    return BackupRun.objects.create(at=at, proven_at=at, file="good.age", size=5)


def desk(staff_client, settings):
    settings.SECOND_FACTOR_REQUIRED = False  # else who has only a password sees no desk
    return staff_client.get("/admin/").content.decode()


def found(*names):
    return [(one.name, one.level) for one in doctor.thorough() if one.name in names]


def says(name):
    [finding] = [one for one in doctor.thorough() if one.name == name]
    return finding.says + finding.do


@pytest.mark.parametrize(("hours", "level", "status"), [(23, "OK", 200), (25, "FAULT", 503), (-2, "FAULT", 503)])
def test_the_doctor_is_red_when_the_last_good_backup_is_older_than_a_day(
    folder, client, staff_client, settings, hours, level, status
):
    """One from the future was made by a wrong clock, and counts for nothing."""
    a_good_one(folder, hours=hours)

    assert found("backups") == [("backups", level)]
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["faults"]) == (status, ["backups"] if status == 503 else [])
    assert ("good backup" in desk(staff_client, settings)) is (level == "FAULT")


def test_without_any_it_is_red_and_says_why_none_was_made(folder):
    assert found("backups") == [("backups", "FAULT")]

    BackupRun.objects.create(trouble="There is no room for a backup in /mnt.")

    assert "There is no room for a backup" in says("backups")


def test_a_folder_that_cannot_be_written_to_is_named_after_the_worker_s_turn(folder, settings):
    (folder / "file").touch()
    for place in (folder / "file" / "below", folder):
        (folder / ".lock").mkdir(exist_ok=True)
        settings.BACKUP_DIR = place
        run = BackupRun.objects.create(turn=f"turn of {place.name}")

        with pytest.raises(Trouble, match="cannot be written to"):
            make.run(turn=run.turn)

        assert f"{folder}" in says("backups")
        assert "cannot be written to" in says("backups")
        assert not schedule.is_due(timezone.now()), "it waits a little with the next try"


def test_a_failure_is_amber_while_a_good_one_is_there_and_forgotten_with_the_next_success(folder):
    a_good_one(folder, hours=7)
    BackupRun.objects.create(at=timezone.now() - timedelta(hours=1), trouble="No room.")
    assert found("backups") == [("backups", "WARNING")]

    a_good_one(folder, minutes=5)
    assert found("backups") == [("backups", "OK")]


def test_one_that_runs_just_now_changes_nothing(folder):
    a_good_one(folder, hours=6)
    BackupRun.objects.create()

    assert found("backups") == [("backups", "OK")]


def test_a_file_that_is_gone_or_short_and_pictures_that_are_lost_are_told(folder):
    run = a_good_one(folder, hours=1)
    assert found("backup_file", "pictures_lost") == []

    BackupRun.objects.update(missing=2)
    (folder / run.file).write_bytes(b"123")

    assert found("backup_file", "pictures_lost") == [("backup_file", "FAULT"), ("pictures_lost", "WARNING")]


def test_a_private_key_on_the_server_is_told(folder):
    assert found("backup_key") == []

    keys.write(keys.new(), folder / "oh")

    assert found("backup_key") == [("backup_key", "WARNING")]
    assert str(folder / "oh") in says("backup_key")


def test_a_restore_is_told_for_a_week(folder, staff_client, settings):
    BackupRun.objects.create(kind="restore", made_at=timezone.now() - timedelta(days=2))
    assert found("restored") == [("restored", "WARNING")]
    assert "put back from a backup" in desk(staff_client, settings)

    BackupRun.objects.update(at=timezone.now() - timedelta(days=8))
    assert found("restored") == []


def test_a_new_site_without_backups_is_warned(healthy):
    assert found("backups") == [("backups", "WARNING")]


def test_a_clinic_with_requests_and_without_backups_is_red(healthy, client, staff_client, settings):
    a_request(created_at=timezone.now() - timedelta(days=10)).mark_spam(by=a_user())

    assert found("backups") == [("backups", "FAULT")]
    assert "backups" in client.get("/healthz").json()["faults"]
    settings.EXAMINE_EVERY_MINUTES = 5
    for _ in range(2):  # the worker's doctor finds it, too, and takes it less seriously
        assert desk(staff_client, settings).count("makes no backups by itself") == 2, "on top, and among the checks"
        Examination.keep(doctor.for_the_desk())

    settings.BACKUPS_ELSEWHERE = True
    assert found("backups") == []

    settings.BACKUPS_ELSEWHERE, settings.PRODUCTION = False, False
    assert found("backups") == [("backups", "WARNING")]


def test_a_key_that_cannot_be_read_stops_the_start(folder, settings):
    assert checks.backups_can_be_made(None) == []

    settings.BACKUP_PUBLIC_KEY, settings.BACKUP_EVERY_HOURS = ["age1nonsense"], 48

    assert [error.id for error in checks.backups_can_be_made(None)] == ["clinic.E020", "clinic.E021"]
    assert found("backups_able") == [("backups_able", "FAULT")]


def test_the_privacy_notice_says_how_long_a_copy_may_stay(folder, client, settings):
    assert "gone after 28 more days" in client.get("/privacy/").content.decode()

    settings.BACKUP_DIR = None

    assert "more days" not in client.get("/privacy/").content.decode()


def test_the_command_without_settings_says_which(healthy, settings):
    settings.BACKUP_DIR = None
    with pytest.raises(CommandError, match="BACKUP_DIR is not set"):
        call_command("backup", stdout=StringIO())
