"""Delete what the access log has kept for its six years: the one deletion that its lock is lifted for."""

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from appointments import append_only
from appointments.models import AccessEvent, PurgeRun

AT_ONCE = 10_000  # nobody can look at a request while a batch is deleted


class Command(BaseCommand):
    help = (
        "Delete access events older than KEEP_ACCESS_LOG_YEARS, and lock the log again. Nothing else deletes any. On "
        "PostgreSQL only the owner of the table can run it; the site itself may have a lesser role."
    )

    def add_arguments(self, parser):
        parser.add_argument("--preview", action="store_true", help="Only say how many.")

    def handle(self, *args, preview, **options):
        now = timezone.now()
        newest = PurgeRun.objects.filter(stopped="").values_list("at", flat=True).first()
        if newest and abs(now - newest).days > settings.PURGE_GAP_DAYS:
            raise CommandError("The clock may be wrong: run “manage.py purge” first, which looks into it.")
        old = AccessEvent.objects.filter(at__lt=years_before(now, settings.KEEP_ACCESS_LOG_YEARS)).order_by("pk")
        if preview:
            self.stdout.write(f"{old.count()} access events are older than {settings.KEEP_ACCESS_LOG_YEARS} years.")
            return
        deleted = 0
        while numbers := list(old.values_list("pk", flat=True)[:AT_ONCE]):
            with append_only.lifted(connection):
                deleted += AccessEvent.objects.filter(pk__in=numbers)._raw_delete(using="default")
        append_only.lock(connection)
        self.stdout.write(f"{deleted} access events deleted. The log is locked.")


def years_before(moment, years):
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:  # February 29
        return moment.replace(year=moment.year - years, day=28)
