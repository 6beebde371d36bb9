"""Opens a model on the CPU or on CUDA where onnxruntime offers it."""

from typing import Literal, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from vision.errors import ReaderUnavailableError
from vision.ocr.weights import Weights

_CUDA = "CUDAExecutionProvider"
_LETTERS_KEY = "character"
# It leaves the weights of the letters turned, which then can't be laid out for the processor beforehand: the outputs
# are the same to the bit, the accurate reader 3 % dearer.
SLOWER = ("MatmulTransposeFusion",)

Device = Literal["auto", "cpu", "cuda"]


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
        providers = [_CUDA, "CPUExecutionProvider"] if use_cuda(device) else ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(
            weights.content, options, providers=providers, disabled_optimizers=list(SLOWER)
        )
        self._input = self._session.get_inputs()[0].name
        said = self._session.get_modelmeta().custom_metadata_map.get(_LETTERS_KEY, "")
        self._letters = weights.letters if weights.letters is not None else tuple(said.splitlines())

    @property
    def letters(self) -> tuple[str, ...]:
        """What the outputs after the blank stand for; empty for a detector."""
        return self._letters

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The output for a batch of shape (count, 3, height, width)."""
        [output] = self._session.run(None, {self._input: batch})
        return np.asarray(output, dtype=np.float32)


def use_cuda(device: Device) -> bool:
    """Whether models run on CUDA; ReaderUnavailableError where it was asked for and is not there."""
    offered = _CUDA in onnxruntime.get_available_providers()
    if device == "cuda" and not offered:
        raise ReaderUnavailableError(
            "device cuda was asked for, but this onnxruntime has no CUDA; install onnxruntime-gpu or set device to auto"
        )
    return offered and device != "cpu"
