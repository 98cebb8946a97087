"""Remove what is kept no longer: the worker does it each day, and this is the same by hand."""

import sys

from django.core.management import BaseCommand

from appointments import retention


class Command(BaseCommand):
    help = (
        "Remove what is too old, and erase again what a restored backup has brought back. Exit code 1: it stopped "
        "itself before it touched anything."
    )

    def add_arguments(self, parser):
        parser.add_argument("--preview", action="store_true", help="Only say what is due, and what will be in 7 days.")
        parser.add_argument(
            "--go-on", action="store_true", help="Somebody has looked at the preview and the clock: do not stop."
        )

    def handle(self, *args, preview, go_on, **options):
        if preview:
            self.preview()
        else:
            self.run(go_on)

    def preview(self):
        for kind in retention.coming():
            self.stdout.write(
                f"{kind['what']} after {kind['days']} days: {kind['now']} now, {kind['soon']} within 7 days"
            )
            for row in kind["requests"]:
                self.stdout.write(f"    {row.reference}  {row.goes_at:%Y-%m-%d}")
        if why := retention.reason_to_stop():
            self.stdout.write(self.style.WARNING(f"A run would stop. {why}"))

    def run(self, go_on):
        done = retention.run(go_on=go_on)
        if done.stopped:
            self.stderr.write(self.style.WARNING(f"Nothing was removed. {done.stopped}"))
            self.stderr.write("Look at the clock and at “manage.py purge --preview”. If all is well: --go-on.")
            sys.exit(1)
        self.stdout.write(
            f"Spam deleted: {done.deleted}. Words removed: {done.blanked}. Made anonymous: {done.anonymized}. "
            f"Erased again: {done.erased_again}."
        )
