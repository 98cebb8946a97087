"""The queue on Redis, as django-tasks brings it, with three promises of ours. Optional: see requirements-hosts.txt.

A task is sent when its transaction is certain, so that no worker looks for a row that is not there yet. And a Redis that is
away costs a patient nothing: the row is the truth, and `manage.py worker` finds what no task has told of. And whoever can
write to Redis can have a task of ours run, and no code of theirs.
"""

import logging

from django.db import transaction
from django_tasks_rq import Job
from django_tasks_rq.backend import RQBackend
from redis.exceptions import RedisError
from rq import Worker

logger = logging.getLogger("clinic.queue")
SERIALIZER = "rq.serializers.JSONSerializer"


class RedisQueue(RQBackend):
    def enqueue(self, task, args, kwargs):
        self.validate_task(task)
        transaction.on_commit(lambda: self.send(task, args, kwargs))

    def send(self, task, args, kwargs):
        try:
            super().enqueue(task, args, kwargs)
        except RedisError as error:
            logger.warning("Redis did not take a task (%s): the worker finds its row.", type(error).__name__)


class TaskFailed(Exception):
    """Says which kind of error it was, and nothing that it quotes: RQ logs the rest as it is, and keeps it in Redis."""


class TaskJob(Job):
    """Runs tasks, as its parent sees to, and calls nothing else that Redis may name."""

    success_callback = failure_callback = stopped_callback = None

    def send_webhooks(self, *args, **kwargs):
        """To no address from there either."""

    def _execute(self):
        try:
            return super()._execute()
        except Exception as error:
            logger.exception("A task failed.")  # by our own formatter
            raise TaskFailed(type(error).__name__) from None


class PlainWorker(Worker):
    """Reads jobs as JSON, whatever it was started with: RQ's own reading is pickle, which runs what it reads."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs | {"serializer": SERIALIZER})
