"""/readyz, and what a site says of itself while it starts and while it leaves."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from clinic import doctor, ready
from clinic.life import STARTING, life

from .test_serve import read_until

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def asked_anew(monkeypatch):
    monkeypatch.setattr(ready, "readiness", ready.Readiness())


def test_a_process_is_ready_when_its_database_is_migrated(db, client, asked_anew):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "because": ""}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_no_readiness_and_comes_back(client, asked_anew, monkeypatch):
    def away(*_):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "cursor", away)
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["because"]) == (503, "database")

    monkeypatch.setattr(ready, "ASKED_EVERY", 0)
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_database_that_lacks_a_migration_is_no_readiness(client, asked_anew):
    [(app, newest)] = MigrationLoader(None).graph.leaf_nodes("clinic")
    table = "UPDATE django_migrations SET name = %s WHERE app = %s AND name = %s"
    with connection.cursor() as cursor:
        cursor.execute(table, ["left_out", app, newest])
    try:
        answer = client.get("/readyz")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(table, [newest, app, "left_out"])

    assert (answer.status_code, answer.json()["because"]) == (503, "migrations")


def test_a_newer_database_still_serves_the_processes_of_before(db, client, asked_anew):
    """So that hosts can be upgraded one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('clinic', '9999_later', CURRENT_TIMESTAMP)"
        )

    assert client.get("/readyz").status_code == 200


def test_many_balancers_at_once_cost_one_question(db, client, asked_anew, django_assert_max_num_queries):
    client.get("/readyz")
    with django_assert_max_num_queries(0):
        for _ in range(20):
            client.get("/readyz")


def test_a_site_that_has_just_started_is_not_called_broken(db, monkeypatch):
    def of_the_worker():
        return next(finding for finding in doctor.quick() if finding.name == "worker")

    assert of_the_worker().level == doctor.FAULT, "a command has waited for nobody"
    monkeypatch.setattr(life, "began", time.monotonic())
    assert of_the_worker().level == doctor.OK
    monkeypatch.setattr(life, "began", time.monotonic() - STARTING)
    assert of_the_worker().level == doctor.FAULT


# A real process -------------------------------------------------------------------------------------------------------


@pytest.fixture
def environment(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    left_out = {"DATABASE_URL", "EMAIL_URL", "SITE_URL", "DJANGO_SETTINGS_MODULE"}
    facts = {name: value for name, value in os.environ.items() if name not in left_out}
    return facts | {"DATA_DIR": str(tmp_path), "PORT": str(port), "CLINIC_ENV": "local", "LOG_FORMAT": "json"}


def ask(environment, path):
    server = http.client.HTTPConnection("127.0.0.1", int(environment["PORT"]), timeout=10)
    try:
        server.request("GET", path)
        answer = server.getresponse()
        return answer.status, answer.read().decode()
    finally:
        server.close()


@pytest.mark.once
def test_who_is_told_to_leave_says_so_and_answers_on_for_a_while(environment):
    environment["LEAVE_SECONDS"] = "3"
    run = {"cwd": ROOT, "env": environment}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, **run)
    subprocess.run([sys.executable, "manage.py", "demo"], check=True, stdout=subprocess.DEVNULL, **run)
    serve = [sys.executable, "manage.py", "serve", "--without-worker"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **run) as site:
        try:
            read_until(site, "Ready: ")
            assert ask(environment, "/readyz")[0] == 200
            assert ask(environment, "/healthz")[0] == 200, "no worker has spoken, and the site is young"

            site.send_signal(signal.SIGTERM)
            told = time.monotonic()
            while ask(environment, "/readyz")[0] == 200:
                time.sleep(0.05)
            assert time.monotonic() - told < 1
            assert '"leaving"' in ask(environment, "/readyz")[1]
            assert ask(environment, "/privacy/")[0] == 200

            ask(environment, "/nothing-here/")
            said = site.communicate(timeout=20)[0]
        finally:
            site.kill()

    assert site.returncode == 0
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert any("/nothing-here/" in line["message"] for line in lines), said
