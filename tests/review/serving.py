"""A running server for an app."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from net.listening import listen


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of a server of this app; its socket listens before the server runs."""
    listener = listen("127.0.0.1", 0)
    running = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        app.state.events.close()
        running.should_exit = True
        thread.join(10)
        listener.close()
