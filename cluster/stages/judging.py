"""Judging as a stage: passages in, findings out."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from claims.classifier.encoding_cache import Directions, keeping
from claims.engine.conversation import ClaimEngine
from claims.errors import UnknownProduct
from claims.passages import fact_of
from claims.passports.load import load_passports
from claims.passports.passport import Passport, warn_of_objections
from claims.policy.policy import Policy
from claims.types import Finding, Passage, PlatformFact
from cluster.stages.policies import LoadedPolicies
from cluster.stages.state import freeze, thaw
from cluster.types import Marked, OnSale, ScreenJob
from vision.layout.types import RoomMark
from vision.products.timeline import Evidence

_PATIENCE_MS = 2_500
_log = logging.getLogger(__name__)


class JudgingStage:
    """Holds a stream's passages against passports and law.

    Streams of one process may share `policies`; without, this stream loads its own.
    """

    def __init__(self, job: ScreenJob, models: Mapping[str, str], policies: LoadedPolicies | None = None) -> None:
        policies = policies or LoadedPolicies()
        policy = policies.policy(job.policy_dir)
        self.passports = on_sale(policy, job)
        warn_of_objections(_log, f"stream {job.stream_id}", self.passports)
        semantics = policies.semantics(job)
        self.left_out = semantics.left_out
        self._keeping = keeping(semantics.reader)
        reader = self._keeping or semantics.reader
        self._engine = ClaimEngine(policy, self.passports, at=job.at, reader=reader, tenant=job.tenant_id)
        self._conversation = self._engine.conversation(job.stream_id, job.facts)
        self._models = models
        self._knows_label = any(fact.kind == "ai_label" for fact in job.facts)
        self._on_sale: str | None = None
        self._marks: dict[str, RoomMark] = {}

    def see(self, evidence: Sequence[Evidence], marks: Sequence[RoomMark]) -> list[OnSale | Marked]:
        """Notes what was seen of products and marks, before the passages of the same time; gives the new marks.

        What the platform itself says of a generated presenter goes before what the screen says.
        """
        self._conversation.see(evidence)
        new: list[OnSale | Marked] = [Marked(mark=mark) for mark in marks if mark.mark_id not in self._marks]
        self._marks |= {mark.mark_id: mark for mark in marks}
        fact = next((fact for mark in marks if (fact := fact_of(mark)) is not None), None)
        if fact is not None and not self._knows_label:
            self._knows_label = True
            self._conversation.learn(fact)
        return new

    def on_sale(self, analysed_ms: int) -> list[OnSale]:
        """The product on sale, if it is another than when this was last asked."""
        on_sale = self._conversation.on_sale(analysed_ms)
        if on_sale.product_id == self._on_sale:
            return []
        self._on_sale = on_sale.product_id
        return [
            OnSale(
                at_ms=on_sale.since_ms,
                product_id=on_sale.product_id,
                confidence=on_sale.confidence,
                because=on_sale.because,
            )
        ]

    def judge(self, passages: Sequence[Passage], analysed_ms: int) -> list[Finding]:
        """Findings, new or changed, now that the stream is analysed up to `analysed_ms`."""
        findings: list[Finding] = []
        self._engine.read_ahead(passages)
        for passage in sorted(passages, key=lambda p: (p.channel == "speech", p.start_ms)):
            findings += self._conversation.hear(passage)
        findings += self._conversation.idle_until(analysed_ms, _PATIENCE_MS)
        return [self._signed(f) for f in findings]

    def read(self) -> Directions | None:
        """What the semantic layer read since this was last asked; None where it tells nothing that could be kept."""
        return self._keeping.take() if self._keeping is not None else None

    def learn(self, fact: PlatformFact) -> None:
        """Takes what the platform tells while the stream is on; its word on a generated presenter is final."""
        self._knows_label = self._knows_label or fact.kind == "ai_label"
        self._conversation.learn(fact)

    def save(self, stream_id: str) -> bytes:
        """What was said, seen and found in the stream, which is this stage's only one."""
        return freeze((self._conversation, self._knows_label, self._on_sale, self._marks), self._shared)

    def load(self, stream_id: str, state: bytes) -> None:
        """Goes on from what was saved."""
        self._conversation, self._knows_label, self._on_sale, self._marks = thaw(state, self._shared)

    @property
    def _shared(self) -> dict[str, object]:
        passports = {f"passport {passport.id}": passport for passport in self.passports}
        return {"engine": self._engine, "products": self._engine.finder, "policy": self._engine.policy} | passports

    def finish(self) -> list[Finding]:
        """Findings in the last words."""
        return [self._signed(f) for f in self._conversation.flush()]

    def _signed(self, finding: Finding) -> Finding:
        channels = {witness.channel for witness in finding.witnesses}
        names = [name for name, channel in (("asr", "speech"), ("ocr", "screen")) if channel in channels]
        return replace(finding, models={name: self._models[name] for name in names if name in self._models})


def on_sale(policy: Policy, job: ScreenJob) -> tuple[Passport, ...]:
    """The job's passports in the order of their link numbers; UnknownProduct names one that no passport describes."""
    passports = load_passports(job.passports_file, policy.quantity_reader)
    by_id = {p.id: p for p in passports}
    for product_id in job.products:
        if product_id not in by_id:
            raise UnknownProduct(product_id)
    return tuple(by_id[p] for p in job.products) or passports
