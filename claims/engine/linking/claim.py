"""What is said of a registered attribute, as it was linked."""

from dataclasses import dataclass

from claims.engine.checkers.base import Judgement
from claims.types import ScoreStep


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedClaim:
    """What stands at [start, end) said of a registered attribute: how likely that is, step by step, and the verdict.

    `said_at`: where the number or the word itself begins. `sorts`: of which sort its values are, `class_id`: the class
    that speaks of it, if one does. `misheard`: why the number may have been heard wrong. `flag_at`, `note_at`: from
    which likelihood on it is flagged, or kept as a note; `unlikely`: below it what a detector takes for a statement is
    none of the attribute. `is_read`: it was read off a whole passage, which may say other things as well.
    """

    start: int
    end: int
    said_at: int
    sorts: frozenset[str]
    judgement: Judgement
    likelihood: float
    steps: tuple[ScoreStep, ...]
    flag_at: float
    note_at: float
    unlikely: float
    class_id: str | None = None
    misheard: str | None = None
    is_read: bool = False
