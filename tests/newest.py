"""`make newest`: the suite on the newest Python of this computer and the newest Django that is released.

The site runs on Django 5.2 LTS. This says today whether it will run on the next LTS. It leaves out the browser, the
faults and PostgreSQL, which `make test` has, so that it takes minutes.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-newest"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 12)  # what Django 6 needs
# The newest series on which all of it was seen to pass. A newer one may come out overnight: it then says what it breaks, and
# turns nothing red before somebody raises this.
KNOWN_DJANGO = (6, 1)
# Part of Django from 6.0.
LEFT_OUT = re.compile(r"^(django|django-tasks|django-csp)(\[.*\])?==", re.IGNORECASE)
TESTS = ["tests", "--ignore=tests/browser", "--ignore=tests/faults", "-m", "not browser"]
BESIDE = ["-n", "2", "--dist", "loadfile", "--max-worker-restart", "0"]  # as tests/__main__.py says
NOTHING_TO_DO = 0


def main(arguments):
    python = newest_python()
    if python is None:
        print(
            f"=== Newest: no Python {'.'.join(map(str, OLDEST))} or newer on this computer, so Django 6 was NOT tried."
        )
        return NOTHING_TO_DO
    install(python)
    ours, django = versions()
    print(f"\n=== Newest: Python {ours}, Django {django}", flush=True)
    code = pytest(arguments)
    unknown = tuple(map(int, re.findall(r"\d+", django)[:2])) > KNOWN_DJANGO
    if code and unknown:
        print(
            f"*** Django {django} is newer than what was tried before, and something fails on it: see above. Not red yet."
        )
        return 0
    return code


def newest_python():
    """The path of the newest Python that can make an environment and knows SQLite; None if none is new enough."""
    homes = [Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"]
    candidates = [sys.executable, *(str(path) for home in homes for path in home.glob("3.*/bin/python3"))]
    candidates += filter(None, (shutil.which(f"python3.{minor}") for minor in range(OLDEST[1], 30)))
    found = {path: version for path in candidates if (version := version_of(path)) and version >= OLDEST}
    return max(found, key=found.get, default=None)


def version_of(python):
    """(3, 13, 1), or None if it does not run, is no release or lacks a part that we need."""
    ask = "import ensurepip, sqlite3, ssl, sys, venv; print(sys.version_info[:3] if sys.version_info[3] == 'final' else '')"
    try:
        shown = subprocess.run([python, "-I", "-c", ask], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return tuple(map(int, re.findall(r"\d+", shown.stdout))) or None if shown.returncode == 0 else None


def wanted():
    """The lines of our own lists, without what Django 6 has itself, and with the newest Django."""
    lines = [
        line.split(" #")[0].strip()
        for name in ("requirements.txt", "requirements-pdf.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text().splitlines()
    ]
    pins = [line for line in lines if line and not line.startswith(("#", "-r")) and not LEFT_OUT.match(line)]
    return ["Django>=6.0", *(pin.replace("[compat]", "") for pin in pins)]


def stamp(python):
    return "\n".join([python, str(version_of(python)), *wanted()])


def is_complete(python):
    """Whether the environment was made to the end by this Python for this list."""
    try:
        return (VENV / "complete").read_text() == stamp(python)
    except OSError:
        return False


def install(python):
    """Django came out anew, perhaps, so the registry is asked each time; without it, what is there will do."""
    complete = is_complete(python)
    if not complete:
        print("Installing the newest Django with a Python of its own (it takes a minute) …", flush=True)
        subprocess.run([python, "-m", "venv", "--clear", str(VENV)], check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write("\n".join(wanted()))
        listed.flush()
        pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--upgrade", "-r"]
        if subprocess.call([*pip, listed.name]) and not complete:
            sys.exit("!!! The newest Django could not be installed beside our other libraries: see above.")
    (VENV / "complete").write_text(stamp(python))


def versions():
    ask = "import platform, django; print(platform.python_version(), django.__version__)"
    return subprocess.check_output([str(PYTHON), "-c", ask], text=True).split()


def pytest(arguments):
    own = {"CLINIC_ENV": "local", "EMAIL_URL": "", "SITE_URL": "", "DATABASE_URL": ""}
    with tempfile.TemporaryDirectory(prefix="clinic-newest-") as data:
        command = [str(PYTHON), "-m", "pytest", *(arguments or [*TESTS, *BESIDE])]
        environment = {**os.environ, **own, "DATA_DIR": data}
        code = subprocess.call(command, env=environment, cwd=ROOT)
        if code == 1 and not arguments:
            print("\n*** SOME TESTS FAILED (see above): once more, one after the other", flush=True)
            again = ["--last-failed", "--last-failed-no-failures", "none"]
            code = subprocess.call([str(PYTHON), "-m", "pytest", *TESTS, *again], env=environment, cwd=ROOT)
        return code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
