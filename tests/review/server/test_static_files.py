"""Files of pages: kept a year under names with their hash, compressed, and few enough for a slow line."""

import re

import httpx
import pytest

from review.server.assets import PAGES_DIR, STATIC_DIR, bundle, static_url

PLAIN = ("/people", "/queues", "/teaching", "/replays", "/webhooks")
FIRST_SIGHT_BYTES = 40_000


def loaded(client: httpx.Client, path: str) -> dict[str, int]:
    """What the page and each file that it names weigh on the line, modules that a module names among them."""
    page = client.get(path)
    assert page.status_code == 200, path
    told = {path: int(page.headers["content-length"])}
    open_ones = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    while open_ones:
        url = open_ones.pop()
        if url in told:
            continue
        answer = client.get(url)
        assert answer.status_code == 200, url
        told[url] = int(answer.headers["content-length"])
        if url.endswith(".js") and "/vendor/" not in url:
            folder = url.rpartition("/")[0]
            open_ones += [f"{folder}/{name}" for name in re.findall(r'from "\./([\w.]+)"', answer.text)]
    return told


@pytest.mark.parametrize("path", PLAIN)
def test_a_plain_page_is_light(client: httpx.Client, path: str) -> None:
    told = loaded(client, path)
    assert not [url for url in told if "/vendor/" in url], "scripts only where they are used"
    assert sum(told.values()) < FIRST_SIGHT_BYTES, told


def test_the_desk_is_usable_in_two_seconds_at_fifty_kilobytes_a_second(client: httpx.Client) -> None:
    told = loaded(client, "/")
    assert sum(told.values()) < 100_000, told


def test_a_file_under_its_hash_is_kept_for_a_year_and_compressed(client: httpx.Client) -> None:
    answer = client.get(static_url("desk.css"))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == (STATIC_DIR / "desk.css").read_text(encoding="utf-8")
    plain = client.get(static_url("desk.css"), headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert int(plain.headers["content-length"]) > 3 * int(answer.headers["content-length"])
    for headers in (answer.headers, plain.headers):
        assert headers["vary"] == "Accept-Encoding"


def test_another_hash_gives_the_file_as_it_is_and_is_not_kept(client: httpx.Client) -> None:
    for url in (f"/static/{'0' * 16}/desk.css", "/static/desk.css"):
        answer = client.get(url)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"
    for url in (f"/static/{bundle()}/none.js", f"/static/{bundle()}/../store.py", "/static/none.js"):
        answer = client.get(url)
        assert answer.status_code == 404
        assert "immutable" not in answer.headers.get("cache-control", "")


def test_every_script_is_a_page_s_or_a_module_s() -> None:
    """A file that nothing loads is dead weight in the hash of all."""
    templates = "".join(file.read_text(encoding="utf-8") for file in PAGES_DIR.rglob("*.html"))
    modules = "".join(file.read_text(encoding="utf-8") for file in STATIC_DIR.glob("*.js"))
    for file in STATIC_DIR.iterdir():
        if file.is_file():
            assert f"static('{file.name}')" in templates or f'"./{file.name}"' in modules, file.name
