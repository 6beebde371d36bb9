"""Lays the spoken lines one after the other, and measures how loud each moment is."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from cli.broadcast.errors import ScriptError
from cli.broadcast.script import BroadcastScript, Layout

SOUND_RATE_HZ = 16_000
_DURATION_SLACK_MS = 20


def _read_line(path: Path, duration_ms: int) -> NDArray[np.float32]:
    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise ScriptError(f"{path}: can't be read as sound ({error}); give a FLAC or WAV file") from error
    if rate_hz != SOUND_RATE_HZ:
        raise ScriptError(f"{path}: is sampled at {rate_hz} Hz; lines must be at {SOUND_RATE_HZ} Hz")
    lasts_ms = round(len(samples) * 1000 / rate_hz)
    if abs(lasts_ms - duration_ms) > _DURATION_SLACK_MS:
        raise ScriptError(f"{path}: lasts {lasts_ms} ms, but the script says {duration_ms}; correct duration_ms")
    mono: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
    return mono


def lay_sound(script: BroadcastScript, layout: Layout, audio_dir: Path) -> NDArray[np.float32]:
    """The whole broadcast's sound, mono at 16 kHz; raises ScriptError where a line does not fit its script."""
    sound = np.zeros(layout.end_ms * SOUND_RATE_HZ // 1000, dtype=np.float32)
    for line in script.lines:
        samples = _read_line(audio_dir / line.audio, line.duration_ms)
        start = layout.lines[line.id].start_ms * SOUND_RATE_HZ // 1000
        sound[start : start + len(samples)] = samples
    return sound


def loudness(sound: NDArray[np.float32], frame_count: int) -> NDArray[np.float32]:
    """How loud each of so many equal parts is, in [0, 1], relative to the loudest."""
    level = np.array(
        [float(np.sqrt(np.mean(part**2))) for part in np.array_split(sound, frame_count)], dtype=np.float32
    )
    return level / max(float(level.max()), 1e-6)
