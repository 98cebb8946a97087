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
    programs = find_programs()
    if not programs:
        raise NoPostgreSQL("Install PostgreSQL's server, or name one: DATABASE_URL=postgres://… make test")
    # /tmp: the path of a socket must be short, and the usual folder for temporary files on macOS is not.
    folder = Path(tempfile.mkdtemp(prefix="clinic-pg-", dir="/tmp"))
    server = None
    try:
        server = start(programs, folder)
        yield f"postgres://clinic@{quote(str(folder), safe='')}/clinic"
    finally:
        if server:
            stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def find_programs():
    """The folder that holds initdb and postgres, the newest where there are several; None where there is none."""
    folders = [Path(path).resolve().parent for path in [shutil.which("initdb")] if path]
    for place in PLACES:
        folders += sorted(Path("/").glob(place.lstrip("/")), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


def start(programs, folder):
    owner = unprivileged_owner(folder)
    data = folder / "data"
    initdb = [programs / "initdb", "-D", data, "-U", "clinic", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(initdb, capture_output=True, text=True, cwd=folder, **owner)
    if made.returncode:
        raise NoPostgreSQL(f"initdb failed: {made.stderr.strip().splitlines()[-1:]}")
    settings = {"listen_addresses": "", "unix_socket_directories": str(folder), "max_connections": "200"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, *options],
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,  # Ctrl-C ends the tests, and they end the server
            **owner,
        )
    try:
        make_database(server, folder)
    except BaseException:
        stop(server)
        raise
    return server


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


def make_database(server, folder):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            connection = psycopg2.connect(host=str(folder), user="clinic", dbname="postgres")
        except psycopg2.OperationalError:
            time.sleep(0.1)
            continue
        connection.autocommit = True
        connection.cursor().execute("CREATE DATABASE clinic")
        connection.close()
        return
    raise NoPostgreSQL(f"The server did not start: {(folder / 'log').read_text()[-300:]}")


def stop(server):
    server.send_signal(signal.SIGINT)  # "fast": end the sessions, write everything, go
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
