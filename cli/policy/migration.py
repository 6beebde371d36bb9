"""A policy of an older form, brought over: contexts told in ConText's terms, bars of classes as budgets."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

import configs
from claims.policy.checks import GRAMMAR
from claims.policy.files import OLDER
from claims.policy.policy import Policy
from claims.policy.yaml_files import parse_yaml
from cli.shell.records import InputError

_DIRECTION = {"before": "forward", "after": "backward", "both": "pair", "code": "record"}
_NAMES = {"cue": "trigger", "within": "reach", "within_after": "reach_after", "clause_start": "starts_clause"}
_COVERED = frozenset({"forward", "backward", "either", "pair"})
_OF_THE_READER = ("false_alarms_per_hour", "says_no_effect")
_PLAIN_NEGATION = "not_negation"


def migrate_policy(folder: Path, out: Path) -> Policy:
    """The policy of `folder` written to `out` in today's form and loaded as a check; InputError where it can't be.

    Word lists by which questions and conditions are read come from the packaged policy where there are none. Contexts
    keep their reach, and count against no protected statement, which the old form did not know. Contexts of today's
    form stay as they are. Words, messages and scores that stood in the code become files of the policy's own.
    """
    if out.exists():
        raise InputError(f"{out}: exists already; name a folder that does not")
    source = folder / "context.yaml"
    if not source.is_file():
        raise InputError(f"{folder}: is no policy folder: it has no context.yaml")
    old = parse_yaml(source.read_bytes())
    if not isinstance(old, dict) or not all(isinstance(e, dict) for e in old.get("exemptions", ())):
        raise InputError(f"{source}: exemptions must be a list of mappings")
    packaged = parse_yaml((configs.POLICY_DIR / "context.yaml").read_bytes())
    cues = dict(old.get("cues", {}))
    for name in sorted(GRAMMAR - set(cues)):
        cues[name] = packaged["cues"][name]
    context = {
        "cues": cues,
        "exemptions": [_migrated(e, cues) if "kind" in e else e for e in old.get("exemptions", ())],
        "corrections": old.get("corrections"),
    }
    shutil.copytree(folder, out)
    for path in OLDER.iterdir():
        if not (out / path.name).is_file():
            shutil.copyfile(path, out / path.name)
    for path in (out / "classes").glob("*.yaml"):
        path.write_text(_migrated_class(path), encoding="utf-8")
    _add_settings(out / "policy.yaml")
    text = yaml.safe_dump(context, allow_unicode=True, sort_keys=False, default_flow_style=None, width=10_000)
    (out / "context.yaml").write_text(text, encoding="utf-8")
    return Policy(out)


def _add_settings(path: Path) -> None:
    """Adds what the packaged policy says of the reader's claims, where this one says nothing."""
    text = path.read_text(encoding="utf-8")
    own, packaged = parse_yaml(text), parse_yaml((configs.POLICY_DIR / "policy.yaml").read_bytes())
    missing = {key: packaged[key] for key in _OF_THE_READER if key not in own}
    if missing:
        added = yaml.safe_dump(missing, allow_unicode=True, sort_keys=False, default_flow_style=False, width=10_000)
        path.write_text(f"{text.rstrip()}\n{added}", encoding="utf-8")


def _migrated_class(path: Path) -> str:
    """The class's file without the bar of what the reader alone finds, which a budget sets now.

    Whether only a record decides the class is what the packaged policy says of it.
    """
    text = re.sub(r"^reader_flags_at:.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    packaged = configs.POLICY_DIR / "classes" / path.name
    known = parse_yaml(packaged.read_bytes()) if packaged.is_file() else {}
    if known.get("recorded") and not re.search(r"^recorded:", text, re.MULTILINE):
        text = re.sub(r"^(judge:.*\n)", r"\1recorded: true\n", text, count=1, flags=re.MULTILINE)
    return text


def _migrated(old: Mapping[str, Any], cues: Mapping[str, Any]) -> dict[str, Any]:
    direction = _DIRECTION.get(old["kind"], old["kind"])
    new: dict[str, Any] = {"id": old["id"], "zh": old["zh"], "direction": direction, "why": old["why"]}
    new |= {name: old[key] for key, name in _NAMES.items() if key in old}
    new |= {key: old[key] for key in ("opening", "always", "check") if key in old}
    if old.get("wide"):
        new["scope"] = "sentence"
    if direction == "supposed":
        moved = {"not_cue": "reported", "barrier": "terminator", "cue_after": "revoked_by"}
    else:
        ends = "terminator" if direction == "forward" else "revoked_by"
        moved = {"not_cue": "pseudo", "barrier": ends, "cue_after": "trigger_after"}
    new |= {name: old[key] for key, name in moved.items() if key in old}
    if direction in _COVERED and "pseudo" not in new and _PLAIN_NEGATION in cues:
        new["pseudo"] = _PLAIN_NEGATION
    if old["id"] == "negated":
        new |= {"inside": True, "not_asked": True, "denies": True}
    if direction == "asked":
        new["trigger"] = "question_head"
    return new
