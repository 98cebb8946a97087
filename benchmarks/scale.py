"""How much one web host more brings, for reading and for the intake, and what bounds it.

    python -m benchmarks.scale             some minutes; --quick: one round of each

One PostgreSQL, one nginx with the configuration that ships, one and then two web hosts behind it, in turn, round after
round. Three things are asked for: a guide from a host's memory (nginx's own is passed by), a list made anew, and the
intake of a request. For each one the rate, and the processor time that each part took for one answer.

On one computer all parts share its processors, and those who ask have their share, too: a second host can bring nothing
where they are all busy. What carries over to other computers is the processor time of each part for one answer;
docs/scale.md computes with it.
"""

import argparse
import http.client
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.appointments.mail_server import free_port
from tests.postgresql import a_server
from tests.proxy import a_proxy, find_nginx

from . import intake
from .intake import ROOT, Site, environment, p99

CLIENTS = 16
TICK = os.sysconf("SC_CLK_TCK")
# What docs/scale.md reckons with. A country's year, and how much more its busiest minute is than the mean of opening hours.
PATIENTS = 60_000_000
REQUESTS_A_YEAR, PAGES_A_YEAR = 0.5, 12  # of each patient
OPENING_SECONDS = 250 * 9 * 3600  # of a year
PEAK = 10
BUSY = 0.5  # how much of a processor is planned to be used
# Through the proxy all come from one address, and are no flood here.
ONE_ADDRESS = dict.fromkeys(
    ("REQUESTS_PER_HOUR_REFUSED", "REQUESTS_PER_TEN_MINUTES_SUSPECTED", "REQUESTS_PER_DAY_SUSPECTED"), "100000000"
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--rounds", type=int, help="how often all is measured")
    parser.add_argument("--stored", type=int, default=20_000, help="requests that are stored already")
    options = parser.parse_args()
    if not find_nginx():
        sys.exit("nginx is not installed.")
    rounds = options.rounds or (1 if options.quick else 5)
    measured = defaultdict(list)
    with two_hosts(options.stored) as hosts:
        for number in range(rounds + 1):  # the first warms up
            for name, target in TARGETS.items():
                for behind in (1, 2):
                    one = measure(hosts, behind, target, 0.5 if not number else 3.0)
                    if number:
                        measured[name, behind].append(one)
    tell(measured, rounds)


@dataclass
class Hosts:
    site: Site
    webs: list  # process numbers
    postmaster: int
    proxies: dict  # how many hosts behind it: (port, process number)

    def through(self, behind):
        """The site as the clients see it, at that proxy."""
        facts = {**self.site.environment, "PORT": str(self.proxies[behind][0])}
        return Site(facts, self.site.cookie, self.site.csrf, self.site.service)


@contextmanager
def two_hosts(stored):
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="clinic-scale-"))
        server = stack.enter_context(a_server())
        url = f"postgres://clinic@{quote(str(server.folder), safe='')}/clinic"
        disks = [Path(folder) / f"host-{number}" for number in (1, 2)]
        sites = []
        for disk in disks:
            disk.mkdir()
            sites.append(Site(environment(str(disk), url) | ONE_ADDRESS))
        sites[0].manage("migrate", "-v0")
        sites[0].manage("demo")
        sites[0].manage("seed_requests", str(stored))
        webs = []
        for site in sites:
            serving = subprocess.Popen([sys.executable, "-m", "benchmarks.server"], cwd=ROOT, env=site.environment)
            stack.callback(serving.wait)
            stack.callback(serving.terminate)
            webs.append(serving.pid)
        for site in sites:
            site.open_the_form()
        addresses = [f"127.0.0.1:{site.environment['PORT']}" for site in sites]
        proxies = {}
        for behind in (1, 2):
            port = free_port()
            more = stack.enter_context(
                a_proxy(port=port, site_port=sites[0].environment["PORT"], data=folder, servers=addresses[:behind])
            )
            proxies[behind] = port, more.pid
        yield Hosts(sites[0], webs, server.process.pid, proxies)


# What is asked for ------------------------------------------------------------------------------------------------------


def reading(path):
    def client(site):
        line = http.client.HTTPConnection(*site.address, timeout=60)
        # nginx asks the site itself for whoever may be signed in, and the site's memory takes no such cookie for its own.
        headers = {"Host": "127.0.0.1", "Accept-Encoding": "gzip"}

        def ask():
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
            answer.read()
            return answer.status == 200

        return ask

    return client


TARGETS = {
    "a guide from the proxy’s memory": reading("/guides/fluoroscopy/"),
    "home, made anew": reading("/"),
    "a list, made anew": reading("/guides/?anew"),
    "a request taken in": intake.post("/request/"),
}


@dataclass
class Seen:
    rate: float
    seconds: list
    errors: int
    work: dict  # part: processor seconds for one answer
    busy: float  # processors


def measure(hosts, behind, target, lasting):
    before, began, idle = parts(hosts, behind), time.perf_counter(), all_work()
    one = intake.measure(target, hosts.through(behind), CLIENTS, lasting)
    took = time.perf_counter() - began
    after, busy = parts(hosts, behind), (all_work() - idle) / took
    number = len(one.seconds)
    work = {name: (after[name] - before[name]) / number for name in after}
    return Seen(one.rate, one.seconds, one.errors, work, busy)


def parts(hosts, behind):
    """Processor seconds that each part has worked so far."""
    return {
        "web": sum(map(worked, hosts.webs)),
        "PostgreSQL": family_worked(hosts.postmaster),
        "nginx": family_worked(hosts.proxies[behind][1]),
    }


def worked(pid, ended=False):
    figures = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, figures[11 : 15 if ended else 13])) / TICK


def family_worked(pid):
    """With its children, those that have ended too."""
    total = worked(pid, ended=True)
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            total += worked(child)
        except FileNotFoundError:
            continue
    return total


def all_work():
    """Processor seconds that this computer has worked, all programs together."""
    user, nice, system, _, _, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + irq + softirq) / TICK


# What was seen ----------------------------------------------------------------------------------------------------------


def tell(measured, rounds):
    cores = os.cpu_count()
    print(f"\n{CLIENTS} clients, {rounds} rounds, {cores} processors, medians.\n")
    print("| | hosts | answers a second | two / one | p99 | web | PostgreSQL | nginx | processors busy | errors |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    work = {}
    for name in TARGETS:
        for behind in (1, 2):
            some = measured[name, behind]
            rate = statistics.median(one.rate for one in some)
            ratio = statistics.median(
                b.rate / a.rate for a, b in zip(measured[name, 1], measured[name, 2], strict=True)
            )
            tail = 1000 * p99([second for one in some for second in one.seconds])
            work[name, behind] = {part: statistics.median(one.work[part] for one in some) for part in some[0].work}
            cost = " | ".join(f"{1000 * seconds:.2f} ms" for seconds in work[name, behind].values())
            busy = statistics.median(one.busy for one in some)
            errors = sum(one.errors for one in some)
            print(
                f"| {name} | {behind} | {rate:,.0f} | {ratio if behind == 2 else 1:.2f} | {tail:.0f} ms | {cost} "
                f"| {busy:.1f} of {cores} | {errors} |"
            )
    reckon(work)


def reckon(work):
    """What a national service would need: the arithmetic of docs/scale.md."""
    requests = PATIENTS * REQUESTS_A_YEAR / OPENING_SECONDS * PEAK
    pages = PATIENTS * PAGES_A_YEAR / OPENING_SECONDS * PEAK
    print(f"\n{PATIENTS:,} patients: {requests:,.0f} requests and {pages:,.0f} pages a second at the peak.\n")
    print("| part | a request | a page | processors busy at the peak | processors to plan |\n|---|---|---|---|---|")
    taken, read = work["a request taken in", 2], work["a list, made anew", 2]
    for part in taken:
        needed = requests * taken[part] + pages * read[part]
        print(
            f"| {part} | {1000 * taken[part]:.2f} ms | {1000 * read[part]:.2f} ms | {needed:.1f} | {math.ceil(needed / BUSY)} |"
        )


if __name__ == "__main__":
    main()
