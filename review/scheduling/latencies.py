"""How often something took how long: counts by upper bounds, which add up over time and over processes."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LATENCIES = "latencies"
# Upper bounds in seconds; whatever takes longer is counted behind the last.
BOUNDS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class Latency:
    """Durations of one stage since its process started."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_s: float = 0.0

    def note(self, seconds: float) -> None:
        """Takes one more duration; a clock that went back counts as none."""
        taken_s = max(0.0, seconds)
        self.counts[bisect_left(BOUNDS_S, taken_s)] += 1
        self.sum_s += taken_s

    def to_json(self) -> dict[str, object]:
        """The counts as plain values."""
        return {"counts": list(self.counts), "sum_s": round(self.sum_s, 4)}

    def cumulative(self) -> list[tuple[str, float]]:
        """How many took at most so long, for each bound and without any, as Prometheus has it."""
        total = 0
        found: list[tuple[str, float]] = []
        for bound, count in zip((*(f"{bound:g}" for bound in BOUNDS_S), "+Inf"), self.counts, strict=True):
            total += count
            found.append((bound, total))
        return found


def read_latencies(figures: Mapping[str, Any]) -> dict[str, Latency]:
    """The latencies that a worker told among its figures; a worker of another version told others, or none."""
    stages = figures.get(LATENCIES)
    if not isinstance(stages, dict):
        return {}
    return {
        str(stage): Latency(counts=[int(count) for count in values["counts"]], sum_s=float(values["sum_s"]))
        for stage, values in stages.items()
        if isinstance(values, dict) and len(values.get("counts", ())) == len(BOUNDS_S) + 1
    }
