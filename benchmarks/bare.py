"""The least that Django can do for a page: a view that returns bytes it has. The measure for a published guide."""

import os
from functools import cache
from pathlib import Path

from django.http import HttpResponse


def bare_page(request):
    return HttpResponse(the_page(), headers={"Cache-Control": "public, max-age=60"})


@cache
def the_page():
    return Path(os.environ["BENCHMARK_PAGE"]).read_bytes()
