"""The access log is added to and never changed. The database itself sees to it, whoever asks and however.

A migration that changes the table makes it anew on SQLite, and its triggers are gone: such a migration ends with
lock(schema_editor.connection). `manage.py doctor` looks whether they are there.
"""

from clinic.locked_table import LockedTable

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
EVENTS = LockedTable(TABLE, TRIGGERS, REFUSE)
lock, unlock, is_locked, lifted = EVENTS.lock, EVENTS.unlock, EVENTS.is_locked, EVENTS.lifted
