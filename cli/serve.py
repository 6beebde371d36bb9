"""`zhenyan serve`: the review pages and the API over the store."""

import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import uvicorn

from claims.policy import Policy
from cli.settings import Settings, load_settings
from review.app import create_app
from review.store import Store


@click.command(name="serve")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; default from the settings.")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A settings file.")
def command(port: int | None, config_file: Path | None) -> None:
    """Serve the review queue and the API until interrupted."""
    settings = load_settings(config_file)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    chosen = settings.port if port is None else port
    with serving(settings, chosen) as url:
        click.echo(f"review queue: {url}")
        threading.Event().wait()


@contextmanager
def serving(settings: Settings, port: int) -> Iterator[str]:
    """The pages, served from a thread; gives their URL once they answer."""
    policy = Policy(settings.policy_folder)
    names = {c.id: (c.name_zh, c.name_en) for c in policy.classes.values()}
    store = Store.open(settings.store_url)
    app = create_app(store, settings.data_dir, class_names=names)
    config = uvicorn.Config(app, host=settings.host, port=port, log_level="warning", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, name="pages", daemon=True)
    thread.start()
    try:
        yield f"http://{settings.host}:{socket.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(timeout=5)
        store.close()


def open_browser(url: str) -> bool:
    """True if a browser was found and told to open the page."""
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
