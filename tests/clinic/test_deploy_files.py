"""What stands in deploy/: as far as this computer can tell, each file is one that its program takes."""

import http.client
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from clinic.management.commands.serve import bind, make_server
from clinic.management.commands.setup import Command
from tests.appointments.mail_server import free_port
from tests.faults.processes import until

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs/operator.md").read_text()
pytestmark = pytest.mark.once


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
@pytest.mark.parametrize("name", ["clinic-web@8000.service", "clinic-worker.service"])
def test_systemd_takes_the_units(tmp_path, name):
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text().replace("/srv/clinic/current/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name.replace("@", "@8000")).write_text(text.replace("%i", "8000"))

    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True
    )

    own = [line for line in said.stderr.splitlines() if "clinic" in line]
    assert not own
    assert said.returncode == 0 or not own


def test_units_run_commands_that_are_there():
    for unit in (DEPLOY / "systemd").glob("*.service"):
        command = re.search(r"manage.py (\w+)", unit.read_text())[1]
        assert any((ROOT / app / f"management/commands/{command}.py").exists() for app in ("clinic", "appointments"))


def test_the_worker_may_write_where_the_page_puts_the_backups():
    page, unit = (ROOT / "docs/when-it-burns.md").read_text(), (DEPLOY / "systemd/clinic-worker.service").read_text()
    folder = re.search(r"install -d -o clinic .*?(/\S+)`", page)[1]
    writable = re.search(r"^ReadWritePaths=(.+)", unit, re.M)[1].split()

    assert f"`{folder}`" in re.search(r"^ *\| `BACKUP_DIR` .*", page, re.M)[0]
    assert f"-{folder}" in writable


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not installed: Debian’s package caddy")
def test_caddy_takes_its_file(tmp_path):
    facts = {
        "SITE_ADDRESS": "clinic.example.org",
        "SITE_UPSTREAMS": "127.0.0.1:8000 127.0.0.1:8001",
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    said = subprocess.run(
        ["caddy", "validate", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile"],
        env=facts,
        capture_output=True,
        text=True,
    )

    assert said.returncode == 0, said.stderr


def what_caddy_writes_down(text, tmp_path):
    """All that it has said after somebody asked for a patient's page while the site did not answer."""
    port = free_port()
    file, log = tmp_path / "Caddyfile", tmp_path / "log"
    file.write_text(text)
    facts = {
        "SITE_ADDRESS": f"http://127.0.0.1:{port}",
        "SITE_UPSTREAMS": f"127.0.0.1:{free_port()}",
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    command = ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]
    with log.open("w") as target, subprocess.Popen(command, env=facts, stdout=target, stderr=target) as caddy:
        try:
            until(lambda: answers(port, "/readyz") == 404)
            assert answers(port, "/request/status/a-secret-of-somebody/?q=quagga") in (502, 503)
            until(lambda: "http.log.error" in log.read_text())
        finally:
            caddy.terminate()
    return log.read_text()


def answers(port, path):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request("GET", path, headers={"User-Agent": "somebodys-browser"})
        return line.getresponse().status
    except OSError:
        return None
    finally:
        line.close()


OF_WHO_ASKED = ("a-secret-of-somebody", "quagga", "somebodys-browser", "remote_ip")


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not installed: Debian’s package caddy")
def test_caddy_writes_down_trouble_without_who_asked_for_what(tmp_path):
    said = what_caddy_writes_down((DEPLOY / "Caddyfile").read_text(), tmp_path)

    assert "connection refused" in said or "no upstreams available" in said
    assert not [word for word in OF_WHO_ASKED if word in said], said


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not installed: Debian’s package caddy")
def test_twin_without_its_filter_caddy_writes_down_a_patients_link(tmp_path):
    text, cut = re.subn(r"^\tlog default \{\n.*?^\t\}\n", "", (DEPLOY / "Caddyfile").read_text(), flags=re.S | re.M)

    said = what_caddy_writes_down(text, tmp_path)

    assert cut == 1
    assert [word for word in OF_WHO_ASKED if word in said] == list(OF_WHO_ASKED)


@pytest.mark.parametrize(
    ("file", "words"),
    [("nginx.conf", r"keepalive 16;\s+keepalive_timeout (\d+)s;"), ("Caddyfile", r"keepalive (\d+)s")],
)
def test_a_proxy_lets_go_of_an_idle_line_well_before_the_site_closes_it(file, words):
    """Else a form may be sent over a line that just closes."""
    listener = bind("127.0.0.1", 0)
    server = make_server(listener, application=lambda environ, start_response: [])
    closes_after = server.adj.channel_timeout
    server.close()

    assert int(re.search(words, (DEPLOY / file).read_text())[1]) <= closes_after / 2


def test_the_containers_are_told_what_the_set_up_asks():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"database", "setup", "web", "worker", "proxy"}
    told = set(re.findall(r"^(\w+)=", (DEPLOY / "compose.env.example").read_text(), re.M))
    told |= {name for service in services.values() for name in service.get("environment", {})}
    told |= {"CLINIC_ENV", "DATA_DIR"}  # the first answers itself, the second is the image's

    assert told >= set(Command().questions())
    for service in ("web", "worker", "setup"):
        assert services[service]["environment"]["ENV_FILE"] == "/data/env"


def test_backups_can_be_made_in_containers():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    version = services["database"]["image"].rpartition(":")[2]

    assert f"postgresql-client-{version}" in (DEPLOY / "Containerfile").read_text(), "pg_dump as new as the server"
    assert "backups:/backups" in services["worker"]["volumes"]
    assert "BACKUP_DIR=/backups" in PAGE


def test_an_image_holds_neither_data_nor_secrets_nor_tests():
    let_in = re.findall(r"^!(.+)", (ROOT / ".dockerignore").read_text(), re.M)

    assert not set(let_in) & {"tests", ".env", "var", ".git", "."}
    for app in ("clinic", "education", "appointments", "templates", "static", "manage.py"):
        assert app in let_in


def test_what_the_image_copies_is_let_in():
    """An engine refuses a COPY of what .dockerignore keeps from it."""
    let_in = re.findall(r"^!(.+)", (ROOT / ".dockerignore").read_text(), re.M)
    steps = (ROOT / "deploy/Containerfile").read_text()
    copied = [name for names in re.findall(r"^COPY (.+) \S+$", steps, re.M) for name in names.split()]

    assert "requirements.lock" in copied
    for name in set(copied) - {"."}:
        assert any(fnmatch(name, pattern) for pattern in let_in), name


def test_the_operators_page_fills_in_all_that_the_proxys_file_leaves_open(tmp_path):
    command = re.search(r"^sed -e .*?nginx\.conf > \S+", PAGE, re.S | re.M)[0]
    target = tmp_path / "clinic.conf"
    command = command.replace("/srv/clinic/current", str(ROOT))
    subprocess.run(["sh", "-c", re.sub(r"> \S+$", f"> {target}", command)], check=True)

    text = "\n".join(line for line in target.read_text().splitlines() if not line.lstrip().startswith("#"))
    assert not re.findall(r"<[^>]+>", text)
    assert text.count("server 127.0.0.1:800") == 2
    assert text.count("server {") == 2 == text.count("access_log off;  # else") + text.count("clinic.log clinic")
    assert "ssl_certificate_key /etc/letsencrypt/live/clinic.example.org/privkey.pem;" in text
    assert "listen 443 ssl;" in text


def test_the_operators_page_names_every_setting_of_several_hosts():
    settings = (ROOT / "clinic/settings.py").read_text()
    for name in ("MEDIA_STORE", "QUEUE_URL", "LEAVE_SECONDS", "METRICS_TOKEN", "LOG_FORMAT"):
        assert f'"{name}"' in settings
        assert f"`{name}`" in PAGE or f"`{name}=" in PAGE
        assert name in (ROOT / ".env.example").read_text()
