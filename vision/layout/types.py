"""What the screen's layout hands on: words that belong together, marks that the law asks for."""

from dataclasses import dataclass
from enum import StrEnum

from vision.types import Box


class Join(StrEnum):
    """Why words were taken together."""

    STRUCK_PRICE = "a struck price beside the price asked"
    LABELLED = "a label and what stands by it"
    ROW = "a row of a table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Words that mean something together, as one text; `parts` are the ids of the texts it was made of.

    `score` is the least of theirs; it stood while all of them did.
    """

    stream_id: str
    start_ms: int
    end_ms: int
    box: Box
    text: str
    score: float
    why: Join
    parts: tuple[str, ...]

    @property
    def joined_id(self) -> str:
        """The identity within the stream: what it was made of."""
        return "j" + "+".join(self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomMark:
    """A mark as it was seen in one stream up to `until_ms`.

    `share` of the watched time since the first look, in [0, 1], is its duty cycle; `texts` are the ids of the frame
    texts that showed it, `words` what the first of them said.
    """

    stream_id: str
    kind: str
    first_ms: int
    last_ms: int
    until_ms: int
    share: float
    words: str
    texts: tuple[str, ...]

    @property
    def mark_id(self) -> str:
        """The identity within the stream: its kind and when it was first seen."""
        return f"m-{self.kind}-{self.first_ms}"
