"""Which Chromium the browser tests drive: stdlib only, asked by conftest.py and by the Makefile's script."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "{}/Applications/{name}.app/Contents/MacOS/{name}"
PLAYWRIGHTS_OWN = (
    ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)


def find_chromium():
    """Path of an installed Chromium or Chrome, or None. CHROMIUM in the environment comes first."""
    named = os.environ.get("CHROMIUM", "")
    if named:
        return shutil.which(named)
    found = [path for path in map(shutil.which, NAMES) if path]
    for home in ("", str(Path.home())):
        found += [MAC.format(home, name=name) for name in ("Google Chrome", "Chromium")]
    for pattern in PLAYWRIGHTS_OWN:
        found += map(str, sorted(Path.home().glob(pattern), reverse=True))
    return next((path for path in found if os.access(path, os.X_OK)), None)
