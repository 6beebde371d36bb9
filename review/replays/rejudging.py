"""Judges a stored broadcast again: passages, passports and facts as they were, under a policy as it is now."""

import json
from collections.abc import Mapping, Sequence

from claims.classifier.reading import Reader
from claims.engine.conversation import ClaimEngine, Watch
from claims.passports.load import read_passports
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.types import Finding, Passage
from review.replays.types import Said, StoredStream, said_of
from review.streams.tenant_words import ready_words

# As in live screening: after so much silence the next words can deny nothing.
_PATIENCE_MS = 2_500


def judge_again(policy: Policy, stream: StoredStream, reader: Reader | None) -> tuple[Said, ...]:
    """What the policy finds in the broadcast, notes among it, in order of time; PassportError if it can't be read.

    Where the steps of the judging were kept, it is repeated step by step, with what was seen of products; else a
    product that neither words nor facts name is not known here.
    """
    [said] = judge_by([policy], stream, reader)
    return said


def judge_by(
    policies: Sequence[Policy], stream: StoredStream, reader: Reader | None, watch: Watch | None = None
) -> tuple[tuple[Said, ...], ...]:
    """What each policy finds, as `judge_again` tells it; they judge side by side, passage by passage.

    `watch` is shown each scene as it is judged.
    """
    return tuple(judge.finish() for judge in _heard(policies, stream, reader, watch))


def findings_by(policy: Policy, stream: StoredStream, reader: Reader | None) -> tuple[Finding, ...]:
    """What the policy finds, as `judge_again`, each finding whole."""
    [judge] = _heard([policy], stream, reader, None)
    return judge.findings()


def _heard(
    policies: Sequence[Policy], stream: StoredStream, reader: Reader | None, watch: Watch | None
) -> list["_Judge"]:
    """A judge for each policy, all of which have heard the broadcast."""
    judges = [_Judge(policy, stream, reader, watch) for policy in policies]
    known = judges[0].engine.finder.by_id if judges else {}
    passages = [_known(passage, known) for passage in stream.passages]
    for judge in judges if reader is not None else ():
        judge.engine.read_ahead(passages)
    left = {passage.id: passage for passage in passages}
    for step in stream.steps:
        for judge in judges:
            judge.conversation.see(step.evidence)
        together = [left.pop(id_) for id_ in step.passage_ids if id_ in left]
        for passage in sorted(together, key=lambda p: (p.channel == "speech", p.start_ms)):
            for judge in judges:
                judge.conversation.hear(passage)
        for judge in judges:
            judge.conversation.idle_until(step.until_ms, _PATIENCE_MS)
    for passage in left.values():
        for judge in judges:
            if passage.channel == "speech":
                judge.conversation.idle_until(passage.start_ms, _PATIENCE_MS)
            judge.conversation.hear(passage)
    return judges


class _Judge:
    def __init__(self, policy: Policy, stream: StoredStream, reader: Reader | None, watch: Watch | None) -> None:
        self._stream = stream
        self._passports = passports_of(policy, stream)
        self.engine = ClaimEngine(policy, self._passports, at=stream.at, reader=reader, tenant=stream.tenant_id)
        self.conversation = self.engine.conversation(stream.stream_id, stream.facts, watch=watch)

    def finish(self) -> tuple[Said, ...]:
        """What was found, now that nothing more comes, as the customer's own words have it."""
        words, found = ready_words(self._stream.words), self.findings()
        if words is not None:
            found = tuple(words.applied(self._stream.passages, found, self._stream.at, {}))
        categories = {passport.id: passport.category for passport in self._passports}
        return tuple(said_of(f, categories.get(f.product_id or "")) for f in found)

    def findings(self) -> tuple[Finding, ...]:
        """The findings, now that nothing more comes."""
        self.conversation.flush()
        return tuple(self.conversation.findings)


def passports_of(policy: Policy, stream: StoredStream) -> tuple[Passport, ...]:
    """The broadcast's passports in the order of their link numbers; one that no product asks for stands last."""
    read = (
        read_passports(json.loads(text), policy.quantity_reader, source="kept passport") for text in stream.passports
    )
    by_id = {passport.id: passport for passports in read for passport in passports}
    order = dict.fromkeys((*stream.products, *by_id))
    return tuple(by_id[product] for product in order if product in by_id)


def missing_of(passports: Sequence[Passport], stream: StoredStream) -> tuple[str, ...]:
    """The products on sale whose passport was not kept."""
    there = {passport.id for passport in passports}
    return tuple(product for product in stream.products if product not in there)


def _known(passage: Passage, passports: Mapping[str, Passport]) -> Passage:
    """The passage without a product whose passport was not kept."""
    if passage.product_id is None or passage.product_id in passports:
        return passage
    return passage.model_copy(update={"product_id": None})
