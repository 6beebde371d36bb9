"""Trained readers as files: opened with what they were trained over, refused where something is wrong, saved."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

from pydantic import ValidationError

from claims.classifier.arrays import packed, unpacked
from claims.classifier.e5 import PACKAGED, PackagedE5
from claims.classifier.gemma import GEMMA, PackagedGemma, convert
from claims.classifier.links import FILE as LINKS
from claims.classifier.links import open_links
from claims.classifier.reader import Classifier, ClassifierFile, Encoder, Floats
from claims.classifier.trained_layers import LAYERS
from claims.errors import SemanticError, SemanticMissing

# Eight bits and half precision lose less than this of a direction.
_SAME = 0.99


def open_encoder(
    name: str,
    *,
    device: Literal["auto", "cpu", "cuda"],
    threads: int,
    layers: bytes = b"",
    models: Path | None = None,
) -> Encoder:
    """A packaged encoder, or a model by its name or folder; SemanticError where it can't be had.

    `layers`: what the layers of a packaged encoder became. `models`: where one lies once it is converted.
    """
    if name == GEMMA:
        return PackagedGemma(layers=layers, threads=threads, models=models)
    if name == PACKAGED:
        return PackagedE5(threads=threads)
    try:
        from claims.classifier.named import NamedEncoder
    except ImportError as error:
        raise SemanticMissing(
            f"semantic: encoder {name!r} needs {error.name}, which is not installed; install zhenyan[embed], "
            "or set semantic: auto"
        ) from error
    return NamedEncoder(name, device=device)


def open_classifier(
    folder: Path,
    *,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int = 1,
    encoder: Callable[..., Encoder] = open_encoder,
    links: Path | None = None,
    models: Path | None = None,
) -> Classifier:
    """The classifier in the folder, over the encoder that it was trained with; SemanticError says what is wrong.

    `links`: where its reader of links lies, for an encoder that has one. `models`: where converted weights lie; None:
    in the user's folder.
    """
    try:
        file = ClassifierFile.model_validate_json((folder / "classifier.json").read_text(encoding="utf-8"))
        weights = (folder / "weights.npz").read_bytes()
        arrays = unpacked(weights)
        layers = (folder / LAYERS).read_bytes() if file.layers_sha256 else b""
    except (OSError, ValidationError, ValueError, BadZipFile) as error:
        why = " ".join(str(error).split())[:200]
        raise SemanticError(
            f"semantic: {folder} holds no trained classifier: {why}; name a folder that training/reader/train.py wrote"
        ) from error
    if hashlib.sha256(weights).hexdigest() != file.weights_sha256:
        raise SemanticError(f"semantic: {folder}: weights.npz is not the one that classifier.json names; train it anew")
    if file.layers_sha256 and hashlib.sha256(layers).hexdigest() != file.layers_sha256:
        raise SemanticError(f"semantic: {folder}: {LAYERS} is not the one that classifier.json names; train it anew")
    _check(folder, file, arrays)
    classifier = Classifier(
        file, arrays, encoder(file.encoder, device=device, threads=threads, layers=layers, models=models)
    )
    if links is not None and file.encoder == GEMMA and (links / LINKS).is_file():
        classifier.links = open_links(links, _opened(threads, models), folder.name, classifier.pointing)
        # Now, so that the first question does not wait, nor fail where a process may take only so much memory.
        convert((links / LAYERS).read_bytes(), models)
    if file.layers_sha256 and classifier.reads_first_known() < _SAME:
        raise SemanticError(
            f"semantic: {file.encoder} does not read on this processor as it did where it was trained; "
            "set semantic: e5 or semantic: off"
        )
    return classifier


def convert_for(folder: Path, links: Path, models: Path) -> None:
    """Converts what the classifier in the folder, and the reader of links beside it, are opened from.

    Nothing where it reads by another encoder, or can't be read: opening it says why.
    """
    try:
        file = ClassifierFile.model_validate_json((folder / "classifier.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if file.encoder == GEMMA:
        for of in (folder, links):
            if (of / LAYERS).is_file():
                convert((of / LAYERS).read_bytes(), models)


def _opened(threads: int, models: Path | None) -> Callable[[bytes], Encoder]:
    return lambda layers: PackagedGemma(layers=layers, threads=threads, models=models)


def _check(folder: Path, file: ClassifierFile, arrays: dict[str, Floats]) -> None:
    wanted = {"gate", "gate_bias", "classes", "class_bias", "known"}
    if set(arrays) != wanted:
        raise SemanticError(f"semantic: {folder}: weights.npz must hold {', '.join(sorted(wanted))}; train it anew")
    dimensions = arrays["gate"].shape[0]
    fits = (
        arrays["gate"].shape == (dimensions,)
        and arrays["gate_bias"].shape == (1,)
        and arrays["classes"].shape == (dimensions, len(file.classes))
        and arrays["class_bias"].shape == (len(file.classes),)
        and arrays["known"].shape == (len(file.known), dimensions)
        and len(file.known) == len(file.known_classes) > 0
    )
    if not fits:
        raise SemanticError(f"semantic: {folder}: classifier.json and weights.npz don't fit each other; train it anew")


def save_classifier(folder: Path, file: ClassifierFile, arrays: dict[str, Floats], layers: bytes = b"") -> None:
    """Writes the classifier, its record, the encoder's layers and the hashes; the same training writes the same."""
    folder.mkdir(parents=True, exist_ok=True)
    if layers:
        (folder / LAYERS).write_bytes(layers)
    weights = packed(arrays)
    hashes = {
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "layers_sha256": hashlib.sha256(layers).hexdigest() if layers else None,
    }
    signed = file.model_copy(update=hashes)
    text = json.dumps(signed.model_dump(mode="json"), ensure_ascii=False, indent=1)
    (folder / "weights.npz").write_bytes(weights)
    (folder / "classifier.json").write_text(text + "\n", encoding="utf-8")
