"""What a flood of sign-ins does to patients who read and write meanwhile.

    python -m benchmarks.signin            some minutes; --quick: two rounds

Wrong passwords arrive ten times a second, while a patient opens pages one after the other. In turn, round after round,
so that a busy computer slows all of them alike:

- idle: nobody else is there.
- ours, one guesser: all from one address, for one account.
- ours, many guessers: each from another address and for another account, so that no count stops them: what remains is
  that strangers take turns.
- stock: Django's own sign-in, which hashes whatever comes, on a server like it and from one address.

Only ratios count: a time says more of the computer than of the code.
"""

import argparse
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from itertools import count, cycle
from urllib.parse import urlencode

from .intake import ROOT, a_site

PER_SECOND = 10
AIM = 5.0  # times the idle p95
ROUNDS, LASTING = 6, 8  # seconds of each
PATIENCE = 30  # seconds
PATIENTS_PAGES = ["/", "/guides/", "/guides/fluoroscopy/", "/request/"]
numbers = count(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two rounds")
    parser.add_argument("--only", choices=["SQLite", "PostgreSQL"], help="one database")
    options = parser.parse_args()
    for database in [options.only] if options.only else ["SQLite", "PostgreSQL"]:
        with a_site(database, 100) as site:
            print(f"\n### {database}\n", flush=True)
            compare(site, 2 if options.quick else ROUNDS)


FLOODS = {
    "idle": None,
    "ours, one guesser": lambda number: ("/admin/login/", "login", "demo", "203.0.113.7"),
    "ours, many guessers": lambda number: ("/admin/login/", "login", f"user{number}", address_of(number)),
    "stock, one guesser": lambda number: ("/stock/login/", "username", "demo", "203.0.113.8"),
}


def address_of(number):
    return f"198.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def compare(site, rounds):
    seconds, answers = defaultdict(list), defaultdict(Counter)
    read_for(site, 3)  # warm up
    for _ in range(rounds):
        for name, flood in FLOODS.items():
            with a_server_of_its_own(site) if name.startswith("stock") else nullcontext(site) as flooded:
                with_flood = Flood(flooded, flood, answers[name])
                seconds[name].append(with_flood.around(lambda flooded=flooded: read_for(flooded, LASTING)))
    idle = seconds["idle"]
    print("| flood | p50 / idle | p95 / idle | slowest page, s | pages | answers to the flood |")
    print("|---|---|---|---|---|---|")
    for name, measured in seconds.items():
        middle = ratio(measured, idle, 10)
        tail = ratio(measured, idle, 19)
        everything = [one for some in measured for one in some]
        told = ", ".join(f"{times} × {status}" for status, times in sorted(answers[name].items()))
        mark = "" if tail <= AIM else "**"
        print(
            f"| {name} | {middle:.1f} | {mark}{tail:.1f}{mark} | {max(everything):.2f} | {len(everything)} | {told or '–'} |",
            flush=True,
        )


@contextmanager
def a_server_of_its_own(site):
    """Killed with all that still waits there: to work it off would take minutes, and slow what is measured next."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    other = replace(site, environment={**site.environment, "PORT": port})
    serving = subprocess.Popen([sys.executable, "-m", "benchmarks.server"], cwd=ROOT, env=other.environment)
    try:
        other.until_it_answers()
        read_for(other, 2)  # warm up
        yield other
    finally:
        serving.kill()
        serving.wait()


def ratio(measured, idle, twentieth):
    """Of all rounds together: a single round has too few pages for its tail."""
    first, second = (
        statistics.quantiles([one for some in rounds for one in some], n=20)[twentieth - 1]
        for rounds in (measured, idle)
    )
    return first / second


# The patient ----------------------------------------------------------------------------------------------------------


def read_for(site, lasting):
    """Seconds that each page took, one after the other with a short look at it."""
    until, took, pages = time.perf_counter() + lasting, [], cycle(PATIENTS_PAGES)
    while (began := time.perf_counter()) < until:
        with suppress(TimeoutError):  # it then counts as the time that the patient waited in vain
            if (status := ask(site, "GET", page := next(pages), timeout=PATIENCE)) != 200:
                raise SystemExit(f"{page} answered {status}")
        took.append(time.perf_counter() - began)
        time.sleep(0.05)
    return took


# The flood ------------------------------------------------------------------------------------------------------------


class Flood:
    """So many wrong passwords a second, whether the earlier ones were answered or not."""

    def __init__(self, site, who, answers):
        self.site, self.who, self.answers = site, who, answers
        self.over = threading.Event()
        self.lock = threading.Lock()

    def around(self, work):
        if self.who is None:
            return work()
        sender = threading.Thread(target=self.send)
        sender.start()
        time.sleep(1)  # under way
        try:
            return work()
        finally:
            self.over.set()
            sender.join()

    def send(self):
        began, sent = time.perf_counter(), 0
        while not self.over.is_set():
            threading.Thread(target=self.guess, daemon=True).start()
            sent += 1
            time.sleep(max(0, began + sent / PER_SECOND - time.perf_counter()))

    def guess(self):
        path, field, name, address = self.who(next(numbers))
        typed = {"csrfmiddlewaretoken": self.site.csrf, field: name, "password": "not the password, of course"}
        with suppress(OSError):
            status = ask(self.site, "POST", path, urlencode(typed), address)
            with self.lock:
                self.answers[status] += 1


def ask(site, method, path, body="", address="192.0.2.1", timeout=300):
    """The status of one request on a connection of its own; 0 when the server went away before it answered."""
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: close",
        f"X-Forwarded-For: {address}",
        f"Cookie: {site.cookie}",
    ]
    if method == "POST":
        head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    with socket.create_connection(site.address, timeout=timeout) as line:
        line.sendall("\r\n".join([*head, "", body]).encode())
        answer = b"".join(iter(lambda: line.recv(65536), b"")).decode(errors="replace")
    found = re.match(r"HTTP/1.1 (\d+)", answer)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    main()
