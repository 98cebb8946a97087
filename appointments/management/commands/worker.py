"""What works behind the pages: sends what is queued or due, says that it lives, clears away old rows."""

import logging
import os
import select
import signal
import socket
import sys
import time
from datetime import timedelta

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.db import Error as DatabaseTrouble
from django.db import close_old_connections, connections
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.compat import task_backends
from django_tasks_db.management.commands.db_worker import Worker as TaskRunner
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction

from appointments import bookings, deliveries, digest, escalation, retention
from appointments.models import LastStep, Presence, RequestCount, SearchEntry, WorkerHeartbeat
from appointments.promise import plural

logger = logging.getLogger("appointments.worker")

PAUSE = 1.0  # seconds between two looks when there is nothing to do
PAUSE_IN_TROUBLE = 5.0  # and when the database does not answer
BEAT_EVERY = 15  # seconds
CLOCK_SET_BACK = "The clock was set back: %s that waited for its time is sent now."
CLOCK_MAY_DIFFER = 60  # seconds in which a clock is set right, and nobody need know
WATCH_EVERY = 60  # seconds: what nobody opens, the daily digest, and what is to be forgotten soon
ROUND_EVERY = 10  # seconds: what settings.WORKER_ROUNDS names
HOUSEKEEPING_EVERY = 60 * 60  # seconds
NO_REQUEST_YET = 2**62  # a number above all of them
WORDS_AT_ONCE = 500  # requests that become findable in one turn: mail does not wait for more
KEEP_TASKS = timedelta(days=1)  # a finished task tells nothing: the delivery's row does


class Command(BaseCommand):
    help = "Send notifications and keep house until SIGTERM or Ctrl-C. Several workers at once are fine."

    def add_arguments(self, parser):
        parser.add_argument(
            "--exit-with-stdin",
            action="store_true",
            help="Also end when standard input does: for a parent that may be killed.",
        )

    def handle(self, *args, exit_with_stdin, **options):
        Worker(StopSign(sys.stdin if exit_with_stdin else None)).run()


class StopSign:
    """Set by SIGTERM, SIGINT or the end of a parent's pipe; waiting for it ends at once when it is set."""

    def __init__(self, parent=None):
        self.parent = parent
        self.is_set = False
        self.waker, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self.set)

    def set(self, *_):
        self.is_set = True

    def wait(self, seconds):
        """Whether to stop, asked for up to `seconds`."""
        until = time.monotonic() + seconds
        while not self.is_set:
            watched = [self.waker, self.parent] if self.parent else [self.waker]
            ready, _, _ = select.select(watched, [], [], max(0, until - time.monotonic()))
            if self.waker in ready:
                os.read(self.waker, 512)  # a signal, perhaps the alarm of a send: look at is_set again
            elif self.parent in ready and not os.read(self.parent.fileno(), 512):
                self.set()
            elif not ready:
                break
        return self.is_set


class Worker:
    """One thing at a time, so that a signal, a dead parent and the heartbeat never wait for more than one message."""

    def __init__(self, stop):
        self.stop = stop
        self.name = f"{socket.gethostname()[:60]}-{os.getpid()}"
        self.next_beat = self.next_watch = self.next_round = self.next_housekeeping = 0.0
        self.findable_from = 0  # down to which request it is known that all can be found
        self.in_trouble = False
        self.started = None  # when this computer was, by the clock

    def run(self):
        logger.info("Worker %s started.", self.name)
        pause = 0.0
        while not self.stop.wait(pause):
            pause = self.turn()
        logger.info("Worker %s stopped.", self.name)

    def turn(self):
        """Do what is to be done next. Returns how long to wait then."""
        try:
            close_old_connections()
            self.say_alive()
            self.watch_the_clock()
            busy = run_one_task(self.name)
            if not self.stop.wait(0):
                busy = bool(deliveries.sweep(limit=1)) or busy
                busy = self.make_findable() or busy
                busy = do_all(settings.WORKER_EACH_TURN) or busy
                self.watch()
                self.go_rounds()
                self.keep_house()
        except DatabaseTrouble:
            return self.database_trouble()
        if self.in_trouble:
            logger.info("Worker %s reaches the database again.", self.name)
            self.in_trouble = False
        return 0.0 if busy else PAUSE

    def database_trouble(self):
        """Said once, not each five seconds."""
        if not self.in_trouble:
            logger.exception("Worker %s cannot use the database and tries again.", self.name)
        self.in_trouble = True
        connections.close_all()
        return PAUSE_IN_TROUBLE

    def say_alive(self):
        if time.monotonic() >= self.next_beat:
            WorkerHeartbeat.beat(self.name)
            self.next_beat = time.monotonic() + BEAT_EVERY

    def watch_the_clock(self):
        """The time of day against the seconds since this computer was started, which nobody sets."""
        started = time.time() - time.monotonic()
        first = self.started is None
        if first or started < self.started - CLOCK_MAY_DIFFER:
            many = deliveries.after_the_clock_was_set_back(just_now=not first)
            logger.log(logging.WARNING if many else logging.DEBUG, CLOCK_SET_BACK, plural(many, "message"))
        self.started = started

    def watch(self):
        if time.monotonic() >= self.next_watch:
            if many := escalation.escalate():
                logger.warning("%s not opened in time: everybody is told again.", plural(many, "request"))
            digest.owe()
            LastStep.forget_old()
            Presence.forget_old()
            self.next_watch = time.monotonic() + WATCH_EVERY

    def go_rounds(self):
        """What other parts of the site want done every few seconds: one that breaks keeps nobody else from theirs."""
        if time.monotonic() >= self.next_round:
            do_all(settings.WORKER_ROUNDS)
            self.next_round = time.monotonic() + ROUND_EVERY

    def make_findable(self):
        """Write the words for the search: of what has just come; and once an hour of what came while no worker ran, or was
        written by an older version. Some each turn, for mail does not wait."""
        busy = bool(SearchEntry.objects.renew_some(SearchEntry.objects.missing()[:WORDS_AT_ONCE]))
        if self.findable_from:
            older = SearchEntry.objects.missing(below=self.findable_from)[:WORDS_AT_ONCE]
            self.findable_from = min(SearchEntry.objects.renew_some(older), default=0)
        return busy or bool(self.findable_from)

    def keep_house(self):
        if time.monotonic() >= self.next_housekeeping:
            clear_away_old_rows()
            bookings.close_old_ones()
            if (run := retention.run_daily()) and run.stopped:
                logger.warning("Nothing was removed by age. %s", run.stopped)
            self.findable_from = NO_REQUEST_YET
            do_all(settings.WORKER_EACH_HOUR)
            self.next_housekeeping = time.monotonic() + HOUSEKEEPING_EVERY


def do_all(names):
    """What the rest of the site leaves to the worker, by its dotted names. Whether any of it did something.

    One that breaks is written down and holds up nothing else; trouble with the database is the worker's own.
    """
    did = False
    for name in names:
        try:
            did = bool(import_string(name)()) or did
        except DatabaseTrouble:
            raise
        except Exception:
            logger.exception("%s failed.", name)
    return did


def run_one_task(worker_name):
    """Run the next queued task, if the queue is in the database. True when there was one."""
    if not isinstance(task_backends["default"], DatabaseBackend):
        return False
    ready = DBTaskResult.objects.ready().filter(backend_name="default")
    if not ready.exists():
        return False
    with exclusive_transaction(ready.db):
        if task := ready.get_locked():
            task.claim(worker_name)
    if task:
        task_runner(worker_name).run_task(task)
    return bool(task)


def task_runner(worker_name):
    """The library's worker; of it we use how it runs one task and keeps the result."""
    return TaskRunner(
        queue_names=["*"],
        excluded_queue_names=[],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=1,
        worker_id=worker_name,
    )


def clear_away_old_rows():
    """Finished tasks, tasks whose worker was killed (their deliveries were taken up by the sweep), old counts, ended sessions."""
    call_command("prune_db_task_results", min_age_days=KEEP_TASKS.days, queue_name="*", verbosity=0)
    DBTaskResult.objects.running().filter(started_at__lt=timezone.now() - KEEP_TASKS).delete()
    RequestCount.objects.old().delete()
    call_command("clearsessions")
