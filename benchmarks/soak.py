"""Hours under a steady load: are memory, file handles and latencies at the end as at the start?

    python -m benchmarks.soak --minutes 120        PostgreSQL of its own; 3 requests and 6 pages a second

The whole site as `manage.py serve` runs it, web process and worker, with a mail server that takes everything. Requests and
pages come by the clock, whether the one before was answered or not. The first tenth warms up and is left out; then the
first quarter of the rest stands beside the last one. Latencies are medians over their quarter, since one busy
second of the computer is no leak; the 99th percentile is shown as well. A plain Django form (benchmarks/plain.py) in a process
of its own, which is started anew for the last quarter, is asked in between: by as much as it has become slower or quicker,
the computer has, and the site's latencies are judged without that.
"""

import argparse
import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from urllib.parse import quote

from tests.appointments.mail_server import MailServer
from tests.postgresql import a_server

from .intake import ROOT, Site, environment, form, p99

PAGES = ("/", "/guides/", "/guides/fluoroscopy/", "/request/", "/guides/search/?q=knee", "/guides/a-z/")
LOOK_EVERY = 5  # seconds
ALIKE = 0.10
AT_ONCE = 64  # threads of those who ask
numbers = count(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--rate", type=float, default=3, help="requests a second; twice as many pages are read")
    options = parser.parse_args()
    with ExitStack() as stack:
        site = a_site(stack)
        soak = Soak(site, options.minutes * 60, options.rate)
        soak.run()
    soak.tell()
    sys.exit(not soak.is_alike)


@contextlib.contextmanager
def plain_form(facts):
    """Its Site, as it is when it has just started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        site = Site({**facts, "PORT": str(free.getsockname()[1]), "DJANGO_SETTINGS_MODULE": "benchmarks.settings"})
    serving = subprocess.Popen([sys.executable, "-m", "benchmarks.server"], cwd=ROOT, env=site.environment)
    try:
        site.open_the_form()
        yield site
    finally:
        serving.terminate()
        serving.wait()


def a_site(stack):
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="clinic-soak-"))
    server = stack.enter_context(a_server())
    mail = stack.enter_context(MailServer().running())
    facts = environment(folder, f"postgres://clinic@{quote(str(server.folder), safe='')}/clinic")
    facts |= {"EMAIL_URL": f"smtp://127.0.0.1:{mail.port}", "DJANGO_SETTINGS_MODULE": "clinic.settings"}
    site = Site(facts)
    site.manage("migrate", "-v0")
    Site({**facts, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"}).manage("migrate", "-v0", "--run-syncdb")
    site.manage("demo")
    log = stack.enter_context((Path(folder) / "log").open("w"))
    serving = subprocess.Popen([sys.executable, "manage.py", "serve"], cwd=ROOT, env=facts, stdout=log, stderr=log)
    stack.callback(serving.wait)
    stack.callback(serving.terminate)
    site.serving, site.mail = serving.pid, mail
    site.open_the_form()
    return site


@dataclass
class Moment:
    at: float
    memory: dict  # bytes that are in no other process
    handles: dict
    connections: int
    owed: int


@dataclass
class Soak:
    site: Site
    lasts: float
    rate: float
    moments: list = field(default_factory=list)
    answers: list = field(default_factory=list)  # (when, which kind, seconds)
    errors: list = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self):
        self.began = time.monotonic()
        beside = [threading.Thread(target=target, daemon=True) for target in (self.watch, self.ask_the_plain_form)]
        for thread in beside:
            thread.start()
        pages = cycle(PAGES)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for turn in count():
                due = turn / (3 * self.rate)
                if due > self.lasts:
                    break
                time.sleep(max(0, due - self.now))
                if turn % 3:
                    pool.submit(self.timed, "page", self.read, next(pages))
                else:
                    pool.submit(self.timed, "request", self.send)
        self.over.set()
        for thread in beside:
            thread.join()

    def ask_the_plain_form(self):
        """Once a second; a fresh process for the last quarter, and for a while before it to warm up."""
        for until in (self.last[0] - self.warm / 2, self.lasts):
            with plain_form(self.site.environment) as plain:
                while self.now < until and not self.over.wait(1):
                    self.timed("plain", self.send, "/plain/", plain)

    @property
    def now(self):
        return time.monotonic() - self.began

    @property
    def warm(self):
        return self.lasts * 0.1

    @property
    def first(self):
        return self.warm, self.warm + (self.lasts - self.warm) / 4

    @property
    def last(self):
        return self.lasts - (self.lasts - self.warm) / 4, self.lasts

    def timed(self, kind, ask, *arguments):
        began = time.monotonic()
        try:
            problem = ask(*arguments)
        except (OSError, http.client.HTTPException) as error:
            problem = type(error).__name__
        now = time.monotonic()
        if problem:
            self.errors.append((round(now - self.began), kind, problem))
        else:
            self.answers.append((now - self.began, kind, now - began))

    def read(self, path):
        server = http.client.HTTPConnection(*self.site.address, timeout=30)
        server.request("GET", path)
        answer = server.getresponse()
        answer.read()
        server.close()
        return "" if answer.status == 200 else f"{path} {answer.status}"

    def send(self, path="/request/", site=None):
        site = site or self.site
        with socket.create_connection(site.address, timeout=30) as line:
            line.sendall(form(site, path, next(numbers)).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        first_line = answer.split(b"\r\n", 1)[0].decode()
        return "" if " 30" in first_line else first_line or "no answer"

    def watch(self):
        while not self.over.wait(LOOK_EVERY):
            with contextlib.suppress(OSError, IndexError):  # a process that has just ended
                self.moments.append(self.look())

    def look(self):
        processes = {"web": self.site.serving, "worker": child_of(self.site.serving)}
        database = self.site.connect()
        cursor = database.cursor()
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        [(connections,)] = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM appointments_delivery WHERE state IN ('waiting', 'sending', 'failed')")
        [(owed,)] = cursor.fetchall()
        database.close()
        return Moment(
            time.monotonic() - self.began,
            {name: own_memory(pid) for name, pid in processes.items()},
            {name: len(os.listdir(f"/proc/{pid}/fd")) for name, pid in processes.items()},  # noqa: PTH208
            connections,
            owed,
        )

    # What was seen ----------------------------------------------------------------------------------------------------

    def tell(self):
        first, last = self.first, self.last
        self.is_alike = not self.errors
        stored = sum(kind == "request" for _, kind, _ in self.answers)
        print(
            f"\n{self.lasts / 60:.0f} minutes, {self.rate:g} requests a second: {stored:,} stored, {len(self.answers):,} answers in all.\n"
        )
        print("| | first quarter | last quarter | last / first |\n|---|---|---|---|")
        plain = self.milliseconds("plain", statistics.median)
        self.row("plain form, median", *plain, "ms", judged=False)
        for kind in ("request", "page"):
            ours = self.milliseconds(kind, statistics.median)
            self.row(f"{kind}, median", *ours, "ms", judged=False)
            self.row(
                f"{kind}, median, in times of the plain form's", *(a / b for a, b in zip(ours, plain, strict=True)), ""
            )
            self.row(f"{kind}, p99", *self.milliseconds(kind, p99), "ms", judged=False)
        for name in ("web", "worker"):
            self.row(
                f"memory of the {name}",
                *(self.mean(span, lambda m, name=name: m.memory[name] / 2**20) for span in (first, last)),
                "MB",
            )
            self.row(
                f"file handles of the {name}",
                *(self.mean(span, lambda m, name=name: m.handles[name]) for span in (first, last)),
                "",
            )
        self.row("connections to PostgreSQL", *(self.mean(span, lambda m: m.connections) for span in (first, last)), "")
        self.row("messages owed", *(self.mean(span, lambda m: m.owed) for span in (first, last)), "", judged=False)
        print(f"\nErrors: {len(self.errors)}" + "".join(f"\n  {error}" for error in self.errors[:10]))
        print(
            "All is at the end as at the start."
            if self.is_alike
            else "**Something is not at the end as at the start.**"
        )

    def milliseconds(self, kind, of):
        """[in the first quarter, in the last]"""
        spans = [
            [1000 * took for at, what, took in self.answers if what == kind and begins <= at < ends]
            for begins, ends in (self.first, self.last)
        ]
        return [of(some) for some in spans]

    def mean(self, span, of):
        return statistics.mean(of(moment) for moment in self.moments if span[0] <= moment.at < span[1])

    def row(self, name, first, last, unit, judged=True):
        ratio = last / first if first else 1.0
        # Less than at the start is no leak.
        good = not judged or ratio <= 1 + ALIKE
        self.is_alike = self.is_alike and good
        mark = f"{ratio:.2f}" if good else f"**{ratio:.2f}**"
        print(f"| {name} | {first:,.2f} {unit} | {last:,.2f} {unit} | {mark} |")


def child_of(pid):
    """Whichever of its threads has started it."""
    return int(" ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")).split()[0])


def own_memory(pid):
    """Bytes that the process holds and shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    facts = dict(line.split(":", 1) for line in lines if ":" in line and line[0] != "0")
    return sum(int(facts[name].split()[0]) * 1024 for name in ("Private_Clean", "Private_Dirty"))


if __name__ == "__main__":
    main()
