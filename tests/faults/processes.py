"""The site's real processes on the test's database, and patience with them.

Whatever a .env beside the code says: they are no production.
"""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.db.models import F

from appointments.models import Delivery


def database_url():
    """The address of the database that the test uses, as another process reads it."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    parts = {name: quote(str(facts[name]), safe="") for name in ("USER", "PASSWORD", "HOST", "NAME")}
    return "postgres://{USER}:{PASSWORD}@{HOST}{port}/{NAME}".format(
        port=f":{facts['PORT']}" if facts["PORT"] else "", **parts
    )


def environment(folder, **more):
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(folder),
        "SECRET_KEY": settings.SECRET_KEY,
        "CLINIC_ENV": "local",
        "DIGEST_AT": "23:59:59",  # no mail but those that the drill is about
        "PYTHONUNBUFFERED": "1",
        **{name: str(value) for name, value in more.items()},
    }


@contextmanager
def process(*arguments, folder, name="process", **more):
    """`python <arguments>` beside the test; `.said()` is what it has written so far. Ended at the end."""
    path = folder / f"{name}.log"
    with path.open("a") as log:
        started = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=settings.BASE_DIR,
            env=environment(folder, **more),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
    started.said = path.read_text
    try:
        yield started
    finally:
        started.stdin.close()  # ends its children, too
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextmanager
def web_server(port, *, folder, name="web", **more):
    """One process of the site alone at that port, as `process` gives it: waitress does not see that its input was closed."""
    command = ("-m", "waitress", f"--listen=127.0.0.1:{port}", "clinic.wsgi:application")
    with process(*command, folder=folder, name=name, **more) as server:
        try:
            yield server
        finally:
            server.terminate()


def until(true, within=25, every=0.05):
    """Wait until `true()`, and give how long that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within, f"waited {within} s in vain"
        time.sleep(every)
    return time.monotonic() - began


def an_hour_later():
    """As if an hour had passed for all mail that is not in somebody's hands: what was held back may go."""
    hour = timedelta(hours=1)
    Delivery.objects.filter(state="accepted").update(accepted_at=F("accepted_at") - hour)
    Delivery.objects.filter(state="waiting").update(next_attempt_at=F("next_attempt_at") - hour)


def all_told():
    return not Delivery.objects.undelivered().exists()


def until_all_are_told(within):
    """However many: a flood is told in few mails, a few of them each hour."""
    until(lambda: (an_hour_later(), all_told())[1], within=within, every=1)
