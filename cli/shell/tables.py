"""Consoles, on which tables and progress are printed."""

import sys
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from cli.shell.terminal import behind, escaped

_PIPE_COLUMNS = 140


class _Terminal(Console):
    """Rich's console, whose own codes pass; what it is given to print is escaped, and is no markup unless it says."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich's, with the text of each piece escaped."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else Segment(escaped(piece.text), piece.style)


def open_console(*, to_errors: bool = False, markup: bool = False) -> Console:
    """A console on standard output, or for errors, as wide as the terminal; in a pipe wide enough for a table.

    `markup`: for a caller who escapes whatever is not its own; else brackets are text, as in zhenyan[sherpa].
    """
    stream = behind(sys.stderr if to_errors else sys.stdout)
    console = _Terminal(file=stream, markup=markup, emoji=False)
    return console if console.is_terminal else _Terminal(file=stream, markup=markup, emoji=False, width=_PIPE_COLUMNS)


def cells(*texts: str) -> list[str]:
    """The cells of a row with what would act on a terminal written out, so that columns stay as wide as they look."""
    return [escaped(text) for text in texts]
