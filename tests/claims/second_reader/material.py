"""A doubtful finding about honey with what was said around it, as a question is made from it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import configs
from bench.sample import SAMPLE
from claims.passports.load import read_passports
from claims.policy.policy import Policy
from claims.second_reader.asking import Material
from claims.types import Disposition, Finding, Passage, VerdictKind, Witness
from tests.claims.support import HONEY, TODAY

SAID = "每天一勺，老人家的血糖慢慢就稳住了"


@cache
def policy() -> Policy:
    return Policy(configs.POLICY_DIR)


def passage(passage_id: str, text: str, *, start_ms: int = 0, **more: Any) -> Passage:
    return Passage(stream_id="s1", id=passage_id, start_ms=start_ms, end_ms=start_ms + 4000, text=text, **more)


NOTE: Finding = replace(
    SAMPLE,
    finding_id="f_1",
    stream_id="s1",
    passage_ids=("u1",),
    start_ms=5000,
    end_ms=9000,
    quote=SAID,
    normalised=SAID,
    claimed=SAID,
    class_id="DISEASE_FOOD",
    rule="DISEASE_FOOD.semantic",
    verdict=VerdictKind.BANNED,
    disposition=Disposition.NOTE,
    score=0.45,
    product_id="P-2",
    registered=None,
    passport_path=None,
    passport_version=None,
    law=("广告法 17",),
    match=(),
    exemptions=(),
    proposed=("EFFICACY_GUARANTEE",),
    witnesses=(Witness(channel="speech", passage_ids=("u1",), start_ms=5000, end_ms=9000, quote=SAID),),
)
FLAG = replace(NOTE, disposition=Disposition.FLAG, score=0.65)


def material(finding: Finding = NOTE, passages: Sequence[Passage] | None = None, **more: Any) -> Material:
    """What is known of the finding: something before it, the passage itself, something behind."""
    (honey,) = read_passports([HONEY], policy().quantity_reader, source="test")
    near = passages or (
        passage("u0", "再看二号链接，荆条蜂蜜"),
        passage("u1", SAID, start_ms=5000),
        passage("u2", "喜欢的点个关注", start_ms=10_000),
    )
    return Material(finding=finding, passages=tuple(near), passport=honey, day=TODAY, **more)
