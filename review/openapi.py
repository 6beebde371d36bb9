"""The program's own description of its API."""

import tempfile
from pathlib import Path
from typing import Any

from review.app import create_app
from review.before.checking import Checker, Judges
from review.before.install import Before
from review.store import Store


def described() -> dict[str, Any]:
    """The OpenAPI description of every route, as a server with everything switched on serves it."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'empty.db'}")
        try:
            app = create_app(store, Path(folder), before=Before(checker=Checker(_nothing_is_judged)))
            return app.openapi()
        finally:
            store.close()


def _nothing_is_judged() -> Judges:
    raise RuntimeError("this app is only described, never asked")
