"""How fast a request is taken in, beside the least that Django and the database can do.

    python -m benchmarks.intake            a quarter of an hour; --quick: some minutes

Three things are measured in turn, round after round, so that a busy computer slows all of them alike:

- ours: POST /request/. The form is checked, the promise computed, and one transaction stores the row, its first step in
  the history, a delivery for each recipient, a queued task, and the counts of its network and of its words.
- plain: POST /plain/. A ModelForm of the same answers that stores one row. Same server, middleware, settings, database.
- commits: the database alone, one such row and one commit after the other.

Only ratios count: a rate says more of the computer than of the code. Where other work goes on even a ratio of rates
swings; that of the processor time that the web server takes for one request hardly does (read from Linux).
"""

import argparse
import math
import os
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import quote, unquote, urlencode, urlsplit

import psycopg2
from django.core import signing

from tests.postgresql import a_server

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = (1, 8, 32)
SECRET_KEY = "of-the-benchmark-alone-and-of-nothing-else"  # noqa: S105
FORM_WAS_OPEN_FOR = 120  # seconds: who sends a form at once is no patient
AIM = {"rate": 0.5, "p99": 2.0, "flat": 1.1}
RECIPIENTS = 2  # of the demo
numbers = count(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and 20,000 stored requests for a million")
    parser.add_argument("--only", choices=["SQLite", "PostgreSQL"], help="one database")
    parser.add_argument("--rounds", type=int, help="how often all is measured")
    parser.add_argument("--filled", metavar="DATABASE_URL", help="a database that holds the many requests already")
    options = parser.parse_args()
    rounds = options.rounds or (3 if options.quick else 10)
    many = 20_000 if options.quick else 1_000_000
    for database in [options.only] if options.only else ["SQLite", "PostgreSQL"]:
        print(f"\n### {database}\n", flush=True)
        with a_site(database, 1_000) as site:
            compare(site, rounds)
            with a_site(database, many, filled=options.filled) as full:
                compare_sizes(site, full, rounds * 2)


# Sites ----------------------------------------------------------------------------------------------------------------


@dataclass
class Site:
    environment: dict
    cookie: str = ""
    csrf: str = ""
    service: str = ""
    serving: int = 0  # the web server's process

    @property
    def address(self):
        return "127.0.0.1", int(self.environment["PORT"])

    def manage(self, *arguments):
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def open_the_form(self):
        """Keep what all requests share: the cookie, its token and a service. The form's own token is another each time."""
        head, _, page = self.until_it_answers().partition("\r\n\r\n")
        self.cookie = re.search(r"csrf=\w+", head)[0]
        self.csrf = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        self.service = re.search(r'name="service" value="(\d+)"', page)[1]

    def until_it_answers(self):
        for _ in range(600):
            try:
                with socket.create_connection(self.address, timeout=60) as line:
                    line.sendall(b"GET /request/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                    return b"".join(iter(lambda: line.recv(65536), b"")).decode()
            except ConnectionError:
                time.sleep(0.1)
        raise SystemExit("The server did not start.")

    def connect(self):
        """The database itself, as safe as the site's own connections."""
        url = urlsplit(self.environment["DATABASE_URL"])
        if url.scheme == "sqlite":
            database = sqlite3.connect(url.path, timeout=60, isolation_level="IMMEDIATE", check_same_thread=False)
            database.execute("PRAGMA synchronous=FULL")
            return database
        return psycopg2.connect(
            host=unquote(url.netloc.rpartition("@")[2].partition(":")[0]),
            port=url.port,
            user=url.username,
            password=url.password,
            dbname=url.path[1:],
        )

    def processor_time(self):
        """Seconds that the web server has worked; not a number where the system does not say."""
        try:
            figures = Path(f"/proc/{self.serving}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            return math.nan
        return (int(figures[11]) + int(figures[12])) / os.sysconf("SC_CLK_TCK")

    def number_of(self, what):
        database = self.connect()
        cursor = database.cursor()
        cursor.execute(f"SELECT count(*) FROM {what}")  # noqa: S608  our own tables
        [(number,)] = cursor.fetchall()
        database.close()
        return number


@contextmanager
def stored_requests(database, number, filled=None):
    """The site's folder and a database of its own with so many requests in it."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="clinic-bench-"))
        if filled:
            url = filled
        elif database == "SQLite":
            url = f"sqlite:///{folder}/clinic.sqlite3"
        else:
            url = f"postgres://clinic@{quote(str(stack.enter_context(a_server()).folder), safe='')}/clinic"
        site = Site(environment(folder, url))
        site.manage("migrate", "-v0")
        site.manage("migrate", "-v0", "--run-syncdb")  # the plain form's table, which points at one of ours
        if not filled:
            site.manage("demo")
            site.manage("seed_requests", str(number))
        yield site


@contextmanager
def a_site(database, stored, filled=None):
    """The web server, without a worker, on such a database."""
    with stored_requests(database, stored, filled) as site, ExitStack() as stack:
        serving = subprocess.Popen([sys.executable, "-m", "benchmarks.server"], cwd=ROOT, env=site.environment)
        stack.callback(serving.wait)
        stack.callback(serving.terminate)
        site.serving = serving.pid
        site.open_the_form()
        yield site


def environment(folder, url):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return {
        **os.environ,
        "CLINIC_ENV": "local",
        "DATA_DIR": folder,
        "DATABASE_URL": url,
        "EMAIL_URL": "",
        "SITE_URL": "",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "TRUSTED_PROXIES": "1",  # each request comes from a household of its own
        "SECRET_KEY": SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
    }


# What is measured -----------------------------------------------------------------------------------------------------


def post(path):
    """A client of that page: connects once, then each call sends a form and gives whether it was taken."""

    def client(site):
        line = socket.create_connection(site.address, timeout=60)
        answers = line.makefile("rb")

        def send():
            line.sendall(form(site, path, next(numbers)))
            status = answers.readline()
            length = 0
            while (header := answers.readline().lower()) != b"\r\n":
                if header.startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            answers.read(length)
            return b" 30" in status

        return send

    return client


def form(site, path, number):
    answers = {
        "csrfmiddlewaretoken": site.csrf,
        "form_token": a_token(),
        "step": "send",
        "service": site.service,
        "for_whom": "self",
        "patient_type": "new",
        "message": f"My knee hurts when I walk, and more so on stairs. This is request {number}.",
        "name": f"Benchmark {number}",
        "phone": f"+1212555{100 + number % 100:04}",
        "email": "",
        "best_time_to_call": "any",
        "preferred_time": "morning",
        "preferred_days": "monday",
        "consent": "on",
    }
    body = urlencode(answers).encode()
    head = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Cookie: {site.cookie}",
        f"X-Forwarded-For: 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def a_token():
    """As the form has it, opened a while ago."""
    opened = signing.b62_encode(int(time.time()) - FORM_WAS_OPEN_FOR)
    signer = signing.Signer(key=SECRET_KEY, salt="appointments.form_token", fallback_keys=())
    return signer.sign(f"{uuid.uuid4()}:{opened}")


def commits(site):
    """The database's own pace, through its driver."""
    database = site.connect()
    columns = [
        "service_id",
        "for_whom",
        "patient_type",
        "message",
        "name",
        "phone",
        "email",
        "best_time_to_call",
        "preferred_time",
        "voicemail_ok",
        "language",
        "access_needs",
        "created_at",
    ]
    mark = "?" if isinstance(database, sqlite3.Connection) else "%s"
    marks = ", ".join([mark] * len(columns))
    insert = f"INSERT INTO benchmarks_plainrow ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608

    def send():
        number = next(numbers)
        message = f"My knee hurts when I walk, and more so on stairs. This is request {number}."
        answers = (
            int(site.service),
            "self",
            "new",
            message,
            f"Benchmark {number}",
            "+12125550142",
            "",
            "any",
            "morning",
        )
        database.cursor().execute(insert, (*answers, False, "", "", str(datetime.now(UTC))))
        database.commit()
        return True

    return send


TARGETS = {"ours": post("/request/"), "plain": post("/plain/"), "commits": commits}


@dataclass
class Measured:
    rate: float
    seconds: list
    errors: int
    processor: float  # seconds that the server has worked


def measure(target, site, clients, lasting):
    """So many clients at once, each one request after the other."""
    ready = [target(site) for _ in range(clients)]
    until = time.perf_counter() + lasting

    def work(send):
        seconds, errors = [], 0
        while (began := time.perf_counter()) < until:
            errors += not send()
            seconds.append(time.perf_counter() - began)
        return seconds, errors

    began, worked = time.perf_counter(), site.processor_time()
    with ThreadPoolExecutor(clients) as pool:
        results = list(pool.map(work, ready))
    took, worked = time.perf_counter() - began, site.processor_time() - worked
    seconds = [one for some, _ in results for one in some]
    return Measured(len(seconds) / took, seconds, sum(errors for _, errors in results), worked)


def p99(seconds):
    return statistics.quantiles(seconds, n=100)[-1]


# Comparisons ----------------------------------------------------------------------------------------------------------


def compare(site, rounds, lasting=2.0):
    """Ours beside plain and commits: medians over the rounds of the ratios within each."""
    measured = defaultdict(list)
    for target in TARGETS.values():  # warm up
        measure(target, site, 8, 1)
    before = site.number_of("appointments_appointmentrequest"), site.number_of("appointments_delivery")
    for _ in range(rounds):
        for clients in CLIENTS:
            for name, target in TARGETS.items():
                measured[name, clients].append(measure(target, site, clients, lasting))
    print("| clients | ours / plain, rate | p99 | processor time | ours / commits, rate | errors | requests |")
    print("|---|---|---|---|---|---|---|")
    for clients in CLIENTS:
        ours, plain, alone = (measured[name, clients] for name in TARGETS)
        rate = statistics.median(a.rate / b.rate for a, b in zip(ours, plain, strict=True))
        tail = p99([s for one in ours for s in one.seconds]) / p99([s for one in plain for s in one.seconds])
        work = processor_time(ours) / processor_time(plain)
        commit = statistics.median(a.rate / b.rate for a, b in zip(ours, alone, strict=True))
        errors, sent = sum(one.errors for one in ours), sum(len(one.seconds) for one in ours)
        print(
            f"| {clients} | {verdict(rate, rate >= AIM['rate'])} | {verdict(tail, tail <= AIM['p99'])} | {work:.2f} "
            f"| {commit:.2f} | {errors} | {sent:,} |"
        )
    sent = sum(len(one.seconds) for (name, _), some in measured.items() if name == "ours" for one in some)
    assert_all_is_stored(site, before, sent)


def processor_time(rounds):
    """For one request, over all rounds: the clock of the processor is too coarse for one of them."""
    return sum(one.processor for one in rounds) / sum(len(one.seconds) for one in rounds)


def verdict(ratio, reached):
    return f"{ratio:.2f}" if reached else f"**{ratio:.2f}**"


def assert_all_is_stored(site, before, sent):
    """A benchmark of something else than what patients get would be worth nothing."""
    requests, deliveries = before
    stored = site.number_of("appointments_appointmentrequest") - requests
    owed = site.number_of("appointments_delivery") - deliveries
    suspected = site.number_of("appointments_appointmentrequest WHERE suspected_spam AND name LIKE 'Benchmark%'")
    if (stored, owed, suspected) != (sent, RECIPIENTS * sent, 0):
        raise SystemExit(f"Sent {sent}, but stored {stored}, with {owed} deliveries, {suspected} taken for spam.")


def compare_sizes(few, many, rounds, lasting=1.0):
    """The same on both sites in turn: does what is stored slow down what comes?"""
    target, ratios = TARGETS["ours"], defaultdict(list)
    for site in (few, many):
        measure(target, site, 8, 2)
    for _ in range(rounds):
        for clients in CLIENTS:
            first, second = (statistics.median(measure(target, site, clients, lasting).seconds) for site in (few, many))
            ratios[clients].append(second / first)
    stored = many.number_of("appointments_appointmentrequest")
    print(f"\n| clients | median time with {stored:,} stored / with some thousands |\n|---|---|")
    for clients, found in ratios.items():
        ratio = statistics.median(found)
        print(f"| {clients} | {verdict(ratio, ratio <= AIM['flat'])} |")


if __name__ == "__main__":
    main()
