"""The file of a backup: written and read as a stream, opened by one key alone, and trusted only when it is whole."""

import io
import os
import stat
from datetime import UTC, datetime, timedelta

import pyrage
import pytest
from django.core.management import CommandError, call_command
from pyrage import x25519

from clinic.backups import Trouble, archive, keys, rotation

pytestmark = pytest.mark.once
NOW = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
BIG = os.urandom(9 * 1024 * 1024 + 5)


@pytest.fixture
def identity():
    return x25519.Identity.generate()


@pytest.fixture
def packed(tmp_path, identity):
    path = tmp_path / "a.tar.age"
    with path.open("wb") as file, archive.writing(file, [identity.to_public()]) as writer:
        writer.add(archive.ABOUT, b"{}")
        writer.add_parts("database.pgdump", io.BytesIO(BIG))
        writer.add("media/pictures/ab/480.webp", b"picture")
    return path


def unpacked(path, identity):
    found = {}
    for name, stream in archive.members(path, [identity]):
        found[name] = stream.read()
    return found


def test_what_was_packed_comes_back_byte_for_byte(packed, identity):
    found = unpacked(packed, identity)

    assert found["media/pictures/ab/480.webp"] == b"picture"
    assert b"".join(found[name] for name in sorted(found) if name.startswith("database.")) == BIG
    assert len(found) == 5, "a stream is written in parts of 4 MB"
    assert BIG[:100] not in packed.read_bytes()


def test_another_key_does_not_open_it(packed):
    with pytest.raises(Trouble, match="does not open"):
        unpacked(packed, x25519.Identity.generate())


@pytest.mark.parametrize("at", [0.0001, 0.3, 0.999999])
def test_a_file_that_breaks_off_is_refused(packed, identity, at):
    packed.write_bytes(packed.read_bytes()[: int(packed.stat().st_size * at)])

    with pytest.raises(Trouble, match=r"breaks off|beginning is damaged"):
        unpacked(packed, identity)


@pytest.mark.parametrize("at", [0.00002, 0.4, 0.999999])
def test_a_byte_that_has_changed_is_noticed(packed, identity, at):
    content = bytearray(packed.read_bytes())
    content[int(len(content) * at)] ^= 1
    packed.write_bytes(content)

    with pytest.raises(Trouble):
        unpacked(packed, identity)


def test_what_is_not_in_the_manifest_as_it_was_written_is_noticed(packed, identity, tmp_path, monkeypatch):
    """As when the computer's memory spoils what is on its way to the disk: the envelope would seal it."""
    monkeypatch.setattr(
        archive.Hashed, "read", lambda self, size=-1: self.file.read(size).replace(b"picture", b"pictuRe")
    )

    with pytest.raises(Trouble, match="not what was written"):
        path = tmp_path / "b.tar.age"
        with path.open("wb") as file, archive.writing(file, [identity.to_public()]) as writer:
            writer.add("media/pictures/ab/480.webp", b"picture")
        monkeypatch.undo()
        unpacked(path, identity)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "media/../../x", "/etc/passwd", "database.sqlite3/../x", "other.txt"]
)
def test_a_member_with_another_name_is_never_written_anywhere(tmp_path, identity, name):
    path = tmp_path / "b.tar.age"
    with path.open("wb") as file, archive.writing(file, [identity.to_public()]) as writer:
        writer.add(name, b"x")

    with pytest.raises(Trouble, match="not written by this site"):
        unpacked(path, identity)


@pytest.mark.parametrize("content", [b"", b"no backup at all", b"age-encryption.org/v1\n"])
def test_any_other_file_is_refused_in_words(tmp_path, identity, content):
    (tmp_path / "x").write_bytes(content)

    with pytest.raises(Trouble):
        unpacked(tmp_path / "x", identity)
    with pytest.raises(Trouble, match="no file"):
        unpacked(tmp_path / "y", identity)


def test_a_disk_that_is_full_ends_the_writing(identity):
    with pytest.raises(OSError, match="No space left"):  # noqa: SIM117
        with open("/dev/full", "wb", 0) as full, archive.writing(full, [identity.to_public()]) as writer:  # noqa: PTH123
            for _ in range(4):
                writer.add("media/x", BIG)


# Keys -------------------------------------------------------------------------------------------------------------------


def test_the_command_makes_keys_that_fit_and_shows_the_private_one_once(tmp_path, capsys):
    call_command("backup_key", to=str(tmp_path / "key"))
    said = capsys.readouterr().out
    assert keys.SECRET not in said
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    [identity] = keys.private(tmp_path / "key")
    assert str(identity.to_public()) in said

    with pytest.raises(CommandError, match="is there already"):
        call_command("backup_key", to=str(tmp_path / "key"))
    call_command("backup_key")
    assert keys.SECRET in capsys.readouterr().out


def test_a_key_that_cannot_be_read_is_told(tmp_path, settings):
    settings.BACKUP_PUBLIC_KEY = ["age1nonsense"]
    with pytest.raises(Trouble, match="cannot be read"):
        keys.recipients()
    settings.BACKUP_PUBLIC_KEY = []
    with pytest.raises(Trouble, match="not set"):
        keys.recipients()
    (tmp_path / "key").write_text("nothing")
    with pytest.raises(Trouble, match="no private key"):
        keys.private(tmp_path / "key")


def test_two_people_can_each_read_it(tmp_path, settings):
    mine, yours = x25519.Identity.generate(), x25519.Identity.generate()
    settings.BACKUP_PUBLIC_KEY = [str(mine.to_public()), str(yours.to_public())]
    sealed = pyrage.encrypt(b"words", keys.recipients())

    assert pyrage.decrypt(sealed, [mine]) == pyrage.decrypt(sealed, [yours]) == b"words"


# Which stay -------------------------------------------------------------------------------------------------------------


def kept_after(days, every_hours=6, keep_days=28):
    """The names that are left after so many days, with a rotation after each backup."""
    names = set()
    for number in range(int(days * 24 / every_hours)):
        now = NOW + timedelta(hours=number * every_hours)
        names.add(rotation.name_at(now))
        names -= set(rotation.superfluous(names, now, keep_days))
    return sorted(names), now


def test_of_a_year_two_days_two_weeks_and_four_weeks_are_kept():
    names, now = kept_after(365)

    ages = [(now - rotation.moment_of(name)) for name in names]
    assert max(ages) <= timedelta(days=28), "nobody is kept for longer than patients were told"
    assert sum(age <= timedelta(days=2) for age in ages) == 9
    assert sum(timedelta(days=2) < age <= timedelta(days=14) for age in ages) in (12, 13)
    assert sum(timedelta(days=14) < age for age in ages) in (2, 3)


def test_the_newest_three_stay_whatever_the_clock_says():
    names = [rotation.name_at(NOW - timedelta(hours=6 * number)) for number in range(40)]
    a_year_ahead, a_year_back = NOW + timedelta(days=400), NOW - timedelta(days=400)

    assert set(names) - set(rotation.superfluous(names, a_year_ahead, 28)) == set(names[:3])
    assert rotation.superfluous(names, a_year_back, 28) == []


def test_other_files_are_left_alone():
    assert (
        rotation.superfluous(
            ["notes.txt", ".lock", "clinic-old.tar.age", "clinic-20200101T000000Z.tar.age.sha256"], NOW, 28
        )
        == []
    )
