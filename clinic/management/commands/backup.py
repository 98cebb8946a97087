"""One backup now: what the worker does by itself every few hours."""

from django.core.management import BaseCommand, CommandError

from clinic.backups import Trouble, make


class Command(BaseCommand):
    help = "Make a backup of the database and the pictures into BACKUP_DIR, and prove it by restoring it for a trial."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--turn", help="Which turn of the worker's plan this is.")

    def handle(self, *args, turn, **options):
        try:
            done = make.run(turn=turn)
        except Trouble as trouble:
            raise CommandError(str(trouble)) from None
        self.stdout.write(f"{done.file}: {done.size / 1e6:.1f} MB, restored for a trial and found the same.")
        if done.missing:
            self.stdout.write(self.style.WARNING(f"{done.missing} picture files were missing on the site's own disk."))
