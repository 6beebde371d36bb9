"""A policy whose classes have bars of their own for the reader is refused by name, and brought over."""

import re
import shutil
from pathlib import Path

import configs
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from tests.cli.support import Call


def old_policy(folder: Path) -> Path:
    shutil.copytree(configs.POLICY_DIR, folder)
    for path in (folder / "classes").glob("*.yaml"):
        text = re.sub(r"^recorded: true\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if path.stem == "DISPARAGE":
            text = re.sub(r"^(judge:.*\n)", r"\1reader_flags_at: 0.8\n", text, count=1, flags=re.MULTILINE)
        path.write_text(text, encoding="utf-8")
    for name in ("wording.yaml", "messages.yaml", "scores.yaml"):
        (folder / name).unlink()
    settings = folder / "policy.yaml"
    of_the_reader = r"^(false_alarms_per_hour|says_no_effect):.*\n"
    settings.write_text(
        re.sub(of_the_reader, "", settings.read_text(encoding="utf-8"), flags=re.MULTILINE), encoding="utf-8"
    )
    return folder


def test_it_is_refused_with_the_way_and_brought_over(zhenyan: Call, tmp_path: Path) -> None:
    old, new = old_policy(tmp_path / "old"), tmp_path / "new"
    refused = zhenyan("policy", "validate", old)
    assert refused.status == 1
    assert "DISPARAGE.yaml" in refused.err
    assert "zhenyan policy migrate" in refused.err
    assert zhenyan("policy", "migrate", old, new).status == 0
    policy = Policy(new)
    packaged = packaged_policy()
    assert policy.settings == packaged.settings
    assert all((new / name).is_file() for name in ("wording.yaml", "messages.yaml", "scores.yaml"))
    assert policy.class_files["ORIGIN"].recorded
    assert not policy.class_files["DISEASE_FOOD"].recorded
    assert "reader_flags_at" not in (new / "classes" / "DISPARAGE.yaml").read_text(encoding="utf-8")
    assert "reader_flags_at" in (old / "classes" / "DISPARAGE.yaml").read_text(encoding="utf-8")
