"""PgBouncer in transaction mode between the site and its database: few server connections, lent for a transaction each."""

import subprocess
import sys
import urllib.request
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, connections

from appointments.models import Delivery
from tests import factories
from tests.appointments.mail_server import MailServer, free_port
from tests.pgbouncer import a_bouncer, find_pgbouncer

from . import size
from .patients import Crowd
from .processes import environment, process, until
from .sites import prepare
from .test_killed_site import assert_everybody_is_told, assert_nothing_is_lost

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PgBouncer speaks to PostgreSQL alone"),
    pytest.mark.skipif(not find_pgbouncer(), reason="pgbouncer is not installed: Debian’s package pgbouncer"),
]


@pytest.fixture
def mail_server():
    with MailServer().running() as server:
        yield server


def test_requests_mail_search_and_staff_go_through_it(clinic, mail_server, tmp_path):
    service = prepare()
    guide = factories.a_published_guide("Back pain")
    facts = connection.settings_dict
    port = free_port()
    with a_bouncer(facts) as bouncer:
        url = f"postgres://{quote(facts['USER'])}@127.0.0.1:{bouncer}/{facts['NAME']}"
        site = {
            "DATABASE_URL": url,
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
            "PORT": port,
            "TRUSTED_PROXIES": 1,
        }
        with process("manage.py", "serve", folder=tmp_path, name="site", **site) as served:
            until(lambda: "Ready: " in served.said() or served.poll() is not None, within=90)
            with Crowd(port, service.pk, size(2, 16)) as crowd:
                until(lambda: len(crowd.acknowledged) >= size(10, 500), within=size(120, 600))
            for path in (guide.get_absolute_url(), "/guides/search/?q=bakc+pain", "/readyz", "/healthz"):
                assert urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30).status == 200, path
            assert_nothing_is_lost(crowd)
            assert_everybody_is_told(mail_server, within=size(90, 900))
        assert "Traceback" not in served.said(), served.said()
    assert not Delivery.objects.undelivered().exists()


def test_a_migration_goes_past_it(clinic, tmp_path):
    with a_bouncer(connection.settings_dict) as bouncer:
        facts = connection.settings_dict
        url = f"postgres://{quote(facts['USER'])}@127.0.0.1:{bouncer}/{facts['NAME']}"
        said = subprocess.run(
            [sys.executable, "manage.py", "upgrade", "--without-static"],
            cwd=settings.BASE_DIR,
            env=environment(tmp_path, DATABASE_URL=url),
            capture_output=True,
            text=True,
        )

    assert said.returncode == 1
    assert "DATABASE_URL leads to PgBouncer" in said.stderr
    assert "Traceback" not in said.stderr


def test_twin_what_a_session_would_keep_is_gone_behind_it(clinic):
    """Why cursors of the server are switched off: behind PgBouncer the next statement may be another session's."""
    assert connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]
    with a_bouncer(connection.settings_dict, pool=1) as bouncer:
        behind = connections.create_connection("default")
        behind.settings_dict = {**behind.settings_dict, "HOST": "127.0.0.1", "PORT": str(bouncer), "CONN_MAX_AGE": 0}
        other = connections.create_connection("default")
        other.settings_dict = behind.settings_dict
        with behind.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (one,) = cursor.fetchone()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            assert cursor.fetchone() == (one,), "two of ours share one of the server's"
        behind.close()
        other.close()
