"""`make screenshots`: docs/screenshot.png, taken from a fresh demo in a real browser."""

import os
import socket
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from .chromium import find_chromium

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / "docs" / "screenshot.png"


def main():
    with tempfile.TemporaryDirectory() as data, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environment = {**os.environ, "DATA_DIR": data, "PORT": str(port), "DATABASE_URL": "", "SITE_URL": ""}
        command = [sys.executable, "manage.py", "serve", "--demo"]
        site = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            next(line for line in site.stdout if line.startswith("Ready"))
            take(f"http://127.0.0.1:{port}")
        finally:
            site.terminate()
            site.wait()
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size // 1024} KB")


def take(site):
    """A guide on a desk and on a phone, side by side."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        desk = shot(browser, f"{site}/", 1280, 860)
        phone = shot(browser, f"{site}/guides/fluoroscopy/", 390, 860)
        browser.close()
    both = Image.new("RGB", (desk.width + phone.width + 20, desk.height), "white")
    both.paste(desk, (0, 0))
    both.paste(phone, (desk.width + 20, 0))
    both.quantize(128).save(TARGET, optimize=True)


def shot(browser, address, width, height):
    page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page.goto(address, wait_until="networkidle")
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


if __name__ == "__main__":
    main()
