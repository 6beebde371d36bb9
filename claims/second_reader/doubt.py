"""Which findings are read a second time, and which of them an answer may not move."""

from claims.engine.exemptions import OWN_EXPERIENCE
from claims.policy.law import FOUND_WITHOUT_RULE
from claims.policy.policy import Policy
from claims.policy.schema import Rule
from claims.second_reader.restating import is_corrected
from claims.second_reader.types import Doubt
from claims.types import Disposition, Finding, Passage, VerdictKind

_TO_FIND = frozenset({VerdictKind.BANNED, VerdictKind.CONTRADICTED, VerdictKind.UNSUPPORTED})
_BY_FACTS = "platform_fact"
_NOTES = "note"


def is_doubtful(finding: Finding, doubt: Doubt, policy: Policy) -> bool:
    """Whether the finding is one to read again: it stands, its score lies between the bars, and it may be asked of."""
    if policy.second_reader is None or finding.class_id not in policy.class_files:
        return False
    if finding.superseded_by is not None or finding.disposition is Disposition.NONE or finding.verdict not in _TO_FIND:
        return False
    if is_corrected(finding) or not doubt.holds(finding.class_id, finding.score):
        return False
    return doubt.protected or not is_protected(finding, policy)


def is_protected(finding: Finding, policy: Policy) -> bool:
    """Whether it was said outright, or is flagged because a registered value says otherwise: no opinion moves it.

    What an unknown detector found counts as said outright.
    """
    by_value = finding.verdict is VerdictKind.CONTRADICTED and finding.registered is not None
    if by_value and finding.disposition is Disposition.FLAG:
        return True
    if finding.rule.partition(".")[2] in FOUND_WITHOUT_RULE:
        return False
    rules = rules_of(finding, policy)
    return not rules or any(rule.protected for rule in rules)


def may_be_lifted(finding: Finding, passages: tuple[Passage, ...], policy: Policy) -> bool:
    """Whether a note may become a flag: neither the policy nor how it was heard makes it a note at most."""
    file, info = policy.class_files[finding.class_id], policy.classes[finding.class_id]
    if info.decision_mode == _BY_FACTS or file.judge == _NOTES or is_corrected(finding):
        return False
    rules = rules_of(finding, policy)
    if any(rule.shadow or rule.judge == _NOTES for rule in rules):
        return False
    if any(trial.applies and _lowers(trial.id, policy) for trial in finding.exemptions):
        return False
    return not any(
        finding.quote and _overlaps(finding.quote, passage.text, one.start, one.end)
        for passage in passages
        for one in passage.unconfirmed
    )


def rules_of(finding: Finding, policy: Policy) -> tuple[Rule, ...]:
    """The detectors of this policy that find what the finding's detector found."""
    names = policy.successors(finding.rule)
    return tuple(compiled.rule for compiled in policy.rules if compiled.name in names)


def _lowers(trial_id: str, policy: Policy) -> bool:
    context = policy.exemptions.get(trial_id)
    return trial_id != OWN_EXPERIENCE and (context is None or not context.mitigates)


def _overlaps(quote: str, text: str, start: int, end: int) -> bool:
    at = text.find(quote)
    return at < 0 or (at < end and start < at + len(quote))
