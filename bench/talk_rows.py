"""Labelled talk as rows: what was said in rooms (fetched, never stored), and the project's own."""

import hashlib
import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.checkout import ROOT
from cli.policy.labelled_talk import ROOMS_CATEGORY, Said, said_row

TALK = ROOT / "bench" / "labelled"
LABELS, OWN, HELD, PUNISHED, LINES, CUES, SHOWN = (
    TALK / f"{name}.jsonl" for name in ("labels", "own", "held", "punished", "lines", "cues", "shown")
)
FILE = "data/violate_data/train_long.tsv"
_ENDS = re.compile("[。？！.?!]")


class TalkMissing(Exception):
    """The fetched talk is not what was labelled, or is not there."""


def fetched_windows(git_dir: Path) -> list[str]:
    """The rows of LiveAMR's file, words alone; TalkMissing where the repository has none."""
    command = ["git", "-C", str(git_dir), "show", f"HEAD:{FILE}"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise TalkMissing(f"{git_dir}: holds no {FILE}: {done.stderr.decode(errors='replace').strip()}")
    return [row.split("\t")[0] for row in done.stdout.decode().splitlines()]


def rooms(windows: Sequence[str], labels: Path = LABELS) -> list[Said]:
    """The labelled passages with their words from the fetched windows; TalkMissing where they are others."""
    found: list[Said] = []
    cut: dict[int, list[str]] = {}
    for line in labels.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        passages = cut.setdefault(row["w"], [p for p in _ENDS.split(windows[row["w"]]) if p.strip()])
        text = passages[row["k"]]
        if hashlib.sha256(text.encode()).hexdigest()[:12] != row["sha"]:
            raise TalkMissing(f"window {row['w']}, passage {row['k']}: not the words that were labelled")
        found.append(said_row(row, f"w{row['w']}", row["k"], text, ROOMS_CATEGORY))
    return found


def single_lines(path: Path) -> list[Said]:
    """The lines of `lines.jsonl`, each a window by itself."""
    return [
        said_row(line, f"{path.stem}-{number}", 0, line["text"], line["category"])
        for number, line in enumerate(map(json.loads, path.read_text(encoding="utf-8").splitlines()))
    ]
