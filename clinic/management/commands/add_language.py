"""A further language for the public site: its folder, with all texts to be translated; or all folders brought up to date."""

import os
import re
import shutil
from pathlib import Path

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.commands import makemessages
from django.utils.translation import to_locale

PROGRAMS = ("xgettext", "msgmerge", "msguniq", "msgattrib", "msgfmt")
NOT_PUBLIC = [".venv", "var*", "tests", "benchmarks", "docs", "static", "node_modules"]
HEAD = """# {name}: the words of the public site and of the mails to patients.
# Nobody whose mother tongue it is has reviewed them yet: see docs/languages.md, and write there who did.
msgid ""
msgstr ""
"Project-Id-Version: clinic\\n"
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"
"""
NOT_KEPT = re.compile(r'^"(?:POT-Creation-Date|Report-Msgid-Bugs-To): .*\n', re.MULTILINE)


class Texts(makemessages.Command):
    """A text that is new is empty, never guessed from one that looks like it."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]


class Command(BaseCommand):
    help = "Add a language (add_language fr), or bring all that there are up to date with the texts of the site."

    def add_arguments(self, parser):
        parser.add_argument("code", nargs="?", help="such as fr or pt-br; none: only bring up to date")

    def handle(self, code=None, **options):
        if missing := [name for name in PROGRAMS if not shutil.which(name)]:
            raise CommandError(f"GNU gettext is missing ({missing[0]}). Debian and Ubuntu: sudo apt install gettext")
        if code:
            self.begin(code.lower())
        os.chdir(settings.BASE_DIR)
        self.bring_up_to_date(sorted(path.name for path in settings.LOCALE_PATHS[0].iterdir() if path.is_dir()))

    def begin(self, code):
        if code == settings.LANGUAGE_CODE or not LANG_INFO.get(code, {}).get("name"):
            raise CommandError(f"“{code}” is no further language that Django knows: write a code such as fr or pt-br.")
        file = settings.LOCALE_PATHS[0] / to_locale(code) / "LC_MESSAGES" / "django.po"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            head = HEAD.format(name=LANG_INFO[code]["name"], locale=to_locale(code), plural=plural_of(code))
            file.write_text(head, encoding="utf-8")

    def bring_up_to_date(self, names):
        """All at once: the site's texts are looked for in all its files."""
        call_command(
            Texts(),
            locale=names,
            ignore_patterns=NOT_PUBLIC,
            no_location=True,
            no_wrap=True,
            no_obsolete=True,
            verbosity=0,
        )
        for name in names:
            file = settings.LOCALE_PATHS[0] / name / "LC_MESSAGES" / "django.po"
            text = NOT_KEPT.sub("", file.read_text(encoding="utf-8"))
            file.write_text(text, encoding="utf-8")
            empty = len(re.findall(r'^msgstr(?:\[0\])? ""\n(?!")', text, re.MULTILINE))
            self.stdout.write(f"{file.relative_to(settings.BASE_DIR)}: {empty} texts to translate.")
        call_command("compilemessages", locale=names, ignore_patterns=NOT_PUBLIC, verbosity=0)


def plural_of(code):
    """As Django's own translators count in that language."""
    locale = to_locale(code)
    for name in (locale, locale.partition("_")[0]):
        file = Path(makemessages.__file__).parents[3] / "conf" / "locale" / name / "LC_MESSAGES" / "django.po"
        if file.exists() and (
            found := re.search(r'"Plural-Forms: (.*?)\\n"', joined(file.read_text(encoding="utf-8")))
        ):
            return found[1]
    return "nplurals=2; plural=n != 1;"


def joined(text):
    """Without the breaks of long lines."""
    return re.sub(r'(?<!\\n)"\n"', "", text)
