"""Drills: the site's real processes, killed and starved. Short in the suite, long in `make drill` (DRILL=1)."""

import os

import pytest

LONG = bool(os.environ.get("DRILL"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """What is marked `drill` has no short form: it runs in `make drill` alone."""
    if not LONG:
        left_out = [item for item in items if item.get_closest_marker("drill")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture
def size():
    """`size(short, long)`: the same drill with few numbers in the suite and with all of them in `make drill`."""
    return lambda short, long: long if LONG else short
