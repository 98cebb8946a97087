"""Django's SQLite, which also notices that its file was moved, deleted or put back from elsewhere while it was open.

Else a connection that is kept goes on writing into a file that nobody finds again, and patients are told that they are stored.
"""

from pathlib import Path

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    opened = None  # which file the connection has

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        self.opened = self.at_the_path()
        return connection

    def is_usable(self):
        """Asked at the begin of each request and at each turn of the worker (CONN_HEALTH_CHECKS)."""
        return self.opened == self.at_the_path()

    def at_the_path(self):
        try:
            found = Path(self.settings_dict["NAME"]).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
