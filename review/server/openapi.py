"""The program's own description of its API."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from review.judge_pool.policy_in_force import Judges
from review.judge_pool.pool import JudgingPool
from review.server.app import create_app
from review.server.prebroadcast import PrebroadcastCheck
from review.stores import Stores


def described() -> dict[str, Any]:
    """The OpenAPI description of every route, as a server with everything switched on serves it."""
    with tempfile.TemporaryDirectory() as folder:
        stores = Stores.open(f"sqlite:///{Path(folder) / 'empty.db'}")
        try:
            app = create_app(stores, Path(folder), prebroadcast=PrebroadcastCheck(pool=JudgingPool(_Nothing())))
            return app.openapi()
        finally:
            stores.close()


class _Nothing:
    def open(self) -> Callable[[], Judges]:
        """Fails: this app is only described, never asked."""
        raise NotImplementedError
