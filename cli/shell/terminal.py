"""The one way to a terminal: whatever is printed, logged or told as an error goes through here.

Names, titles and words come from outside. A character in them that would move the cursor, change colours, turn the
direction of writing or end a command is written out, as \\u001b for the escape character. In JSON that is the same
text, for such characters stand in its strings alone.
"""

import codecs
import io
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

# C0 but tab and line feed, DEL and C1, marks and overrides of direction, ends of lines of Unicode's, what is no text.
_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def escaped(text: str) -> str:
    """The text with each character that acts on a terminal written out."""
    return _ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def on_one_line(text: str) -> str:
    """The text for a message of one line: what breaks lines in it is a space."""
    return " ".join(text.split())


class _Escaping:
    """A stream that writes out what acts on a terminal; in all else it is the stream behind it."""

    def __init__(self, behind: TextIO) -> None:
        self.behind = behind

    def write(self, text: str) -> int:
        """Writes the text, escaped; gives its length as it was."""
        self.behind.write(escaped(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes each of the lines."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)


def behind(stream: TextIO) -> TextIO:
    """The stream itself, for who escapes what it writes there and has codes of its own to send."""
    return stream.behind if isinstance(stream, _Escaping) else stream


def _in_unicode(stream: TextIO) -> TextIO:
    """The stream, in UTF-8 where it could write ASCII alone; click would open another in its place, past us."""
    if codecs.lookup(stream.encoding or "utf-8").name == "ascii" and isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")
    return stream


@contextmanager
def guarded_output() -> Iterator[None]:
    """Standard output and errors, and the log that nobody else takes, are escaped while the block lasts.

    A failure that nobody foresaw is told there, too, and ends the command with status 1.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast(TextIO, _Escaping(_in_unicode(stream))) for stream in before)
    try:
        yield
    except Exception:
        traceback.print_exc()
        logging.shutdown()
        sys.exit(1)
    finally:
        sys.stdout, sys.stderr = before
