"""What docs/when-it-burns.md and docs/operator.md have an operator type, as far as it can be tried here."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent.parent
BURNS, OPERATOR = ((ROOT / "docs" / name).read_text() for name in ("when-it-burns.md", "operator.md"))
DAY = 24 * 60 * 60


def a_backup(folder, days_old):
    moment = time.time() - days_old * DAY
    file = folder / f"clinic-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(moment))}.tar.age"
    for path in (file, file.with_name(f"{file.name}.sha256")):
        path.touch()
        os.utime(path, (moment, moment))
    return file


def after_the_script(folder):
    """What the page's script says once it has fetched; nothing is fetched here."""
    [lines] = re.findall(r"^    if find /srv/clinic-backups.*?^    fi$", BURNS, re.S | re.M)
    script = lines.replace("/srv/clinic-backups", str(folder))
    return subprocess.run(["sh", "-eu", "-c", script], capture_output=True, text=True, check=True).stdout


def test_old_copies_go_while_new_ones_come(tmp_path):
    old, recent, new = (a_backup(tmp_path, days) for days in (40, 20, 0.5))

    assert after_the_script(tmp_path) == ""
    assert recent.exists() and new.exists()
    assert not old.exists() and not list(tmp_path.glob(f"{old.name}*"))


def test_the_last_copies_stay_when_no_new_ones_come(tmp_path):
    copies = [a_backup(tmp_path, days) for days in (40, 30, 3)]

    assert "No new backup" in after_the_script(tmp_path)
    assert all(copy.exists() for copy in copies)


def upgraded(root, day):
    """The first lines of an upgrade, up to the link to the settings, on that day."""
    block = OPERATOR[OPERATOR.index("## Upgrade") :]
    [lines] = re.findall(r"^    readlink .*?^    ln -s \S+ \.env$", block, re.S | re.M)
    script = lines.replace("/srv/clinic", str(root)).replace("/root/clinic.tar.gz", str(root / "clinic.tar.gz"))
    script, moments = re.subn(r"\$\(date \+%Y-%m-%d-%H%M\)", day, script)
    assert moments == 1
    return subprocess.run(["sh", "-eu", "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def test_each_upgrade_has_a_folder_of_its_own_and_says_which_was_before(tmp_path):
    (tmp_path / "releases/first/clinic").mkdir(parents=True)
    (tmp_path / "env").touch()
    (tmp_path / "current").symlink_to("releases/first")
    subprocess.run(["tar", "-czf", "clinic.tar.gz", "-C", "releases/first", "clinic"], cwd=tmp_path, check=True)

    assert upgraded(tmp_path, "2026-11-01-0900") == upgraded(tmp_path, "2026-12-01-0900") == "releases/first"

    made = sorted(path.name for path in (tmp_path / "releases").iterdir())
    assert made == ["2026-11-01-0900", "2026-12-01-0900", "first"]


def test_stopping_and_starting_the_target_stops_and_starts_the_site():
    units = [path.read_text() for path in (ROOT / "deploy/systemd").glob("clinic-*.service")]
    assert len(units) == 2
    for unit in units:
        assert "\nPartOf=clinic.target\n" in unit and "\nWantedBy=clinic.target\n" in unit
    for act in ("stop", "start", "restart"):
        assert f"`systemctl {act} clinic.target`" in BURNS
    assert "systemctl enable --now clinic.target clinic-web@8000 clinic-web@8001 clinic-worker" in OPERATOR


def test_each_command_of_compose_is_told_where_its_settings_are():
    """It reads them for each command, not for `up` alone."""
    compose = (ROOT / "deploy/compose.yaml").read_text()
    said = re.findall(r"docker compose (?!takes)(.*)", BURNS + OPERATOR + compose)

    assert len(said) >= 3
    for line in said:
        assert line.startswith("-f deploy/compose.yaml --env-file deploy/compose.env"), line
    services = re.findall(r"\$C (?:exec|stop|build|restart|run --rm --no-deps(?: -v \S+)?) (\w+)", BURNS + OPERATOR)
    assert set(services) == {"setup", "web", "worker", "database"}


def test_manage_py_is_run_as_the_site_s_own_user_in_the_server_s_blocks():
    lines = re.findall(r"^[^`\n]*\.venv/bin/python manage\.py .*", BURNS + OPERATOR, re.M)
    on_another_computer = [line for line in lines if re.search(r"backup_key|--check$", line)]

    assert len(on_another_computer) == 3 and len(lines) >= 10
    for line in set(lines) - set(on_another_computer):
        assert line.strip().startswith("runuser -u clinic -- "), line
