import pytest
from django.db import connection


@pytest.fixture
def events_cannot_be_written(db):
    """The database refuses every new access event."""
    refuse = {
        "sqlite": [
            "CREATE TRIGGER refuse BEFORE INSERT ON appointments_accessevent BEGIN SELECT RAISE(ABORT, 'no'); END"
        ],
        "postgresql": [
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$",
            "CREATE TRIGGER refuse BEFORE INSERT ON appointments_accessevent FOR EACH ROW EXECUTE FUNCTION refuse()",
        ],
    }
    with connection.cursor() as cursor:
        for statement in refuse[connection.vendor]:
            cursor.execute(statement)
