"""A candidate policy from the words that reviewers proposed: for replay and review, never in force by itself."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML

from claims.policy.policy import Policy
from cli.policy.code_words import add_code_words, is_code_word, near_miss_of
from cli.shell.file_modes import share
from cli.shell.records import InputError
from review.analytics.types import Proposal, ProposalKind

RULE_ID = "proposed"
_SCORE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What went into a candidate policy; `skipped`: proposals of classes that the policy does not have.

    `codes`: code words among the words. `without_near_miss`: code words that nobody proposed a near miss for.
    `without_rule`: near misses of cases that no detector brought up, but the reader, or one that is gone.
    """

    policy: Policy
    words: int
    near_misses: int
    skipped: tuple[Proposal, ...]
    codes: int = 0
    without_near_miss: tuple[Proposal, ...] = ()
    without_rule: tuple[Proposal, ...] = ()


def write_candidate(live: Policy, proposals: Iterable[Proposal], out: Path) -> Candidate:
    """The live policy copied to `out` with the proposals in it, loaded anew as a check.

    Words: a lexicon file of their own, and in each class a shadow rule, whose findings never reach the queue. Code
    words (said=meant): entries of their own that end in a year, each with the near miss that was proposed beside it.
    Near misses: exceptions of the rule that brought up their case, or of those that took its place. Every other byte of
    the policy stays as it is.
    """
    proposals = tuple(proposals)
    known = [p for p in proposals if p.class_id in live.class_files]
    skipped = tuple(p for p in proposals if p.class_id not in live.class_files)
    shutil.copytree(live.folder, out)
    tried = [(p, near_miss_of(p, known)) for p in known if is_code_word(p)]
    codes = [(p, near) for p, near in tried if near is not None]
    if codes:
        add_code_words(out / "codewords.yaml", codes)
    named = {near for _, near in codes}
    known = [p for p in known if not is_code_word(p) and not (p.kind is ProposalKind.NEAR_MISS and p.words in named)]
    rules_of = {p: _rules_of(p, live) for p in known if p.kind is ProposalKind.NEAR_MISS}
    without_rule = tuple(p for p, rule_ids in rules_of.items() if not rule_ids)
    known = [p for p in known if p not in without_rule]
    concepts: dict[str, Any] = {}
    for class_id in sorted({p.class_id for p in known}):
        own = [p for p in known if p.class_id == class_id]
        words = _words(own, ProposalKind.WORD)
        near = [p for p in own if p.kind is ProposalKind.NEAR_MISS]
        if words:
            concepts[_concept(class_id)] = {"words": words}
        near_rules = {rule_id for p in near for rule_id in rules_of[p]}
        for rule_id in sorted(near_rules):
            misses = _words([p for p in near if rule_id in rules_of[p]], ProposalKind.NEAR_MISS)
            concepts[_near(class_id, rule_id)] = {"words": misses}
        _change_class(out / "classes" / f"{class_id}.yaml", class_id, bool(words), near_rules)
    if concepts:
        _dump({"concepts": concepts}, out / "lexicon" / "proposed.yaml")
    _mark_version(out / "policy.yaml", len(known) + len(codes))
    return Candidate(
        policy=Policy(out),
        words=sum(p.kind is ProposalKind.WORD for p in known) + len(codes),
        near_misses=sum(p.kind is ProposalKind.NEAR_MISS for p in known) + len(named),
        skipped=skipped,
        codes=len(codes),
        without_near_miss=tuple(p for p, near in tried if near is None),
        without_rule=without_rule,
    )


def propose_to(live: Policy, proposals: tuple[Proposal, ...], out: Path) -> None:
    """Writes the candidate and says what is in it; InputError where there is nothing to write, or no place."""
    if not proposals:
        raise InputError("policy propose: reviewers have proposed no words; nothing to write")
    if out.exists():
        raise InputError(f"{out}: is there already; name a folder that is not")
    candidate = write_candidate(live, proposals, out)
    share(out)
    click.echo(f"{out}: policy {candidate.policy.name}, {candidate.words} words, {candidate.near_misses} near misses")
    for proposal in candidate.skipped:
        click.echo(f"left out {proposal.words!r}: the policy has no class {proposal.class_id}", err=True)
    for proposal in candidate.without_rule:
        why = f"{proposal.rule} is no detector of this policy that could have an exception"
        click.echo(f"left out {proposal.words!r}: {why}", err=True)
    for proposal in candidate.without_near_miss:
        why = "a code word needs a near miss beside it; propose a lawful sentence that holds it"
        click.echo(f"left out {proposal.words!r}: {why}", err=True)


def _change_class(path: Path, class_id: str, has_words: bool, near_rules: set[str]) -> None:
    yaml = _yaml()
    content = yaml.load(path)
    for rule in content["rules"]:
        if rule["id"] in near_rules:
            rule.setdefault("unless", []).append(f"{{{_near(class_id, rule['id'])}}}")
    if has_words:
        pattern = f"{{{_concept(class_id)}}}"
        content["rules"].append(
            {"id": RULE_ID, "score": _SCORE, "judge": "banned", "shadow": True, "patterns": [pattern]}
        )
    yaml.dump(content, path)


def _mark_version(path: Path, count: int) -> None:
    yaml = _yaml()
    content = yaml.load(path)
    content["version"] = f"{content['version']}+proposed.{count}"
    yaml.dump(content, path)


def _words(proposals: Iterable[Proposal], kind: ProposalKind) -> list[str]:
    return sorted({p.words for p in proposals if p.kind is kind})


def _rules_of(proposal: Proposal, live: Policy) -> frozenset[str]:
    """The rules within its class that find now what brought up its case; none where that is another class's."""
    found = (name.partition(".") for name in live.successors(proposal.rule))
    return frozenset(rule_id for class_id, _, rule_id in found if class_id == proposal.class_id)


def _concept(class_id: str) -> str:
    return f"proposed_{class_id.lower()}"


def _near(class_id: str, rule_id: str) -> str:
    return f"proposed_near_{class_id.lower()}_{rule_id}"


def _dump(content: Mapping[str, Any], path: Path) -> None:
    _yaml().dump(dict(content), path)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 1_000_000
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
