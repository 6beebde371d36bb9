"""A candidate policy in which claims of a class or a detector are flagged later: everything else as it is."""

import re
import shutil
from pathlib import Path

import yaml

from claims.policy.policy import Policy
from claims.policy.score_thresholds import FILE, BarsFile

_VERSION = re.compile(r'^version:\s*"?([^"\n]+?)"?\s*$', re.MULTILINE)


def with_bar(policy: Policy, name: str, bar: float, out: Path) -> Policy:
    """The policy copied to `out` with this bar for a class or a detector (`CLASS.rule`), loaded anew as a check."""
    shutil.copytree(policy.folder, out)
    bars = policy.bars
    changed = (
        bars.model_copy(update={"detectors": {**bars.detectors, name: bar}})
        if "." in name
        else bars.model_copy(update={"classes": {**bars.classes, name: bar}})
    )
    content = BarsFile.model_validate(changed.model_dump()).model_dump(mode="json")
    (out / FILE).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=True), encoding="utf-8")
    rename(out / "policy.yaml", f"bar.{name}.{round(bar * 100):02}")
    return Policy(out)


def rename(settings: Path, suffix: str) -> None:
    """Gives the policy a version of its own: its release, a plus sign, and this; one that it had before is replaced."""
    text = _VERSION.sub(
        lambda found: f'version: "{found[1].partition("+")[0]}+{suffix}"',
        settings.read_text(encoding="utf-8"),
        count=1,
    )
    settings.write_text(text, encoding="utf-8")
