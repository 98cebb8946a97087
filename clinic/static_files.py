"""Static files in production: compressed, named by their content, and style sheets whole.

A sheet that is made of others by `@import` is one request in production; here and in the demo it stays many files.
"""

import re

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'@import "([\w.-]+)"(?: ([a-z]+))?;')


class WholeStyles(CompressedManifestStaticFilesStorage):
    def post_process(self, paths, dry_run=False, **options):
        if not dry_run:
            for name, (storage, path) in list(paths.items()):
                if name.endswith(".css") and (text := read(storage, path)) and IMPORT.search(text):
                    self.delete(name)
                    paths[name] = self, self._save(name, ContentFile(whole(text, storage, path).encode()))
        yield from super().post_process(paths, dry_run, **options)


def whole(text, storage, path):
    folder = path.rpartition("/")[0]

    def imported(found):
        part = read(storage, f"{folder}/{found[1]}")
        return f"@media {found[2]} {{\n{part}\n}}" if found[2] else part

    return IMPORT.sub(imported, text)


def read(storage, path):
    with storage.open(path) as file:
        return file.read().decode()
