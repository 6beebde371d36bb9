"""Makes detection of text cheaper: the packaged network with fewer steps, which finds the same.

    python -m training.ocr.lighten [--to vision/ocr/models]

How detection is reckoned stands in `detector_graph.py`. Needs onnx.
"""

import argparse
import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import onnxruntime
from onnx import version_converter

from training.ocr.detector_graph import cheaper
from training.ocr.packaged import detector_weights
from vision.ocr.onnx import SLOWER
from vision.ocr.weights import LIGHT_DETECTOR, Weights

ROOT = Path(__file__).resolve().parents[2]
OPSET = 17


def fused(weights: Weights) -> onnx.ModelProto:
    """The model with small steps joined where that suits any processor."""
    with TemporaryDirectory() as folder:
        newer, joined = (Path(folder) / name for name in ("newer.onnx", "joined.onnx"))
        model = onnx.load_from_string(weights.content)
        onnx.save(version_converter.convert_version(model, max(OPSET, model.opset_import[0].version)), newer)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(joined)
        # Joined with what follows it, a layer could not be reckoned another way.
        apart = [*SLOWER, "ConvActivationFusion", "ConvAddActivationFusion"]
        onnxruntime.InferenceSession(str(newer), options, providers=["CPUExecutionProvider"], disabled_optimizers=apart)
        return onnx.load(joined)


def main() -> None:
    """Makes the detector and writes it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "vision" / "ocr" / "models")
    chosen = parser.parse_args()
    content = cheaper(fused(detector_weights())).SerializeToString()
    chosen.to.mkdir(parents=True, exist_ok=True)
    (chosen.to / LIGHT_DETECTOR).write_bytes(content)
    print(f"{LIGHT_DETECTOR}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
