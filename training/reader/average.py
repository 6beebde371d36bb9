"""Averages two readers that went on from the same one, matrix by matrix: what both have learnt is kept.

    python -m training.reader.average configs/semantic/gemma OTHER --to configs/semantic/gemma [--share 0.5]

A reader that learns more talk forgets some of what it knew; halfway between both it often reads better than either
(model soups, Wortsman et al., 2022). Run `training.reader.train --only-calibrate` and `training.linking.train
--only-tables` next. Two readers of links are averaged likewise; their tables stay as the second has them.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from claims.classifier.arrays import Floats, packed, unpacked
from claims.classifier.files import LAYERS, open_encoder, save_classifier
from claims.classifier.links import FILE as LINKS
from claims.classifier.links import WEIGHTS, LinksFile, save_links
from claims.classifier.trained_layers import LARGEST
from training.reader.fit import shipped

ROOT = Path(__file__).resolve().parents[2]


def averaged(one: Mapping[str, Floats], other: Mapping[str, Floats], share: float) -> dict[str, Floats]:
    """Each array, `share` of it from the other; ValueError where they do not fit each other."""
    if {name: array.shape for name, array in one.items()} != {name: array.shape for name, array in other.items()}:
        raise ValueError("the two readers do not have the same parts; average those that went on from one")
    return {
        name: np.maximum(array, other[name]) if name.endswith(LARGEST) else (1 - share) * array + share * other[name]
        for name, array in one.items()
    }


def averaged_layers(one: Path, other: Path, share: float) -> bytes:
    """The layers of two folders, as they are saved."""
    first, second = (unpacked((folder / LAYERS).read_bytes()) for folder in (one, other))
    return packed(averaged(first, second, share))


def average_readers(one: Path, other: Path, to: Path, share: float) -> None:
    """Writes the average of two readers of breaches."""
    file, arrays, _ = shipped(one)
    second, others, _ = shipped(other)
    layers = averaged_layers(one, other, share)
    found = averaged(arrays, others, share)
    rows = open_encoder(file.encoder, device="auto", threads=1, layers=layers).encode(list(file.known))
    found["known"] = np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
    record = {**second.record, "averaged": {"share": share, "with": file.record.get("gone_on")}}
    save_classifier(to, file.model_copy(update={"record": record}), found, layers)


def average_links(one: Path, other: Path, to: Path, share: float) -> None:
    """Writes the average of two readers of links, with the tables of the second."""
    file = LinksFile.model_validate_json((other / LINKS).read_bytes())
    first, second = (unpacked((folder / WEIGHTS).read_bytes()) for folder in (one, other))
    gate = averaged(first, second, share)
    tables = {name: unpacked((other / f"{name}.npz").read_bytes()) for name in file.nearness_sha256}
    record = {**file.record, "averaged": {"share": share}}
    save_links(to, file.model_copy(update={"record": record}), gate, averaged_layers(one, other, share), tables)


def main() -> None:
    """Averages and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.5, help="how much of the second")
    options = parser.parse_args()
    write = average_links if (options.one / LINKS).is_file() else average_readers
    write(options.one, options.other, options.to, options.share)


if __name__ == "__main__":
    main()
