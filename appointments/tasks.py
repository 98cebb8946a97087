"""Background work. A task takes an id, may run twice, leaves its trace on the row it names."""

try:
    from django.tasks import task  # Django 6.0 and later
except ImportError:
    from django_tasks import task

from . import deliveries


@task()
def deliver(delivery_id):
    deliveries.deliver(delivery_id)
