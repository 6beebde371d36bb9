"""Judging as a stage: passages in, findings out."""

from collections.abc import Sequence
from dataclasses import replace

import configs
from claims.conversation import ClaimEngine
from claims.errors import UnknownProduct
from claims.passport import Passport
from claims.passport_load import load_passports
from claims.policy import Policy
from claims.types import Finding, Passage
from cluster.types import ScreenJob

_PATIENCE_MS = 2_500


class Judging:
    """Holds a stream's passages against passports and law."""

    def __init__(self, job: ScreenJob, models: dict[str, str]) -> None:
        policy = Policy(job.policy_dir or configs.POLICY_DIR)
        self.passports = on_sale(policy, job)
        self._conversation = ClaimEngine(policy, self.passports, at=job.at).conversation(job.stream_id, job.facts)
        self._models = models

    def judge(self, passages: Sequence[Passage], analysed_ms: int) -> list[Finding]:
        """Findings, new or changed, now that the stream is analysed up to `analysed_ms`."""
        findings: list[Finding] = []
        for passage in sorted(passages, key=lambda p: (p.channel == "speech", p.start_ms)):
            findings += self._conversation.hear(passage)
        findings += self._conversation.idle_until(analysed_ms, _PATIENCE_MS)
        return [self._signed(f) for f in findings]

    def finish(self) -> list[Finding]:
        """Findings in the last words."""
        return [self._signed(f) for f in self._conversation.flush()]

    def _signed(self, finding: Finding) -> Finding:
        name = "asr" if finding.channel == "speech" else "ocr"
        return replace(finding, models={name: self._models[name]} if name in self._models else {})


def on_sale(policy: Policy, job: ScreenJob) -> tuple[Passport, ...]:
    """The job's passports in the order of their link numbers; UnknownProduct names one that no passport describes."""
    passports = load_passports(job.passports_file, policy.quantity_reader)
    by_id = {p.id: p for p in passports}
    for product_id in job.products:
        if product_id not in by_id:
            raise UnknownProduct(product_id)
    return tuple(by_id[p] for p in job.products) or passports
