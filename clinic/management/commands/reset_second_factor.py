"""For whoever runs the site and has lost phone and recovery codes: everybody else asks a manager, in the admin."""

from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError

from clinic.staff import second_factor, sessions


class Command(BaseCommand):
    help = "Take somebody's app, passkeys and recovery codes away: they set up new ones when they sign in."

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *args, username, **options):
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"Nobody here has the user name {username}.")
        second_factor.reset(user)
        sessions.end(user)
        self.stdout.write(f"Done. {username} signs in with the password and sets up a new second factor.")
