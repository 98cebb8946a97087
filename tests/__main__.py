"""`make test`: everything on SQLite, then on PostgreSQL where there is one, with a browser where one can be had.

What follows is handed to pytest: make test ARGS="tests/clinic -x". `make drill` does the same with the long forms of
tests/faults, one after another: they need the computer for themselves.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile

from .browser.chromium import find_chromium
from .postgresql import NoPostgreSQL, a_database

WORKERS = "0" if os.environ.get("DRILL") == "1" else "2"
AGAIN_ON_POSTGRESQL = "not once"
FAILURES = 1  # pytest's own code: tests failed
A_PROCESS_CRASHED = 70  # tests/conftest.py: tests may be left that nobody has run
NO_TESTS = 5  # pytest's own code: of those that were named, none is for this database
# A .env beside the code must not turn the tests into production.
OWN_ENVIRONMENT = {"CLINIC_ENV": "local", "EMAIL_URL": "", "SITE_URL": ""}


def main(arguments):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    if not find_chromium():
        install_a_browser()
    named = os.environ.get("DATABASE_URL", "")
    results = {"SQLite": pytest("", arguments)}
    try:
        with a_database(named) as url:
            results["PostgreSQL"] = pytest(url, arguments)
    except NoPostgreSQL as reason:
        print(f"\n!!! NO POSTGRESQL: the tests ran on SQLite only. {reason}", flush=True)
    failed = [name for name, code in results.items() if code not in ({0, NO_TESTS} if arguments else {0})]
    print("\n" + ", ".join(f"{name}: {'FAILED' if name in failed else 'passed'}" for name in results))
    if not find_chromium():
        print("!!! NO BROWSER: all tests in tests/browser were LEFT OUT. Install Chromium or Chrome, or set CHROMIUM.")
    return 1 if failed else 0


def pytest(database_url, arguments):
    """Run the tests against one database, in a data folder of their own. Returns the exit code."""
    print(f"\n=== {'PostgreSQL' if database_url else 'SQLite'}", flush=True)
    with tempfile.TemporaryDirectory(prefix="clinic-test-") as data:
        environment = {**os.environ, **OWN_ENVIRONMENT, "DATA_DIR": data, "DATABASE_URL": database_url}
        chosen = ["-m", AGAIN_ON_POSTGRESQL] if database_url else []
        command = [sys.executable, "-m", "pytest", *chosen, *arguments]
        # One that crashed is not replaced: those that share files of tests would wait for it for ever.
        beside = ["-n", WORKERS, "--dist", "loadfile", "--max-worker-restart", "0"]
        code = subprocess.call([*command, *beside], env=environment)
        if code == A_PROCESS_CRASHED:
            print("\n*** A PROCESS OF THE TESTS CRASHED (see above): all of it once more", flush=True)
            code = subprocess.call([*command, *beside], env=environment)
        if code == FAILURES:
            # Real processes, browsers and clocks on a busy computer: what failed gets one more try, alone and in sight.
            print("\n*** SOME TESTS FAILED (see above): once more, one after the other", flush=True)
            code = subprocess.call([*command, "--last-failed", "--last-failed-no-failures", "none"], env=environment)
            # Nothing to try again means that what failed was no test.
            code = FAILURES if code == NO_TESTS else code
        return code


def install_a_browser():
    """As the platform allows; what fails here ends as the loud line of the tests that were left out."""
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    ways = [
        (
            "apt-get",
            [[*root, "apt-get", "update", "-q"], [*root, "apt-get", "install", "-q", "-y", "chromium", "libatomic1"]],
        ),
        ("brew", [["brew", "install", "--cask", "chromium"]]),
        (sys.executable, [[sys.executable, "-m", "playwright", "install", "chromium"]]),
    ]
    for program, commands in ways:
        if shutil.which(program):
            print(f"No browser found: {' '.join(commands[-1])} …", flush=True)
            succeeded(commands)
        if find_chromium():
            return


def succeeded(commands):
    try:
        return all(subprocess.call(command, timeout=600) == 0 for command in commands)
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
