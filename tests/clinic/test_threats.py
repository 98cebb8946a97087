"""docs/threats.md promises tests; each of them exists."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
PAGE = TESTS.parent / "docs" / "threats.md"
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")

pytestmark = pytest.mark.once


def rows(text):
    """[(number, threat, what stands against it, tests)]"""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| T")
    ]
    assert all(len(row) == 4 for row in cells), [row for row in cells if len(row) != 4]
    return cells


def wrong(text):
    """What a reader of the table could not rely on."""
    for number, _, _, tests in rows(text):
        named = NAMED.findall(tests)
        if not named:
            yield f"{number} names no test"
        if NAMED.sub("", tests).strip(", "):
            yield f"{number} says something that is no test: {NAMED.sub('', tests)}"
        for file, name in named:
            if name not in named_in(file):
                yield f"{number} names {file}::{name}, which does not exist"


def named_in(file):
    """Names that pytest collects there: functions of the module that begin with test_."""
    path = TESTS / file
    if not path.name.startswith("test_") or not path.exists():
        return set()
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


def test_each_threat_names_tests_that_exist():
    text = PAGE.read_text()

    assert list(wrong(text)) == []
    assert [row[0] for row in rows(text)] == [f"T{number}" for number in range(1, len(rows(text)) + 1)]


def test_twin_a_threat_without_a_test_or_with_one_that_is_gone_is_found():
    table = "| T1 | Fire | Water |  |\n| T2 | Flood | A wall | `test_house.py::test_the_wall` |\n| T3 | Wind | A tree | soon |"

    found = list(wrong(table))

    assert [line.split()[0] for line in found] == ["T1", "T2", "T3", "T3"]
