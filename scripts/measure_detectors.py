"""Writes `docs/detectors.md`: what each detector of the packaged policy finds, and what it was worth on labelled talk.

    python scripts/measure_detectors.py --liveamr GIT_DIR

Rules and records judge alone. Needs LiveAMR's repository as it was fetched; no words of it are written.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench.talk_rows import CUES, LINES, OWN, fetched_windows, rooms, single_lines  # noqa: E402
from claims.policy.packaged import packaged_policy  # noqa: E402
from claims.policy.policy import Policy  # noqa: E402
from cli.policy.labelled_talk import hours, written  # noqa: E402
from cli.policy.measurement import Measure, Row  # noqa: E402

PAGE = ROOT / "docs" / "detectors.md"
_HEAD = """# Detectors

What each detector of policy {policy} finds, and what it was worth where rules and records judged alone: on {rooms:.1f}
hours of real rooms (labelled passages of health food; most detectors are of other goods), on {own:.1f} hours of the
project's own talk of many goods, and on {lines:,} single lines of advertising and talk. *True* flags stand in a breach,
*false* ones in lawful talk; where readers were unsure a flag counts as neither. *Noted* hits are no flags: the
detector is too weak to stand alone, and the reader decides.
A detector is on trial until five hits of such talk were true, flagged or noted, and no more were false than true.
Goods of the talk register nothing, so that what only a record decides shows as unsupported at most. `zhenyan policy
measure` prints the same of any labelled file; `scripts/measure_detectors.py` writes this page.
"""
_COLUMNS = "| detector | finds | score | rooms: true / false | own talk: true / false | lines: true / false |"


def lines(policy: Policy, measured: list[list[Row]]) -> list[str]:
    """A table a class, a row a detector, in the order of the policy."""
    tables = [{row["detector"]: row for row in rows} for rows in measured]
    found: list[str] = []
    for class_id, file in policy.class_files.items():
        if file.rules:
            found += [f"\n## {class_id}\n", _COLUMNS, "|---|---|---|---|---|---|"]
        for rule in file.rules:
            counts = " | ".join(_counts(table[f"{class_id}.{rule.id}"]) for table in tables)
            mark = (", said outright" if rule.protected else "") + (", on trial" if rule.status == "trial" else "")
            found.append(f"| {rule.id} | {rule.description} | {rule.score:g}{mark} | {counts} |")
    return found


def _counts(row: Row) -> str:
    return f"{row['true']} / {row['false']}, noted {row['noted true']} / {row['noted false']}"


def main() -> None:
    """Measures on both kinds of talk and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--liveamr", type=Path, required=True, help="the git directory of loopback00/LiveAMR")
    parser.add_argument("--to", type=Path, default=PAGE)
    options = parser.parse_args()
    policy = packaged_policy()
    said = rooms(fetched_windows(options.liveamr)), written(OWN), [*single_lines(LINES), *single_lines(CUES)]
    rows = []
    for talk in said:
        measured = Measure(policy)
        measured.add_talk(talk)
        rows.append(measured.rows())
    head = _HEAD.format(policy=policy.name, rooms=hours(said[0]), own=hours(said[1]), lines=len(said[2]))
    options.to.write_text(head + "\n".join(lines(policy, rows)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
