import pytest
from django.db import connection

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


figures_of_this_run = []


@pytest.fixture
def record_figures(request):
    """`record_figures(lost=0, …)`: what a drill has counted, for the end of `make drill`."""

    def record(**figures):
        words = ", ".join(f"{name} {value}" for name, value in figures.items())
        figures_of_this_run.append(f"{connection.vendor}: {request.node.name}: {words}")

    return record


def pytest_terminal_summary(terminalreporter):
    if FULL:
        for line in figures_of_this_run:
            terminalreporter.write_line(line)
