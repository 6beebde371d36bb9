"""How often findings are right, by their score, on the blind sets; the picture goes into docs/."""

from collections.abc import Iterable, Sequence
from math import sqrt
from pathlib import Path

from matplotlib.figure import Figure

from bench.cases import Case, blind_sets
from bench.claim_engine import OurEngine
from claims.policy.packaged import packaged_policy

Row = dict[str, object]
Judged = tuple[float, bool, bool]
PICTURE = Path(__file__).parents[1] / "docs" / "claims-calibration.png"
BIN_PERCENT = 5
FEWEST_DRAWN = 5


def run() -> list[Row]:
    """The share of right findings by score, for the sets held out and for those that were read; draws the picture."""
    policy = packaged_policy()
    sets = blind_sets()
    engine = OurEngine(policy, sets)
    rows: list[Row] = []
    for held_out in (True, False):
        group = [s for s in sets if s.held_out is held_out]
        kind = "held out" if held_out else "read"
        name = f"{'+'.join(s.name.upper() for s in group)} ({kind})"
        rows += reliability(name, judged(engine, (case for s in group for case in s.cases)))
    draw(rows, policy.settings.flag_at, PICTURE)
    return rows


def judged(engine: OurEngine, cases: Iterable[Case]) -> list[Judged]:
    """For each finding that its score decides on: the score, if its class is allowed, if the case is a violation."""
    return [
        (finding.score, finding.class_id in case.classes, case.is_violation)
        for case in cases
        for finding, kept_note in engine.judge(case)
        if not kept_note
    ]


def reliability(group: str, findings: Sequence[Judged]) -> list[Row]:
    """A row for each bin of the score that holds findings, with a 95 % interval (Wilson) of the right share."""
    by_bin: dict[int, list[Judged]] = {}
    for finding in findings:
        percent = round(finding[0] * 1000) // (10 * BIN_PERCENT) * BIN_PERCENT
        by_bin.setdefault(min(percent, 100 - BIN_PERCENT), []).append(finding)
    rows: list[Row] = []
    for percent, held in sorted(by_bin.items()):
        right = sum(is_right for _, is_right, _ in held)
        low, high = wilson(right, len(held))
        rows.append(
            {
                "sets": group,
                "score": f"{percent / 100:.2f}–{(percent + BIN_PERCENT) / 100:.2f}",
                "findings": len(held),
                "mean_score": round(sum(score for score, _, _ in held) / len(held), 3),
                "right_class": round(right / len(held), 3),
                "low": round(low, 3),
                "high": round(high, 3),
                "in_a_violation": round(sum(violation for _, _, violation in held) / len(held), 3),
            }
        )
    return rows


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    z = 1.96
    share = right / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, centre - half), min(1.0, centre + half)


def draw(rows: Sequence[Row], flag_at: float, path: Path) -> None:
    """A reliability diagram: a point is a bin of at least five findings, its number how many there were."""
    figure = Figure(figsize=(6.4, 4.4), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", linewidth=1, label="score = share that is right")
    axes.axvline(flag_at, color="0.5", linestyle=":", linewidth=1, label=f"flag threshold {flag_at:g}")
    for index, group in enumerate(dict.fromkeys(str(row["sets"]) for row in rows)):
        held = [row for row in rows if row["sets"] == group and _number(row, "findings") >= FEWEST_DRAWN]
        # Aside by a hair, so that the intervals of two groups don't hide each other.
        across = [_number(row, "mean_score") + 0.004 * (0.5 - index) for row in held]
        up = [_number(row, "right_class") for row in held]
        below = [at - _number(row, "low") for at, row in zip(up, held, strict=True)]
        above = [_number(row, "high") - at for at, row in zip(up, held, strict=True)]
        colour = f"C{index}"
        axes.errorbar(across, up, [below, above], color=colour, marker="o", capsize=3, linewidth=1.2, label=group)
        for x, y, row in zip(across, up, held, strict=True):
            offset = (5, -13) if index == 0 else (-16, 6)
            axes.annotate(
                str(row["findings"]), (x, y), xytext=offset, textcoords="offset points", fontsize=8, color=colour
            )
    axes.set(xlim=(0.55, 1.01), ylim=(0, 1.05), xlabel="score of the finding", ylabel="share with the right class")
    axes.set_title("Findings of the blind sets: how often right, by score", fontsize=11)
    axes.legend(loc="lower right", fontsize=8)
    figure.savefig(path)


def _number(row: Row, key: str) -> float:
    value = row[key]
    assert isinstance(value, int | float)
    return float(value)
