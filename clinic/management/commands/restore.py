"""Put the site back from a backup, or see whether one could be."""

from django.core.management import BaseCommand, CommandError

from clinic.backups import Trouble
from clinic.backups.restore import restore


class Command(BaseCommand):
    help = "Put database and pictures back from a backup, into a fresh database that then takes the place of the present one."
    requires_system_checks = []  # there may be no database

    def add_arguments(self, parser):
        parser.add_argument("file", help="One of the files in BACKUP_DIR, or a copy of it.")
        parser.add_argument("--key", required=True, metavar="KEYFILE", help="The file with the private key.")
        parser.add_argument(
            "--check", action="store_true", help="Restore beside the site for a trial, and change nothing."
        )
        parser.add_argument(
            "--lose-newer", action="store_true", help="What the site has and the backup has not may go."
        )
        parser.add_argument("--other-secret-key", action="store_true", help="The SECRET_KEY of then is lost for good.")

    def handle(self, file, key, check, lose_newer, other_secret_key, *args, **options):
        chosen = {"check": check, "lose_newer": lose_newer, "other_secret_key": other_secret_key}
        try:
            restore(file, key, say=self.say, **chosen)
        except Trouble as trouble:
            raise CommandError(str(trouble)) from None

    def say(self, text):
        self.stdout.write(text)
        self.stdout.flush()
