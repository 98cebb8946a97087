"""The site's web server without its worker: `python -m benchmarks.server`."""

import os

import django
from django.conf import settings


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    django.setup()
    from clinic.management.commands.serve import bind, make_server

    make_server(bind(settings.HOST, settings.PORT)).run()


if __name__ == "__main__":
    main()
