"""Opens a model on the CPU or on CUDA where onnxruntime offers it."""

from typing import Literal, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from vision.errors import ReaderUnavailableError
from vision.ocr.weights import Weights

_CUDA = "CUDAExecutionProvider"
# The property of a model that holds what its outputs stand for, a line each.
LETTERS_KEY = "character"
# It leaves the weights of the letters turned, which then can't be laid out for the processor beforehand: the outputs
# are the same to the bit, the accurate reader 3 % dearer.
SLOWER = ("MatmulTransposeFusion",)

Device = Literal["auto", "cpu", "cuda"]

# Of pictures that go through a network at once: a CPU earns nothing by more than a frame, and memory grows with each.
_CPU_PIXELS, _CUDA_PIXELS = 1 << 19, 1 << 24


class Model(Protocol):
    """A network with one picture input and one output."""

    @property
    def letters(self) -> tuple[str, ...]:
        """What the outputs after the blank stand for; empty for a detector."""
        ...

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The output for a batch of shape (count, 3, height, width)."""
        ...


class OnnxModel:
    """One session with its own threads; not for use by two threads at once."""

    def __init__(self, weights: Weights, *, device: Device = "auto", threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Shapes differ from call to call; arenas that are planned for each would only grow.
        options.enable_mem_pattern = False
        is_cuda = use_cuda(device)
        self._most_pixels = _CUDA_PIXELS if is_cuda else _CPU_PIXELS
        providers = [_CUDA, "CPUExecutionProvider"] if is_cuda else ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(
            weights.content, options, providers=providers, disabled_optimizers=list(SLOWER)
        )
        self._input = self._session.get_inputs()[0].name
        said = self._session.get_modelmeta().custom_metadata_map.get(LETTERS_KEY, "")
        self._letters = weights.letters if weights.letters is not None else tuple(said.splitlines())

    @property
    def letters(self) -> tuple[str, ...]:
        """What the outputs after the blank stand for; empty for a detector."""
        return self._letters

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The output for a batch of shape (count, 3, height, width)."""
        height, width = batch.shape[2:]
        count = max(1, self._most_pixels // (height * width))
        parts = [
            self._session.run(None, {self._input: batch[at : at + count]})[0] for at in range(0, len(batch), count)
        ]
        return np.asarray(parts[0] if len(parts) == 1 else np.concatenate(parts), dtype=np.float32)


def use_cuda(device: Device) -> bool:
    """Whether models run on CUDA; ReaderUnavailableError where it was asked for and is not there."""
    offered = _CUDA in onnxruntime.get_available_providers()
    if device == "cuda" and not offered:
        raise ReaderUnavailableError(
            "device cuda was asked for, but this onnxruntime has no CUDA; install onnxruntime-gpu or set device to auto"
        )
    return offered and device != "cpu"
