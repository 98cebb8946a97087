"""Several of `manage.py worker`, each of which kills itself at marked points and is started again at once.

A process of its own beside the drill. The product knows nothing of it: the points are wrapped around its functions
here. Everything is imported once and each life is a fork, so that hundreds of lives take little time; a life has its
own connections, its own lease, and ends by SIGKILL, as when the power goes.
"""

import argparse
import os
import random
import signal
import smtplib
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path

import django
from django.utils import timezone

AFTER_250 = "after 250, before the commit"
POINTS = ("before the claim", "after the claim", "connected", "after RCPT", AFTER_250, "after the commit")
LATE = "lost its lease"  # no kill: this worker was too slow and another one has sent, too


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--chance", type=float, default=0, help="of a kill, at each of the six points")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--diary", type=Path, required=True, help="one line for each kill: point, Message-ID")
    parser.add_argument("--lease", type=float, help="seconds instead of two minutes")
    parser.add_argument("--send-within", type=float, help="seconds instead of thirty")
    parser.add_argument("--retry-in", type=float, help="seconds instead of the retry plan")
    parser.add_argument("--speed", type=float, default=1, help="how much faster this process's clock goes")
    parser.add_argument("--since", type=float, default=0, help="when it began to")
    parser.add_argument("--without", choices=WITHOUT, help="switch a control off: the twin of a drill")
    options = parser.parse_args()

    django.setup()
    shorten(options)
    if options.without:
        WITHOUT[options.without]()
    Diary(options.diary).watch(options.chance)
    keep_alive(options.workers, options.seed)


def shorten(options):
    from appointments import deliveries
    from appointments.management.commands import worker
    from appointments.models import delivery

    worker.PAUSE = 0.1
    if options.lease:
        delivery.LEASE = timedelta(seconds=options.lease)
    if options.send_within:
        deliveries.SEND_WITHIN = options.send_within
    if options.retry_in:
        deliveries.FIRST_RETRIES = (options.retry_in,) * len(deliveries.FIRST_RETRIES)
        deliveries.THEN_EVERY = options.retry_in
    if options.speed != 1:
        timezone.now = quick_clock(options.speed, options.since)


def quick_clock(speed, since):
    """A clock for django.utils.timezone.now that showed the right time at `since`."""
    return lambda: datetime.fromtimestamp(since + (time.time() - since) * speed, tz=UTC)


class Diary:
    """Where the kills are written down, by the one that is about to die."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.message_id = ""  # of the delivery that is in hand

    def note(self, what):
        os.write(self.file, f"{what}\t{self.message_id}\n".encode())

    def watch(self, chance):
        from appointments.models import Delivery

        def perhaps_die_at(point):
            if random.random() < chance:
                self.note(point)
                os.kill(os.getpid(), signal.SIGKILL)

        def before_claim(delivery):
            self.message_id = delivery.message_id
            perhaps_die_at("before the claim")

        def after_claim(won):
            if won:
                perhaps_die_at("after the claim")

        def after_data(answer):
            if answer[0] == 250:
                perhaps_die_at(AFTER_250)

        def after_mark(marked):
            if not marked:
                self.note(LATE)
            perhaps_die_at("after the commit")

        wrap(Delivery, "claim", before=before_claim, after=after_claim)
        wrap(smtplib.SMTP, "connect", after=lambda answer: perhaps_die_at("connected"))
        wrap(smtplib.SMTP, "rcpt", after=lambda answer: perhaps_die_at("after RCPT"))
        wrap(smtplib.SMTP, "data", after=after_data)
        wrap(Delivery, "mark_accepted", after=after_mark)


def wrap(owner, name, *, before=None, after=None):
    original = getattr(owner, name)

    @wraps(original)
    def wrapped(self, *args, **kwargs):
        if before:
            before(self)
        result = original(self, *args, **kwargs)
        if after:
            after(result)
        return result

    setattr(owner, name, wrapped)


def keep_alive(workers, seed):
    """Fork a new life for each that was killed; a life that ended by itself was told to."""
    lives = 0
    alive = set()
    while lives < workers or alive:
        while len(alive) < workers:
            lives += 1
            alive.add(live(seed + lives))
        pid, status = os.wait()
        alive.discard(pid)
        if not os.WIFSIGNALED(status):
            workers -= 1


def live(seed):
    if pid := os.fork():
        return pid
    random.seed(seed)
    code = 1
    try:
        from django.core.management import call_command

        call_command("worker", exit_with_stdin=True)
        code = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


# Controls that can be switched off ------------------------------------------------------------------------------------


def without_sending_first():
    """Marked as accepted, then sent: what looks tidier, and forgets whatever was in hand."""
    from appointments.models import Delivery

    mark = Delivery.mark_accepted
    wrap(Delivery, "claim", after=None)
    claim = Delivery.claim
    Delivery.claim = lambda self: claim(self) and mark(self)
    Delivery.mark_accepted = lambda self: True


def without_leases():
    """Who has claimed keeps it for ever, dead or alive."""
    from appointments.models import delivery

    delivery.LEASE = timedelta(days=365)


def without_deadline():
    """Only the socket's own time-out, which counts anew with each byte."""
    from appointments import deliveries

    deliveries.SEND_WITHIN = 24 * 60 * 60


def without_retries():
    """Whatever the mail server says is its last word."""
    from appointments.models import Delivery

    mark = Delivery.mark_refused
    Delivery.mark_refused = lambda self, error, **how: mark(self, error, **how | {"give_up": True})


WITHOUT = {
    "retries": without_retries,
    "sending-first": without_sending_first,
    "leases": without_leases,
    "deadline": without_deadline,
}

if __name__ == "__main__":
    main()
