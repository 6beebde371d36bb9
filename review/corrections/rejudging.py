"""Judges the conversation around a corrected passage anew: by the policy, passports and moment of the first time."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from claims.engine.conversation import ClaimEngine
from claims.passports.load import read_passports
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.types import Disposition, Finding, Passage
from review.corrections.errors import CorrectionRefused
from review.replays.types import StoredStream
from review.streams.corrected import corrected
from review.streams.corrections import Judging, Rewording

# What is said within this time of a passage may deny it, complete it or take it back.
_AROUND_MS = 35_000
# So many other places are enough to tell that a claim was made elsewhere, too.
_PLACES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is found around the passage now, and the policy that found it."""

    findings: tuple[Finding, ...]
    policy: str


def judge_corrected(
    given: Rewording, stream: StoredStream, standing: Sequence[Finding], pinned: Finding, judging: Judging
) -> Judged:
    """The findings of the corrected passage, and of those that stood on it what else they stand on.

    `standing`: the findings that were made from the passage; `pinned`: the one whose policy and passport count.
    CorrectionRefused where a passport is not kept.
    """
    policy = judging.in_force if judging.in_force.name == pinned.policy else judging.by_name(pinned.policy)
    policy = policy or judging.in_force
    product_id = given.product_id or pinned.product_id
    engine = ClaimEngine(
        policy,
        _passports(given.case_id, stream, policy, pinned, product_id),
        at=stream.at,
        reader=judging.reader,
        tenant=stream.tenant_id,
    )
    passages = [_as_given(passage, given, product_id) for passage in stream.passages]
    conversation = engine.conversation(stream.stream_id, stream.facts)
    for passage in _around(passages, {given.passage_id, *_elsewhere(passages, given, standing)}):
        of_old = next((f for f in standing if passage.id in f.passage_ids), None)
        if of_old is not None and passage.id != given.passage_id and of_old.product_id in engine.finder.by_id:
            passage = passage.model_copy(update={"product_id": of_old.product_id})
        elif passage.product_id not in {None, *engine.finder.by_id}:
            passage = passage.model_copy(update={"product_id": None})
        conversation.hear(passage)
    conversation.flush()
    ids = {finding.finding_id for finding in standing}
    found = (f for f in conversation.findings if f.disposition is not Disposition.NONE)
    return Judged(
        findings=tuple(f for f in found if given.passage_id in f.passage_ids or f.finding_id in ids),
        policy=policy.name,
    )


def with_other_places(found: Finding, before: Finding, passage_id: str) -> Finding:
    """The finding that still stands, with the passages where it was said besides the corrected one."""
    still = passage_id in found.passage_ids
    others = tuple(p for p in before.passage_ids if p != passage_id and p not in found.passage_ids)
    count = before.count if still else max(1, before.count - 1)
    return replace(
        found,
        passage_ids=(*found.passage_ids, *others),
        count=max(count, found.count),
        models=before.models,
        clip=before.clip,
        supersedes=before.supersedes,
    )


def _elsewhere(passages: Sequence[Passage], given: Rewording, standing: Iterable[Finding]) -> set[str]:
    """Where else each of the findings was said, far from the corrected passage: it may stand by that alone."""
    near = {passage.id for passage in _around(passages, {given.passage_id})}
    places: set[str] = set()
    for finding in standing:
        places.update([p for p in finding.passage_ids if p not in near][:_PLACES])
    return places


def _around(passages: Sequence[Passage], places: set[str]) -> list[Passage]:
    """The passages near one of these places, in the order in which they were understood."""
    spans = [(p.start_ms - _AROUND_MS, p.end_ms + _AROUND_MS) for p in passages if p.id in places]
    return [p for p in passages if any(p.end_ms > start and p.start_ms < end for start, end in spans)]


def _as_given(passage: Passage, given: Rewording, product_id: str | None) -> Passage:
    if passage.id != given.passage_id:
        return passage
    return corrected(passage, given.corrected).model_copy(update={"product_id": product_id})


def _passports(
    case_id: str, stream: StoredStream, policy: Policy, pinned: Finding, product_id: str | None
) -> tuple[Passport, ...]:
    """The broadcast's passports in the order of their link numbers, the product's in the version that counted then."""
    read = [
        passport
        for text in stream.passports
        for passport in read_passports(json.loads(text), policy.quantity_reader, source="kept passport")
    ]
    by_id = {passport.id: passport for passport in read}
    by_version = {passport.version: passport for passport in read}
    version = pinned.passport_version
    if version is not None and product_id == pinned.product_id:
        if version not in by_version:
            why = f"passport {version} of product {product_id!r}, by which it was judged, is no longer kept"
            raise CorrectionRefused(case_id, why, code="no_passport")
        by_id[by_version[version].id] = by_version[version]
    if product_id != pinned.product_id and product_id not in by_id:
        known = ", ".join(sorted(by_id)) or "none"
        why = f"product {product_id!r} was not on sale in this broadcast; its passports: {known}"
        raise CorrectionRefused(case_id, why, code="unknown_product")
    order = dict.fromkeys((*stream.products, *by_id))
    return tuple(by_id[product] for product in order if product in by_id)
