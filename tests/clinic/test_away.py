"""The page for the time when no process answers is written while one does."""

import pytest

from clinic import away
from clinic.models import ClinicProfile
from tests.factories import a_clinic

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(away, "FILE", tmp_path / "away.html")
    return away.FILE


def test_it_says_whom_to_call_in_each_language_and_needs_nothing_from_the_site(file):
    a_clinic()

    away.write()

    page = file.read_text()
    assert page.count("(212) 555-0142") == 3
    assert [f'lang="{code}"' in page for code in ("en", "es", "ar")] == [True] * 3
    assert '<div lang="ar" dir="rtl">' in page
    assert "src=" not in page and "<link" not in page


def test_it_follows_the_profile_and_is_else_left_as_it_is(file):
    a_clinic()
    away.write()
    written = file.stat().st_mtime_ns

    away.write()
    assert file.stat().st_mtime_ns == written

    ClinicProfile.objects.update(phone="+12125550199")
    away.write()
    assert "(212) 555-0199" in file.read_text()
    assert [path.name for path in file.parent.iterdir()] == ["away.html"]
