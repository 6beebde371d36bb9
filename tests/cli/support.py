"""What the command line's tests share: a call of `zhenyan`, what it answered, and passages as it takes them."""

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).parents[2]
DEMO_PASSPORTS = ROOT / "configs" / "demo" / "passports.yaml"
AT = "2026-11-24T20:00:00+08:00"
CHARGER, HONEY, SUNSCREEN = (f"urn:demo:passport:{number}" for number in ("01", "05", "03"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a call ended."""

    status: int
    out: str
    err: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Standard output, read as JSONL."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaint(self) -> str:
        """The one line on standard error; fails where there are more, or none, or anything on standard output."""
        assert self.out == ""
        (line,) = self.err.splitlines()
        assert line.startswith("zhenyan: ")
        return line.removeprefix("zhenyan: ")


class Call(Protocol):
    """Runs `zhenyan` with these arguments and this standard input."""

    def __call__(self, *arguments: str | Path, stdin: str | bytes = b"") -> Answer: ...


def usual_umask() -> int:
    """The umask of whoever runs the tests."""
    found = os.umask(0)
    os.umask(found)
    return found


def modes(path: Path) -> set[int]:
    """Who may do what with the file, or with the folder and all that is in it; links are left out."""
    every = (path, *path.rglob("*"))
    return {stat.S_IMODE(each.stat().st_mode) for each in every if not each.is_symlink()}


def passage(text: str, *, id: str = "u1", start_ms: int = 0, **more: object) -> str:
    """One line of JSONL."""
    record = {"stream_id": "s1", "id": id, "start_ms": start_ms, "end_ms": start_ms + 3000, "text": text}
    return json.dumps(record | more, ensure_ascii=False) + "\n"
