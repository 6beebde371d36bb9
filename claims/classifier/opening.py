"""Opens the reader that the setting names, or says what is left out for want of a package."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from claims.classifier.reading import Reader
from claims.errors import SemanticMissing

OFF = "off"
AUTO = "auto"
# The readers that come with the project, the better ones first; `own` is `gemma` learnt without fetched talk.
SHIPPED = ("gemma", "own", "e5")
# Where the reader of links lies beside them.
LINKS_FOLDER = "links"
_BY_ITSELF = ("gemma", "e5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Semantics:
    """The reader, None where there is none, and what was left out for want of a package."""

    reader: Reader | None
    left_out: tuple[str, ...] = ()


def semantics_of(
    semantic: str, folder: Path, *, device: Literal["auto", "cpu", "cuda"] = "auto", threads: int = 1
) -> Semantics:
    """The reader that the setting names; `folder` holds the shipped ones, each in its own.

    `auto` takes the first of them whose package is installed, says which was left out, and goes on without any.
    """
    if semantic != AUTO:
        return Semantics(reader=open_reader(semantic, folder, device=device, threads=threads))
    left_out: list[str] = []
    for name in _BY_ITSELF:
        try:
            reader = open_reader(name, folder, device=device, threads=threads)
        except SemanticMissing as missing:
            left_out.append(str(missing))
        else:
            return Semantics(reader=reader, left_out=tuple(f"{why}; until then {name} reads" for why in left_out))
    return Semantics(reader=None, left_out=tuple(f"{why}; until then only the rules judge" for why in left_out[:1]))


def open_reader(
    semantic: str, folder: Path, *, device: Literal["auto", "cpu", "cuda"] = "auto", threads: int = 1
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
    return open_classifier(own, device=device, threads=threads, links=folder / LINKS_FOLDER)


def classifier_folder(semantic: str, folder: Path) -> Path:
    """Where the reader lies that the setting names; `auto` is the first of those shipped."""
    name = SHIPPED[0] if semantic == AUTO else semantic
    return folder / name if name in SHIPPED else Path(name)
