"""SQLite's side of a backup: one consistent copy while patients go on sending, and a file to load it into."""

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from . import Trouble
from .facts import facts

VENDOR = "sqlite"
MEMBER = "database.sqlite3"
PARTS_OF = ("", "-wal", "-shm", "-journal")


def live():
    return Path(connection.settings_dict["NAME"])


def size():
    return sum(part.stat().st_size for suffix in PARTS_OF if (part := Path(f"{live()}{suffix}")).exists())


@contextmanager
def only_one():
    """The lock of the backups' folder is enough: the file is on this computer, too."""
    yield


@contextmanager
def snapshot(scratch):
    """Yields (facts, write): what the copy must say, and `write(archive)`.

    The transaction that is counted in is the one that is copied: SQLite goes on with a reader's view however many
    write meanwhile. In one step: between two steps a writer would make it start again, for ever on a busy site.
    """
    copy = scratch / "copy.sqlite3"
    with closing(opened(live())) as source, closing(sqlite3.connect(copy)) as target:
        source.execute("BEGIN")
        found = facts(source, VENDOR)
        source.backup(target, pages=-1)
        source.execute("ROLLBACK")
    with copy.open("rb") as file:
        copy.unlink()  # from here on it has no name: whatever ends us takes it along
        yield found, lambda archive: archive.add_file(MEMBER, file, os.fstat(file.fileno()).st_size)


def opened(path):
    """No new file where there is none, as SQLite would make one."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=60, isolation_level=None)


class Loaded:
    """A database made of a backup, beside the live one."""

    def __init__(self, scratch, ending="proof"):
        self.name = str(scratch / f"{ending}.sqlite3")
        self.file = open(self.name, "xb")  # noqa: SIM115, PTH123  closed by finish() or drop()

    def feed(self, stream):
        shutil.copyfileobj(stream, self.file, 1024 * 1024)

    def finish(self):
        """Raises Trouble unless SQLite finds each page and each reference in order."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        try:
            with closing(opened(self.name)) as database:
                [said] = database.execute("PRAGMA integrity_check(1)").fetchone()
                dangling = database.execute("PRAGMA foreign_key_check").fetchone()
        except sqlite3.Error as error:
            raise Trouble(f"The database in the backup cannot be opened: {error}.") from None
        if said != "ok" or dangling:
            raise Trouble("The database in the backup is damaged: SQLite's own check says so.")

    def facts(self):
        with closing(opened(self.name)) as database:
            return facts(database, VENDOR)

    def drop(self):
        self.file.close()
        for suffix in PARTS_OF:
            Path(f"{self.name}{suffix}").unlink(missing_ok=True)


def clear_away():
    """What a killed run has left is in its scratch folder, and goes with it."""


# Put it in the live one's place -----------------------------------------------------------------------------------------


def is_there():
    return live().exists()


def refuse_while_in_use():
    """Who still has the old file open would go on acknowledging requests that nobody would ever find."""
    if not is_there():
        return
    try:
        with closing(opened(live())) as database:
            database.execute("PRAGMA busy_timeout = 2000")
            database.execute("PRAGMA journal_mode = DELETE").fetchone()  # refused while anybody else has it open
    except sqlite3.DatabaseError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise Trouble(
                "The site is running. Stop it first (and its worker): it would go on in the old database."
            ) from None
        # One that is damaged cannot be asked.


def switch(loaded, aside):
    """The loaded database in the live one's place, and the live one beside it under the name that is returned."""
    refuse_while_in_use()
    kept = ""
    live().parent.mkdir(parents=True, exist_ok=True)
    with closing(opened(loaded.name)) as database:
        database.execute("PRAGMA journal_mode = DELETE").fetchone()  # all in one file, whole
    if is_there():
        kept = f"{live()}.{aside}"
        for suffix in PARTS_OF[1:]:
            if (part := Path(f"{live()}{suffix}")).exists():
                part.rename(f"{kept}{suffix}")
        live().rename(kept)
        Path(kept).chmod(0o600)
    shutil.move(loaded.name, live())
    sync(live())
    sync(live().parent)
    return kept


def sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def left_aside():
    """Databases that a restore has put aside."""
    return sorted(path.name for path in live().parent.glob(f"{live().name}.before-*") if path.suffix not in PARTS_OF)
