"""Spoken lines whose text is known: those given in a checkout, the packaged broadcast's, and 204 made on first run."""

import csv
import hashlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from faster_whisper.audio import decode_audio
from numpy.typing import NDArray

import configs
from asr.recogniser import SAMPLES_PER_MS
from bench.checkout import DEMO_FILM, ROOT, SPEECH_DIR, SYNTHESISER
from cli.broadcast.script import lay_out, read_script
from ingest.types import SAMPLE_RATE_HZ

VOICES = ("zf_xiaobei", "zm_yunjian", "zf_xiaoni", "zm_yunxi", "zf_xiaoxiao", "zm_yunxia", "zf_xiaoyi", "zm_yunyang")
CONDITIONS = ("clean", "music", "noise", "telephone")
SIGNAL_TO_NOISE_DB = 10
_BLOCK = len(VOICES) * len(CONDITIONS)
_CACHE = ROOT / "data" / "bench"
_TEXTS = Path(__file__).with_name("asr_lines.txt")
_MELODY = np.array([0, 4, 7, 12, 9, 5, 2, 7])
_TELEPHONE_BAND_HZ = (300, 3_400)
_MU = 255

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one voice said, under which condition: float32 mono at 16 kHz.

    `held_out`: no setting was ever chosen by it. The rest, blocks of 32 made lines in turn, served to choose the
    endpointer's.
    """

    source: str
    voice: str
    condition: str
    text: str
    samples: Samples
    held_out: bool = True

    @property
    def length_s(self) -> float:
        """How long it is."""
        return len(self.samples) / SAMPLE_RATE_HZ


def material() -> list[Line]:
    """Everything there is; says on standard error what is missing."""
    return [*given_lines(), *broadcast_lines(), *made_lines()]


def given_lines() -> list[Line]:
    """The lines by two voices that lie in a checkout; none in an installed package."""
    if not SPEECH_DIR.is_dir():
        return []
    with (SPEECH_DIR / "texts.tsv").open(encoding="utf-8", newline="") as table:
        return [
            Line(
                source="given",
                voice=row["voice"],
                condition="clean",
                text=row["text"],
                samples=read_speech(SPEECH_DIR / row["file"]),
            )
            for row in csv.DictReader(table, delimiter="\t")
        ]


def broadcast_lines() -> list[Line]:
    """Each line of the packaged broadcast, cut from its sound."""
    script = read_script(configs.DEMO_DIR / "demo.json")
    samples = decode_audio(str(DEMO_FILM), sampling_rate=SAMPLE_RATE_HZ)
    places = lay_out(script).lines
    lines = []
    for line in script.lines:
        start, end = (ms * SAMPLES_PER_MS for ms in (places[line.id].start_ms, places[line.id].end_ms))
        lines.append(
            Line(
                source="broadcast",
                voice="zf_xiaoxiao",
                condition="clean",
                text=line.text,
                samples=np.asarray(samples[start:end], np.float32),
            )
        )
    return lines


def made_lines() -> list[Line]:
    """The sentences of `asr_lines.txt` in eight voices in turn, and four conditions in turn after each eight.

    Made once by a synthesiser that `training/speech/install-synthesiser.sh` installs; what can't be made is left out.
    """
    texts = _TEXTS.read_text(encoding="utf-8").split()
    wanted = [(VOICES[index % len(VOICES)], text) for index, text in enumerate(texts)]
    lines = []
    for index, ((voice, text), speech) in enumerate(zip(wanted, made_speech(wanted), strict=True)):
        if speech is not None:
            condition = CONDITIONS[index // len(VOICES) % len(CONDITIONS)]
            samples = degrade(speech, condition, seed=index)
            held_out = index // _BLOCK % 2 == 1
            lines.append(
                Line(source="made", voice=voice, condition=condition, text=text, samples=samples, held_out=held_out)
            )
    return lines


def made_speech(wanted: Sequence[tuple[str, str]]) -> list[Samples | None]:
    """Each text in its voice, made where it is not there yet; None what can't be made."""
    paths = [_CACHE / "speech" / f"{_line_id(voice, text)}.wav" for voice, text in wanted]
    missing = [one for one, path in zip(wanted, paths, strict=True) if not path.is_file()]
    if missing:
        _make(missing)
    return [read_speech(path) if path.is_file() else None for path in paths]


def degrade(samples: Samples, condition: str, *, seed: int, weaker_db: float = SIGNAL_TO_NOISE_DB) -> Samples:
    """The same speech over music or noise, so much weaker than it, or through a telephone."""
    if condition == "music":
        return _mixed(samples, _music(len(samples), seed), weaker_db)
    if condition == "noise":
        return _mixed(samples, _noise(len(samples), seed), weaker_db)
    return telephone(samples) if condition == "telephone" else samples


def telephone(samples: Samples) -> Samples:
    """Speech through 8 kHz, 300–3400 Hz and eight bits of mu-law, at 16 kHz again."""
    narrow = _band(samples, *_TELEPHONE_BAND_HZ)[::2]
    coded = np.round(np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU) * 127) / 127
    decoded = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(_MU)) / _MU
    wide = np.zeros(2 * len(decoded))
    wide[::2] = 2 * decoded
    return _band(wide, *_TELEPHONE_BAND_HZ)[: len(samples)].astype(np.float32)


def _make(wanted: Sequence[tuple[str, str]]) -> None:
    home = _CACHE / "synthesiser"
    python = home / "venv" / "bin" / "python"
    if not (SYNTHESISER.is_file() and python.is_file()):
        print(
            f"{len(wanted)} of the spoken sentences are missing and there is no synthesiser to make them"
            " (training/speech/install-synthesiser.sh installs it); the bench runs on what there is",
            file=sys.stderr,
        )
        return
    print(f"making {len(wanted)} spoken sentences, about 8 s of work each …", file=sys.stderr)
    table = _CACHE / "wanted.tsv"
    rows = [f"{_line_id(voice, text)}\t{voice}\t{text}" for voice, text in wanted]
    table.write_text("\n".join(["id\tvoice\ttext", *rows]) + "\n", encoding="utf-8")
    places = ["--weights", str(home / "weights"), "--tsv", str(table), "--out", str(_CACHE / "speech")]
    subprocess.run([str(python), str(SYNTHESISER), *places], check=True, stdout=subprocess.DEVNULL)


def _line_id(voice: str, text: str) -> str:
    return hashlib.sha256(f"{voice} {text}".encode()).hexdigest()[:12]


def read_speech(path: Path) -> Samples:
    """A mono recording at 16 kHz; ValueError for another rate."""
    samples, rate_hz = soundfile.read(path, dtype="float32")
    if rate_hz != SAMPLE_RATE_HZ:
        raise ValueError(f"{path}: {rate_hz} Hz; the bench wants {SAMPLE_RATE_HZ} Hz")
    return np.asarray(samples, np.float32)


def _mixed(speech: Samples, other: NDArray[np.float64], weaker_db: float) -> Samples:
    loudness = np.sqrt(np.mean(np.square(speech, dtype=np.float64)) / np.mean(np.square(other)))
    mixed = speech + other * loudness * 10 ** (-weaker_db / 20)
    return np.asarray(mixed / max(1, np.abs(mixed).max()), np.float32)


def _music(sample_count: int, seed: int) -> NDArray[np.float64]:
    """A plucked melody with three overtones, two notes a second, over a bass."""
    at_s = np.arange(sample_count) / SAMPLE_RATE_HZ
    notes = 220 * 2 ** (_MELODY[((at_s * 2).astype(int) + seed) % len(_MELODY)] / 12)
    phase = 2 * np.pi * np.cumsum(notes) / SAMPLE_RATE_HZ
    tune = sum(np.sin(phase * k) / k for k in (1, 2, 3)) * np.exp(-2 * (at_s * 2 % 1))
    return np.asarray(tune + 0.5 * np.sin(phase / 2))


def _noise(sample_count: int, seed: int) -> NDArray[np.float64]:
    """Noise whose power falls with frequency, as in a room with a fan."""
    white = np.fft.rfft(np.random.default_rng(seed).normal(size=sample_count))
    return np.asarray(np.fft.irfft(white / np.sqrt(np.arange(len(white)) + 20), sample_count))


def _band(samples: NDArray[np.floating], low_hz: int, high_hz: int) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE_HZ)
    spectrum[(hz < low_hz) | (hz > high_hz)] = 0
    return np.asarray(np.fft.irfft(spectrum, len(samples)))
