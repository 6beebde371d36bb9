"""Where tables are printed."""

from rich.console import Console
from rich.markup import escape

_PIPE_COLUMNS = 140


def open_console() -> Console:
    """A console on standard output as wide as the terminal; in a pipe wide enough for a table, and without colours."""
    console = Console()
    return console if console.is_terminal else Console(width=_PIPE_COLUMNS)


def cells(*texts: str) -> list[str]:
    """The cells of a row as they are: what stands in brackets is text, as in zhenyan[sherpa]."""
    return [escape(text) for text in texts]
