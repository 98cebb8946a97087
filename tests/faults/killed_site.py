"""`manage.py serve` that is killed with -9 again and again, while patients send their requests.

A process of its own beside the drill. The product knows nothing of it. Everything is imported once and each life is a
fork; a life listens on the port, has its own worker, and ends by SIGKILL: every few seconds, and by chance at the two
worst moments, when the row is stored without its deliveries, and when all is committed and the patient not yet told.
"""

import argparse
import os
import random
import select
import signal
import socket
import sys
import time
from contextlib import nullcontext
from functools import wraps
from pathlib import Path
from types import SimpleNamespace

import django

TIME = "its time was up"
UNFINISHED = "stored, without its deliveries"
UNANSWERED = "committed, not answered"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=float, required=True, help="seconds of service between two kills")
    parser.add_argument("--kills", type=int, required=True, help="after so many the site is left in peace")
    parser.add_argument("--chance", type=float, default=0, help="of a kill at each of the two worst moments")
    parser.add_argument("--diary", type=Path, required=True, help="one line for each kill")
    parser.add_argument("--without-one-transaction", action="store_true", help="the twin: each statement for itself")
    options = parser.parse_args()

    django.setup()
    import clinic.urls  # noqa: F401  once for all lives

    diary = Diary(options.diary)
    if options.without_one_transaction:
        each_statement_for_itself()
    if options.kills:
        diary.watch(options.chance)
    for _ in range(options.kills):
        service(diary, seconds=options.every)
    diary.chance = 0
    service(diary, seconds=float("inf"))


class Diary:
    """Where the kills are written down, by the one that is about to die."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.chance = 0

    def note(self, what):
        os.write(self.file, f"{what}\n".encode())

    def watch(self, chance):
        """Wrap the two moments."""
        from appointments import intake

        self.chance = chance
        store_once, receive = intake.store_once, intake.receive

        @wraps(store_once)
        def store_and_perhaps_die(*args, **kwargs):
            stored = store_once(*args, **kwargs)
            self.perhaps_die(UNFINISHED)
            return stored

        @wraps(receive)
        def receive_and_perhaps_die(*args, **kwargs):
            stored = receive(*args, **kwargs)
            self.perhaps_die(UNANSWERED)
            return stored

        intake.store_once, intake.receive = store_and_perhaps_die, receive_and_perhaps_die

    def perhaps_die(self, point):
        if random.random() < self.chance:
            self.note(point)
            os.kill(os.getpid(), signal.SIGKILL)


def service(diary, *, seconds):
    """One life, from the first answer on at most that many seconds."""
    life = live()
    wait_until_it_listens()
    if not ended(life, within=seconds):
        os.kill(life, signal.SIGKILL)
        diary.note(TIME)
        os.waitpid(life, 0)


def live():
    if pid := os.fork():
        return pid
    random.seed()
    code = 1
    try:
        from django.core.management import call_command

        call_command("serve")
        code = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ended(life, *, within):
    """Whether that life ended by itself in the time. The drill's end is the end of everything."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if os.waitpid(life, os.WNOHANG)[0]:
            return True
        if select.select([sys.stdin], [], [], 0.02)[0]:
            os.kill(life, signal.SIGKILL)
            sys.exit()
    return False


def wait_until_it_listens():
    from django.conf import settings

    for _ in range(3000):
        with socket.socket() as visitor:
            if visitor.connect_ex((settings.HOST, settings.PORT)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit("The site did not start.")


def each_statement_for_itself():
    """As without transaction.atomic: what is stored stays stored, whatever comes after it."""
    from appointments import intake

    intake.transaction = SimpleNamespace(atomic=nullcontext)


if __name__ == "__main__":
    main()
