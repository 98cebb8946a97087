"""The life of this web process: `manage.py serve` says when it began to listen and when it is about to leave."""

import time

STARTING = 30  # seconds in which the worker that starts beside the server need not have spoken yet


class Life:
    began = None  # time.monotonic(); None for everything but a server: a command has waited for nobody
    leaving = False

    def begin(self):
        self.began = time.monotonic()

    @property
    def is_young(self):
        return self.began is not None and time.monotonic() - self.began < STARTING


life = Life()
