"""A PostgreSQL for the tests: the one that DATABASE_URL names, or a throw-away one from the installed programs."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg2

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/latest/bin",
)
UNPRIVILEGED = ("postgres", "nobody")  # PostgreSQL refuses to run as root


class NoPostgreSQL(Exception):
    """Says what to install or to set."""


@contextmanager
def a_database(named_url):
    """Yields a DATABASE_URL. A server that was started for it is stopped and removed, whatever happens."""
    if named_url.startswith(("postgres://", "postgresql://", "pgsql://")):
        yield named_url
        return
    with a_server() as server:
        yield f"postgres://clinic@{quote(str(server.folder), safe='')}/clinic"


@contextmanager
def a_server(where="/tmp"):
    """A throw-away Server that runs, in a folder below that one; its files go with it."""
    programs = find_programs()
    if not programs:
        raise NoPostgreSQL("Install PostgreSQL's server, or name one: DATABASE_URL=postgres://… make test")
    # /tmp: the path of a socket must be short, and the usual folder for temporary files on macOS is not.
    server = Server(programs, Path(tempfile.mkdtemp(prefix="clinic-pg-", dir=where)))
    try:
        server.make()
        server.start()
        server.connect().cursor().execute("CREATE DATABASE clinic")
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


def find_programs():
    """The folder that holds initdb and postgres, the newest where there are several; None where there is none."""
    folders = [Path(path).resolve().parent for path in [shutil.which("initdb")] if path]
    for place in PLACES:
        folders += sorted(Path("/").glob(place.lstrip("/")), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


class Server:
    """PostgreSQL on a socket in a folder of its own."""

    def __init__(self, programs, folder):
        self.programs, self.folder = programs, folder
        self.process = None

    def make(self):
        self.owner = unprivileged_owner(self.folder)
        options = ["-U", "clinic", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        initdb = [self.programs / "initdb", "-D", self.folder / "data", *options]
        made = subprocess.run(initdb, capture_output=True, text=True, cwd=self.folder, **self.owner)
        if made.returncode:
            raise NoPostgreSQL(f"initdb failed: {made.stderr.strip().splitlines()[-1:]}")

    def start(self):
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.folder), "max_connections": "200"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C ends the tests, and they end the server
                **self.owner,
            )
        self.connect().close()

    def connect(self):
        """A connection, as soon as the server gives one."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                connection = psycopg2.connect(host=str(self.folder), user="clinic", dbname="postgres")
            except psycopg2.OperationalError:
                time.sleep(0.1)
                continue
            connection.autocommit = True
            return connection
        raise NoPostgreSQL(f"The server did not start: {(self.folder / 'log').read_text()[-300:]}")

    def stop(self, how=signal.SIGINT):
        """SIGINT is "fast": end the sessions, write everything, go. SIGQUIT is "immediate": as in a crash."""
        if not self.process:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def unprivileged_owner(folder):
    """Who runs the server, as keywords for subprocess; the folder is given to them."""
    if os.geteuid() != 0:
        return {}
    names = {user.pw_name: user for user in pwd.getpwall()}
    user = next((names[name] for name in UNPRIVILEGED if name in names), None)
    if not user:
        raise NoPostgreSQL("Run the tests as a user other than root.")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
