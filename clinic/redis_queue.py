"""The queue on Redis, as django-tasks brings it, with two promises of ours. Optional: see requirements-hosts.txt.

A task is sent when its transaction is certain, so that no worker looks for a row that is not there yet. And a Redis that is
away costs a patient nothing: the row is the truth, and `manage.py worker` finds what no task has told of.
"""

import logging

from django.db import transaction
from django_tasks_rq.backend import RQBackend
from redis.exceptions import RedisError

logger = logging.getLogger("clinic.queue")


class RedisQueue(RQBackend):
    def enqueue(self, task, args, kwargs):
        self.validate_task(task)
        transaction.on_commit(lambda: self.send(task, args, kwargs))

    def send(self, task, args, kwargs):
        try:
            super().enqueue(task, args, kwargs)
        except RedisError as error:
            logger.warning("Redis did not take a task (%s): the worker finds its row.", type(error).__name__)
