"""The queue in the database, as django-tasks brings it. A task is stored by an INSERT that is written once, and gives back
nothing: a delivery's own row tells what became of it. Storing it was a tenth of the work of taking a request in."""

from django_tasks_db.backend import DatabaseBackend


class DatabaseQueue(DatabaseBackend):
    def enqueue(self, task, args, kwargs):
        from django_tasks_db.models import DBTaskResult, get_date_max

        from .models.inserted import insert

        self.validate_task(task)
        insert(
            [
                DBTaskResult(
                    args_kwargs={"args": list(args), "kwargs": kwargs},
                    priority=task.priority,
                    task_path=task.module_path,
                    queue_name=task.queue_name,
                    run_after=task.run_after or get_date_max(),
                    backend_name=self.alias,
                )
            ]
        )
