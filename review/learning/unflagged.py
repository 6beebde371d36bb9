"""What a broadcast holds that was not flagged, judged once more as it was, and what a person is shown of a passage."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace

from claims.classifier.calibration import Calibration, Features
from claims.classifier.reader import plain
from claims.classifier.reading import Known, Links, Reader, Reading
from claims.engine.conversation import ClaimEngine
from claims.engine.heard_over_soundalike import AssessedClaim
from claims.engine.judged import Judged
from claims.engine.scene import Scene
from claims.engine.scoring import PassageReader
from claims.engine.window import WindowPassage
from claims.obfuscation.pictures import read_out
from claims.policy.policy import Policy
from claims.types import Finding, Passage
from review.learning.spots import SHORTEST, Drawn, Unflagged
from review.replays.rejudging import judge_by, passports_of
from review.replays.types import StoredStream

_AROUND_MS = 35_000
_LIFT = 20.0


def unflagged_of(policy: Policy, stream: StoredStream, reader: Reader, flagged: Collection[str]) -> list[Unflagged]:
    """The passages of goods that are known that are in no flag, as the reader scores them.

    `flagged`: the ids of those that are. A passage that is judged in pieces counts by the likeliest of them.
    """
    read_by = ClaimEngine(policy, (), at=stream.at, reader=reader, tenant=stream.tenant_id).reader
    assert read_by is not None
    found: dict[str, Unflagged] = {}

    def note(scene: Scene, judged: Sequence[Judged], assessed: Sequence[AssessedClaim]) -> None:
        heard = _in_focus(scene)
        if heard is None or heard.passage.id in flagged:
            return
        one = _as_read(scene, heard, policy, read_by)
        known = found.get(heard.passage.id)
        if one is not None and (known is None or known.score < one.score):
            found[heard.passage.id] = one

    judge_by([policy], stream, reader, watch=note)
    return list(found.values())


def _in_focus(scene: Scene) -> WindowPassage | None:
    window = scene.window
    heard = [h for h in window.passages if h.offset < window.focus_end]
    return heard[-1] if heard and heard[-1].offset == window.focus_start else None


def _as_read(scene: Scene, heard: WindowPassage, policy: Policy, reader: Reader) -> Unflagged | None:
    passport = scene.choice.passport
    if passport is None or len(heard.folded.text) < SHORTEST:
        return None
    read = PassageReader(scene, policy, reader, passport)
    read_as = read.of_passage(heard)
    if not read_as.open_classes:
        return None
    given = Features(detector=None, reader=read_as.reading.breach, open_share=read_as.open_share)
    steps = read.calibration.steps(given)
    return Unflagged(
        passage_id=heard.passage.id,
        goods=passport.goods,
        product_id=passport.id,
        class_id=read_as.open_classes[0][0],
        score=steps[-1].value,
        steps=steps,
        near=steps[-1].value >= policy.settings.note_at,
    )


def shown_of(policy: Policy, stream: StoredStream, reader: Reader, drawn: Drawn) -> Finding | None:
    """The passage as a finding that a reader makes of it who is sure, with its true score; None: none can be made.

    Goods, record, law and contexts are those of the place, so that nothing of it tells why people see it.
    """
    one = drawn.passage
    around = _around(stream, one)
    sure = _SureReader(reader)
    engine = ClaimEngine(policy, passports_of(policy, stream), at=stream.at, reader=sure, tenant=stream.tenant_id)
    for passage in around:
        if passage.id == one.passage_id:
            sure.of |= {plain(read_out(piece, policy.pictures)) for piece in engine.pieces(passage)}
    conversation = engine.conversation(stream.stream_id, stream.facts, keep_verdicts=True)
    for passage in around:
        conversation.hear(passage)
    conversation.flush()
    own = [finding for _, finding in conversation.judged if one.passage_id in finding.passage_ids]
    if not own:
        return None
    chosen = max(own, key=lambda f: (f.class_id == one.class_id, f.score, f.finding_id))
    digest = hashlib.sha256(f"{stream.stream_id}\0{one.passage_id}".encode()).hexdigest()
    return replace(chosen, finding_id=f"f_{digest[:32]}", score=one.score, score_steps=one.steps)


class _SureReader:
    """Reads as the other does, but for some words (`of`, as a reader reads them), which it takes for a breach."""

    def __init__(self, reader: Reader) -> None:
        self.name, self.batch_size = reader.name, 1
        self.links: Links | None = reader.links
        self.of: set[str] = set()
        self._reader = reader

    def calibration(self, goods: str) -> Calibration:
        """What the other's readings are worth."""
        return self._reader.calibration(goods)

    def read(self, text: str, goods: str) -> Reading:
        """What the other reads; surely a breach where the words are among those."""
        reading = self._reader.read(text, goods)
        return replace(reading, breach=reading.breach + _LIFT) if plain(text) in self.of else reading

    def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
        """What the other finds it like."""
        return self._reader.like(text, goods, class_id)

    def read_ahead(self, texts: Sequence[str], goods: str) -> None:
        """Nothing: it is a passage or two."""


def _around(stream: StoredStream, one: Unflagged) -> list[Passage]:
    """The passages near the one, in the order in which they were understood, with products that are known."""
    own = next((p for p in stream.passages if p.id == one.passage_id), None)
    if own is None:
        return []
    start_ms, end_ms = own.start_ms - _AROUND_MS, own.end_ms + _AROUND_MS
    near = [p for p in stream.passages if p.end_ms > start_ms and p.start_ms < end_ms]
    known = {None, *stream.products}
    return [
        p.model_copy(update={"product_id": one.product_id if p.id == own.id else None})
        if p.id == own.id or p.product_id not in known
        else p
        for p in near
    ]
