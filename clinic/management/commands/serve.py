"""The site as one foreground command: the web server, and the worker as its child. Ctrl-C ends both."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.base import SystemCheckError
from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError
from django.templatetags.static import static
from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import BadRequest

from clinic.life import life

from . import demo

DRAIN_SECONDS = 10  # for answers that are on their way when the server is told to stop
WORKER_SECONDS = 15  # for the worker to finish the message it is sending
SEND_AT_ONCE = 18_000  # bytes: a short answer goes out whole, so no reader gets half of it when we are killed
LONGEST_PAUSE = 60  # seconds between two starts of a worker that keeps dying

WELCOME = """
  For patients  {site}/
  For staff     {site}/admin/   {sign_in}
  Caught mail   {site}/admin/mail/

  Try: read a guide, send a request from its last button, then sign in as staff and find it on the first page.
  Everything is kept in {data}. Ctrl-C stops the site.
"""


class Command(BaseCommand):
    help = "Serve the site and run its worker until Ctrl-C or SIGTERM."
    requires_system_checks = []  # run in handle(), with the database ones

    def add_arguments(self, parser):
        parser.add_argument(
            "--demo", action="store_true", help="First migrate and, into an empty database, load the demo clinic."
        )
        parser.add_argument(
            "--without-worker", action="store_true", help="The web server alone: `manage.py worker` runs elsewhere."
        )

    def handle(self, *args, **options):
        listener = bind(settings.HOST, settings.PORT)
        try:
            if options["demo"]:
                self.prepare_demo()
            self.refuse_what_is_unsafe()
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {one_line(error)}") from None
        except KeyboardInterrupt:
            raise CommandError("Stopped before the site was ready.", returncode=130) from None
        serve(listener, say=self.say, with_worker=not options["without_worker"])

    def prepare_demo(self):
        """Migrate; into an empty database load the demo; tell what to open."""
        if settings.PRODUCTION:
            raise CommandError("This is a production site (CLINIC_ENV). Start it with: manage.py serve")
        call_command("migrate", interactive=False, verbosity=0)
        password = None
        if demo.is_empty():
            self.say("First run: loading the demo clinic …")
            password = demo.load()
        else:
            demo.renew_password()
        self.say(WELCOME.format(site=settings.SITE_URL, sign_in=demo.sign_in_line(password), data=settings.DATA_DIR))

    def refuse_what_is_unsafe(self):
        try:
            self.check(databases=["default"])
            call_command("migrate", check_unapplied=True, verbosity=0)
        except SystemCheckError as error:
            raise CommandError(str(error)) from None
        except SystemExit:
            raise CommandError("The database is not up to date. Run `manage.py upgrade` first.") from None
        try:
            static("css/site.css")
        except ValueError:
            raise CommandError("The static files are not collected. Run `manage.py collectstatic` first.") from None

    def say(self, text):
        with suppress(OSError):  # the terminal may be gone
            self.stdout.write(text)
            self.stdout.flush()


def bind(host, port):
    """A socket on the port, before any other work; one sentence when another program has it."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except PermissionError:
        raise CommandError(f"Port {port} needs an administrator's rights. Choose one above 1023.") from None
    except OSError as error:
        raise CommandError(
            f"Port {port} on {host} cannot be used ({error.strerror}): another program has it, perhaps this site in "
            f"another window. Choose another one: PORT={port + 1 if port < 65535 else 8000} make run"
        ) from None
    return listener


def make_server(listener, application=None):
    """Waitress: it reads slow bodies away from its threads, so that they cannot keep other readers waiting."""
    server = create_server(
        application or get_wsgi_application(),
        sockets=[listener],
        threads=8,
        connection_limit=1000,
        asyncore_use_poll=True,
        channel_timeout=60,
        cleanup_interval=10,
        max_request_body_size=settings.PICTURE_MAX_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        max_request_header_size=32 * 1024,
        ident=None,
        clear_untrusted_proxy_headers=False,  # settings.TRUSTED_PROXIES says what is believed
    )
    server.channel_class = Channel
    server.adj.send_bytes = SEND_AT_ONCE  # by name create_server() would warn of it
    return server


class Parser(HTTPRequestParser):
    """What cannot be read is the sender's fault: waitress says 501 to some of it, and who watches for 5xx looks for ours."""

    def received(self, data):
        consumed = super().received(data)
        if self.error and self.error.code >= 500:
            self.error = BadRequest(self.error.body)
        return consumed


class Channel(HTTPChannel):
    parser_class = Parser


def serve(listener, *, say, with_worker=True):
    """Answer requests until SIGINT, SIGTERM or SIGHUP; finish what was begun, then end the worker."""
    server = make_server(listener)
    told_to_stop = []

    def end(*_):  # takes no lock: a second signal may come while it runs
        told_to_stop.append(time.monotonic())
        life.leaving = True
        with suppress(OSError):  # the server may have ended already
            server.pull_trigger()

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, end)
    worker = Worker(say) if with_worker else None
    if worker:
        worker.start()
    life.begin()
    ready = threading.Thread(target=tell_when_ready, args=(listener.getsockname(), told_to_stop, say), daemon=True)
    ready.start()
    try:
        turn_until(server, lambda: is_time_to_stop(told_to_stop))
    finally:
        if worker:
            worker.stop()
    say("Stopped.")


def is_time_to_stop(signals):
    """At the second signal at once; at the first when a load balancer has had time to see it on /readyz."""
    return len(signals) > 1 or (signals and time.monotonic() - signals[0] >= settings.LEAVE_SECONDS)


def turn_until(server, stopped):
    """Waitress' own loop, with time at the end for the answers that are on their way."""
    while not stopped():
        wasyncore.loop(timeout=1, use_poll=True, map=server._map, count=1)
    server.del_channel()
    server.socket.close()
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline and any(busy(channel) for channel in server.active_channels.values()):
        wasyncore.loop(timeout=0.1, use_poll=True, map=server._map, count=1)
    server.task_dispatcher.shutdown()
    wasyncore.close_all(server._map)


def busy(channel):
    return channel.requests or channel.total_outbufs_len


def tell_when_ready(address, told_to_stop, say):
    """Print the Ready line when a page really comes back."""
    host = "127.0.0.1" if address[0] == "0.0.0.0" else "::1" if address[0] == "::" else address[0]  # noqa: S104
    headers = {"Host": urlsplit(settings.SITE_URL).netloc}
    while not told_to_stop:
        connection = http.client.HTTPConnection(host, address[1], timeout=30)
        try:
            connection.request("GET", "/", headers=headers)
            if connection.getresponse().status < 500:
                say(f"Ready: {settings.SITE_URL}/   (Ctrl-C stops it)")
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.5)


class Worker(threading.Thread):
    """Keeps one `manage.py worker` alive: started again, with a pause that grows, when it dies.

    The child reads from a pipe of ours: when this process is killed the pipe closes and the child ends.
    """

    def __init__(self, say):
        super().__init__(daemon=True)
        self.say = say
        self.stopping = threading.Event()
        self.child = None

    def run(self):
        pause = 1
        while not self.stopping.is_set():
            started = time.monotonic()
            self.child = start_worker()
            code = self.child.wait()
            if self.stopping.is_set():
                return
            pause = 1 if time.monotonic() - started > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            self.say(f"The worker ended by itself (code {code}). It starts again in {pause} seconds.")
            self.stopping.wait(pause)

    def stop(self):
        self.stopping.set()
        if self.child and self.child.poll() is None:
            self.child.stdin.close()
            self.child.terminate()
            try:
                self.child.wait(WORKER_SECONDS)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


def start_worker():
    return subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--exit-with-stdin"],
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,  # Ctrl-C reaches this process alone, and it ends the child
    )


def one_line(error):
    return " ".join(str(error).split())
