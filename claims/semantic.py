"""What a semantic layer is to claim understanding: it reads passages and proposes; rules and thresholds decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from claims.errors import SemanticMissing

OFF = "off"
AUTO = "auto"
# The class of a proposal that says: these words surely breach nothing.
LAWFUL = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A sentence of the training set that was said in breach, and how alike it is (cosine)."""

    text: str
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The class that the words most likely breach, and how likely any of those asked for; over how many passages.

    `flags` is True above the likelihood that stood for the precision asked of the classifier in cross-validation. Of
    class LAWFUL, `likelihood` says how likely no breach is.
    """

    class_id: str
    likelihood: float
    flags: bool
    passages: int
    known: tuple[Known, ...] = ()


class Proposer(Protocol):
    """Reads what was said and proposes the classes that it may breach."""

    name: str
    batch_size: int

    def propose(self, texts: Sequence[str], classes: frozenset[str]) -> tuple[Proposal, ...]:
        """Proposals among `classes` for the last of these folded passages, alone and with those before it."""
        ...

    def read_ahead(self, texts: Sequence[str]) -> None:
        """Reads many passages at once, so that proposing for them costs little later."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Semantics:
    """The proposer, None where there is none, and what was left out for want of a package."""

    proposer: Proposer | None
    left_out: tuple[str, ...] = ()


def semantics_of(
    semantic: str, folder: Path, *, device: Literal["auto", "cpu", "cuda"] = "auto", threads: int = 1
) -> Semantics:
    """The proposer that the setting names; `auto` goes on without it where its package is not installed."""
    try:
        return Semantics(proposer=open_proposer(semantic, folder, device=device, threads=threads))
    except SemanticMissing as missing:
        if semantic != AUTO:
            raise
        return Semantics(proposer=None, left_out=(f"{missing}; until then only the rules judge",))


def open_proposer(
    semantic: str, folder: Path, *, device: Literal["auto", "cpu", "cuda"] = "auto", threads: int = 1
) -> Proposer | None:
    """The proposer that the setting `semantic` names; None where it is off, and then nothing is loaded.

    `auto`: the classifier in `folder` over the packaged encoder; else the folder of another trained classifier.
    SemanticMissing says what is not installed, any other SemanticError why it can't be had.
    """
    if semantic == OFF:
        return None
    from claims.semantic_classifier import open_classifier

    return open_classifier(folder if semantic == AUTO else Path(semantic), device=device, threads=threads)
