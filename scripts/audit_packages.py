"""Says which pinned packages have known vulnerabilities; exit 1 where one has, 0 where none has or none was asked.

`pip-audit` asks the service of the package index. Where that is not reached, this says so: no answer is no good news.
"""

import json
import subprocess
import sys
from pathlib import Path

PINNED = Path(__file__).parents[1] / "constraints-hashes.txt"


def summary(report: str) -> tuple[str, int]:
    """The lines to print for a report of pip-audit, and the exit status; ValueError for text that is none."""
    packages = json.loads(report)["dependencies"]
    asked = [one for one in packages if "skip_reason" not in one]
    if not asked:
        return f"not audited: none of {len(packages)} packages could be asked about; try where the index is reached", 0
    lines = [
        f"{one['name']} {one['version']}: {fault['id']}; fixed in {', '.join(fault['fix_versions']) or 'no version'}"
        for one in asked
        for fault in one["vulns"]
    ]
    skipped = len(packages) - len(asked)
    lines.append(f"{len(asked)} packages audited, {skipped} could not be asked about: {len(lines)} vulnerabilities")
    return "\n".join(lines), 1 if len(lines) > 1 else 0


def main() -> int:
    """The exit status."""
    command = [str(Path(sys.executable).with_name("pip-audit")), "--requirement", str(PINNED), "--no-deps"]
    command += ["--disable-pip", "--format", "json", "--progress-spinner", "off"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        text, status = summary(asked.stdout)
    except (ValueError, KeyError):
        last = (asked.stderr.strip().splitlines() or ["no answer"])[-1]
        text, status = f"not audited: {last.partition(':')[0]}; try where the index is reached", 0
    print(text)
    return status


if __name__ == "__main__":
    sys.exit(main())
