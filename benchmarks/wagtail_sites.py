"""The same guide in a small Wagtail site, in an environment of its own that pip fills: Wagtail is no part of this project."""

import importlib.metadata
import os
import socket
import subprocess
import sys
import time
import venv
from contextlib import ExitStack, contextmanager
from pathlib import Path

import django

from tests.appointments.mail_server import free_port

from .intake import ROOT

WAGTAIL = "8.0.1"
WITH_OUR_VERSIONS = ("Django", "waitress", "whitenoise", *([] if django.VERSION >= (6, 0) else ["django-csp"]))
KEPT = {"Wagtail": "nothing", "Wagtail, fragments kept": "fragments", "Wagtail, whole pages kept": "pages"}


@contextmanager
def wagtail_sites(site, slug):
    """{name: (port, address, process)} of three that answer, each with its cache or none; `site` is ours with the guide."""
    folder = Path(site.folder) / "wagtail"
    folder.mkdir()
    python = an_environment(folder / "environment")
    exported = folder / "guide.json"
    with exported.open("w", encoding="utf-8") as file:
        told = [sys.executable, "manage.py", "export_guide", slug, "--format", "json"]
        subprocess.run(told, cwd=ROOT, env=site.environment, check=True, stdout=file)
    facts = {**os.environ, "PEER_FOLDER": str(folder), "PYTHONPATH": str(folder)}
    media = Path(site.folder) / "media"
    (folder / "static").mkdir()
    if run(python, "benchmarks.peer.fill", exported, media, facts={**facts, "PEER_KEEPS": "nothing"}).wait():
        raise SystemExit("The Wagtail site could not be filled.")
    with ExitStack() as stack:
        sites = {}
        for name, keeps in KEPT.items():
            port = free_port()
            serving = run(python, "benchmarks.peer.server", port, facts={**facts, "PEER_KEEPS": keeps})
            stack.callback(serving.wait)
            stack.callback(serving.terminate)
            until_open(port)
            sites[name] = port, f"/{slug}/", serving.pid
        yield sites


def an_environment(folder):
    """The Python of a new environment with Wagtail in it, and what our site has besides, in our versions."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    named = [f"wagtail=={WAGTAIL}", *(f"{name}=={importlib.metadata.version(name)}" for name in WITH_OUR_VERSIONS)]
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--quiet", *named], check=True, stdout=sys.stderr)
    return python


def run(python, module, *arguments, facts):
    return subprocess.Popen([python, "-m", module, *map(str, arguments)], cwd=ROOT, env=facts)


def until_open(port):
    for _ in range(600):
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionError:
            time.sleep(0.1)
    raise SystemExit("The Wagtail site did not start.")
