import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from clinic.checks import durable_database


def found(alias="default"):
    return [error.id for error in durable_database(None, databases=[alias])]


@pytest.mark.django_db(transaction=True)
def test_the_database_as_we_set_it_up_is_durable():
    assert found() == []


@pytest.mark.parametrize("weakness", ["PRAGMA synchronous=NORMAL", "PRAGMA journal_mode=DELETE"])
def test_a_weaker_sqlite_is_refused(weakness, tmp_path, django_db_blocker):
    """In a file of its own: a journal mode changes only where nobody else has the file open."""
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's own")
    options = connection.settings_dict["OPTIONS"]
    weak = {**options, "init_command": f"{options['init_command']} {weakness};"}
    connections.databases["weak"] = {**connection.settings_dict, "NAME": tmp_path / "weak.sqlite3", "OPTIONS": weak}
    try:
        with django_db_blocker.unblock():
            assert found("weak") == ["clinic.E001"]
            with pytest.raises(CommandError):
                call_command("check", databases=["weak"])
    finally:
        connections["weak"].close()
        del connections.databases["weak"], connections["weak"]


@pytest.mark.django_db(transaction=True)
def test_a_weaker_postgresql_is_refused():
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's own")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")

        assert found() == ["clinic.E003"]
        with pytest.raises(CommandError):
            call_command("check", databases=["default"])
    finally:
        connection.close()  # the next connection has our settings again
    assert found() == []


@pytest.mark.django_db(transaction=True)
def test_transactions_that_begin_as_readers_are_refused():
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's own")
    connection.ensure_connection()
    connection.transaction_mode = "DEFERRED"
    try:
        assert found() == ["clinic.E002"]
    finally:
        connection.close()
