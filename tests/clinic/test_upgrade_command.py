"""`manage.py upgrade`: what it refuses, and that each refusal says what to do."""

import threading
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ModelState, ProjectState
from django.utils import timezone

from clinic import upgrading
from clinic.backups.record import BackupRun
from clinic.management.commands import upgrade as upgrade_command
from clinic.upgrading import OURS, judged
from tests import factories

# Of before the first release, when nothing ran yet that could fail. A new line here means that an upgrade stops the site for
# a minute: give a new column a db_default instead, and remove one only in the release after the last that uses it.
STOPPED_THE_SITE_BEFORE_THE_RULE = {
    "appointments.0002_keep_the_promise",
    "appointments.0003_took_place_and_languages",
    "appointments.0004_export_and_events",
    "appointments.0006_trace",
    "appointments.0008_one_page",
    "appointments.0009_urgent_news",
    "clinic.0002_keep_the_promise",
    "education.0002_drafts_count_their_saves",
    "education.0003_kinds_of_lists_and_numbers",
    "education.0005_pictures_wait_for_the_worker",
    "education.0008_glossary_and_related_guides",
    "education.0009_history",
    "education.0010_review",
}


def before():
    state = ProjectState()
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=80, null=True)),
        ("words", models.TextField()),
    ]
    state.add_model(ModelState("clinic", "Thing", fields))
    return state


class Step(migrations.Migration):
    def __init__(self, *operations):
        super().__init__("0099_step", "clinic")
        self.operations = operations


def risks(operation):
    """The first letters of what is said: L loses data, S stops the version that runs."""
    step = Step(operation)
    return "".join("L" if risk.loses else "S" for risk in judged(step, operation, before()))


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        (migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]), ""),
        (migrations.AddField("Thing", "note", models.CharField(max_length=9, null=True)), ""),
        (migrations.AddField("Thing", "note", models.CharField(max_length=9, default="", db_default="")), ""),
        (migrations.AddField("Thing", "note", models.CharField(max_length=9, default="")), "S"),
        (migrations.AddField("Thing", "things", models.ManyToManyField("clinic.Thing")), ""),
        (migrations.RemoveField("Thing", "words"), "L"),
        (migrations.DeleteModel("Thing"), "L"),
        (migrations.RenameField("Thing", "words", "text"), "S"),
        (migrations.RenameModel("Thing", "Matter"), "S"),
        (migrations.AlterField("Thing", "name", models.CharField(max_length=80)), "S"),
        (migrations.AlterField("Thing", "name", models.CharField(max_length=40, null=True)), "L"),
        (migrations.AlterField("Thing", "name", models.CharField(max_length=120, null=True)), ""),
        (migrations.AlterField("Thing", "words", models.CharField(max_length=500)), "L"),
        (migrations.AddIndex("Thing", models.Index(fields=["name"], name="thing_name")), ""),
        (migrations.SeparateDatabaseAndState([migrations.RemoveField("Thing", "words")]), "L"),
    ],
)
def test_each_change_is_judged(operation, says):
    assert risks(operation) == says


def test_a_table_that_the_old_version_does_not_know_cannot_trouble_it(db):
    with_column = Step(
        migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("New", "note", models.CharField(max_length=9, default="")),
    )
    made = {("clinic", "new")}

    assert not list(judged(with_column, with_column.operations[1], before(), made))


def test_new_migrations_leave_the_old_version_running():
    loader = MigrationLoader(None)
    stopping = set()
    for (app, name), migration in loader.disk_migrations.items():
        if app not in OURS or migration.initial or name.startswith("0001"):
            continue
        state, made = upgrading.state_before(loader, migration), set()
        for operation in migration.operations:
            made |= upgrading.new_tables(migration, operation)
            if list(judged(migration, operation, state, made)):
                stopping.add(f"{app}.{name}")

    assert stopping <= STOPPED_THE_SITE_BEFORE_THE_RULE


def test_what_is_in_use_is_changed_last():
    """PostgreSQL keeps readers away from a table from its first change to the migration's end, and each operation takes
    Django some fifty milliseconds. What only touches the migration's new tables comes before."""
    waiting = {
        f"{app}.{name}"
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        if app in OURS and not in_use_last(migration)
    }

    assert not waiting


def in_use_last(migration):
    made, in_use = set(), []
    for operation in migration.operations:
        made |= {model for _, model in upgrading.new_tables(migration, operation)}
        if not isinstance(operation, migrations.RunPython | migrations.RunSQL):
            model = getattr(operation, "model_name_lower", None) or getattr(operation, "name_lower", None)
            in_use.append(model not in made)
    return in_use == sorted(in_use)


@pytest.mark.parametrize("first, is_well", [("Thing", False), ("New", True)])
def test_the_order_is_looked_at(first, is_well):
    step = Step(
        migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),
        *(
            migrations.AddField(name, "note", models.CharField(max_length=9, null=True))
            for name in [first, {"New": "Thing", "Thing": "New"}[first]]
        ),
    )

    assert in_use_last(step) is is_well


# The command ------------------------------------------------------------------------------------------------------------


def upgrade(*arguments):
    said = StringIO()
    call_command("upgrade", "--without-static", *arguments, stdout=said)
    return said.getvalue()


@pytest.fixture
def one_is_due(db, monkeypatch):
    """As if this release had brought it, after all that the app has. Nothing of it stays behind."""
    load_disk, step = MigrationLoader.load_disk, Step()

    def with_one_more(loader):
        load_disk(loader)
        step.dependencies = [("clinic", max(name for app, name in loader.disk_migrations if app == "clinic"))]
        loader.disk_migrations["clinic", step.name] = step

    monkeypatch.setattr(MigrationLoader, "load_disk", with_one_more)
    yield
    MigrationRecorder(connection).record_unapplied("clinic", step.name)


for_real = pytest.mark.django_db(transaction=True)  # SQLite migrates in no transaction of a test


def test_a_site_that_is_up_to_date_stays_as_it_is(clinic):
    assert "Migrations due: none." in upgrade()


def test_a_database_that_is_newer_is_refused(clinic):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('clinic', '9999_later', CURRENT_TIMESTAMP)"
        )

    with pytest.raises(CommandError, match=r"newer than this release: it has clinic.9999_later") as told:
        upgrade()
    assert "Install that release again" in str(told.value)


@for_real
def test_without_a_backup_of_late_nothing_is_changed_where_there_are_requests(clinic, one_is_due):
    factories.a_request()

    with pytest.raises(CommandError, match="No backup of the last 24 hours is known"):
        upgrade()
    assert "Migrations due: clinic.0099_step." in upgrade("--plan")
    assert "All is up to date" in upgrade("--backup-is-made")
    assert "Migrations due: none." in upgrade("--plan")


@for_real
def test_an_empty_site_needs_no_backup(clinic, one_is_due):
    assert "All is up to date" in upgrade()


@for_real
@pytest.mark.parametrize(("hours", "is_enough"), [(1, True), (30, False)])
def test_a_backup_that_was_proven_lately_is_enough(clinic, one_is_due, hours, is_enough):
    factories.a_request()
    at = timezone.now() - timedelta(hours=hours)
    BackupRun.objects.create(kind="backup", at=at, proven_at=at)
    BackupRun.objects.create(kind="backup", at=timezone.now(), trouble="The disk is full.")

    if is_enough:
        assert "All is up to date" in upgrade()
    else:
        with pytest.raises(CommandError, match="No backup"):
            upgrade()


@pytest.fixture
def risky(clinic, monkeypatch):
    """As if a release had such a migration."""

    def with_risks(*found):
        plan = upgrading.Plan(["clinic.0099_step"], list(found), [])
        monkeypatch.setattr(upgrading, "plan", lambda: plan)

    return with_risks


@for_real
def test_what_would_be_deleted_must_be_named(risky):
    risky(upgrading.Risk("clinic.0099_step", "deletes “fax” of each “thing”", loses=True))

    with pytest.raises(CommandError, match=r"manage.py upgrade --lose clinic.0099_step"):
        upgrade()
    with pytest.raises(CommandError, match="Data would be deleted"):
        upgrade("--lose", "clinic.0098_other")
    assert "All is up to date" in upgrade("--lose", "clinic.0099_step")


@for_real
def test_what_the_old_version_cannot_bear_needs_it_stopped(risky):
    risky(upgrading.Risk("clinic.0099_step", "Add field x to thing, which must have a value"))

    with pytest.raises(CommandError, match="Stop its web and worker processes"):
        upgrade()
    assert "All is up to date" in upgrade("--all-is-stopped")


@for_real
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time anyhow")
def test_a_table_that_is_busy_is_asked_for_again_and_others_are_let_pass(clinic, one_is_due, monkeypatch):
    """Somebody holds a table for a while: the upgrade steps back in between, and gets it in the end."""
    monkeypatch.setattr(upgrade_command, "LOCK_WAITS", "300ms")
    monkeypatch.setattr(upgrade_command, "PAUSE", 0.3)
    other = connections.create_connection("default")
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLE auth_group_permissions IN ACCESS EXCLUSIVE MODE")
    letting_go = threading.Timer(2, other.connection.rollback)  # Django’s own is for the thread that made it
    began = time.monotonic()
    letting_go.start()
    try:
        assert "All is up to date" in upgrade()
    finally:
        letting_go.join()
        other.close()
    assert time.monotonic() - began > 2
    assert "options" not in connection.settings_dict["OPTIONS"], "others wait as long as they like"
