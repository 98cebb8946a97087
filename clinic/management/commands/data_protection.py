"""The page for the data-protection file: what is held, why, how long, who sees it – from the code and the settings."""

from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.template.loader import render_to_string

from clinic import data_map
from clinic.staff.roles import ROLES

PAGE = settings.BASE_DIR / "docs" / "data-protection.md"
AGAIN = "manage.py data_protection --write docs/data-protection.md"


def page():
    gaps = list(data_map.not_thought_of())
    if gaps:
        raise CommandError(f"clinic/data_map.py says nothing of: {', '.join(gaps)}.")
    context = {"held": data_map.held(), "of_nobody": of_nobody(), "roles": list(ROLES), "settings": settings}
    return render_to_string("data_protection.txt", context)


def of_nobody():
    names = {
        str(model._meta.verbose_name_plural) for model in data_map.tables() if model._meta.label in data_map.OF_NOBODY
    }
    return sorted(name for name in names if "relationship" not in name)


class Command(BaseCommand):
    help = "Print what data of people this site holds, with its own settings: for the clinic's data-protection file."

    def add_arguments(self, parser):
        parser.add_argument("--write", metavar="FILE", type=Path, help="Write it there instead.")
        parser.add_argument(
            "--check", action="store_true", help="Only say whether docs/data-protection.md is up to date."
        )

    def handle(self, *args, write, check, **options):
        text = page()
        if check:
            if not PAGE.exists() or PAGE.read_text() != text:
                raise CommandError(f"docs/data-protection.md is not what the code says. Run: {AGAIN}")
            self.stdout.write("docs/data-protection.md says what the code says.")
        elif write:
            write.write_text(text)
        else:
            self.stdout.write(text)
