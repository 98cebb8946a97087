"""The drills: everything that can go wrong, done on purpose.

The same code in two sizes: a few seconds of each in `make test`, the full numbers in `make drill` (DRILL=1).
"""

import os

FULL = os.environ.get("DRILL") == "1"


def size(short, full):
    """How many: `short` in the test suite, `full` in the drill."""
    return full if FULL else short
