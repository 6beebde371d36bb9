"""Replay of stored passages under a candidate policy: hours of broadcasts a minute, the first time and again.

The peer greps the same passages for the policy's banned words: the floor under any judging of text.
"""

import os
import random
import resource
import shutil
import time
from datetime import datetime
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import ahocorasick_rs

import configs
from bench.check import spoken_examples
from claims.passport_load import load_passports, passport_texts
from claims.policy import Policy
from claims.types import Passage
from cli.broadcast.script import read_script
from cluster.replay import ReplayJob, replay
from review.due.basis import keep_basis
from review.replays.types import ChangeKind, Scope
from review.store import Store
from review.types import Host, ProductRef, StreamRecord, StreamState

_AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")
_PASSPORTS = configs.DEMO_DIR / "passports.yaml"
_STEP_MS = 4_500
_SPOKEN_MS = 4_000
_HOUR_MS = 3_600_000
_STREAMS = 6
_BANNED_CONCEPTS = ("absolute_strong", "absolute", "superlative", "lowest_price")
_SHADOWED = ("classes/ABS_SUPERLATIVE.yaml", "- id: market_superlative\n")


def run(quick: bool = False) -> list[dict[str, object]]:
    """A row for each way; broadcasts of an hour are made of what hosts say in the demo and in examples."""
    streams, length_ms = (2, _HOUR_MS // 20) if quick else (_STREAMS, _HOUR_MS)
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with TemporaryDirectory() as folder:
        data_dir = Path(folder)
        url = f"sqlite:///{data_dir / 'bench.db'}"
        passages = _fill(url, data_dir, streams, length_ms)
        first = _candidate(data_dir / "first", "    shadow: true\n")
        second = _candidate(data_dir / "second", "    shadow: true\n    # another candidate\n")
        rows = [_listed(passages, streams * length_ms)]
        for semantic in ("off", "auto"):
            for way, folder_of in (("first time", first), ("again, another candidate", second)):
                job = ReplayJob(
                    candidate=folder_of,
                    live=configs.POLICY_DIR,
                    database_url=url,
                    data_dir=data_dir,
                    semantic=semantic,
                )
                rows.append(_replayed(job, f"zhenyan replay, semantic {semantic}, {way}", workers))
        return rows


def _replayed(job: ReplayJob, way: str, workers: int) -> dict[str, object]:
    started, cpu_before_s = time.monotonic(), _cpu_s()
    report = replay(job, Scope(), workers=workers)
    assert report is not None
    wall_s, cpu_s = time.monotonic() - started, _cpu_s() - cpu_before_s
    return _row(way, workers, report.passage_count, report.span_ms, wall_s, cpu_s) | {
        "changes": sum(report.counts[kind] for kind in ChangeKind)
    }


def _listed(passages: list[str], span_ms: int) -> dict[str, object]:
    policy = Policy(configs.POLICY_DIR)
    words = sorted({word for concept in _BANNED_CONCEPTS for word in policy.lexicon.concepts.get(concept, ())})
    automaton = ahocorasick_rs.AhoCorasick(words)
    started, cpu_before_s = time.monotonic(), _cpu_s()
    found = sum(bool(automaton.find_matches_as_indexes(text)) for text in passages)
    wall_s, cpu_s = time.monotonic() - started, _cpu_s() - cpu_before_s
    return _row("banned-word list", 1, len(passages), span_ms, wall_s, cpu_s) | {"changes": found}


def _cpu_s() -> float:
    """Processor time of this process and of all that it has started and ended."""
    spent = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def _row(way: str, workers: int, passage_count: int, span_ms: int, wall_s: float, cpu_s: float) -> dict[str, object]:
    """`hours_per_core_minute` is by processor time: it does not depend on who else uses the machine."""
    hours = span_ms / _HOUR_MS
    return {
        "way": way,
        "processes": workers,
        "passages": passage_count,
        "hours": round(hours, 1),
        "wall_s": round(wall_s, 2),
        "cpu_s": round(cpu_s, 2),
        "hours_per_minute": round(hours / wall_s * 60, 1),
        "hours_per_core_minute": round(hours / max(cpu_s, 0.001) * 60, 1),
    }


def _fill(url: str, data_dir: Path, streams: int, length_ms: int) -> list[str]:
    """Stores the broadcasts; gives every text."""
    script = [line.text for line in read_script(configs.DEMO_DIR / "demo.json").lines]
    examples = spoken_examples()
    passports = load_passports(_PASSPORTS, Policy(configs.POLICY_DIR).quantity_reader)
    texts = passport_texts(_PASSPORTS)
    store = Store.open(url)
    told: list[str] = []
    for number in range(streams):
        order = random.Random(number).sample(examples, len(examples))
        mixed = (text for pair in zip(cycle(script), cycle(order), strict=False) for text in pair)
        stream_id = f"s{number:03}"
        store.put_stream(
            StreamRecord(
                stream_id=stream_id,
                source="bench",
                host=Host(id=f"h{number % 7}", name=f"主播 {number % 7}", platform="bench"),
                title=stream_id,
                started_at=_AT,
                products=tuple(ProductRef(product_id=p.id, name=p.name, category=p.category) for p in passports),
                state=StreamState.ENDED,
            )
        )
        keep_basis(data_dir / "recordings" / stream_id, texts, [])
        said = [
            Passage(stream_id=stream_id, id=f"u{start_ms}", start_ms=start_ms, end_ms=start_ms + _SPOKEN_MS, text=text)
            for start_ms, text in zip(range(0, length_ms, _STEP_MS), mixed, strict=False)
        ]
        store.add_passages(said)
        told += [passage.text for passage in said]
    store.close()
    return told


def _candidate(folder: Path, more: str) -> Path:
    """The packaged policy with a rule that only notes."""
    shutil.copytree(configs.POLICY_DIR, folder)
    name, rule = _SHADOWED
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8").replace(rule, rule + more), encoding="utf-8")
    return folder
