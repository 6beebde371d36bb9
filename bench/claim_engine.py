"""The claim engine as a benchmark runs it: in this process, each case a stream of its own."""

from collections.abc import Sequence

from bench.cases import BROADCAST_AT, Case, CaseSet
from bench.scoring import ScoredFlag
from claims.engine.conversation import ClaimEngine
from claims.passports.load import load_passports
from claims.policy.policy import Policy
from claims.types import Disposition, Finding, Passage


class OurEngine:
    """The claim engine over the passports of each set of cases."""

    name = "zhenyan"

    def __init__(self, policy: Policy, sets: Sequence[CaseSet]) -> None:
        self.default_threshold = policy.settings.flag_at
        self._engines = {
            s.name: ClaimEngine(policy, load_passports(s.passports, policy.quantity_reader), at=BROADCAST_AT)
            for s in sets
        }

    def flags(self, case: Case) -> list[ScoredFlag]:
        """Findings that their score decides on; what stays a note for another reason is left out."""
        return [ScoredFlag(class_id=f.class_id, score=f.score) for f, kept_note in self.judge(case) if not kept_note]

    def judge(self, case: Case) -> list[tuple[Finding, bool]]:
        """Every finding of the case, and whether it stays a note however high its score is."""
        conversation = self._engines[case.set_name].conversation(case.id, keep_verdicts=True)
        for passage in passages(case):
            conversation.hear(passage)
        conversation.flush()
        notes = {f.finding_id for judged, f in conversation.judged if judged.judgement.note_only or judged.shadow}
        return [
            (f, f.finding_id in notes or (f.disposition is Disposition.NOTE and f.score >= self.default_threshold))
            for f in conversation.findings
        ]


def passages(case: Case) -> list[Passage]:
    """The case's utterances as speech, four seconds apart."""
    return [
        Passage(
            stream_id=case.id,
            id=f"{case.id}.{index}",
            start_ms=index * 4000,
            end_ms=index * 4000 + 3600,
            text=text,
            product_id=case.product_id,
        )
        for index, text in enumerate(case.utterances)
    ]
