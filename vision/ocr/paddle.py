"""Reads text with PP-OCRv6: the tiny models find and follow lines, the small one confirms what is handed on."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version

from vision.ocr.crops import readings_of, strip_of
from vision.ocr.detector import Detector
from vision.ocr.onnx import Device, OnnxModel
from vision.ocr.reader import Pictures, refuse_bad_frame
from vision.ocr.recogniser import NOTHING, Recogniser
from vision.ocr.weights import accurate_weights, fast_weights, light_detector_weights
from vision.ocr.words import is_pattern, words_of
from vision.types import Place, Reading, TextLine

_MIN_SIDE_PX = 10
_CLEAR = 0.75
# A strip that reads as surely as this one way is not tried in another.
_PLAIN = 0.95
# Below these widths the models read worse (the engines that the weights come with pad to the same).
_FAST_NARROWEST_PX = 64
ACCURATE_NARROWEST_PX = 96


class PaddleReader:
    """A text reader for Chinese and Latin lines, upright, tilted and in columns; not for use by two threads at once.

    `max_side_px` bounds the picture in which `read` looks for lines; they are read from the full-size frame. `device`
    auto takes CUDA where onnxruntime offers it.
    """

    def __init__(self, *, device: Device = "auto", threads: int = 1, max_side_px: int = 960) -> None:
        self._max_side_px = max_side_px
        self._model = f"PP-OCRv6-tiny+small (rapidocr-{version('rapidocr')})"
        self._detector = Detector(OnnxModel(light_detector_weights(), device=device, threads=threads))
        self._fast = Recogniser(
            OnnxModel(fast_weights(), device=device, threads=threads), narrowest_px=_FAST_NARROWEST_PX
        )
        self._accurate = Recogniser(
            OnnxModel(accurate_weights(), device=device, threads=threads), narrowest_px=ACCURATE_NARROWEST_PX
        )

    @property
    def model(self) -> str:
        """The name and version that findings carry."""
        return self._model

    def find(self, images: Pictures, scales: Sequence[float]) -> list[tuple[Place, ...]]:
        """Where lines stand in each picture; FrameRefusedError for what is no BGR picture, and above 8k."""
        for image in images:
            refuse_bad_frame(image)
        large = [
            index
            for index, (image, scale) in enumerate(zip(images, scales, strict=True))
            if min(image.shape[:2]) * scale >= _MIN_SIDE_PX
        ]
        found: list[tuple[Place, ...]] = [()] * len(images)
        places = self._detector.find([images[index] for index in large], [scales[index] for index in large])
        for index, those in zip(large, places, strict=True):
            found[index] = those
        return found

    def recognise(self, strips: Pictures) -> list[Reading]:
        """What stands on each upright strip, by the tiny model."""
        return _best_readings(self._fast, strips)

    def confirm(self, strips: Pictures) -> list[Reading]:
        """What stands on each upright strip, by the small model."""
        return _best_readings(self._accurate, strips)

    def read(self, images: Pictures) -> list[tuple[TextLine, ...]]:
        """The lines in each picture, surely, top to bottom; a picture too small for any text has none."""
        read: list[tuple[TextLine, ...]] = []
        for image in images:
            [places] = self.find([image], [min(1.0, self._max_side_px / max(1, *image.shape[:2]))])
            height, width = image.shape[:2]
            readings = self.confirm([strip_of(image, place) for place in places])
            read.append(
                tuple(
                    TextLine(text=reading.text, box=place.box(width, height), score=reading.score)
                    for place, reading in zip(places, readings, strict=True)
                    if reading.score >= _CLEAR and not is_pattern(words_of(reading.text))
                )
            )
        return read


def _best_readings(recogniser: Recogniser, strips: Pictures) -> list[Reading]:
    """The surest reading of each strip over the ways in which it may be meant; after a clear one no other is tried."""
    ways = [readings_of(strip) for strip in strips]
    best = [NOTHING] * len(strips)
    for way in range(max((len(those) for those in ways), default=0)):
        open_still = [index for index, those in enumerate(ways) if way < len(those) and best[index].score < _PLAIN]
        read = recogniser.read([ways[index][way] for index in open_still])
        for index, reading in zip(open_still, read, strict=True):
            if reading.score > best[index].score:
                best[index] = replace(reading, way=way)
    return best
