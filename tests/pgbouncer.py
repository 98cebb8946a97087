"""PgBouncer in transaction mode, as Debian brings it, before a PostgreSQL of the tests."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from tests.appointments.mail_server import free_port

CONFIGURATION = """
[databases]
* = host={host} port={port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {pool}
max_client_conn = 200
logfile = {folder}/log
pidfile = {folder}/pid
"""


def find_pgbouncer():
    return shutil.which("pgbouncer") or next(
        (path for path in ("/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer") if Path(path).exists()), None
    )


@contextmanager
def a_bouncer(facts, *, pool=3, mode="transaction"):
    """Before the server of these connection settings (Django's); yields the port on which it answers."""
    folder = Path(tempfile.mkdtemp(prefix="clinic-pgb-", dir="/tmp"))
    own_port = free_port()
    text = CONFIGURATION.format(
        host=facts["HOST"] or "/var/run/postgresql",
        port=facts["PORT"] or 5432,
        own_port=own_port,
        folder=folder,
        pool=pool,
        mode=mode,
    )
    # Whoever comes is sent on as the user of the tests.
    text = text.replace(
        "* = ", f"* = user={facts['USER']} " + (f"password={facts['PASSWORD']} " if facts["PASSWORD"] else "")
    )
    (folder / "ini").write_text(text)
    owner = {}
    if os.geteuid() == 0:  # it refuses to run as root
        at = Path(facts["HOST"])
        user = (
            pwd.getpwuid(at.stat().st_uid) if at.is_dir() else pwd.getpwnam("nobody")
        )  # who may use the server's socket
        owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        os.chown(folder, user.pw_uid, user.pw_gid)
    process = subprocess.Popen([find_pgbouncer(), "-q", str(folder / "ini")], **owner)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg2.connect(
                    host="127.0.0.1", port=own_port, dbname=facts["NAME"], user=facts["USER"], connect_timeout=5
                ).close()
                break
            except psycopg2.OperationalError as error:
                assert process.poll() is None and time.monotonic() < deadline, (error, (folder / "log").read_text())
                time.sleep(0.1)
        yield own_port
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)
