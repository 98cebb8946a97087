"""The Wagtail site in the web server that ours has: `python -m benchmarks.peer.server PORT`."""

import logging
import os
import sys

from django.core.wsgi import get_wsgi_application
from waitress import serve


def main(port):
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peer.settings"
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # ours says nothing of a queue either
    serve(
        get_wsgi_application(),
        host="127.0.0.1",
        port=int(port),
        threads=8,
        connection_limit=1000,
        asyncore_use_poll=True,
        channel_timeout=60,
        ident=None,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
