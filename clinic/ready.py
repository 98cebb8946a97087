"""/readyz, for a load balancer: can this very process serve? Whether all is well with the clinic's mail, /healthz says."""

import threading
import time

from django.db import Error as DatabaseTrouble
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .life import life

ASKED_EVERY = 1.0  # seconds: many balancers at once, or a database that hangs, must not take all threads


class Readiness:
    """What this process knows of its database. Several ask at once: one looks, the others get what was seen last."""

    def __init__(self):
        self.looking = threading.Lock()
        self.trouble, self.looked_at = "starting", float("-inf")
        self.is_migrated = (
            False  # for good: the code of a process does not change, and a newer database still serves it
        )

    def why_not(self):
        """One word, or nothing when all is well."""
        if life.leaving:
            return "leaving"
        if time.monotonic() - self.looked_at >= ASKED_EVERY and self.looking.acquire(blocking=False):
            try:
                self.trouble = self.look()
                self.looked_at = time.monotonic()
            finally:
                self.looking.release()
        return self.trouble

    def look(self):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            if not self.is_migrated:
                executor = MigrationExecutor(connection)
                if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                    return "migrations"
                self.is_migrated = True
        except DatabaseTrouble:
            connection.close()
            return "database"
        return ""


readiness = Readiness()


@never_cache
@require_safe
def ready(request):
    trouble = readiness.why_not()
    return JsonResponse({"ready": not trouble, "because": trouble}, status=503 if trouble else 200)
