"""A correction of what was said or shown, and the findings that it put in the place of others."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from claims.types import Channel, Finding

if TYPE_CHECKING:
    from claims.classifier.reading import Reader
    from claims.policy.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewording:
    """What a person sends: the text and product as they saw them, and as they should be.

    `request_id` is the sender's own: the same send twice is one correction. `product_id` None: it stays.
    """

    case_id: str
    passage_id: str
    request_id: str
    original: str
    corrected: str
    product_id: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction of a passage, never changed later. `heard`: what the recogniser wrote, before any of them.

    `policy`: what the claim was judged anew by. `superseded`: the findings that no longer stand, `found`: those that
    do, of this passage.
    """

    id: str
    case_id: str
    stream_id: str
    passage_id: str
    channel: Channel
    heard: str
    original: str
    corrected: str
    product_before: str | None
    product_after: str | None
    why: str
    person_id: str
    corrected_at_ms: int
    policy: str
    superseded: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """A finding as it stood before its words were corrected. `by` None: no claim took its place."""

    finding: Finding
    correction_id: str
    case_id: str | None
    by: str | None

    @property
    def heir(self) -> str:
        """The finding that took its place; itself where no claim was left."""
        return self.by or self.finding.finding_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What claims are judged anew by: the policy in force, one by its name where it is kept, and the reader of meaning.

    `data_dir`: where recordings lie, and beside each what it was judged by.
    """

    in_force: "Policy"
    by_name: Callable[[str], "Policy | None"]
    reader: "Reader | None"
    data_dir: Path
