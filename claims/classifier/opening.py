"""Opens the reader that the setting names, or says what is left out for want of a package."""

import logging
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
_log = logging.getLogger(__name__)
# Where it is logged that packaged weights are converted, once, which takes half a minute.
CONVERSION_LOG = "claims.classifier.converted"


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
