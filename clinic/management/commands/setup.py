"""The first run for a clinic: settings, database, who the clinic is, who is told, the mail server, the first manager.

May be run again at any time: what is there is offered as the answer. Nothing secret is printed, but for the key of the
manager's app, and that only to a terminal.
"""

import argparse
import getpass
import os
import re
import secrets
import subprocess
import sys
import time
from contextlib import nullcontext
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, OperationalError, connection
from dotenv import dotenv_values

from appointments import deliveries, emails
from clinic import away, caught_mail, checks, doctor, env_file, first_run
from clinic.network import THIS_COMPUTER
from clinic.staff import second_factor

TRIES = 20  # of one question; who has no answer stops


class Command(BaseCommand):
    help = (
        "Set up the site for a clinic: asks, or takes the answers from the environment (docs/operator.md lists their "
        "names). Run it again to change an answer."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--no-input", action="store_true", help="Ask nothing: everything from the environment.")
        parser.add_argument("--all", action="store_true", help="Ask for what is known of the clinic, too.")
        parser.add_argument("--ask", action="append", default=[], metavar="NAME", help="Ask for this setting again.")
        parser.add_argument(
            "--without-static", action="store_true", help="The static files are collected already, as in a container."
        )
        parser.add_argument(
            "--database-within", type=int, default=0, metavar="SECONDS", help="Wait so long for a database that starts."
        )
        parser.add_argument("--unwritten", default="", help=argparse.SUPPRESS)

    def handle(self, *args, no_input, all, ask, without_static, database_within, unwritten, **options):
        self.no_input, self.everything, self.without_static = no_input, all, without_static
        self.database_within = database_within
        self.unwritten = list(filter(None, unwritten.split(",")))
        try:
            if changed := self.unanswered(ask):
                self.go_on_with(changed)  # does not come back
            self.database()
            self.place()
            self.mail()
            self.manager()
            self.finish()
        except (KeyboardInterrupt, EOFError):
            raise CommandError("Stopped. What was answered is kept: run it again to go on.", returncode=130) from None

    # Settings ---------------------------------------------------------------------------------------------------------

    def unanswered(self, again):
        """{name: value} of what must be written down before the site can start as a clinic's."""
        changed, written = {}, dotenv_values(settings.ENV_FILE)
        for name, ask in self.questions().items():
            given = os.environ.get(name)
            if name in again or not (given or written.get(name)):
                self.ask_setting(name, ask, changed)
            elif given and given != written.get(name) and name not in self.unwritten:
                changed[name] = given
        while sentence := what_settings_say(changed):
            culprit = next((name for name in self.questions() if name in sentence), None)
            if self.no_input or not culprit:
                raise CommandError(sentence)
            self.say(f"  {sentence}")
            self.ask_setting(culprit, self.questions()[culprit], changed)
        return changed

    def questions(self):
        """{name: function that asks}, in the order in which they are asked. One without a function answers itself."""
        return {
            "CLINIC_ENV": lambda: "production",
            "SECRET_KEY": lambda: secrets.token_urlsafe(50),
            "SITE_URL": lambda: self.ask("SITE_URL", "Address that patients type", "", example="https://…"),
            "DATABASE_URL": lambda: self.ask(
                "DATABASE_URL",
                "PostgreSQL database",
                "postgres:///clinic",
                example="postgres://user:password@host/name",
            ),
            "DATA_DIR": lambda: self.ask("DATA_DIR", "Folder for pictures and files", str(settings.DATA_DIR)),
            "EMAIL_URL": self.ask_mail_server,
            "DEFAULT_FROM_EMAIL": lambda: self.ask(
                "DEFAULT_FROM_EMAIL", "Sender of the site's mail", "", first_run.mailboxes, example="clinic@…"
            )[0],
            "TRUSTED_PROXIES": lambda: self.ask("TRUSTED_PROXIES", "Proxies in front (nginx is one)", "1"),
            "TIME_ZONE": lambda: self.ask("TIME_ZONE", "Time zone", settings.TIME_ZONE, a_zone),
            "PHONE_REGION": lambda: self.ask(
                "PHONE_REGION", "Country of phone numbers", settings.PHONENUMBER_DEFAULT_REGION, example="US, GB, ES"
            ),
        }

    def ask_setting(self, name, ask, changed):
        os.environ.pop(name, None)
        changed[name] = os.environ[name] = ask()

    def ask_mail_server(self):
        if self.no_input:
            return self.ask("EMAIL_URL", "Mail server", "")
        self.say("\nThe mail server that sends the site's mail:")
        host = self.ask("", "  Name of the server", "", example="mail.example.org")
        way = self.ask("", "  Encryption: tls (port 587), ssl (port 465) or none (port 25)", "tls", encryption)
        port = self.ask("", "  Port", {"smtp+tls": "587", "smtp+ssl": "465", "smtp": "25"}[way], a_port)
        user = self.ask("", "  User name (empty: none)", "", str)
        password = quote(getpass.getpass("  Password: "), safe="") if user else ""
        return mail_address(way, host, port, f"{quote(user, safe='')}:{password}@" if user else "")

    def go_on_with(self, changed):
        """Write down what was answered, then begin again in a process that has read it."""
        if self.no_input or self.agrees(
            f"Write these settings to {os.path.realpath(settings.ENV_FILE)}, for you alone to read?"
        ):
            try:
                env_file.write(settings.ENV_FILE, changed)
            except OSError as error:
                raise CommandError(f"{settings.ENV_FILE} could not be written: {error.strerror}.") from None
            self.say(f"Written: {', '.join(changed)}.")
        else:
            self.unwritten += changed
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "setup"]
        command += ["--no-input"] * self.no_input + ["--all"] * self.everything
        command += ["--without-static"] * self.without_static
        command += ["--database-within", str(self.database_within)]
        sys.stdout.flush()
        os.execv(command[0], [*command, "--unwritten", ",".join(self.unwritten)])

    # Database ---------------------------------------------------------------------------------------------------------

    def database(self):
        self.say("\nThe database …")
        try:
            self.connect()
            self.check(databases=["default"])
            call_command("migrate", interactive=False, verbosity=0)
        except DatabaseError as error:
            self.mend("DATABASE_URL", f"The database does not answer: {' '.join(str(error).split())}")
        except SystemCheckError as error:
            raise CommandError(str(error)) from None
        self.say("  answers, and is up to date.")

    def connect(self):
        """As soon as the database takes somebody: an engine without health checks starts all of compose.yaml at once."""
        until, said = time.monotonic() + self.database_within, False
        while True:
            try:
                return connection.ensure_connection()
            except OperationalError as error:
                if time.monotonic() > until:
                    raise
                if not said:
                    self.say(
                        f"  Not yet: {' '.join(str(error).split())} Waiting for up to {self.database_within} seconds …"
                    )
                said = True
                time.sleep(1)

    def mend(self, name, trouble):
        """Ask for one setting again."""
        if self.no_input:
            raise CommandError(f"{trouble} Check {name}.")
        self.say(f"  {trouble}")
        changed = {}
        self.ask_setting(name, self.questions()[name], changed)
        self.go_on_with(changed)

    # The clinic -------------------------------------------------------------------------------------------------------

    def place(self):
        self.say("\nThe clinic. All of it can be changed later, in the admin.")
        known, one = first_run.profile(), first_run.one_fact
        number = "" if known._state.adding else known.emergency_number
        facts = {
            "name": self.answer("CLINIC_NAME", "Name", known.name, one("name")),
            "phone": self.answer("CLINIC_PHONE", "Phone that patients call", known.phone, one("phone")),
            "emergency_number": self.answer(
                "SETUP_EMERGENCY_NUMBER", "Emergency number", number, one("emergency_number"), default="911"
            ),
        }
        try:
            first_run.store_profile(**facts)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        hours = first_run.week_as_words()
        example = "Mon-Fri 8:30-12:30 13:15-17:00, Sat 9-12"
        first_run.store_week(self.answer("SETUP_HOURS", "Opening hours", hours, first_run.week, example=example))
        services = ", ".join(first_run.Service.objects.offered().values_list("name", flat=True))
        example = "An X-ray, An injection, A question"
        first_run.offer(self.answer("SETUP_SERVICES", "Services", services, first_run.names, example=example))
        told = ", ".join(first_run.Recipient.objects.active().values_list("email", flat=True))
        what = "Who is told by e-mail of each request"
        first_run.tell(self.answer("SETUP_RECIPIENTS", what, told, first_run.mailboxes, example="desk@…"))

    def answer(self, name, question, known, clean, *, default="", example=""):
        """What is stored already is asked for only with --all: somebody may have changed it in the admin since."""
        if known and not self.everything:
            return clean(known)
        return self.ask(name, question, known or default, clean, example=example)

    # Mail -------------------------------------------------------------------------------------------------------------

    def mail(self):
        self.say("\nThe mail server …")
        if caught_mail.is_caught():
            raise CommandError("EMAIL_URL is not set: mail would reach nobody.")
        # A container does it each time: from the second on nothing here may keep patients from the site.
        self.is_a_start = self.no_input and first_run.managers().exists()
        if trouble := deliveries.try_out():
            if self.is_a_start:
                self.say(f"  {trouble} The site starts all the same: staff are told of requests once mail goes out.")
                return
            self.mend("EMAIL_URL", trouble)
        self.say("  answers.")
        if self.is_a_start:
            return
        first = first_run.Recipient.objects.active().first()
        to = self.ask("SETUP_TEST_MAIL_TO", "Send a test mail to", first.email, first_run.mailboxes)[0]
        if trouble := deliveries.try_out(emails.trial(to)):
            self.mend("EMAIL_URL", trouble)
        self.say(f"  has taken a test mail to {to}. See whether it arrives, and look among the spam, too.")

    # The first manager ------------------------------------------------------------------------------------------------

    def manager(self):
        self.say("\nThe first manager makes accounts for all others, in the admin under Users.")
        if known := first_run.managers().first():
            self.say(f"  There is one: {known.get_username()}.")
            return
        key = self.ask("SETUP_MANAGER_APP_KEY", "Key of the app", "", an_app_key) if self.no_input else ""
        for _ in range(TRIES):
            manager = first_run.Manager(
                self.ask("SETUP_MANAGER", "User name", "", str),
                self.ask("SETUP_MANAGER_EMAIL", "E-mail (empty: none)", "", str),
                self.password(),
            )
            try:
                user = manager.store()
            except ValidationError as error:
                if self.no_input:
                    raise CommandError(f"SETUP_MANAGER: {' '.join(error.messages)}") from None
                self.say("  " + " ".join(error.messages))
                continue
            self.say(f"  {user.get_username()} can sign in, as {' and '.join(first_run.ROLES_OF_THE_FIRST)}.")
            self.second_factor(user, key)
            return
        raise CommandError("No manager was made: run it again.")

    def password(self):
        if self.no_input:
            return self.ask("SETUP_MANAGER_PASSWORD", "Password", "", str)
        self.say("  A password of at least 15 characters, such as four words that do not belong together.")
        while True:
            first = getpass.getpass("  Password: ")
            if first == getpass.getpass("  Once more: "):
                return first
            self.say("  These are not the same.")

    def second_factor(self, user, key):
        """The app's key is for a person's eyes: where the output may be kept, the app is set up at the first sign-in."""
        if key:
            TOTP.activate(user, key)
            self.say(f"  With the key that was given: {second_factor.summary(user)}.")
            return
        if self.no_input or not sys.stdout.isatty() or not self.agrees("Set up the app for the second step now?"):
            self.say("  The first sign-in asks to set up an app or a passkey: sign in soon, before somebody else does.")
            return
        key = generate_totp_secret()
        self.say(f"\n  In the app choose “enter a key” and type:\n\n      {key}\n")
        for _ in range(TRIES):
            if validate_totp_code(key, input("  Code that the app shows: ").replace(" ", "")):
                TOTP.activate(user, key)
                self.say(f"  Done: {second_factor.summary(user)}. Recovery codes wait under “Your account”.")
                return
            self.say("  That is not the code. Is the phone's clock right?")

    # The end ----------------------------------------------------------------------------------------------------------

    def finish(self):
        self.say("\nChecks …")
        try:
            with checks.lines_left_to_the_doctor() if self.is_a_start else nullcontext():
                self.check(databases=["default"], include_deployment_checks=True, fail_level=30)
        except SystemCheckError as error:
            raise CommandError(str(error)) from None
        if not self.without_static:
            call_command("collectstatic", interactive=False, verbosity=0)
        away.write_if_possible(self.say)
        for finding in doctor.thorough():
            if finding.level != doctor.OK and finding.name not in ("worker", "backups"):
                self.say(f"  {finding.level}: {finding.says} {finding.do}")
        if self.unwritten:
            self.say(f"\nSet these where the service reads its environment: {', '.join(self.unwritten)}.")
        self.say(
            f"\nReady. Start the site and the worker (docs/operator.md), then open {settings.SITE_URL}/admin/\n"
            "Keep SECRET_KEY in a safe place as well: without it staff's apps and erased patients are not known again."
        )

    # Asking -----------------------------------------------------------------------------------------------------------

    def ask(self, name, question, default, clean=None, *, example=""):
        """The cleaned answer: from the environment, or from a person who is asked until it can be used."""
        clean = clean or not_empty
        if self.no_input or os.environ.get(name):
            try:
                return clean(os.environ.get(name) or default)
            except ValidationError as error:
                raise CommandError(f"Set {name} ({question}): {' '.join(error.messages)}") from None
        hint = f" [{default}]" if default else f" (such as {example})" if example else ""
        for _ in range(TRIES):
            try:
                return clean(input(f"{question}{hint}: ").strip() or default)
            except ValidationError as error:
                self.say("  " + " ".join(error.messages))
        raise CommandError("Stopped: no answer could be used.")

    def agrees(self, question):
        return input(f"{question} [Y/n] ").strip().lower() in ("", "y", "yes")

    def say(self, text):
        self.stdout.write(text)
        self.stdout.flush()


def an_app_key(text):
    """Of 20 bytes, as apps take them; or none: then the first sign-in sets one up."""
    key = text.replace(" ", "").upper()
    if key and not re.fullmatch(r"[A-Z2-7]{32}", key):
        raise ValidationError("Give 32 letters and digits (A to Z, 2 to 7), as an app takes them for a key.")
    return key


def what_settings_say(changed):
    """The sentence with which a start would end, or nothing: the settings themselves judge."""
    if not changed:
        return ""
    start = subprocess.run(
        [sys.executable, "-c", "import clinic.settings"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **changed},
        capture_output=True,
        text=True,
    )
    return "" if start.returncode == 0 else (start.stderr.strip().splitlines() or ["The settings cannot be read."])[-1]


def not_empty(text):
    if not text:
        raise ValidationError("This is needed.")
    return text


def a_zone(text):
    try:
        ZoneInfo(text)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValidationError(f"“{text}” is no time zone. Write one such as Europe/Madrid.") from None
    return text


def encryption(text):
    known = {"tls": "smtp+tls", "ssl": "smtp+ssl", "none": "smtp"}
    if text not in known:
        raise ValidationError("Write tls, ssl or none.")
    return known[text]


def mail_address(way, host, port, who=""):
    """EMAIL_URL. Who answers that there is no encryption means it."""
    meant = "?in_clear=yes" if way == "smtp" and host not in THIS_COMPUTER else ""
    return f"{way}://{who}{host}:{port}{meant}"


def a_port(text):
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ValidationError("Write a number from 1 to 65535.")
    return text
