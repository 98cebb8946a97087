"""PostgreSQL's own log: the driver writes what somebody typed into the SQL, and a server that logs a statement logs that."""

import os
import re
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest
import yaml
from django.db import IntegrityError, connection, transaction

from clinic import database_server, doctor
from education import search
from tests import factories
from tests.faults.processes import until
from tests.postgresql import a_server, find_programs

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/operator.md").read_text()
AS_THE_PAGE_SAYS = re.findall(r'-c "([^"]+)"', re.search(r"^runuser .*log_min_error_statement.*", PAGE, re.M)[0])
FOR_THE_ROLE_ALONE = [line.replace("ALTER SYSTEM", "ALTER ROLE site") for line in AS_THE_PAGE_SAYS]

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL")


# A server of its own --------------------------------------------------------------------------------------------------


@pytest.fixture
def server():
    if not find_programs():
        pytest.skip("PostgreSQL’s server is not installed")
    with a_server() as server:
        owner = server.connect().cursor()
        owner.execute("CREATE ROLE site LOGIN; CREATE TABLE words (name text CHECK (name <> ''), message text)")
        owner.execute("GRANT ALL ON words TO site")
        yield server


def set_up(server, lines):
    """As its owner types them; then as long as it takes until a new session of the site has them."""
    owner = server.connect().cursor()
    for line in lines:
        owner.execute(line)
    if lines:
        until(lambda: not database_server.talkative(as_the_site(server).cursor()))


def as_the_site(server):
    line = psycopg2.connect(host=str(server.folder), user="site", dbname="postgres")
    line.autocommit = True
    return line


def words_in_the_log(server):
    """What becomes of words in a statement that takes too long, in a row that is refused, in a process that is killed."""
    site = as_the_site(server).cursor()
    with pytest.raises(psycopg2.errors.QueryCanceled):
        site.execute("SET statement_timeout = '50ms'; SELECT pg_sleep(5), %s", ["quagga-late"])
    with pytest.raises(psycopg2.errors.CheckViolation):
        site.execute("INSERT INTO words VALUES ('', %s)", ["quagga-refused"])
    die_over(server, "quagga-killed")
    return set(re.findall(r"quagga-\w+", (server.folder / "log").read_text()))


def die_over(server, word):
    """As when the computer runs out of memory: the server itself says over which statement one of its processes died."""
    line = as_the_site(server)

    def wait():
        with suppress(psycopg2.Error):
            line.cursor().execute("SELECT pg_sleep(60), %s", [word])

    thread = threading.Thread(target=wait)
    thread.start()
    looks = server.connect().cursor()
    is_at_it = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND state = 'active'"
    until(lambda: looks.execute(is_at_it, [line.get_backend_pid()]) or looks.fetchone()[0])
    os.kill(line.get_backend_pid(), signal.SIGKILL)
    thread.join()
    until(lambda: "terminated by signal 9" in (server.folder / "log").read_text())
    time.sleep(0.2)  # for the line after it


@pytest.mark.once
def test_as_the_operators_page_sets_it_up_its_log_has_no_word(server):
    set_up(server, AS_THE_PAGE_SAYS)

    assert words_in_the_log(server) == set()


@pytest.mark.once
def test_twin_as_it_comes_its_log_has_them_all(server):
    assert database_server.talkative(as_the_site(server).cursor()) == {
        "log_error_verbosity": "default",
        "log_min_error_statement": "error",
    }
    assert words_in_the_log(server) == {"quagga-late", "quagga-refused", "quagga-killed"}


@pytest.mark.once
def test_twin_set_for_the_sites_role_alone_it_tells_over_what_a_process_died(server):
    set_up(server, FOR_THE_ROLE_ALONE)

    assert words_in_the_log(server) == {"quagga-killed"}


@pytest.mark.once
def test_the_containers_database_is_started_with_the_same():
    command = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]["database"]["command"]

    given = dict(part.split("=") for part in command if "=" in part)
    typed = dict(re.search(r"SET (\w+) = '(\w+)'", line).groups() for line in AS_THE_PAGE_SAYS if "SET" in line)
    assert given == typed == {name: database_server.QUIET[name][0] for name in typed}
    assert command[0] == "postgres" and command.count("-c") == len(given)


# The site's own statements --------------------------------------------------------------------------------------------


@pytest.fixture
def log_of_the_server(clinic):
    """Gives what it has logged since then."""
    path = Path(connection.settings_dict["HOST"]) / "log"
    if not path.is_file():
        pytest.skip("PostgreSQL’s log is out of reach")
    began = path.stat().st_size
    return lambda: path.read_bytes()[began:].decode()


def told(**settings):
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute(f'SET LOCAL "{name}" = {value}')


def fail(monkeypatch):
    """A reader's search is too slow, a patient's request is refused by the table."""
    monkeypatch.setattr(search, "PATIENCE", "50ms")
    monkeypatch.setitem(search.STATEMENTS, "postgresql", lambda name, words: ("SELECT pg_sleep(5), %s, %s", words))
    assert search.find("quagga").hits == []
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.a_request(phone="", email="", message="quagga disease")


@on_postgresql
def test_a_search_that_takes_too_long_and_a_request_that_is_refused_leave_no_word_there(log_of_the_server, monkeypatch):
    told(log_min_error_statement="panic", log_error_verbosity="terse")

    fail(monkeypatch)

    log = log_of_the_server()
    assert "statement timeout" in log and "violates check constraint" in log
    assert "quagga" not in log


@on_postgresql
def test_twin_where_it_is_not_told_both_are_there(log_of_the_server, monkeypatch):
    fail(monkeypatch)

    assert "quagga disease" in log_of_the_server()
    assert log_of_the_server().count("quagga") >= 2


# What the doctor says -------------------------------------------------------------------------------------------------

AS_SET_UP = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
LOUD = {
    "log_min_error_statement": "fatal",
    "log_error_verbosity": "default",
    "log_statement": "mod",
    "log_min_duration_statement": "500",
    "log_min_duration_sample": "0",
    "log_transaction_sample_rate": "0.5",
}


def found():
    return [finding for finding in doctor.around() if finding.name == "database_log"]


@on_postgresql
def test_the_doctor_is_content_with_a_server_that_is_set_up_like_that(clinic, settings):
    settings.PRODUCTION = True
    told(**AS_SET_UP)

    assert [finding.level for finding in found()] == ["OK"]


@on_postgresql
@pytest.mark.parametrize("name", LOUD)
def test_the_doctor_names_what_talks_and_what_to_type(clinic, settings, name):
    settings.PRODUCTION = True
    told(**AS_SET_UP | {name: LOUD[name]})

    [finding] = found()

    assert (finding.level, finding.for_desk) == ("WARNING", False)
    assert finding.says.endswith(f": {name} is {LOUD[name]}.")
    assert f"ALTER SYSTEM SET {name} = '{database_server.QUIET[name][0]}'\" -c" in finding.do


@on_postgresql
def test_a_trial_may_log_what_it_likes(clinic, settings):
    settings.PRODUCTION = False

    assert found() == []


@pytest.mark.once
@pytest.mark.parametrize(
    ("host", "sslmode", "levels"),
    [
        ("", "", []),
        ("/var/run/postgresql", "", []),
        ("127.0.0.1", "", []),
        ("db.example.org", "verify-full", ["OK"]),
        ("db.example.org", "verify-ca", ["OK"]),
        ("database", "disable", ["OK"]),
        ("db.example.org", "", ["WARNING"]),
        ("10.0.0.5", "require", ["WARNING"]),
        ("10.0.0.5", "prefer", ["WARNING"]),
    ],
)
def test_the_doctor_looks_at_the_line_to_another_computer(host, sslmode, levels):
    lines = list(database_server.of_the_line(host, sslmode))

    assert [level for _, level, *_ in lines] == levels
    assert all("sslmode=verify-full" in do for _, level, _, do, _ in lines if level == "WARNING")
