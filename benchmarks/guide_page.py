"""How fast a published guide is answered, and whether it matters how many guides there are.

    python -m benchmarks.guide_page        some minutes; --quick: 2,000 guides for a hundred thousand

The same bytes are asked for in turn, round after round, so that a busy computer slows all alike:

- ours: the guide, from the embedded server's memory.
- bare: a Django view that returns these bytes, in the same server, through the middlewares that every other page has.
- nginx: a file with these bytes.
- proxy: the guide through deploy/nginx.conf, as it ships.
- anew: the guide as our site makes it, with nothing kept (a query in the address passes by the memory).
- Wagtail, with --wagtail: the same sections, pictures and sources as a Wagtail page, with nothing kept, with its fragments
  kept, and with whole pages kept by Django's cache. The same server and threads, its starter project's middlewares. Not
  the same bytes: no emergency line, no glossary, no related guides, no facts of the clinic, all of which ours has.

Then two sites, of few guides and of many, answer in turn: a page from memory, pages made anew, lists and searches. Only
ratios count. That of the processor time for one request is the steadier (read from Linux).
"""

import argparse
import json
import math
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.appointments.mail_server import free_port
from tests.postgresql import a_server
from tests.proxy import a_proxy, find_nginx

from .intake import ROOT, Site, environment
from .wagtail_sites import KEPT, wagtail_sites

FEW, MANY = 10, 100_000
CONNECTIONS = 8
REQUESTS_ON_A_CONNECTION = 900  # nginx ends it after a thousand
GUIDE = "/guides/fluoroscopy/"
AIM = {"bare": 1.0, "nginx": 0.8, "page": 1.1, "list": 1.1, "search": 2.0}
PAGES = {
    "page, from memory": "/guides/fluoroscopy/",
    "page, made anew": "/guides/fiction-NUMBER/?anew",
    "list of guides": "/guides/?anew",
    "A to Z": "/guides/a-z/?anew",
    "a letter": "/guides/a-z/f/?anew",
    "a topic": "/guides/topic/fiction-1/?anew",
    "search, a rare word": "/guides/search/?q=fluoroscopy",
    "search, a word of many titles": "/guides/search/?q=knee",
    "search, a word of all guides": "/guides/search/?q=fictional",
    "search, two words of all guides": "/guides/search/?q=fictional medicines",
    "search, two words that no guide has both of": "/guides/search/?q=fluoroscopy bandage",
    "search, misspelt": "/guides/search/?q=flouroscopy",
    "search, nothing": "/guides/search/?q=zzyzx quagga",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="2,000 guides for a hundred thousand")
    parser.add_argument("--only", choices=["served", "SQLite", "PostgreSQL"], help="one part")
    parser.add_argument("--wagtail", action="store_true", help="beside Wagtail, too; pip fetches it, for this alone")
    parser.add_argument("--guides", type=int, help="how many are many")
    parser.add_argument("--rounds", type=int, default=9, help="how often all is measured")
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.answer:
        return Answers().give()
    if options.only in (None, "served"):
        compare_served(options.rounds, options.wagtail)
    for database in ("SQLite", "PostgreSQL"):
        if options.only in (None, database):
            compare_sizes(database, options.guides or (2_000 if options.quick else MANY), options.rounds)


# Sites ----------------------------------------------------------------------------------------------------------------


@contextmanager
def a_site(database, guides):
    """The demo, and fictional guides besides."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="clinic-bench-"))
        if database == "SQLite":
            url = f"sqlite:///{folder}/clinic.sqlite3"
        else:
            url = f"postgres://clinic@{quote(str(stack.enter_context(a_server()).folder), safe='')}/clinic"
        site = Site(environment(folder, url))
        site.manage("migrate", "-v0")
        site.manage("demo")
        if guides:
            site.manage("seed_guides", str(guides))
        site.folder = folder
        yield site


# Served ---------------------------------------------------------------------------------------------------------------


def compare_served(rounds, wagtail=False, lasting=2.0):
    print("\n### The same bytes, served\n", flush=True)
    with a_site("SQLite", 0) as site, ExitStack() as stack:
        (Path(site.folder) / "static").mkdir(exist_ok=True)
        site.environment["BENCHMARK_PAGE"] = str(Path(site.folder) / "static" / "page.html")
        serving = subprocess.Popen([sys.executable, "-m", "benchmarks.server"], cwd=ROOT, env=site.environment)
        stack.callback(serving.wait)
        stack.callback(serving.terminate)
        site.serving = serving.pid
        site.until_it_answers()
        own = int(site.environment["PORT"])
        page = get(own, own, GUIDE)
        Path(site.environment["BENCHMARK_PAGE"]).write_bytes(page)
        targets = {
            "ours": Target(own, own, GUIDE, serving.pid, len(page)),
            "bare": Target(own, own, "/bare-page/", serving.pid, len(page)),
        }
        if find_nginx():
            port = free_port()
            proxy = stack.enter_context(a_proxy(port=port, site_port=own, data=site.folder))
            worker = child_of(proxy.pid)
            targets["nginx"] = Target(port, own, "/static/page.html", worker, len(page))
            targets["proxy"] = Target(port, own, GUIDE, worker, len(page))
        else:
            print("!!! NO NGINX: a file and the shipped proxy are LEFT OUT.\n")
        for target in targets.values():
            if get(target.port, target.host, target.address) != page:
                raise SystemExit(f"{target.address} is not the same page.")
        anew = f"{GUIDE}?anew"  # which the links to the other languages hold
        targets["anew"] = Target(own, own, anew, serving.pid, len(get(own, own, anew)))
        if wagtail:
            targets |= wagtail_targets(stack, site, page)
        else:
            print("!!! WAGTAIL is LEFT OUT: it runs with --wagtail.\n")
        measured = defaultdict(list)
        for number in range(rounds + 1):
            for name, target in targets.items():
                one = measure(target, lasting if number else 0.5)
                if number:
                    measured[name].append(one)
    print(f"{len(page):,} bytes, {CONNECTIONS} connections, {rounds} rounds of {lasting:.0f} s each.\n")
    print("| | rate | processor time of the server for one request | requests |\n|---|---|---|---|")
    show("ours / bare", measured["ours"], measured["bare"], AIM["bare"])
    show("ours, made anew / bare", measured["anew"], measured["bare"], None)
    for name in (name for name in KEPT if name in measured):
        show(f"{name} ({targets[name].length:,} bytes) / bare", measured[name], measured["bare"], None)
        show(f"ours / {name}", measured["ours"], measured[name], None)
    if "nginx" in measured:
        show("proxy / nginx's file", measured["proxy"], measured["nginx"], AIM["nginx"])
        show("nginx's file / bare", measured["nginx"], measured["bare"], None)


@dataclass
class Target:
    port: int
    host: int  # the port that it is asked for by
    address: str
    pid: int
    length: int  # of the body


def wagtail_targets(stack, site, page):
    targets = {}
    for name, (port, address, pid) in stack.enter_context(wagtail_sites(site, GUIDE.split("/")[-2])).items():
        theirs = get(port, port, address)
        if missing := [anchor for anchor in sections_of(page) if f'id="{anchor}"'.encode() not in theirs]:
            raise SystemExit(f"Wagtail's page has no section {', '.join(missing)}.")
        targets[name] = Target(port, port, address, pid, len(theirs))
    return targets


def sections_of(page):
    """Their anchors, as the list of contents has them."""
    contents = page.partition(b'<nav class="contents"')[2].partition(b"</nav>")[0]
    return re.findall(r'href="#([^"]+)"', contents.decode())


def show(name, ours, theirs, aim):
    rate = statistics.median(a["rate"] / b["rate"] for a, b in zip(ours, theirs, strict=True))
    work = each(ours) / each(theirs)
    mark = f"**{rate:.2f}**" if aim and rate < aim else f"{rate:.2f}"
    print(f"| {name} | {mark} | {work:.2f} | {sum(one['requests'] for one in ours):,} |")


def each(rounds):
    return sum(one["processor"] for one in rounds) / sum(one["requests"] for one in rounds)


def measure(target, lasting):
    """So many connections at once, each one request after the other."""
    until = time.perf_counter() + lasting

    def work(_):
        asking, number = question(target.host, target.address), 0
        while time.perf_counter() < until:
            with socket.create_connection(("127.0.0.1", target.port), timeout=60) as line:
                for _ in range(REQUESTS_ON_A_CONNECTION):
                    line.sendall(asking)
                    whole(line, target.length)
                    number += 1
                    if time.perf_counter() >= until:
                        break
        return number

    began, worked = time.perf_counter(), processor_time(target.pid)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        number = sum(pool.map(work, range(CONNECTIONS)))
    took = time.perf_counter() - began
    return {"rate": number / took, "requests": number, "processor": processor_time(target.pid) - worked}


def question(own, address):
    return f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{own}\r\n\r\n".encode()


def whole(line, length):
    """One answer with a body of that length."""
    said = line.recv(65536)
    head, _, body = said.partition(b"\r\n\r\n")
    if b" 200 " not in head[:20]:
        raise SystemExit(head.decode())
    left = length - len(body)
    while left > 0:
        left -= len(line.recv(65536))


def get(port, own, address):
    """The body alone."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(question(own, address).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        return b"".join(iter(lambda: line.recv(65536), b"")).partition(b"\r\n\r\n")[2]


def processor_time(pid):
    try:
        return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
    except OSError:
        return math.nan


def child_of(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0])


# Few and many ---------------------------------------------------------------------------------------------------------


def compare_sizes(database, many, rounds):
    print(f"\n### {database}: {many:,} guides beside {FEW}\n", flush=True)
    with asked(database, FEW) as few, asked(database, many) as full:
        measured = defaultdict(list)
        for number in range(rounds + 1):
            for page, address in PAGES.items():
                for size, ask in (("few", few), ("many", full)):
                    one = ask(address)
                    if number:
                        measured[page, size].append(one)
    print("| | few | many | many / few | on the clock |\n|---|---|---|---|---|")
    for page in PAGES:
        few, full = (measured[page, size] for size in ("few", "many"))
        work = [statistics.median(one["processor"] for one in some) for some in (few, full)]
        clock = statistics.median(b["clock"] / a["clock"] for a, b in zip(few, full, strict=True))
        aim = AIM["search" if "search" in page else "page"]
        ratio = work[1] / work[0]
        mark = f"**{ratio:.2f}**" if ratio > aim else f"{ratio:.2f}"
        print(f"| {page} | {work[0] * 1000:.2f} ms | {work[1] * 1000:.2f} ms | {mark} | {clock:.2f} |")


@contextmanager
def asked(database, guides):
    """Asks for a page of such a site, in a process of its own: {"processor", "clock"}."""
    began = time.monotonic()
    with a_site(database, guides) as site:
        print(f"{guides:,} guides written in {time.monotonic() - began:.0f} s.", flush=True)
        command = [sys.executable, "-m", "benchmarks.guide_page", "--answer"]
        facts = {**site.environment, "BENCHMARK_GUIDES": str(guides)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=ROOT, env=facts, **pipes) as process:

            def ask(page):
                process.stdin.write(page + "\n")
                process.stdin.flush()
                return json.loads(process.stdout.readline())

            yield ask
            process.stdin.close()


def first_fictional_number():
    """The guides of the demo were there before."""
    from education.models import Guide

    slug = Guide.objects.filter(slug__startswith="fiction-").order_by("pk").values_list("slug", flat=True)[0]
    return int(slug.rpartition("-")[2])


class Answers:
    """Each page several times, so that the clock of a short one is fine enough."""

    TIMES = 10

    def __init__(self):
        import django

        django.setup()
        from django.db import connection
        from django.test import Client

        self.connection, self.guides = connection, int(os.environ["BENCHMARK_GUIDES"])
        self.first = first_fictional_number()
        self.client = Client(SERVER_NAME="127.0.0.1")
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")

    def give(self):
        for page in sys.stdin:
            print(json.dumps(self.measured(page.strip())), flush=True)

    def measured(self, page):
        addresses = [page.replace("NUMBER", str(self.number())) for _ in range(self.TIMES)]
        began, worked = time.perf_counter(), self.processor_time()
        for address in addresses:
            if (status := self.client.get(address).status_code) != 200:
                raise SystemExit(f"{address}: {status}")
        clock, worked = time.perf_counter() - began, self.processor_time() - worked
        return {"clock": clock / self.TIMES, "processor": worked / self.TIMES}

    def number(self):
        """Of a fictional guide; the demo's own were there before."""
        return self.first + random.randrange(self.guides)

    def processor_time(self):
        """Of this process, and of the one that PostgreSQL has for its connection (read from Linux)."""
        if self.connection.vendor != "postgresql":
            return time.process_time()
        self.connection.ensure_connection()
        figures = Path(f"/proc/{self.connection.connection.info.backend_pid}/schedstat").read_text().split()
        return time.process_time() + int(figures[0]) / 1e9


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    main()
