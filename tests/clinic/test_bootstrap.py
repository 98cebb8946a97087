"""The first seconds of `make run` on a machine where nothing is prepared. No library is needed, so no network is."""

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from clinic import bootstrap

pytestmark = pytest.mark.once
BASE_PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
MAKING, INSTALLING = "making it anew", "Installing"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project that needs no library and whose site says "served"; its environment is made once."""
    project = tmp_path_factory.mktemp("made") / "project"
    (project / "clinic").mkdir(parents=True)
    shutil.copy(bootstrap.__file__, project / "clinic")
    (project / "requirements.lock").write_text("")
    (project / "requirements-dev.lock").write_text("")
    (project / "manage.py").write_text("import sys; print('served', *sys.argv[1:], sys.prefix)")
    assert INSTALLING in run(project)
    return project


@pytest.fixture
def project(made, tmp_path):
    """A copy in another place: the environment in it was moved."""
    shutil.copytree(made, tmp_path / "project", symlinks=True)
    return tmp_path / "project"


def run(project, command="run", python=BASE_PYTHON, **environment):
    done = subprocess.run(
        [python, "-I", "clinic/bootstrap.py", command],
        cwd=project,
        env={**{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    return said if done.returncode == 0 else f"stopped: {said}"


def test_a_second_run_goes_straight_to_the_site(made):
    said = run(made)

    assert said.strip() == f"served serve --demo {made / '.venv'}"


def test_a_folder_that_was_moved_gets_a_new_environment(project):
    said = run(project)

    assert MAKING in said
    assert f"served serve --demo {project / '.venv'}" in said
    assert MAKING not in run(project)


@pytest.mark.parametrize("harm", ["no stamp", "no python", "stopped in the middle"])
def test_a_half_made_environment_is_made_anew(made, harm):
    if harm == "no stamp":
        (made / ".venv" / "complete").unlink()
    elif harm == "no python":
        (made / ".venv" / "bin" / "python").unlink()
    else:
        shutil.rmtree(made / ".venv" / "lib")
        (made / ".venv" / "complete").unlink()

    said = run(made)

    assert MAKING in said
    assert "served" in said


def test_new_requirements_are_installed_into_the_environment_that_is_there(made):
    (made / "requirements.lock").write_text("# changed\n")

    said = run(made)

    assert INSTALLING in said
    assert MAKING not in said
    assert INSTALLING not in run(made)


def test_the_tests_add_their_own_requirements_once(made):
    assert INSTALLING in run(made, "install")
    assert INSTALLING not in run(made, "install")
    assert INSTALLING not in run(made)


def test_libraries_that_cannot_be_had_are_one_sentence(project):
    (project / "requirements.lock").write_text("no-such-library-of-ours==1\n")

    said = run(project, PIP_NO_INDEX="1", PIP_CONFIG_FILE=os.devnull)

    assert said.startswith("stopped: ")
    assert said.strip().endswith("Is this computer connected to the internet?")
    assert "served" not in said


def a_wheel(folder):
    """A library of one line, as a file. Returns its hash."""
    wheel = folder / "our_thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("our_thing.py", "value = 1\n")
        file.writestr("our_thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: our-thing\nVersion: 1.0\n")
        file.writestr("our_thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("our_thing-1.0.dist-info/RECORD", "")
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def test_a_library_is_installed_only_if_it_is_the_very_file_that_was_locked(made, tmp_path):
    """Twin: the same file under its own hash goes in."""
    right = a_wheel(tmp_path)
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}

    for line in ("our-thing==1.0", f"our-thing==1.0 --hash=sha256:{'0' * 64}"):
        (made / "requirements.lock").write_text(f"{line}\n")
        said = run(made, **offline)
        assert said.startswith("stopped: ") and "hash" in said.lower(), line
    assert not list((made / ".venv").rglob("our_thing.py"))

    (made / "requirements.lock").write_text(f"our-thing==1.0 --hash=sha256:{right}\n")
    assert "served" in run(made, **offline)
    assert list((made / ".venv").rglob("our_thing.py"))


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "80 80"])
def test_a_port_that_is_none_is_one_sentence(made, port):
    said = run(made, PORT=port)

    assert said.startswith("stopped: ")
    assert f"PORT={port} is no port" in said


def test_an_old_python_is_one_sentence(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setenv("PATH", "")

    with pytest.raises(SystemExit, match=r"This needs Python 3\.11 or newer, and `python3` is 3\.9"):
        bootstrap.use_a_newer_python()


def test_a_python_without_its_venv_part_is_one_sentence(monkeypatch, tmp_path):
    python = tmp_path / "python3"  # one that cannot import ensurepip, as Debian ships it
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S -c "import sys; sys.exit(1)"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setenv("PATH", str(tmp_path))  # and nobody here who could install it

    with pytest.raises(SystemExit, match="sudo apt install python3-venv"):
        bootstrap.make_environment()


def test_an_old_python_can_read_the_file():
    ast.parse(Path(bootstrap.__file__).read_text(), feature_version=(3, 6))
