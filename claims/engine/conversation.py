"""A stream heard in order: product carried over, claims over two passages, repeats counted, slips corrected."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from claims.classifier.learnt_file import OWN, LearntFile
from claims.classifier.reading import Reader
from claims.engine.finding import make_finding
from claims.engine.heard_over_soundalike import AssessedClaim, assess_claims, judge_scene
from claims.engine.judged import Judged
from claims.engine.linking.named_values import Board
from claims.engine.merge import corroborate, is_same_claim, with_witness
from claims.engine.said_versus_shown import said_shown_mismatches
from claims.engine.scene import Scene
from claims.engine.window import build_window, fold_without_hints, hear
from claims.errors import UnknownProduct
from claims.obfuscation.pictures import read_out
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.products.choice import ProductChoice, ProductFinder, ProductTracker
from claims.text.normalise import Normalised
from claims.types import Disposition, ExemptionTrial, Finding, Passage, PlatformFact
from vision.products.timeline import Evidence, OnSaleState

_CORRECTION_MS = 30_000
_CHANNELS = frozenset(("speech", "screen"))


class ClaimEngine:
    """Policy and passports, ready to judge any number of conversations."""

    def __init__(
        self,
        policy: Policy,
        passports: Sequence[Passport],
        *,
        at: datetime,
        reader: Reader | None = None,
        tenant: str = OWN,
    ) -> None:
        """`at` is the moment of the broadcast on the calendar: prices and validity are judged by it.

        `reader` None: only what the rules recognise is judged, by the policy's own bar; with one the policy's budget of
        false alarms sets the bar of what it has a say in. `tenant`: whose broadcast it is; what was learnt from their
        decisions counts.
        """
        self.policy = policy
        self.reader = _adapted(reader, policy.learnt_for(tenant))
        self.finder = ProductFinder(passports, policy.wording.products)
        self.at = at

    def read_ahead(self, passages: Sequence[Passage]) -> None:
        """Lets the reader read many passages at once, where that is cheaper than one by one.

        Only passages whose product is given: of the others the goods are known when they are judged.
        """
        if self.reader is None or self.reader.batch_size == 1:
            return
        by_goods: dict[str, list[str]] = {}
        for passage in passages:
            product = self.finder.by_id.get(passage.product_id or "")
            if product is not None:
                texts = by_goods.setdefault(product.goods, [])
                texts += [read_out(piece, self.policy.pictures) for piece in self.pieces(passage)]
        for goods, texts in by_goods.items():
            self.reader.read_ahead(texts, goods)

    def pieces(self, passage: Passage) -> list[Normalised]:
        """The passage as it is read on the day of the broadcast, in pieces that are judged one by one."""
        return hear(passage, self.policy, self.at.date()).pieces(self.policy.settings.piece_chars)

    def conversation(
        self,
        stream_id: str,
        facts: Iterable[PlatformFact] = (),
        *,
        keep_verdicts: bool = False,
        watch: "Watch | None" = None,
    ) -> "Conversation":
        """A fresh conversation of one stream; `keep_verdicts`: it keeps every verdict, not only findings, for ever.

        `watch` is shown each scene as it is judged: every claim, and those that stand.
        """
        return Conversation(self, stream_id, _of_stream(facts, stream_id), keep_verdicts=keep_verdicts, watch=watch)


Watch = Callable[[Scene, Sequence[Judged], Sequence[AssessedClaim]], None]


def _of_stream(facts: Iterable[PlatformFact], stream_id: str) -> tuple[PlatformFact, ...]:
    return tuple(sorted((f for f in facts if f.stream_id == stream_id), key=lambda f: f.at_ms))


class Conversation:
    """What has been said and shown in one stream so far."""

    def __init__(
        self,
        engine: ClaimEngine,
        stream_id: str,
        facts: tuple[PlatformFact, ...],
        *,
        keep_verdicts: bool,
        watch: Watch | None = None,
    ) -> None:
        self.engine = engine
        self.stream_id = stream_id
        self.facts = facts
        self._tracker = ProductTracker(engine.finder)
        self._tracker.note_events((f.at_ms, str(f.product_id or f.value)) for f in facts if f.kind == "on_sale")
        self._past: deque[tuple[Passage, Normalised]] = deque(maxlen=12)
        self._waiting: tuple[Passage, Normalised, ProductChoice] | None = None
        self._found: dict[str, Finding] = {}
        self._found_of: dict[tuple[str, str | None, str], dict[str, None]] = {}
        self._found_as: dict[str, str] = {}
        self._last_said_ms: dict[str, int] = {}
        self._keeps_verdicts = keep_verdicts
        self._watch = watch
        self._board = Board()
        self.judged: list[tuple[Judged, Finding]] = []

    def see(self, evidence: Iterable[Evidence]) -> None:
        """Notes what was seen of products; it counts for passages from its moment on that name no product."""
        for one in evidence:
            self._tracker.timeline.note(one)

    def on_sale(self, at_ms: int) -> OnSaleState:
        """The product on sale at this moment, by everything seen, read and heard up to then."""
        return self._tracker.timeline.at(at_ms)

    def learn(self, fact: PlatformFact) -> None:
        """Adds a fact that became known while the stream is on."""
        self.facts = _of_stream((*self.facts, fact), self.stream_id)
        if fact.kind == "on_sale":
            self._tracker.note_events([(fact.at_ms, str(fact.product_id or fact.value))])

    def hear(self, passage: Passage) -> list[Finding]:
        """Findings that are certain now; speech is judged when the next words are known, for they may deny it."""
        if passage.product_id is not None and passage.product_id not in self.engine.finder.by_id:
            raise UnknownProduct(passage.product_id)
        return [finding for piece in self.engine.pieces(passage) for finding in self._hear(passage, piece)]

    def _hear(self, passage: Passage, piece: Normalised) -> list[Finding]:
        """Findings that are certain now that this piece is known; a long passage is heard piece by piece."""
        choice = self._tracker.choose(
            self._naming(fold_without_hints(passage, piece, self.engine.policy)),
            at_ms=passage.start_ms,
            given=passage.product_id,
            on_sale=self._on_sale(passage.start_ms),
            seen_ms=(passage.start_ms + passage.end_ms) // 2,
            is_written=passage.channel == "screen",
            doubted=passage.text if passage.doubts else "",
        )
        if passage.channel == "screen":
            return self._judge([(passage, piece)], 0, choice)
        findings: list[Finding] = []
        if self._waiting is not None:
            findings = self._judge_waiting([(passage, piece)])
        self._waiting = (passage, piece, choice)
        return findings

    def _naming(self, heard: Normalised) -> str:
        """The words by which a product is told: as heard where they name one, else as they were most likely said."""
        named = self.engine.finder.named(heard.text) is not None
        return heard.text if named else self.engine.policy.texts.take(heard, heard.offers, self.engine.at.date()).text

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
        assessed = assess_claims(scene, folded, focus, self.engine.policy, self.engine.reader)
        if self._watch is not None:
            self._watch(scene, judge_scene(scene, self.engine.policy, self.engine.reader), assessed)
        for claim in [*assessed, *said_shown_mismatches(scene, assessed, self._board, self.engine.policy)]:
            finding = make_finding(claim.judged, claim.scene, self.engine.policy, self.stream_id)
            if self._keeps_verdicts:
                self.judged.append((claim.judged, finding))
            if finding.disposition is Disposition.NONE:
                continue
            found.append(self._counted(finding, claim.judged.flag_at))
        return found

    def _counted(self, finding: Finding, flag_at: float) -> Finding:
        """The finding with what was known of it: said again it counts, and said again after a correction it stands.

        Said and shown it is one finding, even where the words differ a little.
        """
        said_ms = finding.start_ms
        known = self._known(finding)
        if known is not None:
            again = not set(finding.passage_ids) <= set(known.passage_ids)
            if again and _is_corrected(known):
                base = finding
            elif all(w.channel != finding.channel for w in known.witnesses):
                base = corroborate(known, finding, flag_at, self.engine.policy.scores)
            else:
                base = finding if finding.score > known.score else known
            finding = replace(
                base,
                finding_id=known.finding_id,
                count=known.count + again,
                passage_ids=tuple(dict.fromkeys((*known.passage_ids, *finding.passage_ids))),
                start_ms=known.start_ms,
                end_ms=known.end_ms,
                witnesses=with_witness(known.witnesses, finding.witnesses),
            )
        if known is None or known.channel != finding.channel:
            for channel in _CHANNELS:
                self._found_of.get((finding.class_id, finding.product_id, channel), {}).pop(finding.finding_id, None)
            own = (finding.class_id, finding.product_id, finding.channel)
            self._found_of.setdefault(own, {})[finding.finding_id] = None
        self._last_said_ms[finding.finding_id] = max(said_ms, self._last_said_ms.get(finding.finding_id, 0))
        self._found[finding.finding_id] = finding
        return finding

    def _known(self, finding: Finding) -> Finding | None:
        """The same claim as it was found before: under its own id, or on the other channel in other words."""
        found_as = self._found_as.get(finding.finding_id, finding.finding_id)
        if found_as in self._found:
            return self._found[found_as]
        # Of one channel no two are the same claim: a long script is never held against itself.
        for channel in _CHANNELS - {finding.channel}:
            for other_id in self._found_of.get((finding.class_id, finding.product_id, channel), ()):
                if is_same_claim(self._found[other_id], finding):
                    self._found_as[finding.finding_id] = other_id
                    return self._found[other_id]
        return None

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


def _adapted(reader: Reader | None, learnt: LearntFile | None) -> Reader | None:
    """The reader with what was learnt; numbers are loaded only where something was."""
    if reader is None or learnt is None:
        return reader
    from claims.classifier.learnt import with_learnt

    return with_learnt(reader, learnt)
