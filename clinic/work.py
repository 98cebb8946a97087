"""What the worker does besides requests and their mail. settings.WORKER_EACH_TURN and WORKER_EACH_HOUR name these functions:
the worker lives beside the requests, which know no guides."""

from appointments import deliveries
from education import letters
from education.models import BroughtPicture


def send_a_letter():
    """One letter about a guide, if one is due. Whether there was one."""
    return bool(letters.sweep(send=deliveries.try_out))


def forget_abandoned_imports():
    BroughtPicture.objects.forget_old()


def remind_owners():
    letters.owe()
