"""Make the pair of keys for the backups. Best on another computer: the private one must not lie on the server."""

from django.core.management import BaseCommand, CommandError

from clinic.backups import Trouble, keys


class Command(BaseCommand):
    help = (
        "Make the keys of the backups: the public one for the server's settings, the private one to be kept elsewhere."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--to", metavar="FILE", help="Write the private key there, for its owner alone, and do not show it."
        )

    def handle(self, *args, to, **options):
        try:
            identity = keys.new()
            if to:
                keys.write(identity, to)
        except Trouble as trouble:
            raise CommandError(str(trouble)) from None
        self.stdout.write("For the server's settings, which may be seen by others:\n")
        self.stdout.write(f"    BACKUP_PUBLIC_KEY={identity.to_public()}\n")
        if to:
            self.stdout.write(f"The private key is in {to}. Move it away from the server, to two places.")
        else:
            self.stdout.write(
                "The private key is shown this once. Write it into a text file away from the server, in two places:\n"
            )
            self.stdout.write(f"    {identity}\n")
        self.stdout.write(
            "Without it nobody can read the backups, you neither. Then try it: manage.py restore FILE --key KEYFILE --check"
        )
