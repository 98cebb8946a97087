"""Backups as an operator makes and opens them: by the commands, in processes of their own, on the test's database."""

import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from clinic.backups import archive, keys
from clinic.backups.engine import engine

from .processes import environment


class Safe:
    """A folder for backups and the key to them, for a site whose DATA_DIR is the given folder."""

    def __init__(self, folder):
        self.site, self.folder, self.key = folder, folder / "backups", folder / "elsewhere" / "key"
        self.key.parent.mkdir()
        self.identity = keys.new()
        keys.write(self.identity, self.key)
        self.settings = {"BACKUP_DIR": self.folder, "BACKUP_PUBLIC_KEY": self.identity.to_public()}

    def run(self, *arguments, **more):
        """A finished `manage.py …`."""
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=settings.BASE_DIR,
            env=environment(self.site, **{**self.settings, **more}),
            capture_output=True,
            text=True,
            timeout=300,
        )

    def backup(self):
        done = self.run("backup")
        assert done.returncode == 0, done.stderr
        return self.files()[-1]

    def files(self):
        return sorted(self.folder.glob("*.age"))

    def restore(self, file, *options):
        """What the site's stop is for the command, the end of our own connection is here."""
        connection.close()
        return self.run("restore", file, "--key", self.key, *options)

    @contextmanager
    def opened(self, file, scratch):
        """Loaded into a database of its own: `ask(sql)` gives its rows; `.pictures` are the names of the files."""
        scratch.mkdir()
        loaded, pictures = engine().Loaded(scratch, "drill"), {}
        try:
            for name, stream in archive.members(file, [self.identity]):
                if name.startswith(engine().MEMBER):
                    loaded.feed(stream)
                elif name.startswith(archive.MEDIA):
                    pictures[name.removeprefix(archive.MEDIA)] = len(stream.read())
            loaded.finish()
            yield Opened(loaded, pictures)
        finally:
            loaded.drop()
            shutil.rmtree(scratch)


class Opened:
    def __init__(self, loaded, pictures):
        self.loaded, self.pictures = loaded, pictures

    def ask(self, sql):
        connect = engine().connected if connection.vendor == "postgresql" else engine().opened
        database = connect(self.loaded.name)
        try:
            cursor = database.cursor()
            cursor.execute(sql)
            return cursor.fetchall()
        finally:
            database.close()


def clear_what_was_put_aside():
    """The test's own database, as it was before a restore."""
    for name in engine().left_aside():
        if connection.vendor == "postgresql":
            engine().drop(name)
        else:
            (Path(connection.settings_dict["NAME"]).parent / name).unlink()


def secret_of(receipt):
    return re.search(r"/([\w-]{20,})/", receipt)[1]
