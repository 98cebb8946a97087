"""How long staff wait for the desk and its list, with a thousand requests and with a million, beside the stock list.

    python -m benchmarks.desk            some minutes, and first those that a million requests take; --quick: 20,000

Each page is asked for in turn, round after round, of four lists: ours and the stock one (benchmarks/stock.py), of few
requests and of many. What counts is the processor time of a page, that of the database's own process included: on a busy
computer it is the steadier figure. The time on the clock stands beside it.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

from .intake import ROOT, stored_requests

FEW, MANY = 1_000, 1_000_000
AIM = {"page": 1.3, "search": 2.0, "stock": 20, "queries": 12}
A_PAGE = 50  # rows
DEEP = 100_000  # rows before a deep page, where there are so many
LIST = "/admin/appointments/appointmentrequest/"
STOCK = "/stock/appointments/appointmentrequest/"
OURS = {
    "the desk": "/admin/",
    "first page": LIST,
    "deep page": f"{LIST}?after=DEEP",
    "page before it": f"{LIST}?before=DEEP",
    **{
        f"status: {status}": f"{LIST}?status={status}"
        for status in [
            *("to_contact", "overdue", "new", "contacting", "awaiting_patient", "waitlisted", "booked", "closed"),
            *("suspected", "undecided", "reply", "cancelled", "all"),
        ]
    },
    "claim: mine": f"{LIST}?claim=mine",
    "claim: free": f"{LIST}?claim=free",
    "claim and status: mine, booked": f"{LIST}?claim=mine&status=booked",
    "service": f"{LIST}?service=SERVICE",
    "service and status: overdue": f"{LIST}?service=SERVICE&status=overdue",
    "service and status: waitlisted": f"{LIST}?service=SERVICE&status=waitlisted",
    "service and status: suspected": f"{LIST}?service=SERVICE&status=suspected",
    "deliveries": "/admin/appointments/delivery/",
    "deliveries given up": "/admin/appointments/delivery/?state__exact=failed",
    "search, a reference": f"{LIST}search/?q=REFERENCE",
    "search, an e-mail": f"{LIST}search/?q=EMAIL",
    "search, a phone number": f"{LIST}search/?q=(212) 555-0142",
    "search, few hits": f"{LIST}search/?q=zebra quagga",
    "search, no hits": f"{LIST}search/?q=nobody anywhere",
    "search, no hits of common words": f"{LIST}search/?q=sample fiction",
    "search, many hits": f"{LIST}search/?q=sample",
    "search, by sound": f"{LIST}search/?q=zepra kagga",
}
THEIRS = {
    "first page": STOCK,
    "deep page": f"{STOCK}?p=PAGE",
    "status: new": f"{STOCK}?status__exact=new",
    "status: booked": f"{STOCK}?status__exact=booked",
    "service": f"{STOCK}?service__id__exact=NUMBER",
    "search, few hits": f"{STOCK}?q=zebra quagga",
    "search, no hits": f"{STOCK}?q=nobody anywhere",
    "search, many hits": f"{STOCK}?q=sample",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20,000 stored requests for a million")
    parser.add_argument("--only", choices=["SQLite", "PostgreSQL"], help="one database")
    parser.add_argument("--rounds", type=int, default=15, help="how often all is measured")
    parser.add_argument("--filled", metavar="DATABASE_URL", help="a database that holds the many requests already")
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.answer:
        return Answers().give()
    many = 20_000 if options.quick else MANY
    for database in [options.only] if options.only else ["SQLite", "PostgreSQL"]:
        print(f"\n### {database}\n", flush=True)
        with asked(database, FEW) as few, asked(database, many, filled=options.filled) as full:
            compare(few, full, options.rounds)


# One process for each database, which answers on its pipe ---------------------------------------------------------------


@contextmanager
def asked(database, stored, filled=None):
    """Asks for a page of at most so many rows: {"processor", "clock", "queries", "rows"}."""
    began = time.monotonic()
    with stored_requests(database, stored, filled) as site:
        if not filled:
            print(f"{stored:,} requests stored in {time.monotonic() - began:.0f} s.\n", flush=True)
        command = [sys.executable, "-m", "benchmarks.desk", "--answer"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=ROOT, env=site.environment, **pipes) as process:

            def ask(page, rows=A_PAGE):
                process.stdin.write(f"{rows} {page}\n")
                process.stdin.flush()
                return json.loads(process.stdout.readline())

            yield ask
            process.stdin.close()


class Answers:
    def __init__(self):
        import django

        django.setup()
        from django.contrib.auth import get_user_model
        from django.db import connection
        from django.test import Client

        self.connection = connection
        self.staff = get_user_model().objects.filter(is_superuser=True).first()
        self.client = Client(SERVER_NAME="127.0.0.1")
        self.client.force_login(self.staff)
        self.marks = self.places()
        self.queries = {}
        # Once a minute a page writes down that its reader is there, which is none of its own queries.
        self.client.get("/admin/account/")

    def places(self):
        """What stands for the words in capitals; and a patient whose name nobody else has."""
        from appointments.models import AppointmentRequest, SearchEntry

        open_ones = AppointmentRequest.objects.open().genuine().order_by("promised_by", "pk")
        depth = min(DEEP, open_ones.count() // 2)
        row = open_ones[depth]
        rare = AppointmentRequest.objects.exclude(email="").order_by("pk")[depth // 3]
        AppointmentRequest.objects.filter(pk=rare.pk).update(name="Zebra Quagga")
        rare.refresh_from_db()
        SearchEntry.objects.renew([rare])
        claimed = AppointmentRequest.objects.filter(status="new", assigned_to=None).order_by("-pk")[:5]
        for request in claimed:
            request.claim(by=self.staff)
        return {
            "DEEP": f"{int(row.promised_by.timestamp() * 1_000_000)}-{row.pk}",
            "PAGE": str(depth // 100),
            "SERVICE": row.service.slug,
            "NUMBER": str(row.service_id),
            "REFERENCE": row.reference,
            "EMAIL": rare.email,
        }

    def give(self):
        for asked in sys.stdin:
            rows, page = asked.strip().split(" ", 1)
            address = re.sub("[A-Z]{4,}", lambda mark: self.marks[mark[0]], page)
            print(json.dumps(self.measured(address, int(rows))), flush=True)

    def measured(self, address, rows):
        """The first time the queries are counted, which takes a little itself."""
        self.set_rows(rows)
        counts = self.connection.force_debug_cursor = address not in self.queries
        began, worked = time.perf_counter(), self.processor_time()
        page = self.get(address)
        clock, processor = time.perf_counter() - began, self.processor_time() - worked
        if counts:
            self.queries[address] = len(self.connection.queries_log)
            self.connection.queries_log.clear()
        rows = page.count(b'name="chosen"')
        return {"clock": clock, "processor": processor, "queries": self.queries[address], "rows": rows}

    def set_rows(self, rows):
        from appointments.admin import requests

        requests.AppointmentRequestAdmin.list_per_page = requests.FOUND_AT_MOST = rows

    def get(self, address):
        page, _, query = address.partition("?q=")
        searched = query and page.startswith(LIST)
        response = self.client.post(page, {"q": query}) if searched else self.client.get(address)
        if response.status_code != 200:
            raise SystemExit(f"{address}: {response.status_code}")
        return response.content

    def processor_time(self):
        """Of this process, and of the one that PostgreSQL has for its connection (read from Linux)."""
        if self.connection.vendor != "postgresql":
            return time.process_time()
        self.connection.ensure_connection()
        figures = Path(f"/proc/{self.connection.connection.info.backend_pid}/schedstat").read_text().split()
        return time.process_time() + int(figures[0]) / 1e9


# Comparisons ------------------------------------------------------------------------------------------------------------


def compare(few, full, rounds):
    measured = defaultdict(list)
    for number in range(rounds + 1):
        for page, address in OURS.items():
            shown = few(address)
            measured["ours", "few", page].append(shown)
            measured["ours", "many", page].append(full(address))
            if shown["rows"]:
                measured["ours", "many, as many rows", page].append(full(address, shown["rows"]))
        if number == rounds:  # once: each takes seconds
            for page, address in THEIRS.items():
                measured["stock", "many", page].append(full(address))
    print(
        "| page | ours, few | rows | ours, many | rows | many / few | as many rows | queries | stock, many | stock / ours |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for page in OURS:
        print(row(page, measured))


def row(page, measured):
    few, many, alike = (
        statistics.median(
            one["processor"] for one in measured["ours", size, page][1:] or measured["ours", "many", page][1:]
        )
        for size in ("few", "many", "many, as many rows")
    )  # the first one warms up
    rows = [measured["ours", size, page][-1]["rows"] or "" for size in ("few", "many")]
    queries = max(one["queries"] for one in measured["ours", "many", page])
    aim = AIM["search" if "search" in page else "page"]
    ours = f"{few * 1000:.0f} ms | {rows[0]} | {many * 1000:.0f} ms | {rows[1]} | {many / few:.2f}"
    ours += f" | {bold(f'{alike / few:.2f}', alike / few <= aim)} | {bold(queries, queries <= AIM['queries'])}"
    if page not in THEIRS:
        return f"| {page} | {ours} | | |"
    [stock] = [one["processor"] for one in measured["stock", "many", page]]
    return f"| {page} | {ours} | {stock * 1000:,.0f} ms | {stock / many:.0f} |"


def bold(figure, reached):
    return str(figure) if reached else f"**{figure}**"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    main()
