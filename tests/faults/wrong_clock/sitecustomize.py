"""Python starts with this where PYTHONPATH names its folder: the time of day is as wrong as the file WRONG_CLOCK says.

Only the time of day: time.monotonic() counts on, as it does when somebody sets a computer's clock. (libfaketime, which does
it below Python, breaks time.sleep() when that is so.)
"""

import datetime
import os
import time
from pathlib import Path

from django.utils import timezone

FILE = Path(os.environ["WRONG_CLOCK"])
right_time, right_time_ns = time.time, time.time_ns


def ahead():
    """Seconds."""
    return int(FILE.read_text() or 0)


def now():
    return datetime.datetime.fromtimestamp(right_time() + ahead(), datetime.UTC)


time.time = lambda: right_time() + ahead()
time.time_ns = lambda: right_time_ns() + ahead() * 1_000_000_000
timezone.now = now
