"""The reader of claims as a text command opens it: says what is left out, and what is done but once."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

import configs
from claims.classifier.opening import CONVERSION_LOG, semantics_of
from claims.classifier.reading import Reader
from cli.config.settings import Settings


def open_reader_of(settings: Settings) -> Reader | None:
    """The reader that the setting `semantic` names, None where only rules judge; says what is left out.

    Text commands make no data folder: where there is none, what is converted goes into the user's own.
    """
    has_folder = bool(settings.models_dir) or settings.data_dir.is_dir()
    models = settings.models_folder if has_folder else None
    with _conversion_echoed():
        semantics = semantics_of(
            settings.semantic, configs.SEMANTIC_DIR, device=settings.device, threads=settings.threads, models=models
        )
    for why in semantics.left_out:
        click.echo(f"zhenyan: {why}", err=True)
    return semantics.reader


class _EchoHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"zhenyan: {record.getMessage()}", err=True)


@contextmanager
def _conversion_echoed() -> Iterator[None]:
    """While it lasts, a terminal is told when packaged weights are converted, which takes half a minute."""
    log, handler, level = logging.getLogger(CONVERSION_LOG), _EchoHandler(), logging.getLogger(CONVERSION_LOG).level
    if not sys.stderr.isatty():
        yield
        return
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
