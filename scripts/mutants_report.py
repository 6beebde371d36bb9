"""What became of the mutants: the table, the list of those that no test killed, and whether enough were."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

QUALITY = Path(__file__).parents[1] / "docs" / "quality"
_HEAD = """# Mutants

Faults were put into the code that decides, one at a time, and its tests were run: how many noticed. Made by mutmut
{version}; `make mutants` runs it again and writes this page and `mutants.json`. Of a part with more than {sample}
mutants, that many are chosen by the seed {seed}. A mutant that sends a test into an endless loop counts as killed.
Decorated functions, such as properties, and what stands outside functions get no faults. Where fewer were run than are
chosen, the rest was not come to; a survivor that is open may have been met by a test that was written since.
"""
_COLUMNS = "| part | files | mutants | run | killed | survived | share |\n|---|---|---|---|---|---|---|"


class NAMES:
    """How mutmut's exit codes are called."""

    killed = frozenset({"killed", "endless"})

    @staticmethod
    def of(code: int | None) -> str | None:
        """How a mutant ended; None: it was not run."""
        if code is None:
            return None
        if code in {1, 3}:
            return "killed"
        if code in {36, 24, -24, 152, 255}:
            return "endless"
        return {0: "survived", 5: "untested", 33: "untested"}.get(code, "crashed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """A mutant that no test killed. `at`: the function; `was` and `now`: the changed words; `why`: why it may stay."""

    at: str
    was: str
    now: str
    why: str = ""
    ended: str = "survived"

    @classmethod
    def of(cls, name: str, shown: Sequence[str], ended: str, reasons: Sequence["Survivor"]) -> "Survivor":
        """The mutant of that name and diff, with its reason if one of these is of the same change."""
        at = name.rpartition("__mutmut_")[0].replace(".x_", ".").replace(".xǁ", ".").replace("ǁ", ".")
        was, now = _changed(shown)
        why = next((one.why for one in reasons if (one.at, one.was, one.now) == (at, was, now)), "")
        return cls(at=at, was=was, now=now, why=why, ended=ended)


def _changed(shown: Sequence[str]) -> tuple[str, str]:
    """What stood there and what stands there now, without the function's own new name."""
    was = [line[1:].strip() for line in shown if line[0] == "-"]
    now = [line[1:].strip() for line in shown if line[0] == "+"]
    kept = [
        (a, b)
        for a, b in zip(was + [""] * len(now), now + [""] * len(was), strict=True)
        if (a or b) and "__mutmut_" not in b
    ]
    return " ".join(a for a, _ in kept if a), " ".join(b for _, b in kept if b)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The mutants of one part: all that there are, and of those that were run, how many were killed.

    `digest`: of the files that they were put into.
    """

    name: str
    files: tuple[str, ...]
    total: int
    killed: int
    survivors: tuple[Survivor, ...]
    digest: str = ""

    @property
    def run(self) -> int:
        """How many were run."""
        return self.killed + len(self.survivors)

    @property
    def share(self) -> float:
        """How many of them were killed, 0 to 1."""
        return self.killed / self.run if self.run else 0.0


def table(parts: Sequence[Part]) -> str:
    """A row a part."""
    rows = [
        f"| {p.name} | {', '.join(f'`{file}`' for file in p.files)} | {p.total} | {p.run} | {p.killed} "
        f"| {len(p.survivors)} | {p.share:.1%} |"
        for p in parts
    ]
    return "\n".join((_COLUMNS, *rows))


def failing(parts: Sequence[Part], bar: float, *, whole: bool) -> list[str]:
    """The parts of which fewer were killed; of a small sample, of all parts together."""
    if whole:
        return [part.name for part in parts if part.share < bar]
    run = sum(part.run for part in parts)
    killed = sum(part.killed for part in parts)
    return ["all parts together"] if not run or killed / run < bar else []


def recorded(reasons: Sequence[Survivor]) -> list[Part]:
    """The parts as they were last written, each survivor with the reason that is now given for it."""
    parts = json.loads((QUALITY / "mutants.json").read_text(encoding="utf-8"))["parts"]
    whys = {(one.at, one.was, one.now): one.why for one in reasons}
    return [
        Part(
            name=part["part"],
            files=tuple(part["files"]),
            total=part["mutants"],
            killed=part["killed"],
            survivors=tuple(
                Survivor(**one | {"why": whys.get((one["at"], one["was"], one["now"]), "")})
                for one in part["survivors"]
            ),
            digest=part.get("digest", ""),
        )
        for part in parts
    ]


def written(parts: Sequence[Part], sample: int, seed: int, missing: Sequence[str] = ()) -> None:
    """Writes the report as JSON and as a page; `missing`: the parts that were not run."""
    tool = version("mutmut")
    record: dict[str, Any] = {
        "tool": f"mutmut {tool}",
        "sample": sample,
        "seed": seed,
        "missing": list(missing),
        "parts": [],
    }
    lines = [_HEAD.format(version=tool, sample=sample, seed=seed), table(parts), ""]
    if missing:
        lines += [f"Not run on the files as they are: {', '.join(missing)}.", ""]
    lines += ["## Survivors", ""]
    for part in parts:
        record["parts"].append(
            {"part": part.name, "files": part.files, "mutants": part.total, "run": part.run, "killed": part.killed}
            | {"digest": part.digest}
            | {"survivors": [{n: getattr(s, n) for n in ("at", "was", "now", "ended", "why")} for s in part.survivors]}
        )
        lines += [f"### {part.name}", "", "| function | was | became | why it may stay |", "|---|---|---|---|"]
        lines += [
            f"| `{s.at.rpartition('.')[2]}` | {_code(s.was)} | {_code(s.now)} | {s.why or 'open'} |"
            for s in sorted(part.survivors, key=lambda s: (not s.why, s.at))
        ] + [""]
    (QUALITY / "mutants.json").write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (QUALITY / "mutants.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _code(text: str) -> str:
    return f"`{text.replace('|', '¦').replace('`', chr(39))}`" if text else ""
