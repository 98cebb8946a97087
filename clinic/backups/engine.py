"""The module for the site's database, and a way to look at another one through the same models."""

from contextlib import contextmanager

from django.db import connection

from . import Trouble, postgresql, sqlite


def engine():
    for module in (sqlite, postgresql):
        if connection.vendor == module.VENDOR:
            return module
    raise Trouble(f"Backups are made of SQLite and PostgreSQL, not of {connection.vendor}.")


@contextmanager
def standing_on(name):
    """All models read and write the database of that name. For a process of its own: it is switched as a whole."""
    connection.close()
    live, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = live
