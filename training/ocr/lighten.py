"""Makes the reader's weights cheaper: detection reckoned another way, the widest accurate layers in eight bits.

    python -m training.ocr.lighten [--to vision/ocr/models] [--check]

How detection is reckoned stands in `detector_graph.py`. Of the accurate reader, layers of one pixel with at least
192 x 384 weights and the table of letters, more than half of its work, are set to eight bits; each of the others would
cost right readings. A range leaves out the rarest ten-thousandth of what a layer saw in composed rooms: taken from the
least to the greatest value, one reading in a hundred is lost. `--check` reads lines of other rooms with both. Needs
onnx, and 6 GB of memory.
"""

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import version_converter
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from bench.room_scripts import varied_rooms
from bench.rooms import Room, compose
from bench.sights import folded
from training.ocr.detector_graph import cheaper
from vision.ocr.crops import readings_of, strip_of, without_margin
from vision.ocr.motion_blur import sharpened, smear_of
from vision.ocr.onnx import SLOWER, OnnxModel
from vision.ocr.paddle import ACCURATE_NARROWEST_PX, PaddleReader
from vision.ocr.recogniser import HIGH_PX, Recogniser, fill
from vision.ocr.weights import LIGHT_DETECTOR, QUANTISED, Weights, accurate_weights, detector_weights

ROOT = Path(__file__).resolve().parents[2]

SEEN, OTHERS = (5001, 5101, 5201, 5301), (6001, 6101, 6201, 6301, 6401, 6501)
EVERY_MS, SIDE_PX, WIDTH_PX = 2_000, 960, 320
# What every layer gives for each of them is held in memory: 60 MB a strip.
MOST = 80
OPSET, WIDE, LETTERS, KEPT_PERCENT = 17, 192 * 384, 1_000, 99.99
# In eight bits each of these alone changes scores about twice as much as any other wide layer.
AS_THEY_ARE = {"Conv.23", "Conv.26", "Conv.34", "Conv.53"}

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line as the accurate reader is given it, and the words that it shows; None where it shows none."""

    strip: Picture
    words: str | None


class Ranges(CalibrationDataReader):  # type: ignore[misc]
    """Some of these strips, spread over all of them and set to one width, one after another."""

    def __init__(self, strips: Sequence[Picture], name: str) -> None:
        short = [strip for strip in strips if _natural_px(strip) <= WIDTH_PX]
        self._inputs = iter([{name: _as_input(strip)} for strip in short[:: max(1, len(short) // MOST)]])

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next input, or None after the last."""
        return next(self._inputs, None)


def lines_of(rooms: Sequence[Room], reader: PaddleReader) -> Iterator[Line]:
    """What is found in these rooms, each text in each place once."""
    for room in rooms:
        seen: set[tuple[str, float, int]] = set()
        for at_ms in range(EVERY_MS, room.duration_ms, EVERY_MS):
            image = compose(room, at_ms)
            size = (image.shape[1], image.shape[0])
            [places] = reader.find([image], [min(1.0, SIDE_PX / max(size))])
            for place in places:
                box = place.box(*size)
                shown = next(
                    (
                        text
                        for text in room.texts
                        if text.stands(at_ms)
                        and (whole := room.box_of(text, at_ms))
                        and whole.left <= (box.left + box.right) / 2 < whole.right
                        and whole.top <= (box.top + box.bottom) / 2 < whole.bottom
                        and 2 * box.area > whole.area
                    ),
                    None,
                )
                key = (shown.words, shown.x, shown.from_ms) if shown else ("", float(box.left), at_ms)
                strip = without_margin(readings_of(strip_of(image, place))[0])
                if strip.size and key not in seen:
                    seen.add(key)
                    strip = sharpened(strip, smear_of(strip))
                    yield Line(strip=strip, words=folded(shown.words) if shown else None)


def fused(weights: Weights) -> onnx.ModelProto:
    """The model with small steps joined where that suits any processor, of an operator set that the quantiser knows."""
    with TemporaryDirectory() as folder:
        newer, joined = (Path(folder) / name for name in ("newer.onnx", "joined.onnx"))
        model = onnx.load_from_string(weights.content)
        onnx.save(version_converter.convert_version(model, max(OPSET, model.opset_import[0].version)), newer)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(joined)
        # A layer that has taken up what follows it is not known to the quantiser.
        apart = [*SLOWER, "ConvActivationFusion", "ConvAddActivationFusion"]
        onnxruntime.InferenceSession(str(newer), options, providers=["CPUExecutionProvider"], disabled_optimizers=apart)
        return onnx.load(joined)


def quantised(weights: Weights, strips: Sequence[Picture]) -> bytes:
    """The model with its widest layers in eight bits."""
    model = fused(weights)
    with TemporaryDirectory() as folder:
        whole, small = (Path(folder) / name for name in ("whole.onnx", "small.onnx"))
        onnx.save(model, whole)
        quantize_static(
            whole,
            small,
            Ranges(strips, model.graph.input[0].name),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.Percentile,
            op_types_to_quantize=["Conv", "MatMul"],
            nodes_to_quantize=_wide_layers(model),
            extra_options={"CalibPercentile": KEPT_PERCENT},
        )
        return small.read_bytes()


def _wide_layers(model: onnx.ModelProto) -> list[str]:
    shapes = {each.name: list(each.dims) for each in model.graph.initializer}
    wide = []
    for node in model.graph.node:
        shape = shapes.get(node.input[1], []) if len(node.input) > 1 else []
        is_wide_layer = node.op_type == "Conv" and shape[2:] == [1, 1] and shape[0] * shape[1] >= WIDE
        if is_wide_layer or (node.op_type == "MatMul" and len(shape) == 2 and shape[1] > LETTERS):
            wide.append(node.name)
    return [name for name in wide if name not in AS_THEY_ARE]


def _natural_px(strip: Picture) -> float:
    return float(strip.shape[1] * HIGH_PX / strip.shape[0])


def _as_input(strip: Picture) -> NDArray[np.float32]:
    batch = np.zeros((1, 3, HIGH_PX, WIDTH_PX), np.float32)
    fill(strip, batch[0])
    return batch


def check(before: Weights, after: Weights, lines: Sequence[Line]) -> str:
    """How many lines of known words both read right, and how many only one of them."""
    known = [line for line in lines if line.words is not None]
    right = []
    for weights in (before, after):
        reader = Recogniser(OnnxModel(weights, device="cpu"), narrowest_px=ACCURATE_NARROWEST_PX)
        readings = reader.read([line.strip for line in known])
        right.append({n for n, line in enumerate(known) if folded(readings[n].text) == line.words})
    return (
        f"of {len(known)} lines right before {len(right[0])}, after {len(right[1])}; "
        f"lost {len(right[0] - right[1])}, won {len(right[1] - right[0])}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "vision" / "ocr" / "models")
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    reader, before = PaddleReader(device="cpu"), accurate_weights()
    seen = list(lines_of(list(chain.from_iterable(map(varied_rooms, SEEN))), reader))
    made = (cheaper(fused(detector_weights())).SerializeToString(), quantised(before, [line.strip for line in seen]))
    chosen.to.mkdir(parents=True, exist_ok=True)
    for file, content in zip((LIGHT_DETECTOR, QUANTISED), made, strict=True):
        (chosen.to / file).write_bytes(content)
        print(f"{file}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
    if chosen.check:
        after = Weights(name="checked", package="zhenyan", sha256="", content=made[1])
        print(check(before, after, list(lines_of(list(chain.from_iterable(map(varied_rooms, OTHERS))), reader))))


if __name__ == "__main__":
    main()
