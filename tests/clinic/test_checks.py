import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from clinic.checks import durable_database, ready_for_patients


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


@pytest.mark.once
@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("", False),
        ("redis://127.0.0.1:6379/0", False),
        ("redis://localhost/0", False),
        ("rediss://:secret@redis.example.org:6380/0", False),
        ("redis://10.0.0.5:6379/0", True),
        ("redis://:secret@10.0.0.5:6379/0", True),
        ("rediss://redis.example.org:6380/0", True),
        ("rediss://:secret@redis.example.org:6380/0?ssl_cert_reqs=none", True),
    ],
)
def test_a_redis_that_others_can_write_to_is_an_error_of_production(settings, address, refused):
    settings.QUEUE_URL = address

    assert ("clinic.E016" in [error.id for error in ready_for_patients(None)]) == refused


@pytest.mark.once
@pytest.mark.parametrize(
    ("host", "encrypted", "meant", "refused"),
    [
        ("mail.example.org", True, False, False),
        ("127.0.0.1", False, False, False),
        ("mail.example.org", False, True, False),
        ("mail.example.org", False, False, True),
        ("10.0.0.25", False, False, True),
    ],
)
def test_mail_in_clear_to_another_computer_is_an_error_until_it_is_said_to_be_meant(
    settings, host, encrypted, meant, refused
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS, settings.MAIL_MAY_GO_IN_CLEAR = host, encrypted, meant

    assert ("clinic.E017" in [error.id for error in ready_for_patients(None)]) == refused
