"""Which picture files the database names: what a backup must hold, whole."""

from .images import FORMATS
from .models import KeptPicture, Picture


def named():
    """Paths below the media folder, and folders that must hold something."""
    ready = Picture.objects.filter(is_ready=True).values_list("folder", "widths")
    paths = {f"{folder}/{width}.{name}" for folder, widths in ready for width in widths for name in FORMATS}
    return paths | {f"{folder}/" for folder in KeptPicture.objects.values_list("folder", flat=True)}


def missing_from(there):
    """What the database names and this set of paths does not hold."""
    folders = {path.rpartition("/")[0] + "/" for path in there}
    return {name for name in named() if name not in there and name not in folders}
