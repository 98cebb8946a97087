"""`make screenshots`: docs/screenshot.png and docs/pictures, taken from a fresh demo in a real browser.

Names take some of the pictures alone: make screenshots ARGS="desk request".
"""

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
from .pictures import PICTURES, STAFF

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / "docs" / "screenshot.png"
FOLDER = ROOT / "docs" / "pictures"
PASSWORD = "a long demo password"  # of a site that is gone when this ends
PATIENCE = 120_000  # milliseconds, for a computer that does much else


def main(names):
    with tempfile.TemporaryDirectory() as data, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environment = {**os.environ, "DATA_DIR": data, "PORT": str(port), "DATABASE_URL": "", "SITE_URL": ""}
        environment["DEMO_PASSWORD"] = PASSWORD
        command = [sys.executable, "manage.py", "serve", "--demo"]
        site = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            next(line for line in site.stdout if line.startswith("Ready"))
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=find_chromium(), args=["--no-sandbox"] if os.geteuid() == 0 else []
                )
                if not names:
                    take(browser, f"http://127.0.0.1:{port}")
                take_pictures(browser, f"http://127.0.0.1:{port}", names or list(PICTURES))
                browser.close()
        finally:
            site.terminate()
            site.wait()


def take(browser, site):
    """A guide on a desk and on a phone, side by side."""
    desk = shot(browser, f"{site}/", 1280, 860)
    phone = shot(browser, f"{site}/guides/fluoroscopy/", 390, 860)
    both = Image.new("RGB", (desk.width + phone.width + 20, desk.height), "white")
    both.paste(desk, (0, 0))
    both.paste(phone, (desk.width + 20, 0))
    both.quantize(128).save(TARGET, optimize=True)
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size // 1024} KB", flush=True)


def shot(browser, address, width, height):
    page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page.goto(address, wait_until="networkidle")
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def take_pictures(browser, site, names):
    FOLDER.mkdir(exist_ok=True)
    staff = browser.new_context(reduced_motion="reduce")
    staff.set_default_timeout(PATIENCE)
    if any(PICTURES[name].who == STAFF for name in names):
        sign_in(staff.new_page(), site)
    for name in names:
        picture = PICTURES[name]
        context = staff if picture.who == STAFF else browser.new_context(reduced_motion="reduce")
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.set_viewport_size(dict(zip(("width", "height"), picture.size, strict=True)))
        open_it(page, site, picture)
        file = FOLDER / f"{name}.webp"
        seen = page.locator(picture.part).first if picture.part else page
        image = Image.open(BytesIO(seen.screenshot())).convert("RGB")
        image.crop((0, 0, image.width, min(image.height, picture.size[1]))).save(file, quality=72, method=6)
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1024} KB", flush=True)
        page.close()


def sign_in(page, site):
    page.goto(f"{site}/admin/login/")
    page.fill("input[name=login]", "demo")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{site}/admin/")
    page.close()


def open_it(page, site, picture):
    page.goto(site + picture.address)
    if picture.first:
        page.goto(site + page.locator(picture.first).first.get_attribute("href"))
    page.wait_for_load_state("load")


if __name__ == "__main__":
    main(sys.argv[1:])
