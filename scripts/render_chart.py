"""Writes deploy/kubernetes: what the chart in deploy/helm gives with its own values. `--check`: only compares.

The chart is rendered by Helm's own code (helm-python-sdk), so no `helm` need be installed.
"""

import sys
from pathlib import Path

from helm_python.chart import Chart, lint

ROOT = Path(__file__).parents[1]
CHART = ROOT / "deploy" / "helm" / "zhenyan"
PLAIN = ROOT / "deploy" / "kubernetes"


def rendered() -> dict[str, str]:
    """The manifests, by the name of their file."""
    with Chart.load(CHART) as chart:
        made = chart.render(name="zhenyan", namespace="zhenyan", is_install=True)
    return {Path(name).name: text.strip() + "\n" for name, text in sorted(made.items()) if text.strip()}


def differing(wanted: dict[str, str]) -> list[str]:
    """The files that are missing, too many, or hold something else."""
    there = {path.name: path.read_text(encoding="utf-8") for path in PLAIN.glob("*.yaml")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def main(arguments: list[str]) -> int:
    """The exit status: 1 where the chart is faulty or, with --check, the files are not what it gives."""
    report = lint(CHART, strict=True)
    faults = [message for message in report["messages"] if message["severity"] > 1]
    for fault in faults:
        print(f"{fault['path']}: {fault['error']}", file=sys.stderr)
    wanted = rendered()
    stale = differing(wanted)
    if arguments == ["--check"]:
        for name in stale:
            print(f"deploy/kubernetes/{name}: differs from the chart; python -m scripts.render_chart", file=sys.stderr)
        return 1 if stale or faults else 0
    for path in PLAIN.glob("*.yaml"):
        path.unlink()
    PLAIN.mkdir(parents=True, exist_ok=True)
    for name, text in wanted.items():
        (PLAIN / name).write_text(text, encoding="utf-8")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
