import os
import time
from pathlib import Path

import hypothesis
import pytest
from django.db import connection
from django.test import Client

from appointments import append_only
from education import locks

from . import factories
from .browser.chromium import find_chromium
from .proxy import find_nginx

# Playwright keeps an event loop in the test's thread; Django would refuse the ORM there.
os.environ.setdefault(
    "EXAMINE_EVERY_MINUTES", "0"
)  # no worker of a test starts another process; tests/clinic/test_examination.py does
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# How long an example takes says more of the computer than of the code.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")

BROWSER_TESTS = Path(__file__).parent / "browser"
A_PROCESS_CRASHED = 70  # exit code, of our own: tests may be left that nobody has run


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    if error:
        node.config.a_process_has_crashed = True


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    if getattr(session.config, "a_process_has_crashed", False):
        session.exitstatus = A_PROCESS_CRASHED


@pytest.hookimpl(tryfirst=True)  # before -m chooses by marker
def pytest_collection_modifyitems(config, items):
    """All tests in tests/browser need a browser; where there is none they are left out."""
    for item in items:
        if BROWSER_TESTS in item.path.parents:
            item.add_marker("browser")
    if not find_chromium():
        left_out = [item for item in items if item.get_closest_marker("browser")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter):
    if not find_chromium():
        terminalreporter.write_line(
            "!!! NO BROWSER: all tests in tests/browser were LEFT OUT. Install Chromium or Chrome, or set CHROMIUM.",
            red=True,
            bold=True,
        )
    if not find_nginx():
        terminalreporter.write_line(
            "!!! NO NGINX: deploy/nginx.conf was not tried. Install nginx.", red=True, bold=True
        )


@pytest.fixture(scope="session", autouse=True)
def emptied_between_tests():
    """What a test has committed is cleared away after it: the one deletion that the locks of what is final let pass."""
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_log_and_all(self, statements):
        with append_only.lifted(self.connection), locks.lifted(self.connection):
            flush(self, statements)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "execute_sql_flush", flush_log_and_all)
        yield


@pytest.fixture(autouse=True)
def no_trace_on_disk(settings, tmp_path):
    """Each test has its own media and caught mail."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ERASED_FILE = tmp_path / "erased.txt"
    settings.CAUGHT_MAIL_DIR = settings.EMAIL_FILE_PATH = tmp_path / "mail"


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """The real hash takes half a second on purpose: too long for some hundred accounts of tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def a_password_was_given(monkeypatch):
    """Whoever a test signs in by `force_login` has just given it, as at the door; tests/staff/test_again.py has its own."""
    plain = Client.force_login

    def force_login(self, user, backend=None):
        plain(self, user, backend)
        session = self.session
        session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()

    monkeypatch.setattr(Client, "force_login", force_login)


@pytest.fixture(autouse=True)
def no_memory_of_another_test(settings):
    """What the test before had arranged is gone; tests/appointments/test_arrangements.py says what is remembered."""
    settings.ARRANGEMENTS_HOLD_FOR = 0
    settings.GUIDES_HELD_FOR = 0  # tests/education/test_guide_cache.py has its own


@pytest.fixture
def clinic(db):
    """A clinic that is open on weekdays from 9 to 5."""
    factories.opening_hours()
    return factories.a_clinic()


@pytest.fixture
def staff(db):
    return factories.a_user("staff")


@pytest.fixture
def staff_client(client, staff):
    client.force_login(staff)
    client.get("/admin/jsi18n/")  # the first click of a session is noted in it; pages are measured after that
    return client
