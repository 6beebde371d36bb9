"""Judges a stored broadcast again: passages, passports and facts as they were, under a policy as it is now."""

import json
from collections.abc import Mapping, Sequence

from claims.conversation import ClaimEngine
from claims.passport import Passport
from claims.passport_load import read_passports
from claims.policy import Policy
from claims.semantic import Proposer
from claims.types import Passage
from review.replays.types import Said, StoredStream, said_of

# As in live screening: after so much silence the next words can deny nothing.
_PATIENCE_MS = 2_500


def judge_again(policy: Policy, stream: StoredStream, proposer: Proposer | None) -> tuple[Said, ...]:
    """What the policy finds in the broadcast, notes among it, in order of time; PassportError if it can't be read.

    Where the steps of the judging were kept, it is repeated step by step, with what was seen of products; else a
    product that neither words nor facts name is not known here.
    """
    passports = passports_of(policy, stream)
    engine = ClaimEngine(policy, passports, at=stream.at, proposer=proposer)
    passages = [_known(passage, engine.finder.by_id) for passage in stream.passages]
    if proposer is not None:
        engine.read_ahead(passages)
    conversation = engine.conversation(stream.stream_id, stream.facts)
    left = {passage.id: passage for passage in passages}
    for step in stream.steps:
        conversation.see(step.evidence)
        together = [left.pop(id_) for id_ in step.passage_ids if id_ in left]
        for passage in sorted(together, key=lambda p: (p.channel == "speech", p.start_ms)):
            conversation.hear(passage)
        conversation.idle_until(step.until_ms, _PATIENCE_MS)
    for passage in left.values():
        if passage.channel == "speech":
            conversation.idle_until(passage.start_ms, _PATIENCE_MS)
        conversation.hear(passage)
    conversation.flush()
    categories = {passport.id: passport.category for passport in passports}
    return tuple(said_of(f, categories.get(f.product_id or "")) for f in conversation.findings)


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
