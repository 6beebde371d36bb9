"""Archives: hours of broadcast screened in an hour of two cores, beside a plain loop that hears and looks words up.

The plain loop is what one writes in an afternoon: ffmpeg takes the sound out, windows of 30 s go through
faster-whisper's `transcribe` with its defaults, and a keyword list is looked up in the text. It neither reads the
screen nor compares with passports. Both use the same weights and two processes.
"""

import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import ahocorasick_rs
import numpy as np
from numpy.typing import NDArray

import configs
from asr.engines.weights import DEFAULT_MODEL, WhisperWeights, find_whisper
from bench.asr_ways import peer
from bench.checkout import DEMO_FILM
from bench.peers import BROAD_CONCEPTS
from claims.classifier.opening import prepare_reader
from claims.policy.policy import Policy
from cli.config.settings import load_settings
from cluster.batch.run import run_batch
from cluster.batch.sources import batch_sources
from cluster.batch.types import BatchJob, FileState
from ingest.media.ffmpeg import find_ffmpeg

_AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")
_PROCESSES = 2
_RATE_HZ = 16_000
_WINDOW_S = 30
# Pieces of the demo broadcast: where each begins and how long it is, in seconds; no two have the same content.
_PIECES = ((0, 75), (30, 75), (60, 75), (80, 75))
_QUICK = ((20, 12),)


def run(quick: bool = False) -> list[dict[str, object]]:
    """A row for the plain loop and one for `zhenyan batch`, with what each found; starting up is part of both."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        files = [_cut(root / "archive" / f"{start_s}.mp4", start_s, length_s) for start_s, length_s in _pieces(quick)]
        audio_s = sum(length_s for _, length_s in _pieces(quick))
        weights = find_whisper(DEFAULT_MODEL, root / "models")
        settings = load_settings()
        # Once an installation, and no part of a batch.
        prepare_reader(settings.semantic, configs.SEMANTIC_DIR, settings.models_folder)
        rows = [
            _measured("ffmpeg, 30 s windows, transcribe, keyword list", audio_s, lambda: _plain(files, weights)),
            _measured("zhenyan batch, speech and screen", audio_s, lambda: _batch(root)),
        ]
        first = float(str(rows[0]["cpu_s"]))
        return [row | {"times_the_peer": round(first / float(str(row["cpu_s"])), 2)} for row in rows]


def _pieces(quick: bool) -> tuple[tuple[int, int], ...]:
    return _QUICK if quick else _PIECES


def _measured(way: str, audio_s: int, screen: Callable[[], int]) -> dict[str, object]:
    """`hours_per_hour` as it took; `hours_per_two_core_hours` by processor time."""
    started, cpu_before_s = time.monotonic(), _cpu_s()
    found = screen()
    wall_s, cpu_s = time.monotonic() - started, _cpu_s() - cpu_before_s
    return {
        "way": way,
        "archive_s": audio_s,
        "wall_s": round(wall_s, 1),
        "cpu_s": round(cpu_s, 1),
        "hours_per_hour": round(audio_s / wall_s, 1),
        "hours_per_two_core_hours": round(2 * audio_s / cpu_s, 1),
        "flagged": found,
    }


def _batch(root: Path) -> int:
    """How much `zhenyan batch` flags in the archive, as shipped but for the number of processes."""
    settings = load_settings()
    job = BatchJob(
        out=root / "out",
        passports_file=configs.DEMO_DIR / "passports.yaml",
        policy_dir=configs.POLICY_DIR,
        at=_AT,
        data_dir=root,
        values=settings.job_values() | {"data_dir": root},
    )
    results = run_batch(job, batch_sources([str(root / "archive")]), workers=_PROCESSES)
    assert all(result.state is FileState.DONE for result in results)
    return sum(result.flagged for result in results)


def _plain(files: Sequence[Path], weights: WhisperWeights) -> int:
    """How many windows hold a banned word."""
    policy = Policy(configs.POLICY_DIR)
    words = sorted({word for name in BROAD_CONCEPTS for word in policy.lexicon.concepts[name]})
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        return sum(pool.map(_heard, files, [weights] * len(files), [words] * len(files)))


def _heard(file: Path, weights: WhisperWeights, words: Sequence[str]) -> int:
    """How many windows of the file hold one of these words."""
    model = peer(weights)
    automaton = ahocorasick_rs.AhoCorasick(words)
    sound = _sound(file)
    windows = [sound[start : start + _WINDOW_S * _RATE_HZ] for start in range(0, len(sound), _WINDOW_S * _RATE_HZ)]
    texts = ["".join(part.text for part in model.transcribe(window, language="zh")[0]) for window in windows]
    return sum(bool(automaton.find_matches_as_indexes(text)) for text in texts)


def _sound(file: Path) -> NDArray[np.float32]:
    command = [str(find_ffmpeg()), "-v", "error", "-i", str(file), "-f", "s16le", "-ac", "1", "-ar", str(_RATE_HZ), "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    sound: NDArray[np.float32] = np.frombuffer(raw, np.int16).astype(np.float32) / np.float32(32_768)
    return sound


def _cut(file: Path, start_s: int, length_s: int) -> Path:
    file.parent.mkdir(exist_ok=True)
    source = str(DEMO_FILM)
    cut = ["-ss", str(start_s), "-t", str(length_s), "-i", source, "-c", "copy", str(file)]
    subprocess.run([str(find_ffmpeg()), "-v", "error", *cut], check=True)
    return file


def _cpu_s() -> float:
    """Processor time of this process and of all that it has started and that ended."""
    spent = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)
