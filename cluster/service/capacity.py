"""How many broadcasts a machine carries, from what one costs on a core like its own."""

import time

import numpy as np

# Of a core, measured on two cores of an AMD EPYC with the base model at one thread: hearing, sight, decoding, judging,
# and how long the yardstick takes there.
_CORES_PER_STREAM = 0.2
_YARDSTICK_S = 0.08
_LOAD = 0.7


def measured_places(cores: int) -> float:
    """Whole broadcasts that this many cores carry at 70 % load, by how fast this one multiplies; at least 1."""
    slower = max(0.25, yardstick_s() / _YARDSTICK_S)
    return float(max(1, int(cores * _LOAD / (_CORES_PER_STREAM * slower))))


def yardstick_s() -> float:
    """The least time of three in which a thread of this machine does a fixed piece of the kind of work that counts."""
    left = np.linspace(0, 1, 512 * 512, dtype=np.float32).reshape(512, 512)
    times: list[float] = []
    for _ in range(3):
        begun = time.thread_time()
        for _ in range(40):
            left = np.tanh(left @ left.T / 512)
        times.append(time.thread_time() - begun)
    return min(times)
