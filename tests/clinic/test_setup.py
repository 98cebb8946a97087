"""`manage.py setup`, run for real: by a person at a terminal, and by a machine."""

import os
import pty
import pwd
import re
import select
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from clinic import env_file
from clinic.management.commands.setup import mail_address
from tests.appointments.mail_server import MailServer, free_port
from tests.postgresql import Server, find_programs

ROOT = Path(__file__).parent.parent.parent
PASSWORD = "seven lanterns near harbor"
pytestmark = pytest.mark.once


@pytest.fixture
def mail_server():
    with MailServer().running() as server:
        yield server


@pytest.fixture
def bare(tmp_path):
    """The environment of somebody who has set nothing but where to keep things."""
    facts = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return facts | {"ENV_FILE": str(tmp_path / "env"), "DATA_DIR": str(tmp_path / "data"), "TERM": "dumb"}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """A database that holds nothing yet, made once: a busy disk takes a minute for all its tables."""
    folder = tmp_path_factory.mktemp("migrated")
    facts = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"],
        cwd=ROOT,
        env=facts | {"ENV_FILE": str(folder / "none"), "DATA_DIR": str(folder)},
        check=True,
    )
    return folder / "clinic.sqlite3"


@pytest.fixture
def answers(tmp_path, mail_server, migrated):
    (tmp_path / "data").mkdir()
    shutil.copy(migrated, tmp_path / "data" / "clinic.sqlite3")
    return {
        "SITE_URL": "https://clinic.example.org",
        "DATABASE_URL": f"sqlite:///{tmp_path}/data/clinic.sqlite3",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
        "DEFAULT_FROM_EMAIL": "clinic@example.org",
        "CLINIC_NAME": "Elm Street Clinic",
        "CLINIC_PHONE": "+1 212-555-0143",
        "SETUP_HOURS": "Mon-Fri 9-17",
        "SETUP_SERVICES": "An X-ray, A question",
        "SETUP_RECIPIENTS": "desk@example.org",
        "SETUP_MANAGER": "robin",
        "SETUP_MANAGER_PASSWORD": PASSWORD,
    }


def manage(*arguments, environment):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def ask_the_site(bare, question):
    code = f"from clinic.models import *; from appointments.models import *; from django.contrib.auth.models import User; print({question})"
    return manage("shell", "-v0", "-c", code, environment=bare).stdout.strip()


def test_a_machine_answers_by_its_environment_and_may_do_so_again(bare, answers, mail_server):
    first = manage("setup", "--no-input", "--without-static", environment=bare | answers)

    assert first.returncode == 0, first.stderr + first.stdout
    assert "Ready." in first.stdout
    assert [to for to, _ in mail_server.accepted] == ["desk@example.org"]
    path = Path(bare["ENV_FILE"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = re.search(r"SECRET_KEY='(.{60,})'", path.read_text())[1]
    for secret in (key, PASSWORD):
        assert secret not in first.stdout + first.stderr

    again = manage("setup", "--no-input", "--without-static", environment=bare | {"CLINIC_NAME": "Another name"})

    assert again.returncode == 0, again.stderr
    assert key in path.read_text(), "a new key would end all that the old one has signed"
    assert ask_the_site(bare, "ClinicProfile.objects.get().name") == "Elm Street Clinic", "somebody may have changed it"
    assert ask_the_site(bare, "OpeningHours.objects.count(), Service.objects.count(), User.objects.count()") == "5 2 1"


def test_at_a_later_start_mail_that_is_down_stops_nothing_and_no_test_mail_is_sent(bare, answers, mail_server):
    """A container sets itself up each time: patients must be able to ask, whatever the mail does."""
    assert manage("setup", "--no-input", "--without-static", environment=bare | answers).returncode == 0
    assert len(mail_server.accepted) == 1

    again = manage("setup", "--no-input", "--without-static", environment=bare)
    assert (again.returncode, len(mail_server.accepted)) == (0, 1)
    assert "The mail server …\n  answers." in again.stdout

    gone = manage(
        "setup", "--no-input", "--without-static", environment=bare | {"EMAIL_URL": f"smtp://127.0.0.1:{free_port()}"}
    )
    assert gone.returncode == 0, gone.stderr
    assert "The site starts all the same" in gone.stdout
    assert "Ready." in gone.stdout

    in_clear = manage(
        "setup", "--no-input", "--without-static", environment=bare | {"EMAIL_URL": "smtp://mail.invalid"}
    )
    assert in_clear.returncode == 0, in_clear.stderr
    assert "FAULT: Mail goes to mail.invalid unencrypted" in in_clear.stdout
    assert "Ready." in in_clear.stdout


def test_a_first_set_up_asks_whether_mail_in_clear_is_meant(bare, answers):
    """The twin: somebody is there to decide it. 127.0.0.2 stands for another computer."""
    with MailServer().running(host="0.0.0.0") as server:
        elsewhere = {"EMAIL_URL": f"smtp://127.0.0.2:{server.port}"}
        refused = manage("setup", "--no-input", "--without-static", environment=bare | answers | elsewhere)

    assert refused.returncode == 1
    assert "clinic.E017" in refused.stderr


def test_at_the_first_start_mail_that_is_down_stops_the_set_up(bare, answers):
    facts = bare | answers | {"EMAIL_URL": f"smtp://127.0.0.1:{free_port()}"}

    assert "Check EMAIL_URL." in manage("setup", "--no-input", "--without-static", environment=facts).stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can be somebody else")
def test_root_leaves_no_files_among_those_of_the_site_s_own_user(bare):
    data = Path(bare["DATA_DIR"])
    data.mkdir()
    os.chown(data, pwd.getpwnam("nobody").pw_uid, -1)

    done = manage("doctor", environment=bare)

    assert done.returncode == 1
    assert "You are root" in done.stderr
    assert "runuser -u nobody -- .venv/bin/python manage.py …" in done.stderr
    assert list(data.iterdir()) == []
    os.chown(data, 0, -1)
    assert "The database" in manage("doctor", environment=bare).stdout, "twin: root's own folder"


def test_a_machine_may_bring_the_key_of_the_managers_app(bare, answers):
    """So that whoever knows the password first cannot set the second step up for themselves."""
    key = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    facts = bare | answers | {"SETUP_MANAGER_APP_KEY": key[:-1]}
    refused = manage("setup", "--no-input", "--without-static", environment=facts)
    assert "Give 32 letters and digits" in refused.stderr

    spaced = " ".join(re.findall("....", key.lower()))
    done = manage("setup", "--no-input", "--without-static", environment=facts | {"SETUP_MANAGER_APP_KEY": spaced})

    assert done.returncode == 0, done.stderr
    assert key not in done.stdout + done.stderr
    question = "[a.type + ' ' + a.wrap().__class__.__name__ for a in User.objects.get().authenticator_set.all()]"
    assert ask_the_site(bare, question) == "['totp TOTP']"
    code = "from allauth.mfa.models import Authenticator; print(Authenticator.objects.get().wrap().validate_code('%s'))"
    code %= format_hotp_value(hotp_value(key, int(time.time()) // 30))
    assert manage("shell", "-v0", "-c", code, environment=bare).stdout.strip() == "True"


def test_a_machine_may_wait_for_a_database_that_starts(bare, answers):
    """As in compose.yaml, with an engine that starts all at once."""
    programs = find_programs()
    if not programs:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="clinic-pg-", dir="/tmp"))
    server = Server(programs, folder)
    try:
        server.make()
        url = f"postgres://clinic@{quote(str(folder), safe='')}/postgres"
        facts = bare | answers | {"DATABASE_URL": url}
        command = [sys.executable, "manage.py", "setup", "--no-input", "--without-static", "--database-within"]
        kinds = {"env": facts, "cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}

        too_early = subprocess.run([*command, "1"], **kinds)
        assert "The database does not answer" in too_early.stderr

        with subprocess.Popen([*command, "300"], **kinds) as setting_up:
            until_it_says(setting_up, "The database …")
            server.start()
            said, trouble = setting_up.communicate(timeout=300)
        assert "Ready." in said, said + trouble
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def until_it_says(process, words):
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"SITE_URL": ""}, "Set SITE_URL"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL cannot be read"),
        ({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}, "The database does not answer"),
        ({"EMAIL_URL": "mail.example.org"}, "EMAIL_URL cannot be read"),
        ({"EMAIL_URL": "smtp://127.0.0.1:1"}, "could not be reached"),
        ({"TIME_ZONE": "Elm/Street"}, "TIME_ZONE is"),
        ({"CLINIC_PHONE": "none"}, "Set CLINIC_PHONE"),
        ({"SETUP_HOURS": "always"}, "Set SETUP_HOURS"),
        ({"SETUP_RECIPIENTS": "desk"}, "Set SETUP_RECIPIENTS"),
        ({"SETUP_MANAGER_PASSWORD": "short"}, "at least 15 characters"),
        ({"SITE_URL": "http://clinic.example.org"}, "clinic.E012"),
    ],
)
def test_a_wrong_answer_is_one_clear_error(bare, answers, wrong, says):
    said = manage("setup", "--no-input", "--without-static", environment=bare | answers | wrong)

    assert said.returncode == 1
    assert says in said.stderr
    assert "Traceback" not in said.stderr


class Terminal:
    """A person who types: `manage.py` at a terminal of its own."""

    def __init__(self, environment, *arguments):
        self.pid, self.line = pty.fork()
        if not self.pid:
            os.chdir(ROOT)
            os.execve(sys.executable, [sys.executable, "manage.py", *arguments], environment)
        self.said, self.seen = "", 0

    def read_on(self, until):
        """What is said until something ends in these words."""
        deadline = time.monotonic() + 60
        while until not in self.said[self.seen :]:
            assert time.monotonic() < deadline, self.said
            if select.select([self.line], [], [], 1)[0]:
                try:
                    self.said += os.read(self.line, 4096).decode(errors="replace")
                except OSError:  # it has ended
                    assert until in self.said[self.seen :], self.said
        begin, self.seen = self.seen, self.said.index(until, self.seen) + len(until)
        return self.said[begin : self.seen]

    def answer(self, question, text=""):
        self.read_on(question)
        self.read_on(": " if not question.endswith("] ") else "")
        time.sleep(0.05)  # getpass throws away what was typed before it asked
        os.write(self.line, text.encode() + b"\n")

    def end(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_person_is_asked_until_the_answers_can_be_used(bare, answers, mail_server):
    terminal = Terminal(bare, "setup", "--without-static")
    terminal.answer("Address that patients type", answers["SITE_URL"])
    terminal.answer("PostgreSQL database", "what is that")
    terminal.answer("Name of the server", "127.0.0.1")
    terminal.answer("Encryption", "perhaps")
    terminal.answer(
        "Write tls, ssl or none.\r\n  Encryption: tls (port 587), ssl (port 465) or none (port 25) [tls]", "none"
    )
    terminal.answer("  Port", str(mail_server.port))
    terminal.answer("  User name (empty")
    terminal.answer("Sender of the site", "clinic@example.org")
    terminal.answer("Proxies in front")
    terminal.answer("Time zone", "Mars/Crater")
    terminal.answer("is no time zone. Write one such as Europe/Madrid.\r\nTime zone", "Europe/Madrid")
    terminal.answer("Country of phone", "ES")
    terminal.answer(
        "DATABASE_URL cannot be read: write postgres://user:password@host/name.\r\nPostgreSQL database",
        answers["DATABASE_URL"],
    )
    terminal.answer("for you alone to read? [Y/n] ")
    terminal.answer("\nName", "Elm Street Clinic")
    terminal.answer("Phone that patients call", "no idea")
    terminal.answer("Write a phone number that people can dial.\r\nPhone that patients call", "+34 910 555 0143")
    terminal.answer("Emergency number", "112")
    terminal.answer("Opening hours", "Mon-Fri 9-17")
    terminal.answer("Services", "A question")
    terminal.answer("Who is told", "desk@example.org")
    terminal.answer("Send a test mail to")
    terminal.answer(
        "\n  has taken a test mail to desk@example.org. See whether it arrives, and look among the spam, too.\r\n\r\nThe first manager makes accounts for all others, in the admin under Users.\r\nUser name",
        "robin",
    )
    terminal.answer("E-mail (empty")
    terminal.answer("Password", PASSWORD)
    terminal.answer("Once more", "something else entirely")
    terminal.answer("Password", PASSWORD)
    terminal.answer("Once more", PASSWORD)
    terminal.answer("second step now? [Y/n] ")
    key = re.search(r"\s([A-Z2-7]{32})\s", terminal.read_on("Code that the app shows"))[1]
    terminal.seen -= len("Code that the app shows")
    terminal.answer("Code that the app shows", "000000")
    terminal.answer(
        "That is not the code. Is the phone's clock right?\r\n  Code that the app shows",
        format_hotp_value(hotp_value(key, int(time.time()) // 30)),
    )
    terminal.read_on("Ready. Start the site")

    assert terminal.end() == 0, terminal.said
    assert PASSWORD not in terminal.said
    assert "FAULT:" not in terminal.said
    assert (
        ask_the_site(bare, "[str(g) for g in User.objects.get().groups.order_by('name')]")
        == "['Clinic manager', 'Lead']"
    )
    assert ask_the_site(bare, "User.objects.get().authenticator_set.count() > 0") == "True"
    deployed = manage("check", "--deploy", "--fail-level", "WARNING", environment=bare)
    assert deployed.returncode == 0, deployed.stderr


@pytest.mark.parametrize(
    ("answers", "address"),
    [
        (("smtp+tls", "mail.example.org", "587", "me:secret@"), "smtp+tls://me:secret@mail.example.org:587"),
        (("smtp", "127.0.0.1", "25"), "smtp://127.0.0.1:25"),
        (("smtp", "relay.example.org", "25"), "smtp://relay.example.org:25?in_clear=yes"),
    ],
)
def test_who_answers_that_there_is_no_encryption_has_said_that_it_is_meant(answers, address):
    assert mail_address(*answers) == address


def test_the_file_of_settings_keeps_what_else_stands_in_it(tmp_path):
    path, link = tmp_path / "real", tmp_path / "env"
    path.write_text("# mine\nKEEP_SPAM_DAYS=7\nSITE_URL=old\nexport SITE_URL = older\n")
    link.symlink_to(path)

    env_file.write(link, {"SITE_URL": "it's \\ new", "SECRET_KEY": "x"})

    assert link.is_symlink()
    assert path.read_text() == "# mine\nKEEP_SPAM_DAYS=7\nSITE_URL='it\\'s \\\\ new'\nSECRET_KEY='x'\n"
    read = subprocess.run(
        [sys.executable, "-c", f"import dotenv; print(dotenv.dotenv_values({str(link)!r})['SITE_URL'])"],
        capture_output=True,
        text=True,
    )
    assert read.stdout == "it's \\ new\n"


def test_a_folder_that_cannot_be_made_is_one_sentence(bare):
    said = manage("setup", environment=bare | {"DATA_DIR": "/proc/nowhere"})

    assert said.returncode == 1
    assert "Set DATA_DIR" in said.stderr
