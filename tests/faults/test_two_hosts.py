"""Two web hosts and two workers on one PostgreSQL, behind the proxy that ships: any of them may die."""

import http.client
import itertools
import time
from urllib.parse import urlencode

import pytest
from django.conf import global_settings
from django.contrib.auth import get_user_model
from django.db import connection

from appointments.models import AppointmentRequest, WorkerHeartbeat
from clinic.staff.roles import ROLES
from tests import factories
from tests.appointments.mail_server import MailServer, free_port
from tests.proxy import a_proxy, find_nginx

from . import size
from .hosts import Reader, can_part_networks, two_hosts
from .patients import Crowd, Hidden
from .processes import until
from .sites import prepare
from .test_killed_site import assert_everybody_is_told, assert_nothing_is_lost, lost, stored_twice

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is a file of one host"),
    pytest.mark.skipif(not find_nginx(), reason="nginx is not installed: Debian’s package nginx"),
]

EVERY = size(3, 10)  # seconds between two kills: longer than an answer takes on a busy computer
LASTS = size(5, 300)
CALM = size(1, 30)  # seconds before the first kill, to know what this computer's own gaps are
THREADS = size(2, 3)  # each some ten patients a second: load, and not so much that only its own weight is measured
PATIENCE = 180  # seconds that a process may take to come back on a computer that does much else
NETWORKS = size(False, True) and can_part_networks()
SETTLES = size(1, 3)  # seconds: as long as an answer takes
GAP = 1.0  # second that no page comes
# Through the proxy all of the crowd come from one address, and are no flood here.
ONE_ADDRESS = {
    "SITE_URL": "http://127.0.0.1",
    "REQUESTS_PER_HOUR_REFUSED": 10**6,
    "REQUESTS_PER_TEN_MINUTES_SUSPECTED": 10**6,
    "REQUESTS_PER_DAY_SUSPECTED": 10**6,
}


@pytest.fixture
def mail_server():
    with MailServer().running(host="0.0.0.0" if NETWORKS else "127.0.0.1") as server:
        yield server


@pytest.fixture
def ready(clinic):
    return prepare()


@pytest.fixture
def guide(clinic):
    return factories.a_published_guide("Back pain")


def test_one_of_each_is_killed_in_turn_and_nobody_waits_or_is_lost(ready, guide, mail_server, tmp_path, record_figures):
    with two_hosts(tmp_path, mail_server=mail_server, networks=NETWORKS, **ONE_ADDRESS) as hosts:
        port = free_port()
        servers = [f"{host.address}:{host.port}" for host in hosts]
        with a_proxy(port=port, site_port=hosts[0].port, data=tmp_path, servers=servers, log_errors=True) as proxy:
            kills = 0
            with (
                Reader(port, guide.get_absolute_url()) as of_guides,
                Reader(port, "/") as of_home,
                Crowd(port, ready.pk, THREADS) as crowd,
            ):
                until(lambda: crowd.acknowledged, within=60)
                warm = time.monotonic()
                time.sleep(CALM)
                began = time.monotonic()
                over = began + LASTS
                victims = itertools.cycle((host, name) for name in ("web", "worker") for host in hosts)
                while time.monotonic() < over or kills < 3:
                    time.sleep(EVERY)
                    until(lambda: all(host.is_ready() for host in hosts), within=PATIENCE)
                    # In turn: who was refused by the one that comes back is being answered by the one that goes next.
                    time.sleep(SETTLES)
                    host, name = next(victims)
                    host.kill(name)
                    kills += 1
                    said = f"kill {kills}: {name}, {len(crowd.acknowledged)} acknowledged, longest gap"
                    print(said, longest(of_guides, began), longest(of_home, began), flush=True)
                before = len(crowd.acknowledged)
                until(lambda: len(crowd.acknowledged) > before, within=60)
            record_figures(
                kills=kills,
                acknowledged=len(crowd.acknowledged),
                answers=dict(crowd.told),
                lost=len(lost(crowd)),
                twice=len(stored_twice()),
                pages={"guide": of_guides.pages, "home": of_home.pages},
                longest_gap={"guide": longest(of_guides, began), "home": longest(of_home, began)},
                longest_gap_before={"guide": longest(of_guides, warm, began), "home": longest(of_home, warm, began)},
                other_networks=NETWORKS,
            )
            if crowd.wrong:
                print((proxy.folder / "error.log").read_text())
            assert_nothing_is_lost(crowd)
            for reader in (of_guides, of_home):
                assert not reader.wrong
                # On a busy computer a page takes its time with nobody killed: that is not the proxy's.
                busy = longest(reader, warm, began)
                assert longest(reader, began) < size(3 * GAP, GAP) + busy
            assert_everybody_is_told(mail_server, within=size(60, 900))


def longest(reader, since, until=float("inf")):
    return round(reader.longest_gap(since, until), 2)


@pytest.mark.drill
def test_twin_with_one_host_its_death_is_seen(ready, mail_server, tmp_path):
    with two_hosts(tmp_path, mail_server=mail_server, number=1, SITE_URL="http://127.0.0.1") as [host]:
        port = free_port()
        with a_proxy(port=port, site_port=host.port, data=tmp_path), Reader(port, "/") as reader:
            until(lambda: reader.pages > 5)
            host.kill("web")
            before = reader.pages
            until(lambda: reader.pages > before + 5, within=60)

    assert reader.wrong or reader.longest_gap() > GAP


def test_what_one_host_begins_the_other_goes_on_with(ready, guide, mail_server, tmp_path, settings):
    """No sticky sessions: each click of a member of staff may be answered by another host; throttles count for all."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS  # the hosts know no other
    user = get_user_model().objects.create_user("robin", password="seven lanterns near harbor", is_staff=True)
    user.groups.set(user.groups.model.objects.filter(name__in=ROLES))
    with two_hosts(
        tmp_path, mail_server=mail_server, SITE_URL="http://127.0.0.1", REQUESTS_PER_HOUR_REFUSED=3
    ) as hosts:
        staff = Visitor(hosts)
        page = staff.get("/admin/login/")
        staff.post("/admin/login/", {**page.hidden, "login": "robin", "password": "seven lanterns near harbor"})
        seen = [staff.get("/admin/appointments/appointmentrequest/") for _ in range(4)]
        assert {page.status for page in seen} == {200}

        statuses = [Visitor(hosts, first=n % 2).get(f"/request/status/{'x' * 20}{n}/").status for n in range(8)]
        assert statuses[:2] == [404, 404]
        assert statuses[-1] == 429, statuses

        address, as_named = guide.get_absolute_url(), {"Host": "127.0.0.1"}
        assert all(b"Back pain" in host.ask(address, **as_named)[1] for host in hosts), "now both hold it"
        guide.title = "Pain in the neck"
        guide.save()
        guide.publish(by=None)
        until(
            lambda: all(b"Pain in the neck" in host.ask(address, **as_named)[1] for host in hosts), within=size(15, 5)
        )

        until(lambda: WorkerHeartbeat.objects.count() == 2)
        healths = [host.ask("/healthz")[0] for host in hosts]
        assert healths == [200, 200]
    assert not AppointmentRequest.objects.exists()


class Visitor:
    """A browser whose every click another host answers."""

    def __init__(self, hosts, first=0):
        self.hosts = itertools.cycle(hosts[first:] + hosts[:first])
        self.cookies = {}

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, fields):
        return self.ask("POST", path, fields)

    def ask(self, method, path, fields=None):
        host = next(self.hosts)
        server = http.client.HTTPConnection(host.address, host.port, timeout=30)
        headers = {"Host": "127.0.0.1", "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if fields is not None:
            body = urlencode(fields, doseq=True)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        server.request(method, path, body, headers)
        answer = server.getresponse()
        text = answer.read().decode(errors="replace")
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        server.close()
        return Answer(answer.status, text)


class Answer:
    def __init__(self, status, text):
        self.status, self.text = status, text
        self.hidden = {name: values[0] for name, values in Hidden(text).fields.items()}
