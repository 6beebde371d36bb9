"""Replay of stored passages under a candidate policy: hours of broadcasts a minute, the first time and again.

The broadcasts are screened first as live ones are, with the semantic layer: what that keeps is there, and no text is
said twice. The peer greps the same passages for the policy's banned words: the floor under any judging of text.
"""

import os
import random
import resource
import shutil
import time
from datetime import datetime
from itertools import cycle, islice, product
from pathlib import Path
from tempfile import TemporaryDirectory

import ahocorasick_rs

import configs
from bench.check import spoken_examples
from claims.classifier.opening import AUTO, OFF
from claims.passports.load import load_passports, passport_texts
from claims.policy.packaged import packaged_policy
from claims.types import Passage
from cli.broadcast.script import read_script
from cluster.replay.run import ReplayJob, replay
from cluster.stages.judging import JudgingStage
from cluster.stages.policies import LoadedPolicies
from cluster.types import ScreenJob
from review.evidence.basis import keep_basis, keep_directions, keep_step
from review.replays.types import ChangeKind, Scope
from review.stores import Stores
from review.streams.types import Host, ProductRef, StreamRecord, StreamState

_AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")
_PASSPORTS = configs.DEMO_DIR / "passports.yaml"
_STEP_MS = 4_500
_SPOKEN_MS = 4_000
_HOUR_MS = 3_600_000
_STREAMS = 6
_UNREAD = 1
_BANNED_CONCEPTS = ("absolute_strong", "absolute", "superlative", "lowest_price")
_SHADOWED = ("classes/ABS_SUPERLATIVE.yaml", "- id: market_superlative\n")
# Viewers who are welcomed, one a passage: as in a broadcast, no text comes twice.
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
_NAMES = "敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂芳文辉力梅鑫波玲红斌宇浩凯健俊帆帅旭宁龙林欢丹萍飞"


def run(quick: bool = False) -> list[dict[str, object]]:
    """A row for each way; broadcasts of an hour are made of what hosts say in the demo and in examples."""
    streams, length_ms = (2, _HOUR_MS // 20) if quick else (_STREAMS, _HOUR_MS)
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with TemporaryDirectory() as folder:
        data_dir = Path(folder)
        url = f"sqlite:///{data_dir / 'bench.db'}"
        screened, passages = _screen(url, data_dir, streams, length_ms)
        first = _candidate(data_dir / "first", "    shadow: true\n")
        second = _candidate(data_dir / "second", "    shadow: true\n    # another candidate\n")
        rows = [_listed(passages, streams * length_ms), screened]
        ways = [(semantic, *way) for semantic in (OFF, AUTO) for way in (("first time", first), ("again", second))]
        for semantic, way, candidate in ways:
            job = ReplayJob(
                candidate=candidate,
                live=configs.POLICY_DIR,
                database_url=url,
                data_dir=data_dir,
                semantic=semantic,
            )
            rows.append(_replayed(job, Scope(), f"zhenyan replay, semantic {semantic}, {way}", workers))
        unread = _forget(url, data_dir, _UNREAD)
        rows.append(_replayed(job, unread, "zhenyan replay, semantic auto, nothing kept", workers))
        return rows


def _replayed(job: ReplayJob, scope: Scope, way: str, workers: int) -> dict[str, object]:
    started, cpu_before_s = time.monotonic(), _cpu_s()
    report = replay(job, scope, workers=workers)
    assert report is not None
    wall_s, cpu_s = time.monotonic() - started, _cpu_s() - cpu_before_s
    return _row(way, workers, report.passage_count, report.span_ms, wall_s, cpu_s) | {
        "changes": sum(report.counts[kind] for kind in ChangeKind)
    }


def _listed(passages: list[str], span_ms: int) -> dict[str, object]:
    policy = packaged_policy()
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


def _screen(url: str, data_dir: Path, streams: int, length_ms: int) -> tuple[dict[str, object], list[str]]:
    """Judges and stores the broadcasts as live screening does; gives what that took, and every text."""
    passports = load_passports(_PASSPORTS, packaged_policy().quantity_reader)
    texts = passport_texts(_PASSPORTS)
    stores, laws = Stores.open(url), LoadedPolicies()
    spoken: list[str] = []
    wall_s = cpu_s = 0.0
    for number in range(streams):
        stream_id, recording = f"s{number:03}", data_dir / "recordings" / f"s{number:03}"
        stores.stream_writer.put_stream(
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
        keep_basis(recording, texts, [])
        said = _said(stream_id, number, length_ms)
        job = ScreenJob(
            stream_id=stream_id,
            source="bench",
            recording_dir=recording,
            passports_file=_PASSPORTS,
            at=_AT,
            data_dir=data_dir,
            semantic=AUTO,
        )
        started, cpu_before_s = time.monotonic(), _cpu_s()
        judging, findings = JudgingStage(job, {}, laws), []
        for place, passage in enumerate(said):
            findings += judging.judge([passage], passage.end_ms)
            keep_step(recording, place, passage.end_ms, [passage])
            if (read := judging.read()) is not None:
                keep_directions(recording, read)
        stores.stream_writer.add_passages(said)
        stores.stream_writer.add_findings([*findings, *judging.finish()])
        wall_s, cpu_s = wall_s + time.monotonic() - started, cpu_s + _cpu_s() - cpu_before_s
        spoken += [passage.text for passage in said]
    stores.close()
    row = _row("judged while live, semantic auto, all kept", 1, len(spoken), streams * length_ms, wall_s, cpu_s)
    return row | {"changes": 0}, spoken


def _said(stream_id: str, number: int, length_ms: int) -> list[Passage]:
    script = [line.text for line in read_script(configs.DEMO_DIR / "demo.json").lines]
    examples = spoken_examples()
    order = random.Random(number).sample(examples, len(examples))
    mixed = (text for pair in zip(cycle(script), cycle(order), strict=False) for text in pair)
    starts = range(0, length_ms, _STEP_MS)
    names = map("".join, product(_SURNAMES, _NAMES, _NAMES))
    viewers = islice(names, number * len(starts), (number + 1) * len(starts))
    return [
        Passage(
            stream_id=stream_id,
            id=f"u{start_ms}",
            start_ms=start_ms,
            end_ms=start_ms + _SPOKEN_MS,
            text=f"欢迎{viewer}。{text}",
        )
        for start_ms, viewer, text in zip(starts, viewers, mixed, strict=False)
    ]


def _forget(url: str, data_dir: Path, streams: int) -> Scope:
    """Takes away what was read of the first broadcasts, and what their replays remember."""
    stream_ids = tuple(f"s{number:03}" for number in range(streams))
    stores = Stores.open(url)
    for stream_id in stream_ids:
        for file in (data_dir / "recordings" / stream_id).rglob("read-*"):
            file.unlink()
        for kind in ("said", "semantic"):
            stores.replays.remember(stream_id, f"{kind}:nothing", b"")
    stores.close()
    return Scope(stream_ids=stream_ids)


def _candidate(folder: Path, more: str) -> Path:
    """The packaged policy with a rule that only notes."""
    shutil.copytree(configs.POLICY_DIR, folder)
    name, rule = _SHADOWED
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8").replace(rule, rule + more), encoding="utf-8")
    return folder
