"""A new release meets the database of the one before: look, refuse what would lose data, then bring all up to date."""

import time
from contextlib import contextmanager

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, OperationalError, connection

from clinic import away, checks, doctor, upgrading

LOCK_WAITS = "3s"  # for a table: whoever wants it after us waits as long, too
TRIES = 10
PAUSE = 2  # seconds, in which those that came meanwhile are served


class Command(BaseCommand):
    help = "Bring database, static files and search up to date after a new release; --plan only looks."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--plan", action="store_true", help="Say what would be done, and do nothing.")
        parser.add_argument("--backup-is-made", action="store_true", help="You have made a backup by other means.")
        parser.add_argument("--all-is-stopped", action="store_true", help="No web or worker process runs any more.")
        parser.add_argument(
            "--lose", action="append", default=[], metavar="MIGRATION", help="This one may delete data."
        )
        parser.add_argument("--without-static", action="store_true", help="The static files are collected already.")

    def handle(self, *args, plan, backup_is_made, all_is_stopped, lose, without_static, **options):
        try:
            connection.ensure_connection()
            wanted = upgrading.plan()
            self.tell(wanted)
            refusals = list(self.refusals(wanted, backup_is_made, all_is_stopped, set(lose)))
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {' '.join(str(error).split())}") from None
        if plan:
            for sentence in refusals:
                self.stdout.write(sentence)
            return
        if refusals:
            raise CommandError("\n".join(refusals))
        if not without_static:
            self.stdout.write("Collecting the static files …")
            call_command("collectstatic", interactive=False, verbosity=0)
        self.migrate()
        self.look()

    def tell(self, wanted):
        self.stdout.write(f"Migrations due: {', '.join(wanted.due) or 'none'}.")
        for risk in wanted.risks:
            says = "LOSES DATA" if risk.loses else "The version that runs now cannot go on beside it"
            self.stdout.write(f"  {risk.migration} {risk.what}. {says}.")

    def refusals(self, wanted, backup_is_made, all_is_stopped, lose):
        """Sentences; each says what to do."""
        if wanted.unknown:
            yield (
                f"The database is newer than this release: it has {', '.join(wanted.unknown)}. Nothing was changed. "
                "Install that release again, or restore a backup from before it."
            )
            return
        if losing := {risk.migration for risk in wanted.losses} - lose:
            chosen = " ".join(f"--lose {name}" for name in sorted(losing))
            yield f"Data would be deleted, see above. Read the release's notes; to go on: manage.py upgrade {chosen}"
        if wanted.stops and not all_is_stopped:
            yield (
                "The version that runs now would fail on the changed tables. Stop its web and worker processes, then: "
                "manage.py upgrade --all-is-stopped"
            )
        if wanted.due and upgrading.has_patients() and not backup_is_made and not upgrading.is_backed_up():
            yield (
                "No backup of the last 24 hours is known. Make one (docs/when-it-burns.md); if you have one that is not "
                "this site's own: manage.py upgrade --backup-is-made"
            )

    def migrate(self):
        """Without holding up those who read and write: a table that is busy is asked for again, a little later."""
        self.stdout.write("Migrating …")
        for tries_left in reversed(range(TRIES)):
            try:
                with giving_way():
                    call_command("migrate", interactive=False, verbosity=0)
                return
            except OperationalError as error:
                text = " ".join(str(error).split())
                if "unsupported startup parameter" in text:
                    raise CommandError(
                        "DATABASE_URL leads to PgBouncer. Migrate on PostgreSQL itself: "
                        "DATABASE_URL=postgres://… manage.py upgrade"
                    ) from None
                if "lock timeout" not in text or not tries_left:
                    raise CommandError(f"The database refused: {text} Run it again.") from None
                time.sleep(PAUSE)

    def look(self):
        found = {finding.name: finding for finding in doctor.search()}
        if found["search"].level != doctor.OK:
            self.stdout.write("Writing the search anew …")
            call_command("index_guides")
        away.write_if_possible(self.stdout.write)
        try:
            with checks.lines_left_to_the_doctor():
                self.check(
                    databases=["default"],
                    include_deployment_checks=settings.PRODUCTION,
                    fail_level=30,
                    display_num_errors=True,
                )
        except SystemCheckError as error:
            raise CommandError(str(error)) from None
        self.stdout.write("All is up to date. Start the new version's processes, host by host: docs/operator.md")


@contextmanager
def giving_way():
    """A connection that waits for no table longer than LOCK_WAITS. Said at its start, which PgBouncer refuses: a setting of
    the session would stay with a connection that others are lent."""
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    options = connection.settings_dict["OPTIONS"]
    before = dict(options)
    connection.close()
    options["options"] = f"-c lock_timeout={LOCK_WAITS}"
    try:
        yield
    finally:
        connection.close()
        options.clear()
        options.update(before)
