"""Logs as JSON, a line each, that say of which broadcast they tell."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import structlog

_MOST_BYTES, _KEPT = 10_000_000, 5

about: Callable[..., AbstractContextManager[None]] = structlog.contextvars.bound_contextvars
"""Names what everything that this thread logs meanwhile is about: `with about(stream_id=…, sequence=…):`."""


def about_what() -> dict[str, Any]:
    """What this thread has named, for whoever works for it elsewhere."""
    return structlog.contextvars.get_contextvars()


def write_logs(folder: Path, name: str, *, beside: bool = False) -> None:
    """From now on this process writes what it logs, and whatever `extra` it gives, to `name.jsonl` in this folder.

    The file is turned over at 10 MB, and five of them are kept. `beside`: warnings go to standard error as well.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        folder / f"{name}.jsonl", maxBytes=_MOST_BYTES, backupCount=_KEPT, encoding="utf-8", delay=True
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    handlers: list[logging.Handler] = [handler]
    if beside:
        shown = logging.StreamHandler()
        shown.setLevel(logging.WARNING)
        handlers.append(shown)
    logging.basicConfig(handlers=handlers, level=logging.INFO, force=True)
