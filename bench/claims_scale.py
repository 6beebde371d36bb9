"""What our speed depends on: the length of a passage, the size of the lexicon; and what one `zhenyan check` costs."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.cases import BROADCAST_AT, CaseSet, open_examples
from bench.claim_engine import OurEngine, passages
from claims.engine.conversation import ClaimEngine
from claims.passports.load import load_passports
from claims.policy.policy import Policy
from claims.types import Passage

Row = dict[str, object]
LENGTHS = (20, 80, 320, 1280, 5120)
TEXT_CHARS = 5120
PADDINGS = (0, 1_000, 10_000, 100_000)
REPEATS = 5
STARTS = 3


def rows(policy: Policy, case_set: CaseSet) -> list[Row]:
    """Rows by length of passage, by size of lexicon, and for a whole process."""
    with TemporaryDirectory() as scratch:
        padded = [(count, padded_policy(policy.folder, count, Path(scratch) / str(count))) for count in PADDINGS]
        return [
            *length_rows(policy, case_set.passports),
            *padding_rows(padded, case_set),
            *(process_row(count, folder, case_set) for count, folder in (padded[0], padded[-1])),
        ]


def length_rows(policy: Policy, passports: Path) -> list[Row]:
    """The same text cut into passages of different lengths, each a stream of its own."""
    engine = ClaimEngine(policy, load_passports(passports, policy.quantity_reader), at=BROADCAST_AT)
    examples = [case.text for case in open_examples()]
    random.Random(0).shuffle(examples)
    text = "".join(examples)[:TEXT_CHARS]
    taken: dict[int, list[float]] = {length: [] for length in LENGTHS}
    for _ in range(REPEATS):
        for length in LENGTHS:
            started = time.process_time()
            for at in range(0, len(text), length):
                conversation = engine.conversation("s")
                piece = text[at : at + length]
                conversation.hear(Passage(stream_id="s", id=str(at), start_ms=0, end_ms=3600, text=piece))
                conversation.flush()
            taken[length].append((time.process_time() - started) / len(text))
    return [
        {
            "table": "length",
            "chars": length,
            "ms_per_passage": round(median(each) * length * 1e3, 2),
            "us_per_char": round(median(each) * 1e6, 1),
            "cost_per_char_over_shortest": round(median(each) / median(taken[LENGTHS[0]]), 2),
        }
        for length, each in taken.items()
    ]


def padding_rows(padded: Sequence[tuple[int, Path]], case_set: CaseSet) -> list[Row]:
    """The lexicon with random sensitive words added: time to build it, and speed over the cases of a set."""
    engines: dict[int, OurEngine] = {}
    build_s: dict[int, float] = {}
    forms: dict[int, int] = {}
    for count, folder in padded:
        started = time.process_time()
        policy = Policy(folder)
        forms[count] = len(policy.lexicon.entries) + len(policy.lexicon.spelled)
        policy.sounds  # noqa: B018 - built on first use
        build_s[count] = time.process_time() - started
        engines[count] = OurEngine(policy, [case_set])
    taken: dict[int, list[float]] = {count: [] for count in engines}
    for _ in range(REPEATS):
        for count, engine in engines.items():
            started = time.process_time()
            for case in case_set.cases:
                engine.judge(case)
            taken[count].append(time.process_time() - started)
    spoken = sum(len(case.utterances) for case in case_set.cases)
    return [
        {
            "table": "lexicon",
            "words_added": count,
            "forms_searched": forms[count],
            "build_s": round(build_s[count], 2),
            "passages_per_core_s": round(spoken / median(each)),
            "speed_over_unpadded": round(median(taken[0]) / median(each), 2),
        }
        for count, each in taken.items()
    ]


def process_row(words_added: int, policy_folder: Path, case_set: CaseSet) -> Row:
    """`zhenyan check` as its users start it: time for one passage, time and memory for a whole set."""
    lines = [passage.model_dump_json() for case in case_set.cases for passage in passages(case)]
    ready = [_check(policy_folder, case_set.passports, lines[:1]) for _ in range(STARTS)]
    whole = _check(policy_folder, case_set.passports, lines)
    return {
        "table": "process",
        "words_added": words_added,
        "one_passage_wall_s": round(median(wall for wall, _, _ in ready), 2),
        "one_passage_cpu_s": round(median(cpu for _, cpu, _ in ready), 2),
        "passages": len(lines),
        "all_cpu_s": round(whole[1], 2),
        "peak_rss_mb": round(whole[2] / 1024),
    }


def _check(policy_folder: Path, passports: Path, lines: Sequence[str]) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds and peak RSS in KiB of one run of `zhenyan check`."""
    command = [sys.executable, "-c", "from cli.main import main; main()", "check", "--passports", str(passports)]
    command += ["--policy", str(policy_folder), "--at", BROADCAST_AT.isoformat()]
    with _spooled(lines) as spool:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdin=spool, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[1])
        peak_kib = 0
        while True:
            # VmHWM, for ru_maxrss of a child begins at what its parent held.
            peak_kib = max(peak_kib, _high_water_kib(process.pid))
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            time.sleep(0.005)
        wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return wall_s, usage.ru_utime + usage.ru_stime, peak_kib


@contextmanager
def _spooled(lines: Sequence[str]) -> Iterator[int]:
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "passages.jsonl"
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        with path.open("rb") as source:
            yield source.fileno()


def _high_water_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def padded_policy(folder: Path, count: int, target: Path) -> Path:
    """A copy of the policy with `count` random sensitive words of two to five characters more."""
    shutil.copytree(folder, target)
    if count:
        source = random.Random(count)
        words: dict[str, None] = {}
        while len(words) < count:
            size = source.randint(2, 5)
            words["".join(chr(source.randint(0x4E00, 0x8FFF)) for _ in range(size))] = None
        content = {"concepts": {"padding": {"sensitive": True, "words": list(words)}}}
        (target / "lexicon" / "padding.yaml").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return target
