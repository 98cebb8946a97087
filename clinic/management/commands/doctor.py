"""What is wrong with this site, and what to do: one line for each thing that was looked at."""

import sys

from django.core.management import BaseCommand

from clinic import doctor
from clinic.models import Examination

EXIT_CODES = {doctor.OK: 0, doctor.WARNING: 1, doctor.FAULT: 2}


class Command(BaseCommand):
    help = "Say in plain words what is wrong and what to do. Exit code 0: all is well, 1: warnings, 2: faults."
    requires_system_checks = []  # they are among what is looked at

    def add_arguments(self, parser):
        parser.add_argument("--send-test-mail", metavar="ADDRESS", help="Also send a test mail there.")
        parser.add_argument("--keep", action="store_true", help="Only keep what the admin's first page shows of it.")

    def handle(self, *args, send_test_mail, keep, **options):
        if keep:
            Examination.keep(doctor.for_the_desk())
            return
        findings = []
        for finding in self.looked_at(send_test_mail):
            findings.append(finding)
            self.tell(finding)
        sys.exit(EXIT_CODES[doctor.worst(findings)])

    def looked_at(self, address):
        yield from doctor.thorough()
        if address:
            yield doctor.trial_mail(address)

    def tell(self, finding):
        style = {doctor.OK: self.style.SUCCESS, doctor.WARNING: self.style.WARNING, doctor.FAULT: self.style.ERROR}
        self.stdout.write(f"{style[finding.level](f'{finding.level:8}')} {finding.says}")
        if finding.do:
            self.stdout.write(f"         → {finding.do.rstrip('.')}.")
