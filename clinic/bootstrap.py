"""Makes and mends the virtual environment, then goes on in it: see the Makefile.

Needs nothing but a Python, even an old one: what is missing is said in one sentence.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "complete"  # written last: a half-made environment has none


def main(argv):
    command = argv[1] if len(argv) > 1 else "run"
    use_a_newer_python()
    os.chdir(str(ROOT))
    if command == "run":
        check_port(os.environ.get("PORT", "8000"))
        ensure_environment("requirements.lock")
        become(["manage.py", "serve", "--demo"])
    ensure_environment("requirements-dev.lock")
    if command != "install":
        become(argv[1:])


def use_a_newer_python():
    """An old python3 hands over to a newer one beside it."""
    if sys.version_info[:2] >= OLDEST:
        return
    newer = next(filter(None, map(shutil.which, NEWER)), None)
    if newer:
        os.execv(newer, [newer, "-I", *sys.argv])
    stop(
        "This needs Python 3.11 or newer, and `python3` is {}.{}. Install a newer one (https://www.python.org, or your "
        "system's packages) and try again.".format(*sys.version_info[:2])
    )


def check_port(port):
    if not (port.isdigit() and 0 < int(port) < 65536):
        stop("PORT={} is no port. Choose a number from 1024 to 65535: PORT=8001 make run".format(port))


def ensure_environment(requirements):
    """A complete environment that holds what the lock says, hash by hash; made, mended or left alone as needed."""
    if works() and requirements in complete_for():
        return
    if not works():
        make_environment()
    print("Installing the libraries (once; it takes a minute) …", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if subprocess.call([*pip, "--require-hashes", "-r", requirements]):
        stop("The libraries could not be installed: see above. Is this computer connected to the internet?")
    # What serves the tests serves the site too.
    done = {"requirements.lock", requirements}
    STAMP.write_text("\n".join([identity(), *sorted(map(fingerprint, done))]))


def complete_for():
    """The requirements files, unchanged since, that were installed to the end."""
    lines = STAMP.read_text().splitlines() if STAMP.exists() else []
    return [name for name in ("requirements.lock", "requirements-dev.lock") if fingerprint(name) in lines]


def works():
    """Whether the environment runs, was completed, and stands where it was made by the Python that made it."""
    try:
        return STAMP.read_text().splitlines()[:1] == [identity()]
    except (OSError, ValueError, subprocess.CalledProcessError):
        return False


def identity():
    version = subprocess.check_output([str(PYTHON), "-c", "import sys; print(sys.version.split()[0])"])
    return "{} {}".format(VENV, version.decode().strip())


def fingerprint(requirements):
    text = (ROOT / requirements).read_bytes() + (ROOT / "requirements.lock").read_bytes()
    return "{} {}".format(requirements, hashlib.sha256(text).hexdigest())


def make_environment():
    if VENV.exists():
        print("The environment in .venv is incomplete, old or was moved: making it anew …", flush=True)
    if not can_make_environments() and not install_what_debian_left_out():
        stop("A part of Python is missing. On Debian and Ubuntu: sudo apt install python3-venv, then try again.")
    create = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.call(create):
        stop("The environment in .venv could not be made: see above.")


def can_make_environments():
    return subprocess.call([sys.executable, "-c", "import ensurepip, venv"], stderr=subprocess.DEVNULL) == 0


def install_what_debian_left_out():
    """Debian ships Python without the part that makes environments. Whoever may install it without a password, does."""
    apt = ["apt-get"] if os.geteuid() == 0 else ["sudo", "-n", "apt-get"]
    if not shutil.which("apt-get") or not shutil.which(apt[0]):
        return False
    print("A part of Python is missing: installing python3-venv …", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.call([*apt, "-qq", "update"], **quiet)
    subprocess.call([*apt, "-qq", "install", "--yes", "--no-install-recommends", "python3-venv"], **quiet)
    return can_make_environments()


def become(arguments):
    """Go on as the environment's Python: same process, so that Ctrl-C and signals reach it."""
    os.environ["PATH"] = str(VENV / "bin") + os.pathsep + os.environ.get("PATH", "")
    sys.stdout.flush()
    os.execv(str(PYTHON), [str(PYTHON), *arguments])


def stop(sentence):
    sys.exit("\n" + sentence)


if __name__ == "__main__":
    try:
        main(sys.argv)
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
