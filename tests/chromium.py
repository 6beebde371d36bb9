"""Debian's Chromium as tests drive it: its headless build where there is one, which needs half the processor time."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

from tests.system import program

DEADLINE_MS = 20_000
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that ends with the block; what a test expects of a page may take `DEADLINE_MS`."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=DEADLINE_MS)
        path = program("chromium-headless-shell", "chromium")
        opened = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield opened
        opened.close()
