"""Reads text with RapidOCR and the PP-OCRv6 small models that its package ships; nothing is downloaded."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime
import rapidocr
from numpy.typing import NDArray
from rapidocr import RapidOCR
from rapidocr.utils.output import RapidOCROutput

from vision.errors import FrameRefusedError, ReaderUnavailableError
from vision.types import Box, TextLine

MAX_PIXELS = 3840 * 2160
_MIN_SIDE_PX = 24
_MODELS = Path(rapidocr.__file__).parent / "models"
_DETECTOR = _MODELS / "PP-OCRv6_det_small.onnx"
_RECOGNISER = _MODELS / "PP-OCRv6_rec_small.onnx"
_CUDA = "CUDAExecutionProvider"

Device = Literal["auto", "cpu", "cuda"]


class RapidReader:
    """A text reader for Chinese and Latin lines; not for use by two threads at once.

    `max_side_px` bounds the picture that the detector sees: 960 found every line of 22 px and more on 720p frames at
    two thirds of the cost of 1280. `device` auto takes CUDA where onnxruntime offers it.
    """

    def __init__(self, *, device: Device = "auto", threads: int = 1, max_side_px: int = 960) -> None:
        _refuse_missing_models()
        self._max_side_px = max_side_px
        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.max_side_len": max_side_px,
                # The package's own bound, min 736, enlarges small frames and costs twice the time.
                "Det.limit_type": "min",
                "Det.limit_side_len": 64,
                # With a path given, the engine never looks for models elsewhere.
                "Det.model_path": str(_DETECTOR),
                "Rec.model_path": str(_RECOGNISER),
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.onnxruntime.use_cuda": _use_cuda(device),
            }
        )

    @property
    def model(self) -> str:
        """The name and version that findings carry."""
        return f"rapidocr-{version('rapidocr')}/PP-OCRv6-small"

    def read(self, images: Sequence[NDArray[np.uint8]]) -> list[tuple[TextLine, ...]]:
        """The lines in each picture, top to bottom; a picture too small for any text has none.

        Raises FrameRefusedError for what is no BGR picture and for pictures above 3840 by 2160 pixels in all.
        """
        for image in images:
            _refuse_bad_frame(image)
        return [self._read_one(image) for image in images]

    def _read_one(self, image: NDArray[np.uint8]) -> tuple[TextLine, ...]:
        height, width = image.shape[:2]
        if min(height, width) * min(1.0, self._max_side_px / max(height, width)) < _MIN_SIDE_PX:
            return ()
        # The engine remembers what its last call switched off, so each call says all three.
        seen = self._engine(image, use_det=True, use_cls=False, use_rec=True)
        if not isinstance(seen, RapidOCROutput) or seen.txts is None or seen.boxes is None or seen.scores is None:
            return ()
        return tuple(
            TextLine(text=text, box=_upright(corners, width, height), score=round(float(score), 4))
            for text, corners, score in zip(seen.txts, seen.boxes, seen.scores, strict=True)
        )


def _upright(corners: NDArray[np.float32], width: int, height: int) -> Box:
    left, top = np.floor(corners.min(axis=0)).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int)
    return Box(
        left=max(0, int(left)), top=max(0, int(top)), right=min(width, int(right)), bottom=min(height, int(bottom))
    )


def _refuse_bad_frame(image: NDArray[np.uint8]) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise FrameRefusedError(
            f"a picture of shape {image.shape} and type {image.dtype} is no frame; give BGR uint8 (height, width, 3)"
        )
    if image.shape[0] * image.shape[1] > MAX_PIXELS:
        raise FrameRefusedError(
            f"a frame of {image.shape[1]}x{image.shape[0]} is above {MAX_PIXELS} pixels; scale it down before reading"
        )


def _refuse_missing_models() -> None:
    for path in (_DETECTOR, _RECOGNISER):
        if not path.is_file():
            raise ReaderUnavailableError(f"{path.name} is missing from the rapidocr package; install rapidocr again")


def _use_cuda(device: Device) -> bool:
    offered = _CUDA in onnxruntime.get_available_providers()
    if device == "cuda" and not offered:
        raise ReaderUnavailableError(
            "device cuda was asked for, but this onnxruntime has no CUDA; install onnxruntime-gpu or set device to auto"
        )
    return offered and device != "cpu"
