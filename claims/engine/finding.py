"""The record of one verdict, complete enough that a reviewer sees why from it alone."""

import hashlib
from collections.abc import Mapping

from claims.engine.judged import Judged
from claims.engine.scene import Scene
from claims.engine.window import Window
from claims.law.texts import day_of
from claims.obfuscation.layers import MISHEARD
from claims.policy.law import Held
from claims.policy.policy import Policy
from claims.text.units import Quantity, plain
from claims.types import Disposition, Finding, Match, VerdictKind, Witness


def make_finding(judged: Judged, scene: Scene, policy: Policy, stream_id: str) -> Finding:
    """The record of one verdict, complete enough that a reviewer sees why from it alone."""
    window, judgement, choice = scene.window, judged.judgement, scene.choice
    verdict = VerdictKind.OUT_OF_SCOPE if judged.exempt else judgement.verdict
    category = choice.passport.category if choice.passport else None
    held = Held(detector=judged.rule_name.partition(".")[2], category=category, verdict=judgement.verdict)
    law = policy.law_for(judged.class_id, held, day_of(scene.at))
    heard = window.passages_of(judged.start, judged.end)
    passport, symbols = choice.passport, policy.wording.texts.symbols
    key = judgement.claimed if judged.candidate is None else folded_key(window, judged, symbols)
    identity = "\x1f".join([stream_id, judged.class_id, passport.id if passport else "", key])
    witness = Witness(
        channel=heard[-1].passage.channel,
        passage_ids=tuple(h.passage.id for h in heard),
        start_ms=heard[0].passage.start_ms,
        end_ms=heard[-1].passage.end_ms,
        quote=window.quote(judged.start, judged.end),
    )
    return Finding(
        finding_id="f_" + hashlib.sha256(identity.encode()).hexdigest()[:20],
        stream_id=stream_id,
        passage_ids=witness.passage_ids,
        start_ms=witness.start_ms,
        end_ms=witness.end_ms,
        channel=witness.channel,
        quote=witness.quote,
        normalised=rendered(window, judged.start, judged.end, symbols),
        class_id=judged.class_id,
        verdict=verdict,
        disposition=_disposition(judged, policy),
        severity=policy.severity_for(judged.class_id, category),
        score=judged.score,
        product_id=passport.id if passport else None,
        claimed=judgement.claimed or window.text[judged.start : judged.end],
        registered=judgement.registered,
        passport_path=judgement.path,
        passport_version=passport.version if passport else None,
        law=law.cite,
        law_status=law.status,
        policy=policy.name,
        rule=judged.rule_name,
        match=(*_matches(judged, window, symbols), *_readings(judged, window)),
        exemptions=judged.trials,
        score_steps=judged.steps,
        advice=policy.class_files[judged.class_id].advice,
        product_reason=choice.reason,
        witnesses=(witness,),
        proposed=tuple(class_id for class_id in judged.proposed if class_id != judged.class_id),
        protected=judged.protected,
    )


def _disposition(judged: Judged, policy: Policy) -> Disposition:
    if judged.harmless or judged.score < policy.settings.note_at:
        return Disposition.NONE
    under = not judged.protected and judged.score < policy.bars.of(judged.class_id, judged.rule_name)
    corrected = any(t.applies and t.id == "corrected" for t in judged.trials)
    if judged.judgement.note_only or judged.shadow or corrected or under or not judged.flags:
        return Disposition.NOTE
    return Disposition.FLAG


def folded_key(window: Window, judged: Judged, symbols: Mapping[str, str]) -> str:
    """What makes two sayings the same pitch: the folded words without punctuation, numbers as values."""
    return "".join(c for c in rendered(window, judged.start, judged.end, symbols) if c.isalnum() or c in ".%")


def rendered(window: Window, start: int, end: int, symbols: Mapping[str, str]) -> str:
    """The folded words with quantities and numbers written in digits and unit symbols.

    `symbols`: of units that are not written by their names.
    """
    out: list[str] = []
    at = start
    values = [(q.start, q.end, _shown(q, window.text, symbols)) for q in window.quantities]
    taken = [(s, e) for s, e, _ in values]
    values += [
        (n.start, n.end, plain(n.value))
        for n in window.numbers
        if not any(s <= n.start < e for s, e in taken) and (n.end - n.start > 1)
    ]
    for left, right, shown in sorted(values):
        if left < at or right > end:
            continue
        out += [window.text[at:left], shown]
        at = right
    out.append(window.text[at:end])
    return "".join(out)


def _shown(quantity: Quantity, text: str, symbols: Mapping[str, str]) -> str:
    if quantity.unit in _WORDED:
        unit = text[quantity.number_end : quantity.end]
    else:
        unit = symbols.get(quantity.unit, quantity.unit)
    return f"{plain(quantity.value)}{unit}"


_WORDED = frozenset(
    {
        "piece",
        "day",
        "week",
        "month",
        "year",
        "hour",
        "minute",
        "second",
        "jin",
        "liang",
        "degree",
        "inch",
        "square_meter",
        "thread",
        "yarn",
        "rpm",
        "percent_volume",
        "pixel",
        "celsius",
        "ton",
        "carat",
        "pound",
        "dm",
    }
)


def _readings(judged: Judged, window: Window) -> list[Match]:
    """The disguised words in the claim and the mis-heard ones that it rests on, with what they were read as."""
    resting = [reading for start, end in judged.spans for reading in window.readings(start, end)]
    found = (r for r in window.readings(judged.start, judged.end) if r.kind not in MISHEARD or r in resting)
    return [Match(kind=r.kind, heard=r.heard, meant=r.meant) for r in found]


def _matches(judged: Judged, window: Window, symbols: Mapping[str, str]) -> list[Match]:
    if judged.candidate is None:
        heard = window.quote(judged.start, judged.end)
        return [Match(kind="quantity", heard=heard, meant=judged.judgement.claimed)]
    found: list[Match] = []
    for slot in judged.candidate.match.slots:
        hit = next(
            (
                h
                for h in window.hits
                if h.start == slot.start and h.end == slot.end and slot.concept in h.entry.concepts
            ),
            None,
        )
        kind = "literal" if slot.concept.startswith("=") else slot.concept
        meant = hit.entry.word if hit else rendered(window, slot.start, slot.end, symbols)
        if hit and hit.entry.spelled:
            kind = "spelling"
        found.append(Match(kind=kind, heard=window.quote(slot.start, slot.end), meant=meant))
    return found
