"""The queue's transport on Redis: it only nudges, and nobody is lost with it."""

import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.conf import settings as site
from django.db import transaction

from appointments.models import Delivery
from appointments.tasks import deliver, task
from tests import factories
from tests.appointments.mail_server import MailServer, free_port
from tests.faults.processes import environment, process, until

rq = pytest.importorskip("rq", reason="requirements-hosts.txt is not installed")
needs_redis = pytest.mark.skipif(
    not (find_spec("django_tasks_rq") and shutil.which("redis-server")),
    reason="requirements-hosts.txt or Debian’s package redis-server is not installed",
)
pytestmark = [pytest.mark.django_db(transaction=True), needs_redis]

SEND = """
from appointments.models import AppointmentRequest
from appointments.tasks import deliver
from django.db import transaction
with transaction.atomic():
    deliver.enqueue(AppointmentRequest.objects.get().pk)
    print("in between", len(__import__("django_rq").get_queue().get_job_ids()) if {counts} else "")
"""


class Redis:
    def __init__(self, folder):
        self.port, self.folder, self.process = free_port(), folder, None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        import redis

        command = ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--dir", self.folder]
        self.process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
        self.client = redis.Redis(port=self.port)
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.client.ping()
            except redis.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis(tmp_path):
    server = Redis(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mail_server():
    with MailServer().running() as server:
        yield server


@pytest.fixture
def facts(redis, mail_server):
    return {"QUEUE_URL": redis.url, "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}"}


def shell(code, folder, **facts):
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    return subprocess.run(
        command, cwd=site.BASE_DIR, env=environment(folder, **facts), capture_output=True, text=True, timeout=120
    )


def test_a_task_travels_by_redis_once_its_transaction_is_certain(clinic, redis, facts, mail_server, tmp_path):
    factories.a_recipient("desk@example.org")
    factories.a_request()

    said = shell(SEND.format(counts=True), tmp_path, **facts)

    assert said.returncode == 0, said.stderr
    assert "in between 0" in said.stdout
    assert redis.client.llen("rq:queue:default") == 1
    with process("manage.py", "rqworker", "default", "--burst", folder=tmp_path, name="rq", **facts) as worker:
        until(lambda: worker.poll() is not None, within=90)
    assert [to for to, _ in mail_server.accepted] == ["desk@example.org"], worker.said()
    assert Delivery.objects.get().state == "accepted"


# The worker without our two classes.
AS_RQ_COMES = """
from django.conf import settings
settings.RQ = {{"JOB_CLASS": "django_tasks_rq.Job"}}
settings.RQ_QUEUES["default"]["SERIALIZER"] = "{serializer}"
import django
django.setup()
from django.core.management import call_command
call_command("rqworker", "default", "--burst", serializer="{serializer}")
"""


class Harm:
    """Makes a file where it is only read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def a_pickled_job(redis, tmp_path):
    """Gives whether it ran what it carries."""
    queue, trace = rq.Queue("default", connection=redis.client), tmp_path / "harm"
    queue.enqueue("appointments.tasks.deliver", Harm(trace))
    return lambda worker: trace.exists()


def a_job_that_names_what_to_call(redis, tmp_path):
    """`print` stands for all that Python has. Gives whether it was called, with the error that it is told of."""
    queue = rq.Queue("default", connection=redis.client, serializer="json")
    queue.enqueue("os.getcwd", on_failure=rq.Callback("builtins.print"))
    return lambda worker: "<class 'django.core.exceptions.SuspiciousOperation'>" in worker.said()


@pytest.mark.parametrize("hostile", [a_pickled_job, a_job_that_names_what_to_call])
def test_who_can_write_to_redis_runs_no_code_of_theirs(clinic, redis, facts, tmp_path, hostile):
    did_harm = hostile(redis, tmp_path)

    # Started as RQ's own programs start it: the worker reads no pickle all the same.
    command = ("manage.py", "rqworker", "default", "--burst", "--serializer", "rq.serializers.DefaultSerializer")
    with process(*command, folder=tmp_path, name="rq", **facts) as worker:
        until(lambda: worker.poll() is not None, within=90)

    assert not did_harm(worker)
    assert redis.client.zcard("rq:failed:default") == 1, worker.said()


@pytest.mark.parametrize(
    ("hostile", "serializer"),
    [
        (a_pickled_job, "rq.serializers.DefaultSerializer"),
        (a_job_that_names_what_to_call, "rq.serializers.JSONSerializer"),
    ],
)
def test_twin_as_the_library_comes_it_does(clinic, redis, facts, tmp_path, hostile, serializer):
    did_harm = hostile(redis, tmp_path)

    with process("-c", AS_RQ_COMES.format(serializer=serializer), folder=tmp_path, name="rq", **facts) as worker:
        until(lambda: worker.poll() is not None, within=90)

    assert did_harm(worker), worker.said()


@task()
def quotes(backwards):
    raise ValueError(backwards[::-1])


def quote_in_a_task(redis):
    """A task that fails over what somebody wrote: “quagga”. Gives what Redis holds of its error."""
    queue = rq.Queue("default", connection=redis.client, serializer="json")
    job = queue.enqueue(quotes.module_path, "aggauq", meta={"backend_name": "default"})
    return lambda: job.latest_result().exc_string


def test_what_a_failed_task_quotes_is_neither_logged_nor_kept_in_redis(clinic, redis, facts, tmp_path):
    kept = quote_in_a_task(redis)

    with process("manage.py", "rqworker", "default", "--burst", folder=tmp_path, name="rq", **facts) as worker:
        until(lambda: worker.poll() is not None, within=90)

    assert "A task failed." in worker.said() and "in quotes" in worker.said(), "the place in the code is there"
    assert "ValueError" in kept()
    assert "quagga" not in worker.said() + kept()


def test_twin_as_the_library_comes_both_have_it(clinic, redis, facts, tmp_path):
    kept = quote_in_a_task(redis)

    code = AS_RQ_COMES.format(serializer="rq.serializers.JSONSerializer")
    with process("-c", code, folder=tmp_path, name="rq", **facts) as worker:
        until(lambda: worker.poll() is not None, within=90)

    assert "quagga" in worker.said() and "quagga" in kept()


def test_a_redis_that_is_away_costs_a_patient_nothing_and_the_worker_tells_staff(
    clinic, redis, facts, mail_server, tmp_path
):
    factories.a_recipient("desk@example.org")
    factories.a_request()
    redis.stop()

    began = time.monotonic()
    said = shell(SEND.format(counts=False), tmp_path, **facts)

    assert said.returncode == 0, said.stderr
    assert "Redis did not take a task" in said.stderr
    assert time.monotonic() - began < 60
    with process("manage.py", "worker", "--exit-with-stdin", folder=tmp_path, name="worker", **facts):
        until(lambda: mail_server.accepted, within=90)


def test_what_redis_forgets_the_worker_finds(clinic, redis, facts, mail_server, tmp_path):
    factories.a_recipient("desk@example.org")
    factories.a_request()
    assert shell(SEND.format(counts=False), tmp_path, **facts).returncode == 0
    redis.client.flushall()

    with process("manage.py", "worker", "--exit-with-stdin", folder=tmp_path, name="worker", **facts):
        until(lambda: mail_server.accepted, within=90)


def test_by_default_the_queue_is_the_database(clinic):
    """The twin: the same task within a transaction that fails is never queued, in the same commit."""
    factories.a_recipient()
    with pytest.raises(ValueError, match="on purpose"), transaction.atomic():
        factories.a_request()
        deliver.enqueue(1)
        raise ValueError("on purpose")

    assert not Delivery.objects.exists()
