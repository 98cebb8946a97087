"""nginx with the configuration that ships, in front of a server of the tests."""

import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError

SHIPPED = Path(__file__).parent.parent / "deploy" / "nginx.conf"
AROUND = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/start.log;
events {{ worker_connections 512; }}
http {{
    include {types};
    sendfile on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{shipped}
    {more}
}}
"""


def find_nginx():
    return shutil.which("nginx") or next(
        (p for p in ("/usr/sbin/nginx", "/usr/local/sbin/nginx") if Path(p).exists()), None
    )


def shipped(folder, *, port, site_port, name, data):
    """The shipped file with its angle brackets filled in."""
    fill = {
        "cache folder": f"{folder}/cache",
        "port, such as 8000": site_port,
        "port, such as 443": port,
        "name": name,
        "data folder": data,
        "log,": f"{folder}/access.log",
        "error log": f"{folder}/error.log",
    }

    def value(found):
        return str(next(v for words, v in fill.items() if found[1].startswith(words)))

    lines = (line for line in SHIPPED.read_text().splitlines() if not line.lstrip().startswith("#"))
    return re.sub(r"<([^>]+)>", value, "\n".join(lines))


@contextmanager
def a_proxy(*, port, site_port, data, name="_", more="", servers=(), log_errors=False, answers_itself=False):
    """Runs until the end; yields its folder (access.log, cache) and its process.

    `servers` are others than one here. `log_errors`: in error.log stands why a server was left, which a clinic's never tells.
    `answers_itself`: there is no site.
    """
    with tempfile.TemporaryDirectory(prefix="clinic-nginx-") as folder:
        Path(folder).chmod(0o755)
        types = next(p for p in ("/etc/nginx/mime.types", "/usr/local/etc/nginx/mime.types") if Path(p).exists())
        own = shipped(folder, port=port, site_port=site_port, name=name, data=data)
        if servers:
            first = f"server 127.0.0.1:{site_port} "
            line = next(line for line in own.splitlines() if first in line)
            own = own.replace(line, "\n".join(line.replace(first, f"server {server} ") for server in servers))
        if log_errors:
            own = own.replace("error.log crit;", "error.log error;")
        text = AROUND.format(
            folder=folder, types=types, shipped=own, more=more, user="user root;" if os.geteuid() == 0 else ""
        )
        path = Path(folder) / "nginx.conf"
        path.write_text(text)
        process = subprocess.Popen([find_nginx(), "-p", folder, "-c", str(path)], stderr=subprocess.PIPE, text=True)
        try:
            wait_for(port, process, answers_itself)
            process.folder, process.port = Path(folder), port
            yield process
        finally:
            process.terminate()
            process.wait(20)
            process.stderr.close()


def answers(port, *, anything=False):
    """Whether a page comes back from there."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/robots.txt", timeout=30).close()
    except HTTPError:
        return anything
    except OSError:
        return False
    return True


def wait_for(port, process, anything):
    for _ in range(200):
        if process.poll() is not None:
            raise AssertionError(process.stderr.read())
        if answers(port, anything=anything):
            return
        time.sleep(0.05)
    raise AssertionError("nginx did not start")
