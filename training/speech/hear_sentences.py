"""Writes what the packaged recogniser makes of sentences that are learnt from, for their mistakes to be learnt as well.

    python -m training.speech.hear_sentences [--count 396]

As many breaches as lawful ones, in eight voices in turn, each as it was made and once in noise, over music or by
telephone. Needs the synthesiser that `training/speech/install-synthesiser.sh` installs; two seconds of work a sentence
and more.
"""

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import yaml

from asr.engines.whisper import WhisperTranscriber
from bench.asr_material import VOICES, Samples, degrade, made_speech
from bench.hearing import packaged_recogniser, whole
from bench.spoken_material import SAYABLE
from claims.obfuscation.doubts import doubts_of
from training.speech.misheard import (
    HEARD,
    SENTENCES,
    RecognisedLine,
)

ROOT = Path(__file__).resolve().parents[2]

CONDITIONS = (("noise", 20), ("music", 20), ("noise", 10), ("music", 10), ("telephone", 0))


def sentences(count: int) -> list[str]:
    """So many breaches and so many lawful sentences in turn, chosen by chance over all files; the same every time."""
    found: dict[str, set[str]] = {"claims": set(), "lawful": set()}
    for file in SENTENCES:
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            for key, texts in found.items():
                texts.update(text for text in group.get(key, ()) if SAYABLE.fullmatch(text))
    chosen = [sorted(texts, key=lambda t: hashlib.sha256(t.encode()).hexdigest())[:count] for texts in found.values()]
    return [text for pair in zip(*chosen, strict=False) for text in pair]


_Job = tuple[str, str, str, Samples]
_recognisers: list[WhisperTranscriber] = []


def _open() -> None:
    _recognisers.append(packaged_recogniser())


def _hear(job: _Job) -> RecognisedLine | None:
    """One sentence as it was written; None where nothing was heard."""
    said, voice, condition, samples = job
    for utterance in _recognisers[0].transcribe([whole(samples)]):
        return RecognisedLine(
            said=said, heard=utterance.text, doubts=doubts_of(utterance), voice=voice, condition=condition
        )
    return None


def _jobs(texts: Sequence[str]) -> Iterator[_Job]:
    wanted = [(VOICES[index // 2 % len(VOICES)], text) for index, text in enumerate(texts)]
    for index, ((voice, text), samples) in enumerate(zip(wanted, made_speech(wanted), strict=True)):
        if samples is not None:
            condition, weaker_db = CONDITIONS[index // 2 // len(VOICES) % len(CONDITIONS)]
            yield text, voice, "clean", samples
            noisy = degrade(samples, condition, seed=index, weaker_db=weaker_db)
            yield text, voice, f"{condition} {weaker_db}".removesuffix(" 0"), noisy


def main() -> None:
    """Speaks, hears and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=396, help="breaches, and as many lawful sentences")
    options = parser.parse_args()
    with ProcessPoolExecutor(initializer=_open) as processes:
        heard = processes.map(_hear, _jobs(sentences(options.count)), chunksize=16)
        rows = [one.model_dump_json(exclude_defaults=True) for one in heard if one is not None]
    HEARD.write_text("\n".join(rows) + "\n", encoding="utf-8")
    print(f"{len(rows)} lines written to {HEARD.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
