"""What a site is made of stands in a list for people and, file by file, in a lock: the two say the same."""

import shutil
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from clinic import pins

pytestmark = pytest.mark.once


@pytest.mark.parametrize("name", pins.LISTS)
def test_each_lock_has_what_its_list_names_and_a_hash_for_every_library(name):
    listed, lock = pins.pinned(name), pins.pinned(pins.lock_of(name).name)

    assert listed and listed.items() <= lock.items()
    assert set(pins.hashes(pins.lock_of(name).name)) == set(lock)


@pytest.mark.parametrize("name", pins.LISTS)
def test_the_lists_have_not_been_changed_since_the_locks_were_made(name):
    """`make pins` makes them anew."""
    assert pins.lock_of(name).read_text().splitlines()[0].endswith(f"Lists: {pins.fingerprint()}")


def test_no_lock_contradicts_another():
    versions = {}
    for name in pins.LISTS:
        for library, version in pins.pinned(pins.lock_of(name).name).items():
            assert versions.setdefault(library, version) == version, library


def test_the_locks_name_no_registry():
    for name in pins.LISTS:
        assert "://" not in pins.lock_of(name).read_text()


def needed_by(names):
    """Those libraries and all that they need here, asked of what is installed."""
    found, waiting = set(), [(Requirement(name), ()) for name in names]
    while waiting:
        wanted, _ = waiting.pop()
        name = pins.canonical(wanted.name)
        key = (name, tuple(sorted(wanted.extras)))
        if key in found:
            continue
        found.add(key)
        for line in metadata.requires(name) or []:
            further = Requirement(line)
            extras = wanted.extras or {""}
            if not further.marker or any(further.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append((further, ()))
    return {name for name, _ in found}


@pytest.mark.skipif(
    metadata.version("django") != pins.pinned("requirements.txt")["django"],
    reason="`make newest` has another Django than the lock, and not all that is in it",
)
def test_what_the_libraries_need_is_locked_too():
    listed = [
        line.split("#")[0].strip().split("==")[0]
        for line in (pins.ROOT / "requirements.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
    ]

    needed = needed_by(listed)

    assert needed <= set(pins.pinned("requirements.lock"))
    assert {"cryptography", "fido2", "sqlparse"} <= needed  # by way of the extras, and further down


def test_twin_a_pin_that_was_raised_in_the_list_alone_is_found(monkeypatch, tmp_path):
    for name in pins.LISTS:
        shutil.copy(pins.ROOT / name, tmp_path)
        shutil.copy(pins.lock_of(name), tmp_path)
    monkeypatch.setattr(pins, "ROOT", tmp_path)
    test_the_lists_have_not_been_changed_since_the_locks_were_made("requirements.txt")
    listed = tmp_path / "requirements.txt"
    listed.write_text(listed.read_text().replace("pillow==13.0.0", "pillow==13.0.1"))

    with pytest.raises(AssertionError):
        test_each_lock_has_what_its_list_names_and_a_hash_for_every_library("requirements.txt")
    with pytest.raises(AssertionError):
        test_the_lists_have_not_been_changed_since_the_locks_were_made("requirements.txt")
    lock = tmp_path / "requirements.lock"
    lock.write_text(lock.read_text().replace("    --hash=sha256:", "    --hash=md5:", 2))
    with pytest.raises(AssertionError):
        test_each_lock_has_what_its_list_names_and_a_hash_for_every_library("requirements-dev.txt") or (
            test_each_lock_has_what_its_list_names_and_a_hash_for_every_library("requirements.txt")
        )


def test_whatever_a_list_names_says_what_it_is_for():
    for line in (pins.ROOT / "requirements.txt").read_text().splitlines()[1:]:
        assert "# " in line, line
