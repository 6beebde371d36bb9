"""A stream heard in order: product carried over, claims over two passages, repeats counted, slips corrected."""

import hashlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from claims.errors import UnknownProduct
from claims.merge import merge
from claims.normalise import Normalised
from claims.passport import Passport
from claims.policy import Policy
from claims.product import ProductChoice, ProductFinder, ProductTracker
from claims.types import Disposition, ExemptionTrial, Finding, Match, Passage, PlatformFact, VerdictKind
from claims.units import Quantity, plain
from claims.verdict import Judged, Scene, judge_window
from claims.window import Window, build_window, fold, fold_without_hints

_CORRECTION_MS = 30_000


class ClaimEngine:
    """Policy and passports, ready to judge any number of conversations."""

    def __init__(self, policy: Policy, passports: Sequence[Passport], *, at: datetime) -> None:
        """`at` is the moment of the broadcast on the calendar: prices and validity are judged by it."""
        self.policy = policy
        self.finder = ProductFinder(passports)
        self.at = at

    def conversation(
        self, stream_id: str, facts: Iterable[PlatformFact] = (), *, keep_verdicts: bool = False
    ) -> "Conversation":
        """A fresh conversation of one stream; `keep_verdicts`: it keeps every verdict, not only findings, for ever."""
        return Conversation(self, stream_id, _of_stream(facts, stream_id), keep_verdicts=keep_verdicts)


def _of_stream(facts: Iterable[PlatformFact], stream_id: str) -> tuple[PlatformFact, ...]:
    return tuple(sorted((f for f in facts if f.stream_id == stream_id), key=lambda f: f.at_ms))


class Conversation:
    """What has been said and shown in one stream so far."""

    def __init__(
        self, engine: ClaimEngine, stream_id: str, facts: tuple[PlatformFact, ...], *, keep_verdicts: bool
    ) -> None:
        self.engine = engine
        self.stream_id = stream_id
        self.facts = facts
        self._tracker = ProductTracker(engine.finder)
        self._past: deque[tuple[Passage, Normalised]] = deque(maxlen=12)
        self._waiting: tuple[Passage, Normalised, ProductChoice] | None = None
        self._found: dict[str, Finding] = {}
        self._last_said_ms: dict[str, int] = {}
        self._keeps_verdicts = keep_verdicts
        self.judged: list[tuple[Judged, Finding]] = []

    def hear(self, passage: Passage) -> list[Finding]:
        """Findings that are certain now; speech is judged when the next words are known, for they may deny it."""
        if passage.product_id is not None and passage.product_id not in self.engine.finder.by_id:
            raise UnknownProduct(passage.product_id)
        pieces = fold(passage, self.engine.policy).pieces(self.engine.policy.settings.piece_chars)
        return [finding for piece in pieces for finding in self._hear(passage, piece)]

    def _hear(self, passage: Passage, piece: Normalised) -> list[Finding]:
        """Findings that are certain now that this piece is known; a long passage is heard piece by piece."""
        heard = fold_without_hints(passage, piece, self.engine.policy)
        choice = self._tracker.choose(
            heard.text, at_ms=passage.start_ms, given=passage.product_id, on_sale=self._on_sale(passage.start_ms)
        )
        if passage.channel == "screen":
            return self._judge([(passage, piece)], 0, choice)
        findings: list[Finding] = []
        if self._waiting is not None:
            findings = self._judge_waiting([(passage, piece)])
        self._waiting = (passage, piece, choice)
        return findings

    def flush(self) -> list[Finding]:
        """Findings in the last passage, with nothing more to come."""
        if self._waiting is None:
            return []
        return self._judge_waiting([])

    def idle_until(self, now_ms: int, patience_ms: int) -> list[Finding]:
        """Findings in the last passage, if nothing was said for `patience_ms` after it."""
        if self._waiting is None or now_ms - self._waiting[0].end_ms < patience_ms:
            return []
        return self._judge_waiting([])

    @property
    def findings(self) -> list[Finding]:
        """Everything found so far, repeats counted, in order of time."""
        return sorted(self._found.values(), key=lambda f: (f.start_ms, f.end_ms, f.finding_id))

    def _on_sale(self, at_ms: int) -> tuple[int, str] | None:
        said = [(f.at_ms, f.product_id or f.value) for f in self.facts if f.kind == "on_sale" and f.at_ms <= at_ms]
        return (said[-1][0], str(said[-1][1])) if said and said[-1][1] is not None else None

    def _judge_waiting(self, after: list[tuple[Passage, Normalised]]) -> list[Finding]:
        assert self._waiting is not None
        (spoken, words, choice), self._waiting = self._waiting, None
        settings = self.engine.policy.settings
        before: list[tuple[Passage, Normalised]] = []
        room = settings.window_chars
        for passage, folded in reversed(self._past):
            if spoken.start_ms - passage.end_ms > settings.window_ms or room <= 0:
                break
            before.insert(0, (passage, folded.part(max(0, len(folded.text) - room), len(folded.text))))
            room -= len(folded.text)
        after = [
            (passage, folded.part(0, settings.window_chars))
            for passage, folded in after
            if passage.start_ms - spoken.end_ms <= settings.window_ms
        ]
        findings = self._judge([*before, (spoken, words), *after], len(before), choice)
        self._past.append((spoken, words))
        return self._corrected(spoken, words, choice.passport) + findings

    def _judge(self, folded: list[tuple[Passage, Normalised]], focus: int, choice: ProductChoice) -> list[Finding]:
        window = build_window(folded, focus, self.engine.policy)
        passage = folded[focus][0]
        scene = Scene(
            window=window,
            choice=choice,
            at=self.engine.at + timedelta(milliseconds=passage.start_ms),
            at_ms=passage.start_ms,
            facts=self.facts,
        )
        found: list[Finding] = []
        for judged in merge(judge_window(scene, self.engine.policy), self.engine.policy):
            finding = make_finding(judged, scene, self.engine.policy, self.stream_id)
            if self._keeps_verdicts:
                self.judged.append((judged, finding))
            if finding.disposition is Disposition.NONE:
                continue
            found.append(self._counted(finding))
        return found

    def _counted(self, finding: Finding) -> Finding:
        """The finding with what was known of it: said again it counts, and said again after a correction it stands."""
        known = self._found.get(finding.finding_id)
        self._last_said_ms[finding.finding_id] = finding.start_ms
        if known is not None:
            again = not set(finding.passage_ids) <= set(known.passage_ids)
            stronger = finding.score > known.score or (again and _is_corrected(known))
            finding = replace(
                finding if stronger else known,
                count=known.count + again,
                passage_ids=tuple(dict.fromkeys((*known.passage_ids, *finding.passage_ids))),
                start_ms=known.start_ms,
                end_ms=known.end_ms,
            )
        self._found[finding.finding_id] = finding
        return finding

    def _corrected(self, passage: Passage, folded: Normalised, product: Passport | None) -> list[Finding]:
        """Earlier findings that this passage corrects (直播电商监督管理办法 31): they carry it as a mitigating fact."""
        policy = self.engine.policy
        cues = policy.context.cues[policy.context.corrections]
        cue = next((c for c in cues if c in folded.text), None)
        if cue is None:
            return []
        changed: list[Finding] = []
        for finding in list(self._found.values()):
            earlier = passage.id not in finding.passage_ids
            recent = earlier and 0 <= passage.end_ms - self._last_said_ms[finding.finding_id] <= _CORRECTION_MS
            same = product is None or finding.product_id in {None, product.id}
            if recent and same and not _is_corrected(finding):
                trial = ExemptionTrial(id="corrected", applies=True, why=f"corrected on the spot: {passage.text}")
                updated = replace(
                    finding,
                    exemptions=(*finding.exemptions, trial),
                    disposition=Disposition.NOTE,
                )
                self._found[finding.finding_id] = updated
                changed.append(updated)
        return changed


def _is_corrected(finding: Finding) -> bool:
    return any(t.applies and t.id == "corrected" for t in finding.exemptions)


def make_finding(judged: Judged, scene: Scene, policy: Policy, stream_id: str) -> Finding:
    """The record of one verdict, complete enough that a reviewer sees why from it alone."""
    window, judgement, choice = scene.window, judged.judgement, scene.choice
    rule = judged.candidate.rule.rule if judged.candidate else None
    law = policy.law_for(judged.class_id, rule, choice.passport.category if choice.passport else None)
    heard = window.passages_of(judged.start, judged.end)
    passport = choice.passport
    key = judgement.claimed if judged.candidate is None else folded_key(window, judged)
    identity = "\x1f".join(
        [stream_id, heard[-1].passage.channel, judged.class_id, passport.id if passport else "", key]
    )
    return Finding(
        finding_id="f_" + hashlib.sha256(identity.encode()).hexdigest()[:20],
        stream_id=stream_id,
        passage_ids=tuple(h.passage.id for h in heard),
        start_ms=heard[0].passage.start_ms,
        end_ms=heard[-1].passage.end_ms,
        channel=heard[-1].passage.channel,
        quote=window.quote(judged.start, judged.end),
        normalised=rendered(window, judged.start, judged.end),
        class_id=judged.class_id,
        verdict=VerdictKind.OUT_OF_SCOPE if judged.exempt else judgement.verdict,
        disposition=_disposition(judged, policy),
        severity=policy.severity_for(judged.class_id, passport.category if passport else None),
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
        match=tuple(_matches(judged, window)),
        exemptions=judged.trials,
        score_steps=judged.steps,
        advice=policy.class_files[judged.class_id].advice,
        product_reason=choice.reason,
    )


def _disposition(judged: Judged, policy: Policy) -> Disposition:
    if judged.harmless or judged.score < policy.settings.note_at:
        return Disposition.NONE
    corrected = any(t.applies and t.id == "corrected" for t in judged.trials)
    if judged.judgement.note_only or judged.shadow or corrected or judged.score < policy.settings.flag_at:
        return Disposition.NOTE
    return Disposition.FLAG


def folded_key(window: Window, judged: Judged) -> str:
    """What makes two sayings the same pitch: the folded words without punctuation, numbers as values."""
    return "".join(c for c in rendered(window, judged.start, judged.end) if c.isalnum() or c in ".%")


def rendered(window: Window, start: int, end: int) -> str:
    """The folded words with quantities and numbers written in digits and unit symbols."""
    out: list[str] = []
    at = start
    values = [(q.start, q.end, _shown(q, window.text)) for q in window.quantities]
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


def _shown(quantity: Quantity, text: str) -> str:
    symbols = {"yuan": "元", "percent": "%"}
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


def _matches(judged: Judged, window: Window) -> list[Match]:
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
        meant = hit.entry.word if hit else rendered(window, slot.start, slot.end)
        if hit and hit.entry.spelled:
            kind = "spelling"
        found.append(Match(kind=kind, heard=window.quote(slot.start, slot.end), meant=meant))
    return found
