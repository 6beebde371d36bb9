"""Speech on a real GPU: how much a card hears, how long a call takes, what it holds, by model and batch."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

import configs
from asr.batching.gpu_memory import MEASURES, engine_memory_mb
from asr.recogniser import Cut
from bench.checkout import ROOT
from cli.shell.benchmark_report import print_report, report_json
from cli.shell.records import InputError
from ingest.types import SAMPLE_RATE_HZ

_CUT_S = 12
_ROUNDS = 5
_NONE = "bench gpu: no NVIDIA GPU is here (nvidia-smi shows none); run it on a machine with one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A GPU as its driver names it; memory in MB."""

    index: int
    name: str
    memory_mb: float
    used_mb: float


def run(quick: bool = False) -> list[dict[str, object]]:
    """The base model by batch; InputError without a GPU."""
    return list(measured(("base",), (1, 8) if quick else (1, 4, 8, 16, 32)))


@click.command(name="gpu")
@click.option("--model", "models", multiple=True, default=("base",), show_default=True, help="A name, or a folder.")
@click.option("--batch", "batches", multiple=True, type=click.IntRange(1, 256), default=(1, 4, 8, 16, 32))
@click.option("--compute-type", default="float16", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(models: tuple[str, ...], batches: tuple[int, ...], compute_type: str, as_json: bool) -> None:
    """Measure speech on each GPU of this machine: seconds of speech a second, a call's time, memory beside what
    `asr.batching.gpu_memory` reckons.

    \b
    Example:
      zhenyan bench gpu --model base --model /models/whisper-medium --batch 8 --batch 32
    """
    rows = list(measured(models, batches, compute_type))
    if as_json:
        click.echo(report_json("gpu", rows))
    else:
        print_report("gpu", rows, Console())


def cards() -> tuple[Card, ...]:
    """The GPUs that the driver shows; none where there is no driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    asked = "--query-gpu=index,name,memory.total,memory.used"
    output = subprocess.run(
        [program, asked, "--format=csv,noheader,nounits"], capture_output=True, text=True, timeout=30, check=False
    )
    return read_cards(output.stdout) if output.returncode == 0 else ()


def read_cards(output: str) -> tuple[Card, ...]:
    """The cards in what nvidia-smi prints; lines that are none are left out."""
    found: list[Card] = []
    for line in output.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) == 4 and parts[0].isdigit():
            found.append(Card(index=int(parts[0]), name=parts[1], memory_mb=float(parts[2]), used_mb=float(parts[3])))
    return tuple(found)


def measured(
    models: tuple[str, ...], batches: tuple[int, ...], compute_type: str = "float16"
) -> Iterator[dict[str, object]]:
    """A row for each card, model and batch, each in a process of its own; InputError where there is no card."""
    found = cards()
    if not found:
        raise InputError(_NONE)
    for card in found:
        for model in models:
            for batch in batches:
                yield _row(card, model, batch, compute_type)


def _row(card: Card, model: str, batch: int, compute_type: str) -> dict[str, object]:
    given = {"card": card.index, "model": model, "batch": batch, "compute_type": compute_type}
    child = subprocess.run(
        [sys.executable, "-m", "bench.gpu"],
        cwd=ROOT,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": str(card.index)},
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    name = Path(model).name.removeprefix("whisper-")
    reckoned: float | None = None
    if name in MEASURES:
        reckoned = round(engine_memory_mb(name, batch_size=batch, compute_type=compute_type))
    output: dict[str, object] = {"failed": (child.stderr.strip().splitlines() or ["it died"])[-1]}
    if child.returncode == 0:
        output = json.loads(child.stdout.splitlines()[-1])
    row: dict[str, object] = {"gpu": card.name, "model": name, "batch": batch}
    return row | output | {"reckoned_mb": reckoned, "card_mb": card.memory_mb}


def _hear() -> None:
    """One model on one card: what a call of so many cuts takes, each the same twelve seconds of speech."""
    given = json.load(sys.stdin)
    from faster_whisper.audio import decode_audio

    from asr.engines.weights import find_whisper
    from asr.engines.whisper import WhisperSettings, WhisperTranscriber

    card, batch = int(given["card"]), int(given["batch"])
    before_mb = cards()[card].used_mb
    with tempfile.TemporaryDirectory() as cache:
        weights = find_whisper(given["model"], Path(cache), may_download=False)
        settings = WhisperSettings(device="cuda", compute_type=given["compute_type"], batch_size=batch)
        transcriber = WhisperTranscriber(weights, settings)
    spoken: NDArray[np.float32] = decode_audio(str(configs.TRIAL_FILM))[: _CUT_S * SAMPLE_RATE_HZ]
    cuts = [
        Cut(
            stream_id=f"s{number}",
            start_ms=0,
            end_ms=1000 * _CUT_S,
            speech_start_ms=0,
            speech_end_ms=1000 * _CUT_S,
            samples=spoken,
        )
        for number in range(batch)
    ]
    seconds: list[float] = []
    peak_mb = 0.0
    for _ in range(_ROUNDS + 1):
        began = time.perf_counter()
        transcriber.transcribe(cuts)
        seconds.append(time.perf_counter() - began)
        peak_mb = max(peak_mb, cards()[card].used_mb)
    # The first call also makes the card ready.
    call_s = statistics.median(seconds[1:])
    output = {
        "call_ms": round(1000 * call_s, 1),
        "speech_s_per_s": round(_CUT_S * batch / call_s, 1),
        "taken_mb": round(peak_mb - before_mb),
    }
    print(json.dumps(output))


if __name__ == "__main__":
    _hear()
