"""What `make newest` tries our code on."""

import sys

import pytest

from tests import newest

pytestmark = pytest.mark.once


def test_it_takes_the_newest_python_that_can_do_what_we_need(monkeypatch, tmp_path):
    versions = {"/a/python3": (3, 12, 9), "/b/python3": (3, 14, 0), "/c/python3": None, "/d/python3": (3, 11, 2)}
    for name in ("3.12.9", "3.14.0"):
        (tmp_path / "versions" / name / "bin").mkdir(parents=True)
        (tmp_path / "versions" / name / "bin" / "python3").touch()
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setattr(newest.shutil, "which", lambda name: None)
    monkeypatch.setattr(newest, "version_of", lambda path: versions["/b/python3" if "3.14.0" in path else "/d/python3"])

    assert newest.newest_python() == str(tmp_path / "versions/3.14.0/bin/python3")


def test_without_one_it_says_so_in_one_line_and_is_no_failure(monkeypatch, capsys):
    monkeypatch.setattr(newest, "newest_python", lambda: None)

    assert newest.main([]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "no Python 3.12 or newer" in line


def test_a_python_is_asked_and_not_believed(tmp_path):
    broken = tmp_path / "python3.13"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)

    assert newest.version_of(str(broken)) is None
    assert newest.version_of(str(tmp_path / "nothing")) is None
    assert newest.version_of(sys.executable)[:2] == sys.version_info[:2]


def test_it_takes_our_pins_without_what_django_6_has_itself():
    wanted = newest.wanted()

    assert wanted[0] == "Django>=6.0"
    assert not [pin for pin in wanted if pin.lower().startswith(("django==", "django-tasks==", "django-csp=="))]
    assert [pin for pin in wanted if pin.startswith("django-tasks-db==")]
    assert [pin for pin in wanted if pin.startswith("pytest==")] and "[compat]" not in " ".join(wanted)


@pytest.mark.parametrize(("django", "code"), [("6.1.3", 1), ("6.0.1", 1), ("6.2", 0), ("6.2.1", 0), ("7.0", 0)])
def test_a_django_that_nobody_has_looked_at_yet_turns_nothing_red(monkeypatch, capsys, django, code):
    monkeypatch.setattr(newest, "newest_python", lambda: "python")
    monkeypatch.setattr(newest, "install", lambda python: None)
    monkeypatch.setattr(newest, "versions", lambda: ["3.13.0", django])
    monkeypatch.setattr(newest, "pytest", lambda arguments: 1)

    assert newest.main([]) == code
    assert ("Not red yet" in capsys.readouterr().out) == (code == 0)
