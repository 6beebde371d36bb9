"""A finding with and without what was said of it: of the record alone, for whoever writes it once more."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from claims.types import Disposition, Finding, ScoreStep, SecondReading

_STEP = "second reader"


def about(finding: Finding) -> str:
    """What an opinion on the finding is about: other words, another class, passport or witness is another question."""
    parts: Sequence[str] = (
        finding.class_id,
        finding.quote,
        finding.verdict.value,
        finding.rule,
        finding.product_id or "",
        finding.passport_version or "",
        *sorted({witness.channel for witness in finding.witnesses}),
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def is_corrected(finding: Finding) -> bool:
    """Whether the host put it right on the spot."""
    return any(trial.applies and trial.id == "corrected" for trial in finding.exemptions)


def with_reading(finding: Finding, reading: SecondReading, disposition: Disposition, score: float) -> Finding:
    """The finding with what was said of it, as a step of its own."""
    step = ScoreStep(step=f"{_STEP}: {reading.answer}: {reading.reason}", value=score)
    return replace(
        finding,
        second_reading=reading,
        disposition=disposition,
        score=score,
        score_steps=(*finding.score_steps, step),
    )


def without_reading(finding: Finding) -> Finding:
    """The finding as it stood before it was read a second time."""
    said = finding.second_reading
    if said is None:
        return finding
    return replace(
        finding,
        second_reading=None,
        score=said.score_before,
        disposition=said.disposition_before,
        score_steps=tuple(step for step in finding.score_steps if not step.step.startswith(f"{_STEP}: ")),
        superseded_by=None if said.effect == "reworded" else finding.superseded_by,
    )


def restated(finding: Finding, kept: Finding, heir: Finding | None = None) -> list[Finding]:
    """The finding, written once more without it, with what was said; and the one that took its place, if one did.

    `kept`: the finding as the opinion left it. What the host put right on the spot meanwhile is not lifted.
    """
    said = kept.second_reading
    assert said is not None
    said = replace(said, score_before=finding.score, disposition_before=finding.disposition)
    if heir is not None:
        left = with_reading(finding, said, Disposition.NONE, finding.score)
        stands = replace(
            heir,
            count=max(heir.count, finding.count),
            passage_ids=finding.passage_ids,
            witnesses=finding.witnesses,
            clip=finding.clip or heir.clip,
        )
        return [replace(left, superseded_by=heir.finding_id), stands]
    if said.effect == "lowered":
        return [with_reading(finding, said, Disposition.NOTE, min(finding.score, kept.score))]
    if said.effect == "lifted" and not is_corrected(finding):
        return [with_reading(finding, said, Disposition.FLAG, max(finding.score, kept.score))]
    return [with_reading(finding, replace(said, effect="none"), finding.disposition, finding.score)]
