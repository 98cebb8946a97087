"""Background work. A task takes an id, may run twice, leaves its trace on the row it names."""

try:
    from django.tasks import task  # Django 6.0 and later
except ImportError:
    from django_tasks import task

from . import deliveries


@task()
def deliver(request_id):
    """Send one of the messages that are due for a request, and queue the next: a turn of the worker is one message."""
    if deliveries.deliver_one_of(request_id):
        deliver.enqueue(request_id)
