"""A guide's draft as Markdown or JSON, on standard output."""

from django.core.management import BaseCommand, CommandError

from clinic.languages import OURS
from education.exporting import FORMATS, export
from education.models import Guide


class Command(BaseCommand):
    help = "Write a guide's draft to standard output, to read (markdown) or to import again exactly (json)."

    def add_arguments(self, parser):
        parser.add_argument("slug")
        parser.add_argument(
            "--language", default=OURS, metavar="CODE", help="such as es; without one, the English guide"
        )
        parser.add_argument("--format", choices=FORMATS, default="markdown")

    def handle(self, *args, slug, format, language=OURS, **options):
        guide = Guide.objects.filter(slug=slug, language=language).first()
        if guide is None:
            raise CommandError(f"There is no guide with the address {slug} in the language {language}.")
        self.stdout.write(export(guide.as_exported(), format), ending="")
