"""Speech in right-sized windows beside faster-whisper's `transcribe`: cost, character error, and what makes them."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from asr.engines.vocabulary import for_mandarin
from asr.engines.weights import DEFAULT_MODEL, find_whisper
from asr.recogniser import BEAM_SIZE
from asr.segmentation.vad import SileroVad
from bench.asr_material import Line, broadcast_lines, degrade, material
from bench.asr_ways import (
    HOTWORDS,
    Way,
    endpointed_texts,
    engine,
    full_windows,
    hard_window_text,
    joined,
    our_texts,
    peer,
    peer_texts,
    sequential_text,
)
from bench.cer import character_error_rate, difference_interval

PEER = "faster-whisper transcribe, beam 5"
OURS = f"ours: right-sized, beam {BEAM_SIZE}, batch of 8"
SINGLE = f"ours: right-sized, beam {BEAM_SIZE}, one by one"
ENDPOINTED = f"ours: beam {BEAM_SIZE}, cut by the endpointer"
BLOCK = 64
PART_EVERY = 5
QUICK_LINES = 2

Rows = list[dict[str, object]]


@dataclass(slots=True)
class Outcome:
    """What a way gave over some lines: texts in their order, and the CPU time it took."""

    lines: list[Line] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    cpu_s: float = 0.0

    def add(self, way: Way, lines: Sequence[Line]) -> None:
        """Recognises these lines too."""
        started_s = time.process_time()
        self.texts += way.texts(lines)
        self.cpu_s += time.process_time() - started_s
        self.lines += lines

    @property
    def audio_s_per_cpu_s(self) -> float:
        """Seconds of audio to a second of one core."""
        return sum(line.length_s for line in self.lines) / self.cpu_s

    @property
    def error_rate(self) -> float:
        """Character error rate over all lines."""
        return character_error_rate(zip((line.text for line in self.lines), self.texts, strict=True))


def run(*, quick: bool = False) -> Rows:
    """Rows of six tables: the ways on all lines, kinds of lines, the same cut by the endpointer, steps on a part,
    agreement, whole recordings.

    Kinds cut by the endpointer are of held-out lines alone.
    """
    lines = _quick_lines() if quick else material()
    part = lines if quick else lines[::PART_EVERY]
    rest = [line for index, line in enumerate(lines) if index % PART_EVERY] if not quick else []
    with TemporaryDirectory() as scratch:
        whole = find_whisper(DEFAULT_MODEL, Path(scratch))
        weights = for_mandarin(whole, Path(scratch))
        theirs, ours, single = peer(whole), engine(weights), engine(weights, batch_size=1)
        all_tokens = engine(whole)
        greedy, wide, words = engine(weights, beam_size=1), engine(weights, beam_size=5), engine(weights, words=True)
    SileroVad()

    def in_full_windows(some: Sequence[Line]) -> list[str]:
        with full_windows():
            return our_texts(single, some)

    main = [
        Way(name=PEER, texts=lambda some: peer_texts(theirs, some)),
        Way(name=OURS, texts=lambda some: our_texts(ours, some)),
        Way(name=SINGLE, texts=lambda some: our_texts(single, some)),
        Way(name=ENDPOINTED, texts=lambda some: endpointed_texts(ours, some)),
    ]
    steps = [
        Way(name="faster-whisper transcribe, beam 3", texts=lambda some: peer_texts(theirs, some, beam_size=3)),
        Way(name="faster-whisper transcribe, greedy", texts=lambda some: peer_texts(theirs, some, beam_size=1)),
        Way(name=f"ours: 30 s, beam {BEAM_SIZE}, one by one", texts=in_full_windows),
        Way(
            name=f"ours: right-sized, beam {BEAM_SIZE}, batch of 8, all tokens",
            texts=lambda some: our_texts(all_tokens, some),
        ),
        Way(name="ours: right-sized, beam 5, batch of 8", texts=lambda some: our_texts(wide, some)),
        Way(name="ours: right-sized, greedy, batch of 8", texts=lambda some: our_texts(greedy, some)),
        Way(name=f"… beam {BEAM_SIZE} and word times", texts=lambda some: our_texts(words, some)),
        Way(name=f"… beam {BEAM_SIZE} and hotwords, confirmed", texts=lambda some: our_texts(ours, some, HOTWORDS)),
    ]
    on_part = _in_turn([*main, *steps], part)
    on_all = _in_turn(main, rest, {way.name: on_part[way.name] for way in main})
    recorded = [line for line in lines if line.source != "made"]
    return [
        *_cost_rows(on_all),
        *_kind_rows("condition_or_voice", on_all[OURS], on_all[PEER]),
        *_kind_rows("endpointed, held out", *(_only(on_all[name], _is_held_out) for name in (ENDPOINTED, PEER))),
        *_step_rows(on_part),
        *_agreement_rows(on_all[OURS], on_all[SINGLE]),
        *_recording_rows(
            recorded,
            {
                "faster-whisper, hard 30 s windows": lambda: hard_window_text(theirs, joined(recorded)),
                "faster-whisper, whole recording": lambda: sequential_text(theirs, joined(recorded)),
                "ours: cut at pauses": lambda: "".join(endpointed_texts(ours, [_recording(recorded)])),
            },
        ),
    ]


def _in_turn(
    ways: Sequence[Way], lines: Sequence[Line], before: dict[str, Outcome] | None = None
) -> dict[str, Outcome]:
    """Every way over every block of lines, one after the other, so that a busy machine is busy for all of them."""
    outcomes = {
        way.name: Outcome(list(past.lines), list(past.texts), past.cpu_s)
        if (past := (before or {}).get(way.name))
        else Outcome()
        for way in ways
    }
    for start in range(0, len(lines), BLOCK):
        for way in ways:
            outcomes[way.name].add(way, lines[start : start + BLOCK])
    return outcomes


def _cost_rows(outcomes: dict[str, Outcome]) -> Iterator[dict[str, object]]:
    theirs = outcomes[PEER]
    for name, own in outcomes.items():
        yield {
            "way": name,
            "utterances": len(own.lines),
            "audio_s": round(sum(line.length_s for line in own.lines)),
            "audio_s_per_cpu_s": round(own.audio_s_per_cpu_s, 2),
            "times_the_peer": round(own.audio_s_per_cpu_s / theirs.audio_s_per_cpu_s, 2),
            **_against(own, theirs),
        }


def _kind_rows(what: str, ours: Outcome, theirs: Outcome) -> Iterator[dict[str, object]]:
    kinds: dict[str, Callable[[Line], bool]] = {}
    for line in ours.lines:
        kinds.setdefault(line.condition, lambda other, own=line.condition: other.condition == own)  # type: ignore[misc]
    for line in ours.lines:
        kinds.setdefault(line.voice, lambda other, own=line.voice: other.voice == own)  # type: ignore[misc]
    for name, belongs in kinds.items():
        own = _only(ours, belongs)
        yield {what: name, "lines": len(own.lines), **_against(own, _only(theirs, belongs))}


def _step_rows(outcomes: dict[str, Outcome]) -> Iterator[dict[str, object]]:
    for name, own in outcomes.items():
        yield {
            "step, on a part": name,
            "part": len(own.lines),
            "audio_s_per_cpu_s": round(own.audio_s_per_cpu_s, 2),
            "times_the_peer": round(own.audio_s_per_cpu_s / outcomes[PEER].audio_s_per_cpu_s, 2),
            "cost_over_ours": round(outcomes[OURS].audio_s_per_cpu_s / own.audio_s_per_cpu_s, 2),
            **_against(own, outcomes[PEER]),
        }


def _agreement_rows(together: Outcome, alone: Outcome) -> Iterator[dict[str, object]]:
    different = [pair for pair in zip(together.texts, alone.texts, strict=True) if pair[0] != pair[1]]
    yield {"compared": len(together.texts), "identical_share": round(1 - len(different) / len(together.texts), 4)}
    for one, other in different:
        yield {"in_a_batch": one, "one_by_one": other}


def _recording_rows(lines: Sequence[Line], ways: dict[str, Callable[[], str]]) -> Iterator[dict[str, object]]:
    said = "".join(line.text for line in lines)
    audio_s = sum(line.length_s for line in lines)
    for name, text in ways.items():
        started_s = time.process_time()
        heard = text()
        cpu_s = time.process_time() - started_s
        yield {
            "recording": name,
            "recorded_s": round(audio_s),
            "audio_s_per_cpu_s": round(audio_s / cpu_s, 2),
            "character_error_rate": round(character_error_rate([(said, heard)]), 4),
        }


def _against(own: Outcome, theirs: Outcome) -> dict[str, object]:
    triples = [(line.text, text, other) for line, text, other in zip(own.lines, own.texts, theirs.texts, strict=True)]
    less, low, high = difference_interval(triples)
    return {
        "character_error_rate": round(own.error_rate, 4),
        "peers": round(theirs.error_rate, 4),
        "difference": round(less, 4),
        "interval_95": f"{low:+.4f} to {high:+.4f}",
    }


def _is_held_out(line: Line) -> bool:
    return line.held_out


def _only(outcome: Outcome, belongs: Callable[[Line], bool]) -> Outcome:
    kept = [pair for pair in zip(outcome.lines, outcome.texts, strict=True) if belongs(pair[0])]
    return Outcome([line for line, _ in kept], [text for _, text in kept], outcome.cpu_s)


def _recording(lines: Sequence[Line]) -> Line:
    return Line(source="joined", voice="several", condition="clean", text="", samples=joined(lines))


def _quick_lines() -> list[Line]:
    lines = broadcast_lines()[1 : 1 + QUICK_LINES]
    noisy = lines[0]
    samples = degrade(noisy.samples, "telephone", seed=0)
    return [
        *lines,
        Line(source="made", voice=noisy.voice, condition="telephone", text=noisy.text, samples=samples),
    ]
