"""The finding that benchmarks store; each changes what it counts by."""

from claims.types import Disposition, ExemptionTrial, Finding, Match, ScoreStep, VerdictKind

SAMPLE = Finding(
    finding_id="f",
    stream_id="s1",
    passage_ids=("u1",),
    start_ms=0,
    end_ms=3000,
    channel="speech",
    quote="两个口一起用，它的总功率可以做到一百瓦",
    normalised="两个口一起用,它的总功率可以做到100W",
    class_id="SPEC_PARAM",
    verdict=VerdictKind.CONTRADICTED,
    disposition=Disposition.FLAG,
    severity="medium",
    score=0.97,
    product_id="p1",
    claimed="100 W",
    registered="双口合计 65 W",
    passport_path="specs.power_total",
    passport_version="sha256:0011",
    law=("广告法 28(2)(2)",),
    law_status="read",
    policy="zh-CN@2026.11.1",
    rule="SPEC_PARAM.quantity",
    match=(Match(kind="quantity", heard="一百瓦", meant="100 W"),),
    exemptions=(ExemptionTrial(id="within_tolerance", applies=False, why="容差 5%，相差 53.8%"),),
    score_steps=(ScoreStep(step="句式", value=0.6), ScoreStep(step="与护照不符", value=0.97)),
    models={"asr": "whisper-base"},
)
