"""What an upgrade would do to the database, judged before it is done.

Two questions of each migration that is due: does it throw away what people have entered, and can the version that runs
now go on writing meanwhile? See docs/operator.md.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, models
from django.db.migrations import operations as op
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

OURS = ("clinic", "education", "appointments")
BACKUP_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class Risk:
    migration: str  # "education.0010_review"
    what: str
    loses: bool = False  # else: the version that runs now would fail


@dataclass(frozen=True)
class Plan:
    due: list  # names of migrations
    risks: list
    unknown: list  # names of migrations that the database has and this release has not

    @property
    def losses(self):
        return [risk for risk in self.risks if risk.loses]

    @property
    def stops(self):
        return [risk for risk in self.risks if not risk.loses]


def plan():
    executor = MigrationExecutor(connection)
    loader, recorder = executor.loader, MigrationRecorder(connection)
    applied = recorder.applied_migrations()
    unknown = sorted(f"{app}.{name}" for app, name in applied if app in OURS and (app, name) not in loader.graph.nodes)
    steps = [migration for migration, _ in executor.migration_plan(loader.graph.leaf_nodes())]
    made, risks = set(), []  # tables that the old version does not know cannot trouble it
    there = {app for app, _ in applied}
    for migration in steps:
        before = state_before(loader, migration)
        for operation in migration.operations:
            made |= new_tables(migration, operation)
            if migration.app_label in there:
                risks += judged(migration, operation, before, made)
    return Plan([str(migration) for migration in steps], risks, unknown)


def state_before(loader, migration):
    return loader.project_state((migration.app_label, migration.name), at_end=False)


def new_tables(migration, operation):
    return {(migration.app_label, operation.name_lower)} if isinstance(operation, op.CreateModel) else set()


def judged(migration, operation, before, made=frozenset()):
    """The risks of one operation. `before` is the project's state at the migration's begin."""
    name = f"{migration.app_label}.{migration.name}"
    model = getattr(operation, "model_name_lower", None) or getattr(operation, "name_lower", "")
    if (migration.app_label, model) in made:
        return
    match operation:
        case op.DeleteModel():
            yield Risk(name, f"deletes all of “{operation.name}”", loses=True)
        case op.RemoveField():
            yield Risk(name, f"deletes “{operation.name}” of each “{operation.model_name}”", loses=True)
        case op.RenameModel() | op.RenameField() | op.AlterModelTable():
            yield Risk(name, operation.describe())
        case op.AddField() if not optional(operation.field):
            yield Risk(name, f"{operation.describe()}, which must have a value")
        case op.AlterField():
            old = field_before(before, migration.app_label, operation)
            if old is not None and old.null and not operation.field.null:
                yield Risk(name, f"{operation.describe()}, so that it must have a value")
            elif old is not None and is_shortened(old, operation.field):
                yield Risk(name, f"{operation.describe()}, so that it holds less", loses=True)
        case op.SeparateDatabaseAndState():
            for inner in operation.database_operations:
                yield from judged(migration, inner, before, made)


def optional(field):
    """Whether a row can be inserted by somebody who does not know the column. Django's own default is not the database's."""
    return field.many_to_many or field.null or field.has_db_default() or isinstance(field, models.GeneratedField)


def field_before(state, app, operation):
    known = state.models.get((app, operation.model_name_lower))
    return known and known.fields.get(operation.name)


def is_shortened(old, new):
    shorter = old.max_length is not None and new.max_length is not None and new.max_length < old.max_length
    return shorter or (old.get_internal_type() == "TextField" and new.get_internal_type() == "CharField")


# The backup of before ---------------------------------------------------------------------------------------------------


def last_backup():
    """When the last backup was made that is proven to come back; None where none is known.

    In plain SQL: before a migration the table may be one of an older version.
    """
    if "clinic_backuprun" not in connection.introspection.table_names():
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT at FROM clinic_backuprun WHERE kind = 'backup' AND proven_at IS NOT NULL ORDER BY at DESC"
        )
        found = cursor.fetchone()
    if not found:
        return None
    at = found[0] if not isinstance(found[0], str) else models.DateTimeField().to_python(found[0])
    return at if timezone.is_aware(at) else timezone.make_aware(at, timezone.get_fixed_timezone(0))


def has_patients():
    if "appointments_appointmentrequest" not in connection.introspection.table_names():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM appointments_appointmentrequest LIMIT 1")
        return cursor.fetchone() is not None


def is_backed_up():
    at = last_backup()
    return at is not None and timezone.now() - at < BACKUP_WITHIN
