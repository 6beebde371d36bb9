"""What a semantic layer is to claim understanding: it reads passages and proposes; rules and thresholds decide."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from claims.errors import SemanticMissing

OFF = "off"
AUTO = "auto"
# The classifiers that come with the project, the better one first: each over another packaged encoder.
SHIPPED = ("gemma", "e5")
# The class of a proposal that says: these words surely breach nothing.
LAWFUL = "-"
MOST_PASSAGES = 3


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


class InTurn:
    """A proposer that answers one question after the other, from whatever thread it is asked."""

    def __init__(self, proposer: Proposer) -> None:
        self.name, self.batch_size = proposer.name, proposer.batch_size
        self._proposer, self._turn = proposer, threading.Lock()

    def propose(self, texts: Sequence[str], classes: frozenset[str]) -> tuple[Proposal, ...]:
        """What it proposes, once those who asked before have their answer."""
        with self._turn:
            return self._proposer.propose(texts, classes)

    def read_ahead(self, texts: Sequence[str]) -> None:
        """Reads ahead in its turn."""
        with self._turn:
            self._proposer.read_ahead(texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Semantics:
    """The proposer, None where there is none, and what was left out for want of a package."""

    proposer: Proposer | None
    left_out: tuple[str, ...] = ()


def semantics_of(
    semantic: str, folder: Path, *, device: Literal["auto", "cpu", "cuda"] = "auto", threads: int = 1
) -> Semantics:
    """The proposer that the setting names; `folder` holds the shipped classifiers, each in its own.

    `auto` takes the first of them whose package is installed, says which was left out, and goes on without any.
    """
    if semantic != AUTO:
        return Semantics(proposer=open_proposer(semantic, folder, device=device, threads=threads))
    left_out: list[str] = []
    for name in SHIPPED:
        try:
            proposer = open_proposer(name, folder, device=device, threads=threads)
        except SemanticMissing as missing:
            left_out.append(str(missing))
        else:
            return Semantics(proposer=proposer, left_out=tuple(f"{why}; until then {name} reads" for why in left_out))
    return Semantics(proposer=None, left_out=tuple(f"{why}; until then only the rules judge" for why in left_out[:1]))


def open_proposer(
    semantic: str, folder: Path, *, device: Literal["auto", "cpu", "cuda"] = "auto", threads: int = 1
) -> Proposer | None:
    """The proposer that the setting `semantic` names; None where it is off, and then nothing is loaded.

    A shipped classifier's name, `auto` for the first, else the folder of another trained classifier.
    SemanticMissing says what is not installed, any other SemanticError why it can't be had.
    """
    if semantic == OFF:
        return None
    try:
        from claims.semantic_files import open_classifier
    except ModuleNotFoundError as error:
        raise SemanticMissing(
            f"semantic: {semantic} needs {error.name}, which is not installed; install zhenyan[worker], "
            "or set semantic: off"
        ) from error
    return open_classifier(classifier_folder(semantic, folder), device=device, threads=threads)


def classifier_folder(semantic: str, folder: Path) -> Path:
    """Where the classifier lies that the setting names; `auto` is the first of those shipped."""
    name = SHIPPED[0] if semantic == AUTO else semantic
    return folder / name if name in SHIPPED else Path(name)


def joined(texts: Sequence[str]) -> str:
    """Passages as one text."""
    return ",".join(texts)


def views_of(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """How the last of these passages is read: alone, and together with up to two before it."""
    alone = tuple(texts[-1:])
    return [alone] if len(texts) == 1 else [alone, tuple(texts[-MOST_PASSAGES:])]
