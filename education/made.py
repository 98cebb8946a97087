"""Files that are made from a published guide when somebody first asks: kept until what they are made of changes."""

import hashlib
import secrets
from pathlib import Path

from django.conf import settings


def kept(guide, name, made_of, make) -> bytes:
    """The file `name` ("card.png") of a guide, made by `make()` unless one that was made of the same facts is there."""
    folder = Path(settings.MEDIA_ROOT) / "made" / str(guide.pk)
    stem, _, ending = name.partition(".")
    digest = hashlib.sha256(repr(made_of).encode("utf-8", "replace")).hexdigest()[:24]
    path = folder / f"{stem}-{digest}.{ending}"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        content = make()
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f"{secrets.token_hex(8)}.half"
    half.write_bytes(content)
    half.replace(path)  # who asks meanwhile reads the whole file or none
    for older in folder.glob(f"{stem}-*.{ending}"):
        if older != path:
            older.unlink(missing_ok=True)
    return content
