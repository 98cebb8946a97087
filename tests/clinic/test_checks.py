import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clinic.checks import durable_database

pytestmark = pytest.mark.django_db(transaction=True)


def found():
    return [error.id for error in durable_database(None, databases=["default"])]


def test_the_database_as_we_set_it_up_is_durable():
    assert found() == []


def weak_settings():
    return {
        "sqlite": [("PRAGMA synchronous=NORMAL", "clinic.E001"), ("PRAGMA journal_mode=DELETE", "clinic.E001")],
        "postgresql": [("SET synchronous_commit = off", "clinic.E003")],
    }


@pytest.mark.parametrize("number", [0, 1])
def test_a_weaker_database_is_refused(number):
    weak = weak_settings()[connection.vendor]
    if number >= len(weak):
        pytest.skip("the other database's setting")
    statement, expected = weak[number]
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)

        assert found() == [expected]
        with pytest.raises(CommandError):
            call_command("check", databases=["default"])
    finally:
        connection.close()  # the next connection has our settings again
    assert found() == []


def test_transactions_that_begin_as_readers_are_refused():
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's own")
    connection.ensure_connection()
    connection.transaction_mode = "DEFERRED"
    try:
        assert found() == ["clinic.E002"]
    finally:
        connection.close()
