"""Makes the recogniser that the product ships: the packaged one with its weights rounded, which a wheel packs smaller.

    python -m training.ocr.round_reader [--to vision/ocr/models]

Of 23 bits after the point 12 stay, so that the file deflates to two thirds and every weight is within 2⁻¹³ of what it
was. Its letters become a property of the model, where the accurate recogniser has them, too. Needs onnx.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from training.ocr.packaged import recogniser_weights
from vision.ocr.onnx import LETTERS_KEY
from vision.ocr.weights import FAST_READER, Weights

ROOT = Path(__file__).resolve().parents[2]
_KEPT_BITS, _ALL_BITS = 12, 23


def rounded(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same numbers, each rounded to the nearest with so many bits after the point (ties to even)."""
    bits = weights.view(np.uint32)
    dropped = _ALL_BITS - _KEPT_BITS
    last_kept = (bits >> np.uint32(dropped)) & np.uint32(1)
    nearest = bits + (np.uint32((1 << (dropped - 1)) - 1) + last_kept)
    return (nearest & ~np.uint32((1 << dropped) - 1)).view(np.float32)


def shipped(packaged: Weights) -> onnx.ModelProto:
    """The packaged model with its weights rounded and its letters, a line each."""
    model = onnx.load_from_string(packaged.content)
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            weights = np.ascontiguousarray(numpy_helper.to_array(tensor))
            tensor.CopyFrom(numpy_helper.from_array(rounded(weights), tensor.name))
    letters = packaged.letters or ()
    if any(letter.splitlines() != [letter] for letter in letters):
        raise ValueError("a letter is no line of its own")
    onnx.helper.set_model_props(model, {LETTERS_KEY: "\n".join(letters)})
    return model


def main() -> None:
    """Makes the recogniser and writes it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "vision" / "ocr" / "models")
    chosen = parser.parse_args()
    content = shipped(recogniser_weights()).SerializeToString()
    chosen.to.mkdir(parents=True, exist_ok=True)
    (chosen.to / FAST_READER).write_bytes(content)
    print(f"{FAST_READER}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
