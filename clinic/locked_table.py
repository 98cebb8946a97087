"""A table that the database itself guards with triggers, whoever asks and however.

SQLite makes a table anew when a migration changes it, and its triggers are gone: such a migration begins with
unlock(schema_editor.connection) and ends with lock(schema_editor.connection).
"""

from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction

THERE = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled IN ('O', 'A')",
}


@dataclass(frozen=True)
class LockedTable:
    name: str
    triggers: dict  # {vendor: {name of a trigger: what follows its name}}
    functions: str  # that PostgreSQL's triggers call, as SQL

    def lock(self, connection):
        self.unlock(connection)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(self.functions)
            for name, rule in self.triggers[connection.vendor].items():
                cursor.execute(f"CREATE TRIGGER {name} {rule}")

    def unlock(self, connection):
        of_table = f" ON {self.name}" if connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            for name in self.triggers[connection.vendor]:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{of_table}")

    def is_locked(self, connection):
        with connection.cursor() as cursor:
            cursor.execute(THERE[connection.vendor], [self.name])
            return {name for (name,) in cursor.fetchall()} >= self.triggers[connection.vendor].keys()

    @contextmanager
    def lifted(self, connection):
        """One transaction without the locks. On PostgreSQL the table's owner alone can do that."""
        with transaction.atomic(using=connection.alias):
            self.unlock(connection)
            yield
            self.lock(connection)
