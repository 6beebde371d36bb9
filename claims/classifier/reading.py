"""What a reader is to claim understanding: it reads a passage and says how likely it breaches what; scores decide."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from claims.classifier.calibration import Calibration
from claims.errors import SemanticMissing

OFF = "off"
AUTO = "auto"
# The readers that come with the project, the better ones first; `own` is `gemma` learnt without fetched talk.
SHIPPED = ("gemma", "own", "e5")
# Where the reader of links lies beside them.
LINKS_FOLDER = "links"
# Characters of a pair, and in it of the goods' name and of the entry: what a reader of 127 tokens sees.
_PAIR, _GOODS, _ENTRY = 150, 16, 70
_BY_ITSELF = ("gemma", "e5")
_log = logging.getLogger(__name__)
# Where it is logged that packaged weights are converted, once, which takes half a minute.
CONVERSION_LOG = "claims.classifier.converted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A passage of the training talk that was said in breach, and how alike it is (cosine)."""

    text: str
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a passage says by itself: the log-odds that it breaches anything, and the share of each class in a breach.

    `classes`: the likeliest first; their shares make one.
    """

    breach: float
    classes: tuple[tuple[str, float], ...]


class Links(Protocol):
    """Reads what is said beside what is registered; `key` names it for good, with all that it was trained to."""

    key: str

    def differs(self, pairs: Sequence[str]) -> list[float]:
        """The log-odds of each pair that what is said contradicts what is registered."""
        ...

    def nearness(self, said: str, registered: Sequence[str]) -> list[float]:
        """How near each registered entry is to what is said."""
        ...


def pair_of(goods: str, entry: str, before: str, said: str, behind: str = "") -> str:
    """What is read of a pair: of which goods, the registered entry (`label:value`), and the words said in theirs.

    Of long ones the entry is cut, then what stands before and behind: a reader sees only so much.
    """
    head = f"{goods[:_GOODS]} {entry[:_ENTRY]}。"
    said = said[: _PAIR - len(head)]
    room = max(0, _PAIR - len(head) - len(said))
    behind = behind[: room // 2]
    before = before[-(room - len(behind)) :] if room > len(behind) else ""
    return f"{head}{before}【{said}】{behind}"


class Reader(Protocol):
    """Reads what was said, as to whether it breaches anything, and what.

    `links` reads what is said beside what is registered; None where nothing does.
    """

    name: str
    batch_size: int
    links: Links | None

    def calibration(self, goods: str) -> Calibration:
        """What its readings of goods of this kind are worth."""
        ...

    def read(self, text: str, goods: str) -> Reading:
        """What this folded passage says of goods of the kind that `goods`, the first part of a category, names."""
        ...

    def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
        """Which passages, known to breach the class, it is most alike."""
        ...

    def read_ahead(self, texts: Sequence[str], goods: str) -> None:
        """Reads many passages at once, so that reading each costs little later."""
        ...


class InTurn:
    """A reader that answers one question after the other, from whatever thread it is asked."""

    def __init__(self, reader: Reader) -> None:
        self.name, self.batch_size = reader.name, reader.batch_size
        self._reader, self._turn = reader, threading.Lock()
        self.links: Links | None = None if reader.links is None else _LinksInTurn(reader.links, self._turn)

    def calibration(self, goods: str) -> Calibration:
        """What its readings are worth."""
        return self._reader.calibration(goods)

    def read(self, text: str, goods: str) -> Reading:
        """What it reads, once those who asked before have their answer."""
        with self._turn:
            return self._reader.read(text, goods)

    def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
        """What it is like, in its turn."""
        with self._turn:
            return self._reader.like(text, goods, class_id)

    def read_ahead(self, texts: Sequence[str], goods: str) -> None:
        """Reads ahead in its turn."""
        with self._turn:
            self._reader.read_ahead(texts, goods)


class _LinksInTurn:
    """The links of such a reader, in the same turn: what is near is told by what the reader reads."""

    def __init__(self, links: Links, turn: threading.Lock) -> None:
        self.key = links.key
        self._links, self._turn = links, turn

    def differs(self, pairs: Sequence[str]) -> list[float]:
        """What is read of the pairs, in its turn."""
        with self._turn:
            return self._links.differs(pairs)

    def nearness(self, said: str, registered: Sequence[str]) -> list[float]:
        """How near they are, in its turn."""
        with self._turn:
            return self._links.nearness(said, registered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Semantics:
    """The reader, None where there is none, and what was left out for want of a package."""

    reader: Reader | None
    left_out: tuple[str, ...] = ()


def semantics_of(
    semantic: str,
    folder: Path,
    *,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int = 1,
    models: Path | None = None,
) -> Semantics:
    """The reader that the setting names; `folder` holds the shipped ones, each in its own.

    `models`: where packaged weights lie once they are converted, at first use; None: in the user's folder.
    `auto` takes the first of them whose package is installed, says which was left out, and goes on without any.
    """
    if semantic != AUTO:
        return Semantics(reader=open_reader(semantic, folder, device=device, threads=threads, models=models))
    left_out: list[str] = []
    for name in _BY_ITSELF:
        try:
            reader = open_reader(name, folder, device=device, threads=threads, models=models)
        except SemanticMissing as missing:
            left_out.append(str(missing))
        else:
            return Semantics(reader=reader, left_out=tuple(f"{why}; until then {name} reads" for why in left_out))
    return Semantics(reader=None, left_out=tuple(f"{why}; until then only the rules judge" for why in left_out[:1]))


def open_reader(
    semantic: str,
    folder: Path,
    *,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int = 1,
    models: Path | None = None,
) -> Reader | None:
    """The reader that the setting `semantic` names; None where it is off, and then nothing is loaded.

    A shipped reader's name, `auto` for the first, else the folder of another one that was trained.
    SemanticMissing says what is not installed, any other SemanticError why it can't be had.
    """
    if semantic == OFF:
        return None
    try:
        from claims.classifier.files import open_classifier
    except ModuleNotFoundError as error:
        raise SemanticMissing(
            f"semantic: {semantic} needs {error.name}, which is not installed; install zhenyan[worker], "
            "or set semantic: off"
        ) from error
    own = classifier_folder(semantic, folder)
    return open_classifier(own, device=device, threads=threads, links=folder / LINKS_FOLDER, models=models)


def prepare_reader(semantic: str, folder: Path, models: Path) -> None:
    """Converts the packaged weights of the reader that the setting names, where that is still to be done.

    What is not installed is left to `semantics_of`, which goes on without it or names it. SemanticError says why
    nothing could be written.
    """
    if semantic == OFF:
        return
    try:
        from claims.classifier.files import convert_for

        convert_for(classifier_folder(semantic, folder), folder / LINKS_FOLDER, models)
    except (ModuleNotFoundError, SemanticMissing) as missing:
        _log.info("nothing is converted: %s", missing)


def classifier_folder(semantic: str, folder: Path) -> Path:
    """Where the reader lies that the setting names; `auto` is the first of those shipped."""
    name = SHIPPED[0] if semantic == AUTO else semantic
    return folder / name if name in SHIPPED else Path(name)
