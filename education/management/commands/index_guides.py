from django.core.management import BaseCommand
from django.db import connection

from education.models import ShelfEntry
from education.spelling import allow_trigrams


class Command(BaseCommand):
    help = "Write anew what the lists and the search know of the published guides."

    def handle(self, *args, **options):
        if connection.vendor == "postgresql" and not allow_trigrams(connection):
            self.stderr.write(
                "Without pg_trgm the search forgives fewer misspellings. The database's owner can allow it: "
                "CREATE EXTENSION pg_trgm"
            )
        ShelfEntry.objects.rebuild()
        self.stdout.write(f"Guides on the shelf: {ShelfEntry.objects.count()}.")
