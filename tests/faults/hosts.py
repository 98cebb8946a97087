"""Two hosts with a disk and, where the system lets us, a network of their own, behind the proxy that ships."""

import http.client
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from django.conf import settings

from tests.appointments.mail_server import free_port

from .processes import environment

RESTART_AFTER = 1  # second, as deploy/systemd says


def can_part_networks():
    """Whether this process may make networks: it needs to be root, and not in a container that forbids it."""
    if os.geteuid() or not shutil.which("ip"):
        return False
    made = subprocess.run(["ip", "netns", "add", "clinic-try"], capture_output=True)
    subprocess.run(["ip", "netns", "delete", "clinic-try"], capture_output=True)
    return made.returncode == 0


@contextmanager
def a_network(number):
    """A network namespace for one host; gives its address and what a command that runs there begins with."""
    name, outside, inside = f"clinic-host-{number}", f"clinicv{number}", f"clinicw{number}"
    if Path(f"/run/netns/{name}").exists():
        pytest.skip(f"Another drill on this computer has the network {name}: ip netns delete {name}, if none runs")
    ours, theirs = f"198.19.{number}.1", f"198.19.{number}.2"
    commands = [
        f"ip netns add {name}",
        f"ip link add {outside} type veth peer name {inside} netns {name}",
        f"ip addr add {ours}/30 dev {outside}",
        f"ip link set {outside} up",
        f"ip netns exec {name} ip addr add {theirs}/30 dev {inside}",
        f"ip netns exec {name} ip link set {inside} up",
        f"ip netns exec {name} ip link set lo up",
    ]
    try:
        for command in commands:
            subprocess.run(command.split(), check=True, capture_output=True)
        yield theirs, ours, ["ip", "netns", "exec", name]
    finally:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True)


class Host:
    """A web process and a worker that come back a second after they were killed."""

    def __init__(self, folder, *, address="127.0.0.1", port, within=(), **facts):
        self.folder, self.address, self.port, self.within = folder, address, port, list(within)
        self.facts = {"HOST": address, "PORT": port, "TRUSTED_PROXIES": 1, "ALLOWED_HOSTS": address, **facts}
        self.running = {}

    def start(self, name):
        arguments = {"web": ["serve", "--without-worker"], "worker": ["worker"]}[name]
        with (self.folder / f"{name}.log").open("a") as log:
            self.running[name] = subprocess.Popen(
                [*self.within, sys.executable, "manage.py", *arguments],
                cwd=settings.BASE_DIR,
                env=environment(self.folder, **self.facts),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self, name):
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()
        time.sleep(RESTART_AFTER)
        self.start(name)

    def stop(self):
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def ask(self, path, **headers):
        server = http.client.HTTPConnection(self.address, self.port, timeout=5)
        try:
            server.request("GET", path, headers=headers)
            answer = server.getresponse()
            return answer.status, answer.read()
        finally:
            server.close()

    def is_ready(self):
        with suppress(OSError, http.client.HTTPException):
            return self.ask("/readyz")[0] == 200
        return False

    def said(self):
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


@contextmanager
def two_hosts(folder, *, mail_server, networks=False, number=2, **facts):
    """The hosts, started, ready and stopped at the end. With `networks` the mail server must listen on all addresses."""
    with ExitStack() as stack:
        hosts = []
        for one in range(1, number + 1):
            disk = folder / f"host-{one}"
            disk.mkdir()
            where = {"port": free_port()}
            mail = "127.0.0.1"
            if networks:
                address, mail, within = stack.enter_context(a_network(one))
                where = {"port": 8000, "address": address, "within": within}
            host = Host(disk, EMAIL_URL=f"smtp://{mail}:{mail_server.port}", **where, **facts)
            stack.callback(host.stop)
            host.start("web")
            host.start("worker")
            hosts.append(host)
        for host in hosts:
            deadline = time.monotonic() + 90
            while not host.is_ready():
                assert time.monotonic() < deadline, host.said()
                time.sleep(0.1)
        yield hosts


class Reader(threading.Thread):
    """Opens a page again and again, and measures how long none came."""

    def __init__(self, port, path, every=0.05):
        super().__init__(daemon=True)
        self.port, self.path, self.every = port, path, every
        self.pages, self.wrong, self.gaps = 0, [], []  # when a page came, and how long after the one before
        self.over = threading.Event()

    def run(self):
        last = time.monotonic()
        while not self.over.wait(self.every):
            server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                server.request("GET", self.path)
                answer = server.getresponse()
                answer.read()
                good = answer.status == 200
                if not good:
                    self.wrong.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                good = False
                self.wrong.append(type(error).__name__)
            finally:
                server.close()
            if good:
                self.pages += 1
                now = time.monotonic()
                self.gaps.append((now, now - last))
                last = now

    def longest_gap(self, since=0.0, until=float("inf")):
        return max((gap for moment, gap in self.gaps if since < moment <= until), default=0.0)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.join(30)
