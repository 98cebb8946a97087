"""What the worker does for the picture library: the renditions of what was uploaded, and files that nobody names."""

import logging
from datetime import timedelta
from io import BytesIO

from django.core.files.storage import default_storage
from django.db import Error as DatabaseTrouble
from django.utils import timezone

from . import images
from .models import Keeper, KeptPicture, Original, Picture

logger = logging.getLogger(__name__)

STRAY_AFTER = timedelta(days=1)  # far longer than an upload is on its way


def develop_next():
    """Write the renditions of one picture, if one waits. Whether there was one."""
    original = Original.objects.due().order_by("next_attempt_at", "pk").first()
    if original is None or not original.claim():
        return False
    develop(original)
    return True


def develop(original):
    """Whatever is wrong with one file, it waits and those behind it go on."""
    try:
        file = BytesIO(original.content)
        file.size = len(original.content)
        original.hand_over(images.renditions(images.upright(file)))
    except DatabaseTrouble:
        raise  # it is tried again
    except Exception as error:
        logger.warning("Picture %s could not be prepared: %s", original.picture_id, type(error).__name__)
        original.mark_failed(error)


def clear_away_strays():
    """Files below pictures/ that no picture and nothing frozen names, a day after they were written. How many folders.

    Such files are left where a process was killed between a transaction and the files that go with it.
    """
    try:  # before it is asked what is named: a folder is there only after the row that names it
        names, _ = default_storage.listdir("pictures")
    except FileNotFoundError:
        return 0
    Keeper.forget_gone()
    named = set(Picture.objects.values_list("folder", flat=True)) | set(
        KeptPicture.objects.values_list("folder", flat=True)
    )
    strays = [f"pictures/{name}" for name in names if f"pictures/{name}" not in named]
    return sum(clear_away(folder) for folder in strays)


def clear_away(folder):
    _, files = default_storage.listdir(folder)
    paths = [f"{folder}/{name}" for name in files]
    if any(timezone.now() - default_storage.get_modified_time(path) < STRAY_AFTER for path in paths):
        return False
    for path in paths:
        default_storage.delete(path)
    default_storage.delete(folder)
    return True
