"""The whole site for a drill: web server, worker, mail server, and what its patients need."""

from contextlib import contextmanager

import pytest
from django.db import connection

from tests import factories
from tests.appointments.mail_server import free_port

from .processes import process


@contextmanager
def a_site(mail_server, folder, *options, every=10_000, kills=0, **more):
    """The running site with its worker; killed every few seconds if so asked. `.kills()` says where."""
    diary = folder / "diary"
    diary.touch()
    port = free_port()
    command = ("-m", "tests.faults.killed_site", "--diary", diary, "--every", every, "--kills", kills, *options)
    facts = {"EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}", "PORT": port, "HOST": "127.0.0.1"}
    with process(*command, folder=folder, name="site", TRUSTED_PROXIES=1, **facts, **more) as site:
        site.port = port
        site.kills = lambda: diary.read_text().splitlines()
        yield site


@contextmanager
def sqlite_in_a_file_of_its_own(folder):
    """What the tests' database holds, in a file that no thread of another test has open, nor had before a restore put another in
    its place: such a thread can reach into the shared memory of the new one, and end this process with a bus error."""
    if connection.vendor != "sqlite":
        yield
        return
    file = folder / "of-its-own.sqlite3"
    connection.cursor().execute("VACUUM INTO %s", [str(file)])
    connection.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", str(file))
        yield
        connection.close()


def prepare():
    """Who is told, and the service that patients ask for."""
    factories.a_recipient("alice@example.org")
    factories.a_recipient("bob@example.org")
    return factories.a_service()
