"""The access log is added to and never changed. The database itself sees to it, whoever asks and however.

A migration that changes the table makes it anew on SQLite, and its triggers are gone: such a migration ends with
lock(schema_editor.connection). `manage.py doctor` looks whether they are there.
"""

from contextlib import contextmanager

from django.db import transaction

TABLE = "appointments_accessevent"
REFUSAL = "access events are added, never changed"

# SQLite's INSERT OR REPLACE deletes a row without asking the trigger of deletions: hence one for insertions
# of a row that has an id already.
TRIGGERS = {
    "sqlite": {
        "accessevent_no_update": f"BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
        "accessevent_no_delete": f"BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
        "accessevent_no_replace": """BEFORE INSERT ON appointments_accessevent
            WHEN EXISTS (SELECT 1 FROM appointments_accessevent WHERE id = NEW.id)
            BEGIN SELECT RAISE(ABORT, 'access events are added, never changed'); END""",
    },
    "postgresql": {
        "accessevent_no_change": f"BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION accessevent_refuse()",
        "accessevent_no_truncate": f"BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION accessevent_refuse()",
    },
}
REFUSE = f"""CREATE OR REPLACE FUNCTION accessevent_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"""
THERE = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled IN ('O', 'A')",
}


def lock(connection):
    unlock(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(REFUSE)
        for name, rule in TRIGGERS[connection.vendor].items():
            cursor.execute(f"CREATE TRIGGER {name} {rule}")


def unlock(connection):
    of_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in TRIGGERS[connection.vendor]:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{of_table}")


def is_locked(connection):
    with connection.cursor() as cursor:
        cursor.execute(THERE[connection.vendor], [TABLE])
        return {name for (name,) in cursor.fetchall()} >= TRIGGERS[connection.vendor].keys()


@contextmanager
def lifted(connection):
    """One transaction in which the log can be changed. On PostgreSQL the table's owner alone can do that."""
    with transaction.atomic(using=connection.alias):
        unlock(connection)
        yield
        lock(connection)
