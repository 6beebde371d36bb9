"""Prints a benchmark's rows as a table or as JSON, with what is known of the machine."""

import json
import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from rich.console import Console
from rich.table import Table

_VERSIONS = ("zhenyan", "faster-whisper", "ctranslate2", "rapidocr", "onnxruntime", "ray", "ahocorasick-rs", "pint")


def report_json(name: str, rows: Sequence[dict[str, object]]) -> str:
    """One JSON object: the benchmark's name, the machine, the rows."""
    return json.dumps({"bench": name, "machine": machine(), "rows": list(rows)}, ensure_ascii=False, indent=1)


def print_report(name: str, rows: Sequence[dict[str, object]], console: Console) -> None:
    """A table for each set of columns among the rows, in order, and a line about the machine."""
    groups: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    for columns, members in groups.items():
        table = Table(*(column.replace("_", " ") for column in columns), title=name)
        for row in members:
            table.add_row(*("" if value is None else str(value) for value in row.values()))
        console.print(table)
    console.print(", ".join(f"{key} {value}" for key, value in machine().items()), highlight=False, soft_wrap=True)


def machine() -> dict[str, str]:
    """What figures depend on: processor, cores that may be used, Python, versions of what is measured."""
    facts = {
        "cpu": _cpu_model(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "python": platform.python_version(),
    }
    for name in _VERSIONS:
        try:
            facts[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return facts


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
