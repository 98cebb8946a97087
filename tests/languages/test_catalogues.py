"""The texts of each language: whole, in step with the code, and compiled."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w*\}|<[^>]+>")
PLURALS = {"es": 2, "ar": 6}


def entries(file):
    """[(msgid, msgid_plural or None, [translations])]"""
    for block in file.read_text(encoding="utf-8").split("\n\n")[1:]:
        assert "fuzzy" not in block, block
        found, name = {}, ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if line.startswith("msg"):
                name, _, line = line.partition(" ")
            found[name] = found.get(name, "") + ast.literal_eval(line)
        said = [text for name, text in found.items() if name.startswith("msgstr")]
        yield found["msgid"], found.get("msgid_plural"), said


def test_there_are_spanish_and_arabic():
    assert {file.parent.parent.name for file in FILES} >= {"es", "ar"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.parent.name)
def test_nothing_is_empty_and_places_to_fill_agree(file):
    for one, many, said in entries(file):
        assert all(said), one
        if many is None:
            assert sorted(PLACES.findall(one)) == sorted(PLACES.findall(said[0])), one
        else:
            assert len(said) == PLURALS.get(file.parent.parent.name, len(said)), one
            known = {*PLACES.findall(one), *PLACES.findall(many)}
            assert all(set(PLACES.findall(text)) <= known for text in said), one
            assert set(PLACES.findall(said[-1])) == known, one


@pytest.mark.skipif(
    not shutil.which("msgmerge"), reason="GNU gettext is not installed: only who changes texts needs it"
)
def test_each_text_of_the_site_stands_in_each_language_and_is_compiled(tmp_path):
    """What the command would write is what the repository has."""
    for name in ("clinic", "education", "appointments", "templates", "locale", "static", "manage.py"):
        source, target = ROOT / name, tmp_path / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)

    subprocess.run(
        [sys.executable, "manage.py", "add_language"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "DATA_DIR": str(tmp_path / "data")},
        check=True,
        capture_output=True,
    )

    for file in FILES:
        for kind in (".po", ".mo"):
            ours = file.with_suffix(kind)
            assert ours.read_bytes() == (tmp_path / ours.relative_to(ROOT)).read_bytes(), (
                f"{ours.name}: run manage.py add_language, then translate what is empty"
            )
