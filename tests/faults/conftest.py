import pytest

from tests.appointments.conftest import Browser, at_once, client, form_page, log, services

from . import FULL

__all__ = ["Browser", "at_once", "client", "form_page", "log", "services"]  # fixtures of the form's own tests


def pytest_collection_modifyitems(config, items):
    """What has no short form runs in the drill alone."""
    if FULL:
        return
    left_out = [item for item in items if item.get_closest_marker("drill")]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
