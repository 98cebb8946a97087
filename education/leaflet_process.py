"""Draws one leaflet in a process of its own, so that no page can hold the site up: HTML and files in, PDF out.

Reads JSON from standard input: {"html", "address", "files": {address: base64}, "always", "shorter", "most_pages"}, where
`always` is CSS and `shorter` a list of it. Nothing but these files is ever opened.
"""

import base64
import json
import sys

from weasyprint import CSS, HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse


class GivenFilesAlone(URLFetcher):
    def __init__(self, files):
        super().__init__(allowed_protocols=())
        self.files = files

    def fetch(self, url, headers=None):
        if url not in self.files:
            raise FatalURLFetchingError(f"A leaflet may not open {url}")
        kind = "text/css" if url.endswith(".css") else "image/svg+xml" if url.endswith(".svg") else "image/webp"
        return URLFetcherResponse(url, base64.b64decode(self.files[url]), {"Content-Type": kind})


def limit(seconds, memory):
    """As far as this computer knows such limits; the caller keeps time besides."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def main():
    limit(seconds=45, memory=2 * 2**30)
    given = json.load(sys.stdin)
    sys.stdout.buffer.write(short_enough(given).write_pdf(pdf_variant="pdf/ua-1"))


def short_enough(given):
    """With all that fits on so many pages; the shortest that there is if not even that does."""
    page = HTML(string=given["html"], base_url=given["address"], url_fetcher=GivenFilesAlone(given["files"]))
    styles = [CSS(string=given["always"])]
    drawn = page.render(stylesheets=styles, pdf_variant="pdf/ua-1")
    for shorter in given["shorter"]:
        if len(drawn.pages) <= given["most_pages"]:
            break
        styles.append(CSS(string=shorter))
        drawn = page.render(stylesheets=styles, pdf_variant="pdf/ua-1")
    return drawn


if __name__ == "__main__":
    main()
