"""What an opinion makes of a finding: it lifts a note, lowers a flag, chooses class or reading; or is only shown."""

import hashlib
from dataclasses import replace

from claims.engine.judged import PROPOSED
from claims.policy.law import Held
from claims.policy.policy import Policy
from claims.second_reader.asking import Material
from claims.second_reader.doubt import is_protected, may_be_lifted
from claims.second_reader.restating import with_reading
from claims.second_reader.types import CaseHold, Merged, Opinion, Question
from claims.types import Disposition, Finding, Match, SecondReading


def merged(material: Material, asked: Question, opinion: Opinion, hold: CaseHold, policy: Policy) -> Merged:
    """The finding with the opinion on it, and with what that changes.

    `asked`: the question that it answers. Nothing changes but disposition, score, class and quote: never a verdict of
    a class, what is registered, or what an exemption says.
    """
    finding, terms = material.finding, policy.second_reader
    assert terms is not None
    reading = _said(finding, asked, opinion)
    why = _kept_by(material, asked, opinion, hold, policy)
    if why is not None:
        return Merged(finding=with_reading(finding, replace(reading, why=why), finding.disposition, finding.score))
    if opinion.answer == "lawful":
        score = min(finding.score, terms.lowers_to)
        return Merged(finding=with_reading(finding, replace(reading, effect="lowered"), Disposition.NOTE, score))
    lifted = finding.disposition is Disposition.NOTE
    score = max(finding.score, terms.lifts_to) if lifted else finding.score
    if opinion.class_id == finding.class_id and reading.reading is None:
        return Merged(finding=with_reading(finding, replace(reading, effect="lifted"), Disposition.FLAG, score))
    reworded = replace(reading, effect="reworded")
    heir = _heir(with_reading(finding, reworded, Disposition.FLAG, score), material, policy)
    left = with_reading(finding, reworded, Disposition.NONE, finding.score)
    return Merged(finding=replace(left, superseded_by=heir.finding_id), heir=replace(heir, supersedes=left.finding_id))


def _kept_by(material: Material, asked: Question, opinion: Opinion, hold: CaseHold, policy: Policy) -> str | None:
    """The code of what keeps the opinion from changing anything; None: nothing does."""
    finding = material.finding
    flagged = finding.disposition is Disposition.FLAG
    moves_claim = opinion.class_id != finding.class_id or opinion.reading > 0
    reasons = (
        ("unsure", opinion.answer == "unsure"),
        (hold.value, hold is not CaseHold.FREE),
        ("protected", is_protected(finding, policy)),
        ("speaks_to_machine", asked.speaks_to_machine),
        ("agrees", flagged == (opinion.answer == "breach") and not (opinion.answer == "breach" and moves_claim)),
        ("note_at_most", opinion.answer == "breach" and not may_be_lifted(finding, material.own, policy)),
        ("of_record", opinion.answer == "breach" and moves_claim and finding.registered is not None),
    )
    return next((code for code, holds in reasons if holds), None)


def _said(finding: Finding, asked: Question, opinion: Opinion) -> SecondReading:
    return SecondReading(
        model=opinion.model,
        prompt=asked.prompt,
        answer=opinion.answer,
        reason=opinion.reason,
        words=opinion.words,
        class_id=opinion.class_id,
        reading=asked.readings[opinion.reading] if opinion.reading else None,
        effect="none",
        why="",
        score_before=finding.score,
        disposition_before=finding.disposition,
    )


def _heir(finding: Finding, material: Material, policy: Policy) -> Finding:
    """The finding as the class and the words have it that were chosen."""
    said, passport = finding.second_reading, material.passport
    assert said is not None
    quote = "\x1f".join(said.words) if said.reading is not None else finding.quote
    number = hashlib.sha256("\x1f".join((finding.finding_id, said.class_id, quote)).encode()).hexdigest()[:20]
    found = replace(finding, finding_id=f"f_{number}")
    if said.reading is not None:
        words = said.words[0]
        match = Match(kind="second_reader", heard=finding.quote, meant=words)
        found = replace(found, quote=words, normalised=words, claimed=words, match=(*found.match, match))
    if said.class_id == finding.class_id:
        return found
    class_id = said.class_id
    category = passport.category if passport is not None else None
    verdict = policy.classes[class_id].verdict
    law = policy.law_for(class_id, Held(detector=PROPOSED, category=category, verdict=verdict), material.day)
    return replace(
        found,
        class_id=class_id,
        verdict=verdict,
        severity=policy.severity_for(class_id, category),
        law=law.cite,
        law_status=law.status,
        rule=f"{class_id}.{PROPOSED}",
        advice=policy.class_files[class_id].advice,
        proposed=tuple(c for c in (finding.class_id, *finding.proposed) if c != class_id),
    )
