"""What the database itself refuses about sign-offs, whoever asks and however: one that is changed or deleted, and one by
an author of the text.

A migration that changes one of these two tables makes it anew on SQLite: it begins with unlock(schema_editor.connection)
and ends with lock(schema_editor.connection). tests/education/test_sign_off.py looks whether the locks are there.
"""

from clinic.locked_table import LockedTable

TABLE = "education_signoff"
FINAL = "sign-offs are added, never changed"
NOT_BY_AN_AUTHOR = "an author of the text cannot sign it off"

# Authors of a text are all who have changed it since the sign-off before their last changes: when the same text is
# reviewed again years later, they are its authors still.
AN_AUTHOR_SIGNS = """EXISTS (
    SELECT 1 FROM education_contribution c
    WHERE c.guide_id = NEW.guide_id
    AND (c.by_id = NEW.signed_by_id OR (c.email <> '' AND c.email = lower(NEW.email)))
    AND c.version > COALESCE((
        SELECT max(s.edit_version) FROM education_signoff s
        WHERE s.guide_id = NEW.guide_id
        AND s.edit_version < (SELECT max(version) FROM education_contribution WHERE guide_id = NEW.guide_id)
    ), 0)
)"""

# SQLite's INSERT OR REPLACE deletes a row without asking the trigger of deletions.
TRIGGERS = {
    "sqlite": {
        "signoff_no_update": f"BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{FINAL}'); END",
        "signoff_no_delete": f"BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{FINAL}'); END",
        "signoff_no_replace": """BEFORE INSERT ON education_signoff
            WHEN EXISTS (SELECT 1 FROM education_signoff WHERE id = NEW.id)
            BEGIN SELECT RAISE(ABORT, 'sign-offs are added, never changed'); END""",
        "signoff_not_by_an_author": f"BEFORE INSERT ON {TABLE} WHEN {AN_AUTHOR_SIGNS} "
        f"BEGIN SELECT RAISE(ABORT, '{NOT_BY_AN_AUTHOR}'); END",
    },
    "postgresql": {
        "signoff_no_change": f"BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION signoff_is_final()",
        "signoff_no_truncate": f"BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION signoff_is_final()",
        "signoff_not_by_an_author": f"BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION signoff_not_by_an_author()",
    },
}
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION signoff_is_final() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{FINAL}' USING ERRCODE = 'check_violation'; END $$;
CREATE OR REPLACE FUNCTION signoff_not_by_an_author() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF {AN_AUTHOR_SIGNS} THEN RAISE EXCEPTION '{NOT_BY_AN_AUTHOR}' USING ERRCODE = 'check_violation'; END IF;
    RETURN NEW;
END $$;
"""
SIGN_OFFS = LockedTable(TABLE, TRIGGERS, FUNCTIONS)
lock, unlock, is_locked, lifted = SIGN_OFFS.lock, SIGN_OFFS.unlock, SIGN_OFFS.is_locked, SIGN_OFFS.lifted
