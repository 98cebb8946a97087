"""The site as one command, run for real: a process, its worker, signals."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from waitress import wasyncore

from clinic.management.commands.serve import Channel, bind, make_server

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """The environment of a site whose database is migrated."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    left_out = {"DATABASE_URL", "EMAIL_URL", "SITE_URL", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment |= {"DATA_DIR": str(tmp_path_factory.mktemp("site")), "PORT": str(port), "CLINIC_ENV": "local"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    return environment


@pytest.fixture
def site(prepared):
    """The running site; ended hard if a test leaves it."""
    process = start(prepared)
    read_until(process, "Ready: ")
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stdout.close()


def start(environment, *arguments):
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def read_until(process, words):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return line
    raise AssertionError("".join(lines))


def worker_of(process, *, other_than=None):
    """Process id of the child that runs the worker, once it is there."""
    for _ in range(200):
        found = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        children = [int(pid) for pid, parent in map(str.split, found.splitlines()) if int(parent) == process.pid]
        if children and children[0] != other_than:
            return children[0]
        time.sleep(0.05)
    raise AssertionError("no worker")


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state) and not state.startswith("Z")


def gone(pid, within=20):
    deadline = time.monotonic() + within
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_site_and_its_worker_cleanly(site, name):
    worker = worker_of(site)

    site.send_signal(getattr(signal, name))
    rest = site.stdout.read()

    assert site.wait(20) == 0
    assert "Traceback" not in rest
    assert "Stopped." in rest
    assert gone(worker)


def test_an_impatient_hand_on_the_keyboard_does_no_harm(site):
    for _ in range(50):
        site.send_signal(signal.SIGINT)

    assert site.wait(20) == 0
    assert "Traceback" not in site.stdout.read()


def test_a_killed_site_leaves_no_worker_behind(site):
    worker = worker_of(site)
    read_until(site, "started")

    site.kill()

    assert gone(worker)


def test_a_worker_that_dies_is_started_again(site):
    first = worker_of(site)

    os.kill(first, signal.SIGKILL)

    read_until(site, "starts again")
    assert worker_of(site, other_than=first) != first


def test_a_taken_port_is_one_sentence(site, prepared):
    second = start(prepared)

    said = second.communicate(timeout=30)[0]

    assert second.returncode == 1
    assert len(said.strip().splitlines()) == 1
    assert f"Port {prepared['PORT']}" in said


def test_a_database_that_is_not_migrated_is_one_sentence(prepared, tmp_path):
    process = start({**prepared, "DATA_DIR": str(tmp_path)})

    said = process.communicate(timeout=30)[0]

    assert process.returncode == 1
    assert "Run `manage.py upgrade` first" in said
    assert "Traceback" not in said


def test_a_production_site_gets_ready_and_is_one_sentence_when_files_are_missing(prepared, tmp_path):
    like_production = {
        **prepared,
        "CLINIC_ENV": "production",
        "SECRET_KEY": "made for this test",
        "SITE_URL": "https://clinic.example.org",
        "DATABASE_URL": f"sqlite:///{prepared['DATA_DIR']}/clinic.sqlite3",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "DEFAULT_FROM_EMAIL": "clinic@example.org",
        "DATA_DIR": str(tmp_path),
    }
    said = start(like_production).communicate(timeout=30)[0]
    assert said.strip().endswith("Run `manage.py collectstatic` first.")

    subprocess.run([sys.executable, "manage.py", "collectstatic", "-v0"], cwd=ROOT, env=like_production, check=True)
    site = start(like_production)
    assert "https://clinic.example.org/" in read_until(site, "Ready: ")
    site.terminate()

    assert "ERROR" not in site.communicate(timeout=30)[0]
    assert site.returncode == 0


def test_a_database_that_is_away_is_one_sentence(prepared):
    process = start({**prepared, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}, "--demo")

    said = process.communicate(timeout=60)[0]

    assert process.returncode == 1
    assert "The database does not answer" in said
    assert "Traceback" not in said


def test_slow_bodies_do_not_keep_readers_waiting(site, prepared):
    address = ("127.0.0.1", int(prepared["PORT"]))
    slow = [socket.create_connection(address) for _ in range(300)]
    try:
        for connection in slow:
            connection.sendall(b"POST /request/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\na")
        took = []
        for _ in range(10):
            began = time.monotonic()
            reader = http.client.HTTPConnection(*address, timeout=10)
            reader.request("GET", "/privacy/")
            assert reader.getresponse().status == 200
            reader.close()
            took.append(time.monotonic() - began)
    finally:
        for connection in slow:
            connection.close()

    assert sorted(took)[5] < 1, took


def test_an_answer_on_its_way_arrives_before_the_site_stops(site, prepared):
    reader = socket.create_connection(("127.0.0.1", int(prepared["PORT"])))
    reader.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")

    time.sleep(0.05)  # taken, and perhaps not answered yet
    site.send_signal(signal.SIGTERM)
    answer = b""
    while part := reader.recv(65536):
        answer += part

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.rstrip().endswith(b"</html>")
    assert b"Server:" not in answer


@pytest.mark.parametrize(("at_once", "pieces"), [(None, 1), (1, 2)], ids=["ours", "twin, each write by itself"])
def test_a_short_answer_goes_out_in_one_piece_so_that_a_kill_leaves_no_half_of_it(at_once, pieces):
    body, sent = b"x" * 13_000, []

    class Noting(Channel):
        def send(self, data, do_close=True):
            sent.append(len(data))
            return super().send(data, do_close)

    def answer(environ, start_response):
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    listener = bind("127.0.0.1", 0)
    server = make_server(listener, application=answer)
    server.channel_class = Noting
    server.adj.send_bytes = at_once or server.adj.send_bytes
    with socket.create_connection(listener.getsockname(), timeout=30) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while sum(sent) <= len(body):
            wasyncore.loop(timeout=1, use_poll=True, map=server._map, count=1)
    server.task_dispatcher.shutdown()
    wasyncore.close_all(server._map)

    assert len(sent) == pieces
