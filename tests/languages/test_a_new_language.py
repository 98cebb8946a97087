"""docs/languages.md, step by step: one command and a folder, and the site speaks a language more."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(
        not shutil.which("msgmerge"), reason="GNU gettext is not installed: only who adds a language needs it"
    ),
]
ROOT = Path(__file__).parent.parent.parent
PARTS = ("clinic", "education", "appointments", "templates", "locale", "static", "manage.py")
FRENCH = {"Home": "Accueil", "Phone number": "Numéro de téléphone", "Request an appointment": "Demander un rendez-vous"}
ASK = """
import json
from django.test import Client
from django.test.utils import setup_test_environment
from clinic.models import Service
setup_test_environment()
Service.objects.create(name="Imaging", slug="imaging")  # a clinic that offers none has no form
client = Client()
answers = {path: client.get(path) for path in ("/fr/", "/fr/guides/", "/fr/request/", "/")}
print(json.dumps({path: [answer.status_code, answer.content.decode()] for path, answer in answers.items()}))
"""


@pytest.fixture
def project(tmp_path, db):
    """The site in another place, where a language may be added. Its database is a copy of the tests' own."""
    for name in PARTS:
        source, target = ROOT / name, tmp_path / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    (tmp_path / "data").mkdir()
    with (
        closing(sqlite3.connect(connection.settings_dict["NAME"])) as ours,
        closing(sqlite3.connect(tmp_path / "data/clinic.sqlite3")) as theirs,
    ):
        ours.backup(theirs)
    return tmp_path


def manage(project, *arguments, given=None):
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=project,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "DATA_DIR": str(project / "data")},
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pages(project):
    """{path: (status, page)}, of a process that has begun since."""
    return json.loads(manage(project, "shell", "--no-imports", "-c", ASK).splitlines()[-1])


def test_one_command_and_a_folder_add_a_language(project, client):
    """Before it there is none; filled in only in part, the rest is in English."""
    assert client.get("/fr/").status_code == 404

    said = manage(project, "add_language", "fr")
    file = project / "locale/fr/LC_MESSAGES/django.po"
    assert "locale/fr/LC_MESSAGES/django.po: " in said and "texts to translate" in said
    empty = file.read_text(encoding="utf-8")
    filled = empty
    for ours, theirs in FRENCH.items():
        assert f'msgid "{ours}"\nmsgstr ""' in empty, ours
        filled = filled.replace(f'msgid "{ours}"\nmsgstr ""', f'msgid "{ours}"\nmsgstr "{theirs}"')
    file.write_text(filled, encoding="utf-8")
    manage(project, "add_language")

    assert file.read_text(encoding="utf-8") == filled  # nothing that was filled in is lost
    answers = pages(project)
    for path in ("/fr/", "/fr/guides/", "/fr/request/"):
        status, page = answers[path]
        assert (status, '<html lang="fr">' in page) == (200, True), path
        assert "Accueil" in page, path
    for path, (_, page) in answers.items():
        theirs = "/fr" + path.removeprefix("/fr")
        assert re.search(rf'<(a|button) [^>]*="{theirs}"[^>]* lang="fr" dir="ltr"[^>]*>Français</', page), path
        assert re.search(rf'<link rel="alternate" hreflang="fr" href="https?://[^/"]+{theirs}">', page), path
    assert "Numéro de téléphone" in answers["/fr/request/"][1] and "Phone number" not in answers["/fr/request/"][1]
    assert "Check my answers" in answers["/fr/request/"][1]  # not translated yet
