"""deploy/Containerfile without a container engine: its steps, one by one, in an empty Debian.

    python -m tests.containerfile [--base ROOT]       as root, on a Debian with debootstrap, iproute2 and the internet

Then what deploy/compose.yaml starts from the image: the set-up, the web process and the worker, as the image's user, with the
image's environment. The database is SQLite here, and what an engine adds around them (read-only roots, limits) is not tried.
"""

import argparse
import http.client
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from fnmatch import fnmatch
from pathlib import Path

from .stranger import ANSWERS, AUTHORITIES, NAME, NETWORK, ROOT, BareRoot, in_its_network, remove


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, help="an untouched root that debootstrap made; made when left out")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="clinic-container-", dir="/var/tmp"))
        stack.callback(remove, folder)
        root = BareRoot(folder / "root", stack)
        root.make(options.base)
        image = Image(root)
        for instruction, rest in instructions((ROOT / "deploy/Containerfile").read_text()):
            image.take(instruction, rest)
        image.start(ANSWERS | {"DATABASE_URL": "sqlite:////data/clinic.sqlite3", "ENV_FILE": "/data/env"})
    print("The steps of the Containerfile made a site that answers.")


def instructions(text):
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.M).replace("\\\n", " ").splitlines()
    return [line.split(None, 1) for line in lines if line.strip()]


def let_in():
    """What .dockerignore leaves."""
    return re.findall(r"^!(.+)", (ROOT / ".dockerignore").read_text(), re.M)


class Image:
    def __init__(self, root):
        self.root, self.environment, self.folder, self.user, self.command = root, {}, "/", "root", []

    def take(self, instruction, rest):
        print(f"{instruction} {rest[:100]}", flush=True)
        match instruction:
            case "WORKDIR":
                self.folder = rest
                (self.root.path / rest[1:]).mkdir(parents=True, exist_ok=True)
            case "ENV":
                for part in shlex.split(rest):
                    name, _, value = part.partition("=")
                    self.environment[name] = value
            case "USER":
                self.user = rest
            case "COPY":
                *sources, target = rest.split()
                names = let_in() if sources == ["."] else sources
                if kept_out := [name for name in names if not any(fnmatch(name, one) for one in let_in())]:
                    sys.exit(f"An engine would not copy {', '.join(kept_out)}: .dockerignore keeps it out.")
                self.copy([path for name in names for path in sorted(ROOT.glob(name))], target)
            case "RUN":
                self.run(rest)
                if "ca-certificates" in rest:
                    shutil.copy(
                        AUTHORITIES, self.root.path / AUTHORITIES[1:]
                    )  # those that this computer trusts, for pip
            case "CMD":
                self.command = json.loads(rest)

    def copy(self, paths, target):
        place = self.root.path / self.folder[1:] / target
        for path in paths:
            if path.is_dir():
                shutil.copytree(
                    path, place / path.name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
                )
            else:
                place.mkdir(parents=True, exist_ok=True) if target.endswith("/") else None
                shutil.copy(path, place)

    def shell(self, command, **more):
        facts = " ".join(f"{name}={shlex.quote(value)}" for name, value in (self.environment | more).items())
        return f"cd {self.folder} && export {facts} _=_ && {command}"

    def run(self, command, **more):
        if self.user != "root":
            command = f"setpriv --reuid={self.user} --regid={self.user} --clear-groups {command}"
        return self.root.run(self.shell(command, **more))

    def start(self, answers):
        said = self.run("python manage.py setup --no-input --without-static", **answers)
        if "Ready." not in said:
            sys.exit(f"The set-up did not end well:\n{said}")
        facts = {"DATABASE_URL": answers["DATABASE_URL"], "ENV_FILE": answers["ENV_FILE"]}
        for name, command in (("web", shlex.join(self.command)), ("worker", "python manage.py worker")):
            self.run(f"sh -c {shlex.quote(f'exec setsid {command} > /data/{name}.log 2>&1 < /dev/null &')}", **facts)

        def look():
            for _ in range(120):
                try:
                    server = http.client.HTTPConnection("127.0.0.1", 8000, timeout=10)
                    server.request("GET", "/healthz", headers={"Host": NAME})
                    answer = server.getresponse()
                    if answer.status == 200:
                        return answer.read().decode()
                except OSError:
                    pass
                time.sleep(1)
            raise AssertionError("no healthy answer")

        print(in_its_network(self.root, look), flush=True)
        logs = {path.stem: path.read_text() for path in (self.root.path / "data").glob("*.log")}
        if any("Traceback" in text for text in logs.values()):
            sys.exit(f"{logs}")
        subprocess.run(["ip", "netns", "pids", NETWORK], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
