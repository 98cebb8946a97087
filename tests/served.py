"""The site as it is served: the embedded server with its own settings, in a thread of the tests."""

import threading
from contextlib import contextmanager, suppress

from django.db import connections

from clinic.management.commands.serve import bind, make_server, turn_until


@contextmanager
def served(application):
    """Yields the port of this computer on which it answers."""
    stop = threading.Event()
    listener = bind("127.0.0.1", 0)
    server = make_server(listener, application)
    port = listener.getsockname()[1]
    # The server's threads end with the test; a connection that outlived them would keep the test database in use.
    database = connections["default"].settings_dict
    kept, database["CONN_MAX_AGE"] = database["CONN_MAX_AGE"], 0
    thread = threading.Thread(target=turn_until, args=(server, stop.is_set), daemon=True)
    thread.start()
    try:
        yield port
    finally:
        stop.set()
        with suppress(OSError):  # it may have seen the sign by itself and closed
            server.pull_trigger()
        thread.join(30)
        database["CONN_MAX_AGE"] = kept
    assert not thread.is_alive(), "the server did not stop"
