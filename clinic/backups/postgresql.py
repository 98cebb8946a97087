"""PostgreSQL's side of a backup: pg_dump of one snapshot, and a scratch database to load it into."""

import os
import re
import shutil
import subprocess
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
from django.conf import settings
from django.db import connection
from psycopg2 import errors

from . import Trouble
from .facts import facts

VENDOR = "postgresql"
MEMBER = "database.pgdump"
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/pgsql/bin")
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
BACKUPS = 7_365_001  # the number of our advisory lock
# What the settings' OPTIONS are called for PostgreSQL's own programs.
OPTIONS = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


def live():
    return connection.settings_dict["NAME"]


def connected(name=None):
    """A connection of our own, without a limit for each statement."""
    params = {**connection.get_connection_params(), "dbname": name or live()}
    opened = connection.get_new_connection(params)
    opened.autocommit = True
    opened.cursor().execute("SET statement_timeout = 0")
    return opened


def size():
    with closing(connected()) as database:
        return ask(database, "SELECT pg_database_size(current_database())")[0]


def ask(database, question, values=()):
    cursor = database.cursor()
    cursor.execute(question, values)
    return cursor.fetchone()


@contextmanager
def only_one():
    """Of all hosts of the site one makes a backup at a time."""
    with closing(connected()) as database:
        if not ask(database, "SELECT pg_try_advisory_lock(%s)", [BACKUPS])[0]:
            raise Trouble("Another backup is being made, on another host of the site.")
        yield


# Programs ---------------------------------------------------------------------------------------------------------------


def programs():
    """The folder whose pg_dump and pg_restore are not older than the server. Raises Trouble."""
    with closing(maintenance()) as database:
        server = database.server_version // 10_000
    found = {folder: version for folder in folders() if (version := version_of(folder / "pg_dump"))}
    fitting = {folder: version for folder, version in found.items() if version >= server}
    if not fitting:
        have = f"only that of version {max(found.values())} is here" if found else "there is none here"
        raise Trouble(
            f"pg_dump of PostgreSQL {server} or newer is needed, and {have}. "
            f"Install it (Debian: postgresql-client-{server}), or name its folder in BACKUP_PROGRAMS."
        )
    return min(fitting, key=fitting.get)


def folders():
    if settings.BACKUP_PROGRAMS:
        return [settings.BACKUP_PROGRAMS]
    found = [Path(path).parent for path in [shutil.which("pg_dump")] if path]
    return found + [folder for place in PLACES for folder in sorted(Path("/").glob(place.lstrip("/")))]


def version_of(program):
    if not program.exists() or not program.with_name("pg_restore").exists():
        return 0
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = VERSION.search(said.stdout)
    return int(version[1]) if version else 0


def environment():
    facts = connection.settings_dict
    named = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    given = {name: str(facts[key]) for name, key in named.items() if facts[key]}
    options = facts.get("OPTIONS", {})
    given |= {name: str(options[key]) for key, name in OPTIONS.items() if key in options}
    return {**os.environ, **given}


@contextmanager
def running(program, *arguments, **pipes):
    """One of PostgreSQL's programs; Trouble with its first words when it fails. The rest may quote a patient."""
    process = subprocess.Popen(
        [programs() / program, "--no-password", *arguments], env=environment(), stderr=subprocess.PIPE, **pipes
    )
    try:
        yield process
    except BaseException:
        process.kill()
        raise
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe and not pipe.closed:
                with suppress(BrokenPipeError):  # it has ended by itself, and says why
                    pipe.close()
        said = process.stderr.read().decode(errors="replace")
        process.stderr.close()
        process.wait()
    if process.returncode:
        raise Trouble(f"{program} failed: {(said.splitlines() or ['it gave no reason'])[0][:160]}")


# Out --------------------------------------------------------------------------------------------------------------------


@contextmanager
def snapshot(scratch):
    """Yields (facts, write): what is counted here and what pg_dump writes is one and the same moment."""
    with closing(connected()) as database:
        database.autocommit = False
        database.set_session(isolation_level="REPEATABLE READ", readonly=True)
        [name] = ask(database, "SELECT pg_export_snapshot()")
        found = facts(database, VENDOR)

        def write(archive):
            plain = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges", "--no-comments"]
            with running("pg_dump", *plain, f"--snapshot={name}", live(), stdout=subprocess.PIPE) as dump:
                archive.add_parts(MEMBER, dump.stdout)

        yield found, write


# In ---------------------------------------------------------------------------------------------------------------------


class Loaded:
    """A database made of a backup, beside the live one."""

    def __init__(self, scratch, ending="proof"):
        self.name = beside(ending)
        self.ending = ending
        make(self.name)
        options = ["--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={self.name}"]
        self.running = running("pg_restore", *options, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.process = self.running.__enter__()

    def feed(self, stream):
        try:
            shutil.copyfileobj(stream, self.process.stdin, 1024 * 1024)
        except BrokenPipeError:
            self.finish()  # which says why it has stopped listening
            raise

    def finish(self):
        """Raises Trouble where a row did not fit: each key and each reference is checked while it is loaded."""
        started, self.running = self.running, None
        started.__exit__(None, None, None)

    def facts(self):
        with closing(connected(self.name)) as database:
            database.autocommit = False
            return facts(database, VENDOR)

    def drop(self):
        if self.running:
            self.process.kill()
            with suppress(Trouble):  # it was we who stopped it
                self.finish()
        drop(self.name)


def beside(ending):
    return f"{live()[:40]}_{ending}"


def make(name):
    drop(name)
    with closing(maintenance()) as database:
        like_live = ask(database, "SELECT datcollate, datctype FROM pg_database WHERE datname = %s", [live()])
        locale = " LC_COLLATE %s LC_CTYPE %s" if like_live else ""
        try:
            database.cursor().execute(
                f"CREATE DATABASE {quoted(name)} TEMPLATE template0 ENCODING 'UTF8'{locale}", like_live or ()
            )
        except errors.InsufficientPrivilege:
            role = connection.settings_dict["USER"] or "the site's role"
            raise Trouble(
                f"A backup is proven in a database of its own, and {role} may not make one. "
                f'Let an administrator run: ALTER ROLE "{role}" CREATEDB'
            ) from None


def drop(name):
    with closing(maintenance()) as database:
        force = " WITH (FORCE)" if database.server_version >= 130_000 else ""
        database.cursor().execute(f"DROP DATABASE IF EXISTS {quoted(name)}{force}")


def maintenance():
    """Connected to a database that is there even when the live one is not."""
    trouble = None
    for name in ("postgres", "template1", live()):
        try:
            return connected(name)
        except psycopg2.OperationalError as error:
            trouble = error
        except Exception as error:  # Django's own words for the same
            trouble = error
    raise Trouble(f"The database server cannot be used: {' '.join(str(trouble).split())[:150]}")


def quoted(name):
    return '"{}"'.format(name.replace('"', '""'))


def clear_away():
    """The scratch database of a run that was killed."""
    drop(beside("proof"))


# Put it in the live one's place -----------------------------------------------------------------------------------------


def is_there():
    with closing(maintenance()) as database:
        if not ask(database, "SELECT 1 FROM pg_database WHERE datname = %s", [live()]):
            return False
    with closing(connected()) as database:
        return bool(ask(database, "SELECT to_regclass('django_migrations')")[0])


def refuse_while_in_use():
    """Who is connected would lose what is acknowledged from now on."""
    connection.close()
    with closing(maintenance()) as database:
        [others] = ask(
            database,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [live()],
        )
    if others:
        raise Trouble(
            f"The site is running, or somebody else is connected to {live()} ({others}). Stop the site and its worker first."
        )


def switch(loaded, aside):
    """The loaded database under the live one's name, and the live one under the name that is returned."""
    refuse_while_in_use()
    kept = f"{live()[:40]}_{aside}"
    with closing(maintenance()) as database:
        cursor = database.cursor()
        database.autocommit = False  # both names change, or none
        if ask(database, "SELECT 1 FROM pg_database WHERE datname = %s", [live()]):
            cursor.execute(f"ALTER DATABASE {quoted(live())} RENAME TO {quoted(kept)}")
        else:
            kept = ""
        cursor.execute(f"ALTER DATABASE {quoted(loaded.name)} RENAME TO {quoted(live())}")
        database.commit()
    return kept


def left_aside():
    with closing(connected()) as database:
        cursor = database.cursor()
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{live()[:40]}\\_before-%"])
        return sorted(name for (name,) in cursor.fetchall())
