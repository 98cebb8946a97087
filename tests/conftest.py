import os

import pytest

from . import factories

# Playwright keeps an event loop in the test's thread; Django would refuse the ORM there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(autouse=True)
def no_trace_on_disk(settings, tmp_path):
    """Each test has its own media and caught mail."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CAUGHT_MAIL_DIR = settings.EMAIL_FILE_PATH = tmp_path / "mail"


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
    return client
