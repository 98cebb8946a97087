"""The picture files that a backup takes along and a restore puts back: on this host's disk, or on the store of all hosts."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage, storages

FOLDER = "pictures/"  # of a store that may hold something else as well


def place():
    return Disk() if isinstance(storages["default"], FileSystemStorage) else Store()


class Disk:
    def __init__(self):
        self.root, self.second_names = Path(settings.MEDIA_ROOT), {}

    def size(self):
        return sum(map(bytes_of, files_below(self.root)))

    def hold(self, folder):
        """Until the backup is written: each gets a second name that costs no room, so who deletes the first deletes nothing."""
        shutil.rmtree(folder, ignore_errors=True)
        for name, path in by_name(self.root).items():
            with suppress(OSError):  # a disk that knows no second names, or one that is deleted in this moment
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).hardlink_to(path)
        self.second_names = by_name(folder)

    def names(self):
        return by_name(self.root).keys() | self.second_names.keys()

    def read(self, name):
        """Raises FileNotFoundError for one that was deleted in this moment."""
        return self.second_names.get(name, self.root / name).read_bytes()

    def put_back(self, files):
        """{name: path of its content}. Beside those that are there: their names are random and their content never changes."""
        for name, source in files.items():
            target = self.root / name
            if target.exists() and target.stat().st_size == source.stat().st_size:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(source, target)
        if files:
            os.sync()


class Store:
    """Nothing can be held there: a picture that is deleted meanwhile is noticed when the backup is proven."""

    def listed(self):
        """{name: bytes}"""
        return {found.key: found.size for found in default_storage.bucket.objects.filter(Prefix=FOLDER)}

    def size(self):
        return sum(self.listed().values())

    def hold(self, folder):
        pass

    def names(self):
        return self.listed().keys()

    def read(self, name):
        with default_storage.open(name) as file:
            return file.read()

    def put_back(self, files):
        there = self.listed()
        for name, source in files.items():
            if name.startswith(FOLDER) and there.get(name) != source.stat().st_size:
                with source.open("rb") as content:
                    default_storage.save(name, File(content))


def by_name(root):
    """{name below that folder: path}"""
    return {path.relative_to(root).as_posix(): path for path in files_below(root)}


def files_below(root):
    return sorted(path for path in root.rglob("*") if path.is_file()) if root.exists() else []


def bytes_of(path):
    try:
        return path.stat().st_size
    except FileNotFoundError:  # deleted in this moment
        return 0
