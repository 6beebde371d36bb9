"""Claims as heard beside the same claims as text, and what became of every miss.

Labelled sentences in eight voices, as they were made, over noise and music and through a telephone, heard by the
packaged recogniser and judged. `python -m bench.spoken --unread` takes sentences that nobody read and nothing was
learnt from, `--lines FOLDER` recordings of one's own; `--misses` lists every miss.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import configs
from asr.recogniser import SAMPLES_PER_MS
from bench.cases import BROADCAST_AT
from bench.cer import character_error_rate
from bench.hearing import packaged_recogniser, whole
from bench.spoken_material import LEVELS, SETS, UNREAD, SpokenCase, given, spoken, texts_of
from claims.classifier.opening import AUTO, open_reader
from claims.engine.conversation import ClaimEngine
from claims.passages import from_utterance
from claims.passports.load import load_passports
from claims.policy.packaged import packaged_policy
from claims.types import Disposition, Finding, Passage

Row = dict[str, object]
WHYS = ("heard wrong", "disguised", "implied", "wrong product", "wrong rule")
_IMPLIED = ("paraphrase", "innuendo", "window")
_QUICK = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One line: what was heard, and what was flagged in it and in its text."""

    line: SpokenCase
    heard: str
    in_speech: tuple[Finding, ...]
    in_text: tuple[Finding, ...]

    def is_hit(self, findings: Iterable[Finding]) -> bool:
        """True if one of the expected classes was flagged."""
        return any(f.class_id in self.line.case.classes for f in findings)


def run(*, quick: bool = False) -> list[Row]:
    """Recall and precision as text and as heard, by condition, and the misses by their reason."""
    return rows(judge(spoken(_QUICK) if quick else spoken()))


def judge(lines: Sequence[SpokenCase]) -> list[Judged]:
    """Every line as it was heard and as it was to be said, each a stream of its own."""
    policy = packaged_policy()
    reader = open_reader(AUTO, configs.SEMANTIC_DIR)
    engines = {
        path: ClaimEngine(policy, load_passports(path, policy.quantity_reader), at=BROADCAST_AT, reader=reader)
        for path in {line.passports for line in lines}
    }
    heard = hear(lines)
    return [
        Judged(
            line=line,
            heard=passage.text if passage else "",
            in_speech=_flags(engines[line.passports], [passage] if passage else []),
            in_text=_flags(engines[line.passports], [_as_text(index, line)]),
        )
        for index, (line, passage) in enumerate(zip(lines, heard, strict=True))
    ]


def hear(lines: Sequence[SpokenCase]) -> list[Passage | None]:
    """What the packaged recogniser makes of each line, on one thread; None where it hears nothing."""
    recogniser = packaged_recogniser()
    found: list[Passage | None] = [None] * len(lines)
    for index, line in enumerate(lines):
        for utterance in recogniser.transcribe([whole(line.samples, str(index))]):
            passage = from_utterance(utterance)
            found[index] = passage.model_copy(update={"product_id": line.case.product_id})
    return found


def rows(judged: Sequence[Judged]) -> list[Row]:
    """The tables: quality as text and as heard, by condition; then the reasons of the misses."""
    parts = dict.fromkeys(
        (level, name) for level in (*LEVELS, "given") for name in ("all", *_conditions(judged, level))
    )
    found: list[Row] = []
    for level, condition in parts:
        part = [j for j in judged if j.line.level == level and condition in {"all", j.line.condition}]
        name = level if condition == "all" else f"{level}, {condition}"
        if not part:
            continue
        found += [
            _quality(name, "text", part, lambda j: j.in_text),
            _quality(name, "heard", part, lambda j: j.in_speech),
        ]
    counts = Counter(why for _, why in misses(judged))
    return [*found, *({"table": "misses", "why": why, "count": counts[why]} for why in WHYS)]


def _conditions(judged: Sequence[Judged], level: str) -> tuple[str, ...]:
    """The conditions of a level where it has more than one."""
    found = tuple(dict.fromkeys(j.line.condition for j in judged if j.line.level == level))
    return found if len(found) > 1 else ()


def misses(judged: Sequence[Judged]) -> Iterator[tuple[Judged, str]]:
    """Every breach that was not flagged as heard, and why."""
    for one in judged:
        if one.line.case.classes and not one.is_hit(one.in_speech):
            yield one, reason(one)


def reason(one: Judged) -> str:
    """Heard wrong where the text itself is flagged; else what the sentence does, or what the rules lack."""
    if one.is_hit(one.in_text):
        return "heard wrong"
    wanted = one.line.case.product_id
    if any(f.product_id != wanted for f in one.in_speech) and wanted is not None:
        return "wrong product"
    if one.line.kind in _IMPLIED:
        return "implied"
    return "disguised" if one.line.kind else "wrong rule"


def _quality(name: str, way: str, part: Sequence[Judged], flagged: Callable[[Judged], tuple[Finding, ...]]) -> Row:
    breaches = [j for j in part if j.line.case.classes]
    lawful = [j for j in part if not j.line.case.classes]
    hits = sum(j.is_hit(flagged(j)) for j in breaches)
    false = sum(bool(flagged(j)) for j in lawful)
    texts = zip(texts_of([j.line for j in part]), [j.heard for j in part], strict=True)
    return {
        "table": "quality",
        "condition": name,
        "way": way,
        "lines": len(part),
        "recall": round(hits / max(1, len(breaches)), 3),
        "precision": round(hits / max(1, hits + false), 3),
        "character_errors": round(character_error_rate(texts), 3) if way == "heard" else 0.0,
    }


def _flags(engine: ClaimEngine, passages: Sequence[Passage]) -> tuple[Finding, ...]:
    conversation = engine.conversation(passages[0].stream_id if passages else "silence")
    for passage in passages:
        conversation.hear(passage)
    conversation.flush()
    return tuple(f for f in conversation.findings if f.disposition is Disposition.FLAG)


def _as_text(index: int, line: SpokenCase) -> Passage:
    return Passage(
        stream_id=str(index),
        id="u",
        start_ms=0,
        end_ms=len(line.samples) // SAMPLES_PER_MS,
        text=line.case.utterances[0],
        product_id=line.case.product_id,
    )


def main() -> None:
    """Prints the rows of recordings in a folder, or of the lines that are made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=Path, help="a folder with texts.jsonl and recordings")
    parser.add_argument(
        "--unread", action="store_true", help="lines of the held-out sets, which --misses must not list"
    )
    parser.add_argument("--misses", action="store_true", help="list every miss and every false flag")
    options = parser.parse_args()
    started = time.process_time()
    if options.unread and (options.lines or options.misses):
        parser.error("--unread goes with neither --lines nor --misses: nobody reads these sentences")
    lines = given(options.lines) if options.lines else spoken(sets=UNREAD if options.unread else SETS)
    judged = judge(lines)
    for row in rows(judged):
        sys.stdout.write("  ".join(f"{key} {value}" for key, value in row.items()) + "\n")
    sys.stdout.write(f"{time.process_time() - started:.0f} s of one core\n")
    if options.misses:
        for one, why in misses(judged):
            sys.stdout.write(f"{why}: {one.line.case.id} said {one.line.case.utterances[0]} heard {one.heard}\n")
        for one in judged:
            if not one.line.case.classes and one.in_speech:
                names = ", ".join(f.rule for f in one.in_speech)
                sys.stdout.write(
                    f"false: {one.line.case.id} said {one.line.case.utterances[0]} heard {one.heard}: {names}\n"
                )


if __name__ == "__main__":
    main()
