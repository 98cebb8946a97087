"""What can happen to a server, done to it: what the patient sees, what staff see, what the doctor says.

The patient always finds the phone number and what they typed, and nobody is told that a request is stored which is not.
Mail servers in trouble have test_mail_faults.py, killed web servers and databases test_killed_site.py.
"""

import os
import signal
import socket
import subprocess
import threading
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from appointments import deliveries
from appointments.models import AppointmentRequest, Delivery, WorkerHeartbeat
from clinic import certificate, doctor
from clinic.examination import Examination
from tests import factories
from tests.appointments.mail_server import MailServer

from .backups import Safe
from .disasters import Authority, Clock, a_small_disk, filled
from .patients import PHONE, Hidden, Patient
from .processes import until
from .sites import a_site, prepare
from .test_backup import PATIENCE, listens
from .test_killed_site import a_database_of_its_own, only_postgresql
from .test_mail_faults import ALICE, due_now, times_accepted, to, use

pytestmark = pytest.mark.django_db(transaction=True)
only_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a file that is the database is SQLite's")
TYPED = "My knee & my elbow hurt"


@pytest.fixture
def mail_server():
    with MailServer().running() as server:
        yield server


class Visitor(Patient):
    """A patient who sees to the end what is answered."""

    def opens_the_form(self):
        status, _, page = self.ask("GET", "/request/")
        assert status == 200
        self.fill_in(page)
        self.answers |= {"message": TYPED, "step": "send"}
        return self

    def sends(self):
        return self.ask("POST", "/request/", urlencode(self.answers, doseq=True))

    def sends_and_is_told_to_call(self):
        status, response, page = self.sends()
        assert status == 503, (status, page[:500])
        assert PHONE in page
        assert "My knee &amp; my elbow hurt" in page
        assert self.name in page
        assert response.getheader("Retry-After")
        self.answers |= Hidden(page).fields  # with the button on that page it is sent again

    def sends_in_the_end(self, within=PATIENCE):
        until(lambda: self.sends()[0] == 303, within=within, every=0.5)


class Staff(Patient):
    """Somebody who has signed in before it happened."""

    def __init__(self, port, cookie):
        super().__init__(port, 0)
        self.session = f"session={cookie}"

    def ask(self, *request):
        self.cookie = self.session  # the page's own cookie beside it is for forms
        return super().ask(*request)

    def reads_on_the_desk(self, words):
        status, _, page = self.ask("GET", "/admin/")
        assert status == 200
        assert words in page, words

    def is_told_who_can_mend_it(self, *said):
        status, _, page = self.ask("GET", "/admin/")
        assert status == 503
        for words in (*said, "“manage.py doctor” says what to do", PHONE):
            assert words in page, words


def a_session():
    return a_browser().cookies["session"].value


def a_browser():
    browser = Client()
    browser.force_login(factories.a_user())
    return browser


def desk():
    """What staff read there."""
    return unescape(a_browser().get("/admin/").content.decode())


def health(port):
    status, _, text = Patient(port, 0).ask("GET", "/healthz")
    return status, text


def stored(name):
    return AppointmentRequest.objects.filter(name=name).count()


# The disk is full -------------------------------------------------------------------------------------------------------


@only_sqlite
def test_sqlite_s_disk_is_full(clinic, mail_server, tmp_path):
    service, cookie = prepare(), a_session()
    with a_small_disk(tmp_path / "disk", 24) as disk:
        file = disk / "clinic.sqlite3"
        connection.cursor().execute("VACUUM INTO %s", [str(file)])
        there = {"DATA_DIR": disk, "DATABASE_URL": f"sqlite:///{file}"}
        safe = Safe(tmp_path)
        with a_site(mail_server, tmp_path, **there) as site:
            until(lambda: listens(site.port), within=PATIENCE)
            patient = Visitor(site.port, service.pk).opens_the_form()
            Visitor(site.port, service.pk).opens_the_form().sends_in_the_end()
            staff = Staff(site.port, cookie)
            staff.reads_on_the_desk("The disk is full: only")
            with filled(disk):
                for _ in range(3):
                    patient.sends_and_is_told_to_call()
                assert patient.ask("GET", "/guides/")[0] == 200, "guides are read all the same"
                status, said = health(site.port)
                assert (status, '"disk"' in said) == (503, True)
                staff.is_told_who_can_mend_it("Each look at a request is written down first, and that failed.")
                said = safe.run("doctor", **there).stdout
                assert "FAULT    The disk is full: only 0 MB are free" in said
                assert "Make room now" in said
                assert "There is no room for a backup" in safe.run("backup", **{**there, "BACKUP_DIR": disk}).stderr
            patient.sends_in_the_end()
        check = (
            f"import sqlite3; d = sqlite3.connect({str(file)!r}); print(d.execute('PRAGMA integrity_check').fetchone()"
        )
        check += f", d.execute('SELECT count(*) FROM appointments_appointmentrequest WHERE name = ?', [{patient.name!r}]).fetchone())"
        said = subprocess.run(["python3", "-c", check], capture_output=True, text=True, check=True).stdout
        assert said.strip() == "('ok',) (1,)"


@only_postgresql
def test_postgresql_s_disk_is_full(mail_server, tmp_path):
    with a_small_disk(tmp_path / "disk", 160) as disk:
        tmp_path.chmod(0o755)
        for parent in tmp_path.parents[:3]:
            parent.chmod(parent.stat().st_mode | 0o055)
        with a_database_of_its_own(where=str(disk)) as server:
            service, cookie, safe = prepare(), a_session(), Safe(tmp_path)
            with a_site(mail_server, tmp_path) as site:
                until(lambda: listens(site.port), within=PATIENCE)
                patient = Visitor(site.port, service.pk).opens_the_form()
                connection.close()
                with filled(disk):
                    until(lambda: refused_once(patient, service), within=PATIENCE)
                    patient.sends_and_is_told_to_call()
                    Staff(site.port, cookie).is_told_who_can_mend_it()
                    said = safe.run("doctor").stdout
                    assert "PostgreSQL’s disk is full" in said or "The database does not answer" in said, said
                if server.process.poll() is not None:  # it stops itself where it cannot write its log
                    server.start()
                patient.sends_in_the_end()
                assert stored(patient.name) == 1


def refused_once(patient, service):
    """PostgreSQL has room of its own in files that it has made before: others fill it."""
    other = Visitor(patient.port, service.pk)
    try:
        status = other.opens_the_form().sends()[0]
    except AssertionError:
        return True  # not even the form: the database has stopped
    assert status in (303, 503)
    return status == 503


# The database is gone ---------------------------------------------------------------------------------------------------


@only_postgresql
def test_postgresql_is_stopped(mail_server, tmp_path):
    with a_database_of_its_own() as server:
        service, cookie = prepare(), a_session()
        factories.a_published_guide("Back pain")
        safe = Safe(tmp_path)
        with a_site(mail_server, tmp_path) as site:
            until(lambda: listens(site.port), within=PATIENCE)
            patient = Visitor(site.port, service.pk).opens_the_form()
            assert patient.ask("GET", "/guides/back-pain/")[0] == 200
            connection.close()
            server.stop()

            patient.sends_and_is_told_to_call()
            assert patient.ask("GET", "/guides/back-pain/")[0] == 200, "guides can still be read"
            assert PHONE in patient.ask("GET", "/request/")[2]
            Staff(site.port, cookie).is_told_who_can_mend_it("The site cannot reach its data", "To the desk")
            status, said = health(site.port)
            assert (status, '"database"' in said) == (503, True)
            assert "The database does not answer. Patients are asked to call." in safe.run("doctor").stdout

            server.start()
            patient.sends_in_the_end(within=PATIENCE)
            assert stored(patient.name) == 1
            until(lambda: not Delivery.objects.undelivered().exists(), within=PATIENCE)


@only_sqlite
@pytest.mark.parametrize("away", ["moved", "deleted"])
def test_sqlite_s_file_is_taken_away(clinic, mail_server, tmp_path, away):
    """Open connections would go on writing into a file that nobody will find again."""
    service, cookie, safe = prepare(), a_session(), Safe(tmp_path)
    place = tmp_path / "data"
    place.mkdir()
    file = place / "clinic.sqlite3"
    connection.cursor().execute("VACUUM INTO %s", [str(file)])
    with a_site(mail_server, tmp_path, DATABASE_URL=f"sqlite:///{file}") as site:
        until(lambda: listens(site.port), within=PATIENCE)
        first = Visitor(site.port, service.pk).opens_the_form()
        patient = Visitor(site.port, service.pk).opens_the_form()
        assert first.sends()[0] == 303
        if away == "moved":
            place.rename(tmp_path / "moved")
        else:
            file.unlink()

        for _ in range(10):  # whichever thread has an old connection
            patient.sends_and_is_told_to_call()
        Staff(site.port, cookie).is_told_who_can_mend_it("The site cannot reach its data", "To the desk")
        said = safe.run("doctor", DATABASE_URL=f"sqlite:///{file}").stdout
        assert ("The database does not answer" if away == "moved" else "The database is empty") in said
        assert "→ Run “manage.py upgrade”" not in said, "it would make a new one in its place"

        if away == "moved":
            (tmp_path / "moved").rename(place)
            patient.sends_in_the_end()


# The worker is dead -----------------------------------------------------------------------------------------------------


def workers():
    """Their process numbers, as they report."""
    return [int(name.rpartition("-")[2]) for name in WorkerHeartbeat.objects.values_list("worker", flat=True)]


def test_the_worker_is_killed_again_and_again(clinic, mail_server, tmp_path):
    service = prepare()
    with a_site(mail_server, tmp_path) as site:
        until(lambda: listens(site.port), within=PATIENCE)
        for _ in range(2):
            until(workers, within=PATIENCE)
            for pid in workers():
                os.kill(pid, signal.SIGKILL)
            WorkerHeartbeat.objects.all().delete()  # as if two minutes had passed
            assert [finding.level for finding in doctor.quick() if finding.name == "worker"] == ["FAULT"]
            assert "The worker is not running, so no mail goes out." in desk()
            patient = Visitor(site.port, service.pk).opens_the_form()
            assert patient.sends()[0] == 303, "a patient waits for no worker"
        until(lambda: not Delivery.objects.undelivered().exists(), within=PATIENCE)
        assert "The worker ended by itself (code -9)" in site.said()


# The clock is wrong -----------------------------------------------------------------------------------------------------


def test_the_clock_jumps_forward_and_back(clinic, mail_server, tmp_path):
    clock, service = Clock(tmp_path), prepare()
    hour = timedelta(hours=1)
    with a_site(mail_server, tmp_path, **clock.environment) as site:
        until(lambda: listens(site.port), within=PATIENCE)
        names = []
        for ahead in (hour, timedelta(), -hour, timedelta()):
            patient = Visitor(site.port, service.pk).opens_the_form()
            clock.set(ahead)
            assert patient.sends()[0] == 303
            names.append(patient.name)
        until(lambda: not Delivery.objects.undelivered().exists(), within=PATIENCE)
        rows = AppointmentRequest.objects.filter(name__in=names)
        assert rows.count() == len(names)
        # Whoever was quick is suspected; a clock that jumps makes nobody slow or quick.
        assert {reason for row in rows for reason in row.spam_reasons} <= {
            "It was sent within three seconds of opening the form."
        }

        clock.set(hour)
        until(lambda: WorkerHeartbeat.objects.filter(at__gt=soon()).exists(), within=PATIENCE)
        ahead = [finding for finding in doctor.quick() if finding.name == "clock"]
        assert [(finding.level, "clock was set back" in finding.says) for finding in ahead] == [("WARNING", True)]
        assert "clock was set back" in desk()
        clock.set(timedelta())
        until(lambda: WorkerHeartbeat.any_alive(), within=PATIENCE)

        clock.set(timedelta(days=400))
        patient = Visitor(site.port, service.pk).opens_the_form()
        clock.set(timedelta())
        until(lambda: patient.sends()[0] == 303, within=PATIENCE)
        patient.opens_the_form()
        clock.set(timedelta(days=400))
        status, _, page = patient.sends()
        assert status == 200, "a page that was open for a year is read back once more"
        assert "My knee &amp; my elbow hurt" in page


def soon():
    return timezone.now() + timedelta(minutes=30)


# A certificate has expired ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends_in", "words"), [(-1, "certificate has expired"), (1, "")], ids=["expired", "twin: good"]
)
def test_the_mail_server_s_certificate(clinic, settings, tmp_path, monkeypatch, ends_in, words):
    factories.a_recipient(ALICE)
    authority, server = Authority(tmp_path), MailServer()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    factories.a_request()
    with server.running(tls_context=authority.context(timedelta(days=ends_in))):
        use(settings, f"smtp+tls://127.0.0.1:{server.port}")
        deliveries.sweep()
        delivery = to(ALICE)
        assert words in delivery.last_error
        assert delivery.needs_help is bool(words)
        [finding] = doctor.mail_server()
        assert (finding.level, words in finding.says) == ("FAULT" if words else "OK", True)
        assert times_accepted(server) == ([] if words else [ALICE])
    if words:
        assert Delivery.objects.in_trouble().count() == 1
        assert words in desk()
        mended = MailServer()
        with mended.running(tls_context=authority.context(timedelta(days=1))):
            use(settings, f"smtp+tls://127.0.0.1:{mended.port}")
            due_now()
            deliveries.sweep()
        assert times_accepted(mended) == [ALICE]


@contextmanager
def a_tls_server(context):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def greet():
            try:
                with context.wrap_socket(listener.accept()[0], server_side=True) as line:
                    line.recv(1)
            except OSError:
                pass  # the visitor did not like what it saw

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize(
    ("ends_in", "level", "words"),
    [
        (-1, "FAULT", "has expired. Browsers turn patients away"),
        (5, "WARNING", "good for 4 more days"),
        (60, "OK", "59 more days"),
    ],
)
def test_the_site_s_own_certificate(settings, tmp_path, monkeypatch, ends_in, level, words):
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with a_tls_server(authority.context(timedelta(days=ends_in))) as port:
        settings.SITE_URL = f"https://localhost:{port}"
        examined = doctor.for_the_desk()

    [found] = [finding for finding in examined if finding["name"] == "certificate"]
    assert (found["level"], words in found["says"]) == (level, True), found
    settings.EXAMINE_EVERY_MINUTES = 5  # by the worker, which keeps it
    Examination.keep(examined)
    assert (found["says"] in desk()) is (level != "OK")


def test_a_site_that_cannot_be_reached_from_here_is_no_fault(settings):
    settings.SITE_URL = "https://127.0.0.1:9"

    [(_, level, says, *_)] = certificate.findings()

    assert (level, "could not be looked at" in says) == ("WARNING", True)
