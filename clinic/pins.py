"""The pins: lists for people (requirements*.txt) and beside each the lock, which names every library with its hashes.

`make pins` writes the locks anew from the lists. Needs no Django: it is asked before one is there.
"""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LISTS = (
    "requirements.txt",
    "requirements-pdf.txt",
    "requirements-hosts.txt",
    "requirements-dev.txt",
)  # what comes later takes the earlier's versions
OLDEST_PYTHON = "3.11"
HEADER = "# Made by `make pins` from {name}: every library with its hashes. Do not edit. Lists: {fingerprint}\n"
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
ENTRY = re.compile(
    r"^([A-Za-z0-9._-]+)==([^\s;\\]+)[^\n]*\\\n((?:\s+--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def lock_of(name):
    return ROOT / name.replace(".txt", ".lock")


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(name):
    """{library: version} of a list or a lock."""
    return {canonical(library): version for library, version in PIN.findall((ROOT / name).read_text())}


def hashes(name):
    """{library: how many files of it are known} of a lock."""
    return {
        canonical(library): lines.count("--hash=") for library, _, lines in ENTRY.findall((ROOT / name).read_text())
    }


def fingerprint():
    """Of all the pins in the lists, not of the words beside them."""
    lines = [line.split("#")[0].strip() for name in LISTS for line in (ROOT / name).read_text().splitlines()]
    return hashlib.sha256("\n".join(filter(None, lines)).encode()).hexdigest()[:16]


def renew():
    done = []
    for name in LISTS:
        lock = lock_of(name)
        lock.touch()  # what it says already stays, unless the list says otherwise
        before = [part for earlier in done for part in ("--constraints", str(earlier))]
        options = [
            "--universal",
            "--generate-hashes",
            "--python-version",
            OLDEST_PYTHON,
            "--no-annotate",
            "--no-header",
        ]
        command = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "compile",
            *options,
            *before,
            "--output-file",
            str(lock),
            "-q",
            name,
        ]
        if code := subprocess.call([*command, *sys.argv[1:]], cwd=ROOT):
            return code
        lock.write_text(HEADER.format(name=name, fingerprint=fingerprint()) + lock.read_text())
        done.append(lock)
        print(f"{lock.name}: {len(pinned(lock.name))} libraries")
    return 0


if __name__ == "__main__":
    sys.exit(renew())
