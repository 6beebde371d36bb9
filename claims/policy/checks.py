"""What must hold between the files of a policy: every name that one file uses stands in another."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from claims.policy.files import error_at
from claims.policy.law import ANY
from claims.policy.schema import ClassFile

if TYPE_CHECKING:
    from claims.policy.policy import Policy

# Word lists by which the engine reads questions, conditions and denials, whatever contexts a policy has.
GRAMMAR = frozenset(
    {
        *("asks_by_particle", "no_particle", "asks_by_negation", "asked_verb", "no_asked_verb", "asks_at_once"),
        *("doubled_by", "goes_on", "particle", "answer_yes", "answer_no", "needless", "saying"),
        *("consequence", "consequence_weak", "consequence_bare", "no_consequence", "then", "no_then"),
        *("counterfactual", "denying_head", "bare_negation", "begins_clause", "not_rhetorical"),
        *("negator", "not_negator", "not_denied", "affirming", "bare", "assent", "closing", "anaphor"),
        *("referring", "own_report"),
    }
)


def check_references(policy: "Policy", concepts: Mapping[str, Iterable[str]], engine: Collection[str]) -> None:
    """Raises PolicyError at the first name that no file knows; `engine`: the concepts that no lexicon lists."""
    known = set(concepts) | set(engine) | {f"qty:{d}" for d in policy.converter.table.dimensions}
    _check_patterns(policy, known)
    for class_id, file in policy.class_files.items():
        _check_class(policy, file, _class_path(policy, class_id))
    _check_tables(policy)
    _check_context(policy, known)


def _class_path(policy: "Policy", class_id: str) -> Path:
    return policy.folder / "classes" / f"{class_id}.yaml"


def _check_patterns(policy: "Policy", known: set[str]) -> None:
    for rule in policy.rules:
        place = ("rules", policy.class_files[rule.class_id].rules.index(rule.rule))
        for pattern in (*rule.patterns, *rule.unless):
            unknown = {c for c in pattern.concepts if c[0] != "="} - known
            if unknown:
                reason = f"rule {rule.rule.id}: unknown concept {{{min(unknown)}}}"
                raise error_at(_class_path(policy, rule.class_id), place, reason)


def _check_class(policy: "Policy", file: ClassFile, path: Path) -> None:
    for key, names in (("exemptions", file.exemptions), ("drop_exemptions", file.drop_exemptions)):
        for index, name in enumerate(names):
            if name not in policy.exemptions:
                raise error_at(path, (key, index), f"unknown exemption {name!r}")
    _check_rules(policy, file, path)
    _check_law(policy, file, path)
    for index, scheme in enumerate(file.supported_by.schemes):
        if not policy.schemes.knows(scheme):
            raise error_at(path, ("supported_by", "schemes", index), f"unknown certificate scheme {scheme!r}")
    for index, other in enumerate(file.supersedes):
        if other not in policy.classes:
            raise error_at(path, ("supersedes", index), f"supersedes unknown class {other!r}")


def _check_law(policy: "Policy", file: ClassFile, path: Path) -> None:
    """Blocks name detectors that there are, and no two are about the very same."""
    seen: dict[tuple[str, str, str], int] = {}
    for index, ref in enumerate(file.law):
        unknown = sorted(set(ref.detectors).difference(file.detectors))
        if unknown:
            raise error_at(path, ("law", index), f"law: unknown detector {unknown[0]!r}")
        for detector in ref.detectors or (ANY,):
            for verdict in ref.verdicts or (ANY,):
                about = (ref.category.rstrip("/"), detector, verdict)
                if about in seen:
                    raise error_at(
                        path, ("law", index), f"law: says of {' '.join(about)} what block {seen[about] + 1} says"
                    )
                seen[about] = index


def _check_rules(policy: "Policy", file: ClassFile, path: Path) -> None:
    seen: set[str] = set()
    for index, rule in enumerate(file.rules):
        place = ("rules", index)
        if rule.id in seen:
            raise error_at(path, place, f"rule {rule.id} stands twice")
        seen.add(rule.id)
        for name in rule.drop_exemptions:
            if name not in policy.exemptions:
                raise error_at(path, (*place, "drop_exemptions"), f"rule {rule.id}: unknown exemption {name!r}")
        if rule.protected and rule.score < policy.settings.flag_at:
            reason = f"rule {rule.id}: is protected and must score flag_at ({policy.settings.flag_at:g}) or more"
            raise error_at(path, (*place, "protected"), reason)


def _check_tables(policy: "Policy") -> None:
    for index, kind in enumerate(policy.certificates):
        for scheme in kind.schemes:
            if not policy.schemes.knows(scheme):
                reason = f"{kind.id}: unknown certificate scheme {scheme!r}"
                raise error_at(policy.folder / "certificates.yaml", ("certificates", index), reason)
    for index, attribute in enumerate(policy.attributes.attributes):
        if attribute.unit is not None and attribute.unit not in policy.converter.table.units:
            reason = f"{attribute.id}: unknown unit {attribute.unit!r}"
            raise error_at(policy.folder / "attributes.yaml", ("attributes", index), reason)
    _check_certifiers(policy)


def _check_certifiers(policy: "Policy") -> None:
    """A policy of an older form, which says nothing of them, has the kinds that it has."""
    path, kinds = policy.folder / "wording.yaml", {kind.id for kind in policy.certificates}
    for word, kind_id in policy.wording.papers.certified_by.items():
        if kind_id not in kinds and path.is_file():
            raise error_at(path, ("papers", "certified_by", word), f"{word}: unknown certificate {kind_id!r}")


def _check_context(policy: "Policy", known: set[str]) -> None:
    path, cues = policy.folder / "context.yaml", policy.context.cues
    if policy.context.corrections not in cues:
        raise error_at(path, ("corrections",), f"unknown cue {policy.context.corrections!r}")
    missing = sorted(GRAMMAR - set(cues))
    if missing:
        raise error_at(path, ("cues",), f"the list {missing[0]!r} is missing, by which sentences are read")
    for index, name in enumerate(policy.linking.weighed):
        if name not in policy.exemptions or policy.exemptions[name].direction == "record":
            raise error_at(policy.folder / "linking.yaml", ("weighed", index), f"unknown context {name!r}")
    for index, exemption in enumerate(policy.context.exemptions):
        for name in exemption.lists:
            if name not in cues:
                raise error_at(path, ("exemptions", index), f"{exemption.id}: unknown list {name!r}")
        for name in exemption.concepts:
            if name not in known:
                raise error_at(path, ("exemptions", index), f"{exemption.id}: unknown concept @{name}")
