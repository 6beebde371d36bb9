"""Draws how often a reviewer agrees against what the shipped readers' scores said, on talk that was held out.

    python -m training.reader.reliability [--to docs/reader-reliability.png]

From the readers' own records: eight bins of as many claims each, of those that score .2 or more; unsure labels count
as a half.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

import configs

ROOT = Path(__file__).resolve().parents[2]

TALK = {"health_food": "real rooms of health food", "*": "own talk of other goods"}


def draw(records: dict[str, Any], path: Path) -> None:
    """A line for each reader and kind of talk."""
    figure = Figure(figsize=(6.4, 4.4), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", linewidth=1, label="score = share that reviewers agree with")
    for reader, record in records.items():
        for kind, measured in record["measured"].items():
            bins, error = measured["reliability"]["told_and_so"], measured["reliability"]["error"]
            label = f"{reader}, {TALK[kind]}: mean distance {error:.3f}"
            axes.plot([claimed for claimed, _ in bins], [so for _, so in bins], marker="o", linewidth=1.2, label=label)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="score of the claim", ylabel="share that reviewers agree with")
    axes.legend(loc="upper left", fontsize=8)
    figure.savefig(path)


def main() -> None:
    """Reads the records and draws them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "reader-reliability.png")
    options = parser.parse_args()
    files = {name: configs.SEMANTIC_DIR / name / "classifier.json" for name in ("gemma", "own")}
    draw({name: json.loads(path.read_text(encoding="utf-8"))["record"] for name, path in files.items()}, options.to)


if __name__ == "__main__":
    main()
