"""How many faults put into what decides are found by its tests: mutmut, part by part (`scripts/mutants.yaml`).

    python -m scripts.mutants                           # every part; at most 300 mutants of each, chosen by seed
    python -m scripts.mutants --part retention --left   # only what the last run of the part left alive or undone
    python -m scripts.mutants --write                   # and writes docs/quality/mutants.json and mutants.md
    python -m scripts.mutants --write --kept            # runs nothing: what the last runs found

Each part is run in a copy of the checkout under build/mutants, where `mutmut show NAME` shows a mutant. What is written
of parts that were not run stays while their files do. The exit status is 1 where fewer are killed than `bar` says: of
each part, or with a smaller sample of all parts together.
"""

import argparse
import hashlib
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from scripts.mutants_report import NAMES, Part, Survivor, failing, recorded, table, written

ROOT = Path(__file__).parents[1]
PLAN = ROOT / "scripts" / "mutants.yaml"
WORK = ROOT / "build" / "mutants"
SAMPLE, SEED = 300, 1
_BATCH = 30
_PACKAGES = ("net", "ingest", "asr", "vision", "claims", "review", "cluster", "cli", "bench", "configs")
_BESIDE = ("scripts", "demo_film", "docs", "deploy", "training")
# A server of PostgreSQL would be started for each mutant anew; hypothesis draws the same each time.
_PYTEST = ("-p", "no:cacheprovider", "--hypothesis-seed=0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One part: the files that get faults, as patterns, and the tests that are to find them.

    `without`: tests that are left out, as pytest's `-k` has them: what is slow and finds nothing that others don't, and
    what is named by characters that mutmut can't hand on.
    """

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    without: str = ""

    def sources(self, root: Path) -> list[Path]:
        """The files that get faults."""
        return sorted(path for pattern in self.files for path in root.glob(pattern))

    def digest(self, root: Path) -> str:
        """What the files are, so that a figure is known to be of them."""
        return hashlib.sha256(b"".join(path.read_bytes() for path in self.sources(root))).hexdigest()


@dataclass(slots=True, kw_only=True)
class MutantResults:
    """What is known of a part's mutants: how each ended, by its name; `shown`: what those changed that live."""

    digest: str
    total: int
    ended: dict[str, str] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=dict)


class Runner:
    """mutmut in a copy of the checkout that is set up for one part."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.at = WORK / plan.name
        self._kept = WORK / f"{plan.name}.json"

    def set_up(self, go_on: bool) -> MutantResults:
        """Copies the checkout, has the mutants made and gives what is known of them; with `go_on`, of the last run too.

        What was found before counts only while the mutated files stay as they were: mutants are numbered within them.
        """
        if self.at.exists():
            shutil.rmtree(self.at)
        for name in _tracked():
            (self.at / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.at / name)
        with (self.at / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(self._settings())
        # Nothing is called so: mutmut makes the mutants, sees which tests reach which function, and ends.
        output = self._mutmut("run", "--max-children", "1", "none")
        names = self._ended()
        if not names:
            raise SystemExit(f"{self.plan.name}: mutmut made no mutants\n{output}")
        before = self.kept() if go_on else None
        return before or MutantResults(digest=self.plan.digest(ROOT), total=len(names))

    def kept(self) -> MutantResults | None:
        """What the last run found; None where there is none, or the mutated files changed since."""
        if not self._kept.exists():
            return None
        results = MutantResults(**json.loads(self._kept.read_text(encoding="utf-8")))
        return results if results.digest == self.plan.digest(ROOT) else None

    def run(self, names: Sequence[str], results: MutantResults) -> None:
        """Tests these mutants and keeps how they ended."""
        output = self._mutmut("run", "--max-children", "1", *names)
        ended = self._ended()
        for name in names:
            status = ended.get(name)
            if status is None:
                raise SystemExit(f"{self.plan.name}: {name} was not run\n{output[-2000:]}")
            results.ended[name] = status
            results.shown.pop(name, None)
            if status not in NAMES.killed:
                results.shown[name] = self._shown(name)
        self._kept.write_text(json.dumps(vars_of(results), ensure_ascii=False, indent=1), encoding="utf-8")

    def names(self) -> list[str]:
        """The names of all mutants of the part, in order."""
        return sorted(self._ended())

    def _settings(self) -> str:
        mutated = [str(path.relative_to(ROOT)) for path in self.plan.sources(ROOT)]
        rooms = sorted({path.partition("/")[0] for path in mutated})
        beside = [name for name in (*_PACKAGES, *_BESIDE) if name not in rooms]
        left_out = "not postgresql" + (f" and not ({self.plan.without})" if self.plan.without else "")
        lists = {
            "source_paths": rooms,
            "also_copy": beside,
            "only_mutate": mutated,
            "pytest_add_cli_args": [*_PYTEST, "-k", left_out],
            "pytest_add_cli_args_test_selection": list(self.plan.tests),
        }
        # Lists of plain words are written alike in JSON and in TOML.
        return "\n[tool.mutmut]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in lists.items())

    def _ended(self) -> dict[str, str | None]:
        """How each mutant ended, by its name; None: not run."""
        found: dict[str, str | None] = {}
        for path in (self.at / "mutants").rglob("*.meta"):
            for name, code in json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].items():
                found[name] = NAMES.of(code)
        return found

    def _shown(self, name: str) -> list[str]:
        lines = self._mutmut("show", name).splitlines()
        return [line for line in lines if line[:1] in "+-" and line[:3] not in {"+++", "---"}]

    def _mutmut(self, *arguments: str) -> str:
        command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
        done = subprocess.run(command, cwd=self.at, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr


def vars_of(results: MutantResults) -> dict[str, object]:
    """The standing as JSON has it."""
    return {name: getattr(results, name) for name in ("digest", "total", "ended", "shown")}


def _tracked() -> Iterable[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return (name for name in output.split("\0") if name and (ROOT / name).is_file())


def chosen(names: Sequence[str], sample: int, seed: int) -> list[str]:
    """At most so many of the mutants, by the seed; a smaller sample is part of a larger one."""
    shuffled = sorted(names)
    random.Random(seed).shuffle(shuffled)
    return shuffled[:sample]


def tested(plan: Plan, options: argparse.Namespace, until: float) -> MutantResults | None:
    """The part after the run; batches that would begin later than `until` are left for the next one (`--undone`).

    None if nothing is to be run (`--kept`) and the last run was of other files than are there now.
    """
    runner = Runner(plan)
    if options.kept:
        return runner.kept()
    results = runner.set_up(options.left or options.undone)
    names = chosen(runner.names(), options.sample, options.seed)
    results.ended = {name: status for name, status in results.ended.items() if name in set(names)}
    settled = results.ended if options.undone else {n: s for n, s in results.ended.items() if s in NAMES.killed}
    todo = [name for name in names if name not in settled]
    for start in range(0, len(todo), _BATCH):
        if time.monotonic() > until:
            print(f"{plan.name}: {len(todo) - start} left undone", file=sys.stderr)
            break
        runner.run(todo[start : start + _BATCH], results)
    return results


def plans_of(parts: Mapping[str, Any]) -> list[Plan]:
    """The parts as the plan's file has them."""
    return [
        Plan(name=name, files=tuple(part["files"]), tests=tuple(part["tests"]), without=part.get("without", ""))
        for name, part in parts.items()
    ]


def part_of(plan: Plan, results: MutantResults, why: Sequence[Survivor]) -> Part:
    """The part as it is reported, each survivor with its reason if the plan gives one."""
    killed = sum(status in NAMES.killed for status in results.ended.values())
    alive = tuple(
        Survivor.of(name, results.shown.get(name, []), status, why)
        for name, status in sorted(results.ended.items())
        if status not in NAMES.killed
    )
    return Part(
        name=plan.name,
        files=plan.files,
        total=results.total,
        killed=killed,
        survivors=alive,
        digest=results.digest,
    )


def together(plans: Sequence[Plan], found: Sequence[Part], before: Sequence[Part]) -> tuple[list[Part], list[str]]:
    """The parts as they are written, and the names of those of which nothing is known of the files as they are.

    `found`: those that were run now; `before`: as the report has them, which stay while their files do.
    """
    known = {part.name: part for part in before if part.digest}
    digests = {plan.name: plan.digest(ROOT) for plan in plans}
    known = {name: part for name, part in known.items() if part.digest == digests.get(name)}
    known |= {part.name: part for part in found}
    names = [plan.name for plan in plans]
    return [known[name] for name in names if name in known], [name for name in names if name not in known]


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", help="only this one; may be given again")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="at most so many mutants of a part")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--left", action="store_true", help="only what the last run left alive or undone")
    parser.add_argument("--undone", action="store_true", help="only what the last run did not come to")
    parser.add_argument("--kept", action="store_true", help="run nothing; report what the last runs found")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin nothing new after so long")
    parser.add_argument("--write", action="store_true", help="write docs/quality/mutants.json and mutants.md")
    options = parser.parse_args(arguments)
    declared = yaml.safe_load(PLAN.read_text(encoding="utf-8"))
    plans = plans_of(declared["parts"])
    reasons = [Survivor(**one) for one in declared["survivors"]]
    WORK.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + options.seconds
    wanted = [plan for plan in plans if options.part is None or plan.name in options.part]
    found = [(plan, tested(plan, options, until)) for plan in wanted]
    parts = [part_of(plan, results, reasons) for plan, results in found if results is not None]
    for plan, results in found:
        if results is None:
            print(f"{plan.name}: was not run on the files as they are", file=sys.stderr)
    print(table(parts))
    if options.write:
        all_of_them, missing = together(plans, parts, recorded(reasons))
        written(all_of_them, options.sample, options.seed, missing)
    low = failing(parts, declared["bar"], whole=options.sample >= SAMPLE)
    for name in low:
        print(f"{name}: fewer than {declared['bar']:.0%} were killed", file=sys.stderr)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
