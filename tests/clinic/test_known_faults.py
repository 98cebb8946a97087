"""Known faults of the libraries that we pin: from the list, and from a server that answers as the public one does."""

import json
import threading
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import django
import pytest

from clinic import doctor, known_faults
from clinic.known_faults import Fault

pytestmark = pytest.mark.once

TODAY = date(2026, 12, 8)


def a_fault(library="waitress", introduced="0", fixed="3.0.3", **facts):
    return Fault(
        library, **{"id": "CVE-2026-0001", "published": "2026-11-30", **facts}, introduced=introduced, fixed=fixed
    )


@pytest.fixture
def the_list(monkeypatch, tmp_path):
    """A list of our own, made on the 26th of November; returns what writes it."""
    monkeypatch.setattr(known_faults, "LIST", tmp_path / "list.json")

    def write(*faults):
        known_faults.keep(faults, date(2026, 11, 26))

    write()
    return write


@contextmanager
def advisories(answers, status=200):
    """A server on this computer that knows {library: [advisory, …]}, two on a page."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert asked["package"]["ecosystem"] == "PyPI"
            start = int(asked.get("page_token", 0))
            known = answers.get(asked["package"]["name"], [])
            answer = {"vulns": known[start : start + 2]} if known else {}
            if known[start + 2 :]:
                answer["next_page_token"] = str(start + 2)
            body = json.dumps(answer).encode() if status == 200 else b"<h1>Not now</h1>"
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        server.server_close()


def advisory(
    library="waitress", *events, number="GHSA-1", aliases=("CVE-2026-0002",), published="2026-12-01T00:00:00Z", **more
):
    affected = {"package": {"name": library}, "ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}
    return {"id": number, "aliases": list(aliases), "published": published, "affected": [affected], **more}


@pytest.mark.parametrize(
    ("introduced", "fixed", "version", "touched"),
    [
        ("0", "3.0.1", "3.0.0", True),
        ("0", "3.0.1", "3.0.1", False),
        ("0", "3.0.1", "3.0.10", False),
        ("0", "3.0.10", "3.0.9", True),
        ("5.2", "5.2.11", "5.2.2", True),
        ("5.2", "5.2.11", "5.1.9", False),
        ("6.0", "6.1", "6.1rc1", True),
        ("6.0", "6.1", "6.1.0", False),
        ("2.0", "", "99.1", True),
        ("2.0.0", "2.1", "2", True),
    ],
)
def test_which_versions_a_fault_touches(introduced, fixed, version, touched):
    assert a_fault(introduced=introduced, fixed=fixed).touches(version) is touched


def test_no_pin_has_a_fault_that_is_on_our_list():
    faults, made_on, made = known_faults.kept()

    assert faults and made and made_on
    assert known_faults.touched(known_faults.locked(), faults) == []
    assert {fault.library for fault in faults} <= set(known_faults.locked())


def test_twin_an_older_pin_is_found_in_the_list_that_comes_along():
    faults, _, _ = known_faults.kept()

    found = known_faults.touched({**known_faults.locked(), "django": "5.2.10", "waitress": "3.0.0"}, faults)

    assert {fault.id for fault, _ in found} >= {"CVE-2026-1287", "CVE-2024-49768"}


def test_offline_the_answer_is_that_of_the_list_on_any_day_and_says_so(the_list, capsys, monkeypatch):
    monkeypatch.setattr(known_faults, "ask", None)  # nobody is asked

    assert [known_faults.main(["--offline"], today=day) for day in (TODAY, date(2036, 1, 1))] == [0, 0]
    said = capsys.readouterr().out
    assert "Not asked online." in said and "12 days old" in said
    assert f"Compared {len(known_faults.locked())} libraries" in said

    the_list(a_fault())
    assert known_faults.main(["--offline"], today=TODAY) == 1
    assert "waitress 3.0.2 has the known fault CVE-2026-0001: it is mended in 3.0.3." in capsys.readouterr().out


def test_online_what_came_out_since_is_found_on_all_pages(the_list, capsys, monkeypatch):
    old = [
        advisory("waitress", {"introduced": "0"}, {"fixed": "2.0"}, number=f"GHSA-{n}", aliases=[]) for n in range(4)
    ]
    new = advisory("waitress", {"introduced": "3.0"}, {"fixed": "3.0.3"}, number="GHSA-new")
    with advisories({"waitress": [*old, new]}) as address:
        monkeypatch.setattr(known_faults, "ADVISORIES", address)
        assert known_faults.main([], today=TODAY) == 1

    said = capsys.readouterr().out
    assert "Online: compared" in said and "NOT ONLINE" not in said
    assert "waitress 3.0.2 has the known fault CVE-2026-0002: it is mended in 3.0.3." in said


@pytest.mark.parametrize(
    ("events", "version", "touched"),
    [
        ([{"introduced": "0"}], "3.0.2", True),
        ([{"introduced": "0"}, {"last_affected": "3.0.2"}], "3.0.2", True),
        ([{"introduced": "0"}, {"last_affected": "3.0.1"}], "3.0.2", False),
        ([{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "3.0"}, {"fixed": "3.1"}], "3.0.2", True),
        ([{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "3.0"}, {"fixed": "3.1"}], "2.0", False),
    ],
)
def test_ranges_are_read_as_they_are_published(events, version, touched):
    faults = list(known_faults.ranges_of(advisory("waitress", *events), "waitress"))

    assert bool(known_faults.touched({"waitress": version}, faults)) is touched


def test_what_was_withdrawn_is_old_or_is_of_another_library_counts_for_nothing(the_list, monkeypatch):
    events = [{"introduced": "0"}]
    known = [
        advisory("waitress", *events, withdrawn="2026-12-02T00:00:00Z"),
        advisory("waitress", *events, published="2019-01-01T00:00:00Z"),
        advisory("another", *events),
    ]
    with advisories({"waitress": known}) as address:
        monkeypatch.setattr(known_faults, "ADVISORIES", address)
        assert known_faults.look_up({"waitress": "3.0.2"}, TODAY) == []


@pytest.mark.parametrize("trouble", ["nobody there", "an error", "no JSON"])
def test_where_nobody_answers_it_says_so_and_how_old_the_list_is(the_list, capsys, monkeypatch, trouble):
    """A look-up that half succeeded would be taken for a clean bill: it is none."""
    with advisories({}, status=503 if trouble == "an error" else 404) as address:
        monkeypatch.setattr(known_faults, "ADVISORIES", address)
        if trouble == "nobody there":
            monkeypatch.setattr(known_faults, "ADVISORIES", "http://127.0.0.1:9/")
        before = known_faults.LIST.read_text()
        assert known_faults.main([], today=TODAY) == 0
        assert known_faults.main(["--renew"], today=TODAY) == 2

    said = capsys.readouterr().out
    assert said.count("NOT ONLINE (") == 2 and "12 days old" in said and "The list is as it was." in said
    assert "Online: compared" not in said
    assert known_faults.LIST.read_text() == before


def test_the_list_is_made_anew_by_one_command(the_list, capsys, monkeypatch):
    with advisories({"waitress": [advisory("waitress", {"introduced": "0"}, {"fixed": "3.0.2"})]}) as address:
        monkeypatch.setattr(known_faults, "ADVISORIES", address)
        assert known_faults.main(["--renew"], today=TODAY) == 0

    faults, made_on, made = known_faults.kept()
    assert (faults, made_on) == ([Fault("waitress", "CVE-2026-0002", "0", "3.0.2", "2026-12-01")], TODAY)
    assert made == "from all public advisories"


def test_the_doctor_says_it_of_what_is_installed_and_an_old_list_is_no_warning(the_list, monkeypatch):
    (finding,) = doctor.libraries()
    assert (finding.level, finding.name) == (doctor.OK, "libraries")
    assert "from all public advisories" in finding.says

    the_list(a_fault("django", fixed="99.0"))
    (finding,) = doctor.libraries()
    assert finding.level == doctor.WARNING
    assert "has the known fault CVE-2026-0001: it is mended in 99.0." in finding.says


def test_whatever_is_pinned_is_compared():
    assert known_faults.installed({"django", "no-such-library"}) == {"django": django.get_version()}
    assert {"django", "cryptography", "pytest", "weasyprint"} <= set(known_faults.locked())
