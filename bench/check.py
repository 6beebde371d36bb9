"""Text alone on one core: the claim engine beside a banned-word list, and what starting `zhenyan check` costs.

The word list answers a smaller question (does a banned word occur); it is the floor under any cost per passage.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from statistics import median
from tempfile import TemporaryFile

import ahocorasick_rs

import configs
from bench.cases import open_examples
from bench.checkout import CASES_DIR, ROOT
from claims.engine.conversation import ClaimEngine
from claims.passports.load import load_passports
from claims.policy.packaged import packaged_policy
from claims.types import Passage

_PASSPORTS = configs.DEMO_DIR / "passports.yaml"
_AT = "2026-11-24T20:00:00+08:00"
_BANNED_CONCEPTS = ("absolute_strong", "absolute", "superlative", "lowest_price")
_ROUNDS = 5
_STARTS = 3
# The process tells its own peak: what the system keeps for a child begins with its parent's.
_PROGRAM = """
import atexit, sys
from pathlib import Path
from cli.main import main
atexit.register(lambda: sys.stderr.write(Path("/proc/self/status").read_text()))
main()
"""


def run() -> list[dict[str, object]]:
    """Passages a second of each way in one run, and what a whole process takes."""
    texts = spoken_examples()
    policy = packaged_policy()
    engine = ClaimEngine(policy, load_passports(_PASSPORTS, policy.quantity_reader), at=datetime.fromisoformat(_AT))
    words = sorted({word for concept in _BANNED_CONCEPTS for word in policy.lexicon.concepts.get(concept, ())})
    automaton = ahocorasick_rs.AhoCorasick(words)
    ways: dict[str, Callable[[], object]] = {
        f"banned-word list, {len(words)} words, Aho-Corasick": lambda: [
            automaton.find_matches_as_indexes(t) for t in texts
        ],
        "zhenyan claim engine": lambda: _judge(engine, texts),
    }
    for judge in ways.values():
        judge()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_ROUNDS):
        for name, judge in ways.items():
            started = time.process_time()
            judge()
            seconds[name].append(time.process_time() - started)
    peer_s = median(next(iter(seconds.values())))
    rows: list[dict[str, object]] = [
        {
            "way": name,
            "passages_per_core_s": round(len(texts) / median(taken)),
            "ms_per_passage": round(1000 * median(taken) / len(texts), 4),
            "times_the_peer": round(median(taken) / peer_s, 1),
        }
        for name, taken in seconds.items()
    ]
    return [*rows, process_row("zhenyan check, one passage", texts[:1]), process_row("zhenyan check, all", texts)]


def spoken_examples() -> list[str]:
    """What hosts say, lawful and not: the open examples in a checkout, else the demo's lines."""
    if CASES_DIR.is_dir():
        return [text for case in open_examples() for text in case.utterances]
    script = json.loads((configs.DEMO_DIR / "demo.json").read_text(encoding="utf-8"))
    return [line["text"] for line in script["lines"]]


def process_row(name: str, texts: Sequence[str]) -> dict[str, object]:
    """Seconds from start to end and peak memory of one process, the median of a few."""
    taken = [_check(texts) for _ in range(_STARTS)]
    return {
        "process": name,
        "passages": len(texts),
        "wall_s": round(median(wall_s for wall_s, _ in taken), 2),
        "peak_mib": round(median(kib for _, kib in taken) / 1024),
    }


def _check(texts: Sequence[str]) -> tuple[float, int]:
    with TemporaryFile() as spool:
        for index, text in enumerate(texts):
            spool.write(_passage(index, text).model_dump_json().encode() + b"\n")
        spool.seek(0)
        command = [sys.executable, "-c", _PROGRAM, "check", "--passports", str(_PASSPORTS), "--at", _AT]
        started = time.monotonic()
        done = subprocess.run(
            command, stdin=spool, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT, check=True
        )
        wall_s = time.monotonic() - started
    return wall_s, int(done.stderr.decode().rpartition("VmHWM:")[2].split()[0])


def _judge(engine: ClaimEngine, texts: Sequence[str]) -> None:
    for index, text in enumerate(texts):
        conversation = engine.conversation(f"s{index}")
        conversation.hear(_passage(index, text))
        conversation.flush()


def _passage(index: int, text: str) -> Passage:
    return Passage(stream_id=f"s{index}", id="u1", start_ms=0, end_ms=3000, text=text)
