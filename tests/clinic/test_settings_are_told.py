"""Each setting that is read from the environment is told of: in README.md or a page that it leads to, and in .env.example."""

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent.parent
SOURCE = (ROOT / "clinic/settings.py").read_text()
READERS = ("given", "needed")  # and whatever env has: env.str, env.int …
PAGE = re.compile(r"\]\((docs/[\w/-]+\.md)(?:#[^)]*)?\)|`(docs/[\w/-]+\.md)`")


def read_in(source):
    """Names that a call of one of the readers is given first; a name that is put together is found by nobody."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and is_reader(node.func))
    for call in calls:
        if call.args and isinstance(call.args[0], ast.Constant):
            yield call.args[0].value


def is_reader(function):
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and function.value.id == "env"
    return isinstance(function, ast.Name) and function.id in READERS


def not_told(names, pages, example):
    """[(name, where it is missing)]"""
    for name in sorted(names):
        if not re.search(rf"`{name}[`=]", pages):
            yield name, "README.md"
        if not re.search(rf"^#?{name}=", example, re.M):
            yield name, ".env.example"


def pages():
    """README.md, and the pages that it leads to."""
    readme = (ROOT / "README.md").read_text()
    linked = sorted({one or other for one, other in PAGE.findall(readme)})
    return readme + "".join((ROOT / page).read_text() for page in linked)


def test_each_setting_is_told_of():
    names = set(read_in(SOURCE))

    assert {"SECRET_KEY", "DATA_DIR", "PORT", "BACKUP_DIR", "LANGUAGES"} <= names
    assert list(not_told(names, pages(), (ROOT / ".env.example").read_text())) == []


def test_twin_a_setting_that_nobody_was_told_of_is_found():
    source = (
        'A = given("NEW_ONE", 5, env.int)\nB = needed("NEW_TWO", "why")\nC = env.bool("NEW_THREE", False)\nprint("NO")'
    )

    assert set(read_in(source)) == {"NEW_ONE", "NEW_TWO", "NEW_THREE"}
    assert list(not_told(read_in(source), "`NEW_TWO` `NEW_THREE=x`", "#NEW_THREE=1\n# NEW_ONE=\n")) == [
        ("NEW_ONE", "README.md"),
        ("NEW_ONE", ".env.example"),
        ("NEW_TWO", ".env.example"),
    ]
