import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vision.products.timeline import UNKNOWN, Evidence, EvidenceKind, ProductTimeline, on_sale_at, spans

PICTURE, SPOKEN, EVENT, CODE = EvidenceKind.PICTURE, EvidenceKind.SPOKEN, EvidenceKind.EVENT, EvidenceKind.CODE


def one(kind: EvidenceKind, product: str, at_ms: int, strength: float = 0.9) -> Evidence:
    return Evidence(
        kind=kind, product_id=product, start_ms=at_ms, end_ms=at_ms, strength=strength, reason=f"{kind} of {product}"
    )


def product_at(at_ms: int, *evidence: Evidence) -> str | None:
    return on_sale_at(sorted(evidence, key=lambda e: e.start_ms), at_ms).product_id


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        pytest.param([], None, id="nothing is known"),
        pytest.param([one(PICTURE, "A", 1000)], "A", id="one clear look"),
        pytest.param([one(PICTURE, "A", 1000, 0.2)], None, id="a small pack somewhere"),
        pytest.param([one(PICTURE, p, 1000, 0.3) for p in "ABC"], None, id="three packs side by side"),
        pytest.param([one(PICTURE, "A", 1000), one(PICTURE, "B", 9000)], "B", id="the later look"),
        pytest.param([one(SPOKEN, "A", 1000), one(PICTURE, "B", 25_000)], "B", id="named long ago, another is shown"),
        pytest.param([one(SPOKEN, "A", 8000), one(PICTURE, "B", 9000)], "A", id="just named, another is still shown"),
        pytest.param([one(PICTURE, "A", 8000), one(SPOKEN, "B", 9500, 1.0)], "B", id="named before it is shown"),
        pytest.param(
            [one(EVENT, "A", 1000), one(SPOKEN, "B", 9000), one(PICTURE, "B", 9000)], "A", id="the event rules"
        ),
        pytest.param([one(EVENT, "A", 1000), one(EVENT, "B", 9000)], "B", id="the next event"),
        pytest.param([one(CODE, "A", 9000), one(PICTURE, "B", 9000)], "A", id="a code is surer than a picture"),
        pytest.param([one(PICTURE, "A", 20_000)], None, id="only what is known by then counts"),
    ],
)
def test_what_is_on_sale_after_ten_seconds(evidence: list[Evidence], expected: str | None) -> None:
    at_ms = 26_000 if any(e.start_ms == 25_000 for e in evidence) else 10_000
    assert product_at(at_ms, *evidence) == expected


def test_what_stood_stays_for_a_while_and_then_is_not_known() -> None:
    look = one(PICTURE, "A", 1000)
    assert product_at(100_000, look) == "A"
    assert product_at(200_000, look) is None
    assert product_at(2_000_000, one(EVENT, "A", 1000)) == "A"


def test_confidence_falls_with_time_and_says_why() -> None:
    evidence = [one(SPOKEN, "A", 1000), one(PICTURE, "A", 2000)]
    fresh, stale = on_sale_at(evidence, 2000), on_sale_at(evidence, 60_000)
    assert fresh.confidence > 0.8 > 0.3 > stale.confidence
    assert fresh.because == ("spoken of A", "picture of A")
    assert fresh.since_ms == stale.since_ms == 1000


def test_spans_follow_one_another_and_cover_everything() -> None:
    evidence = [one(PICTURE, "A", 3000), one(PICTURE, "B", 10_000)]
    told = spans(evidence, until_ms=20_000)
    assert [(span.product_id, span.start_ms, span.end_ms) for span in told] == [
        (None, 0, 3000),
        ("A", 3000, 10_000),
        ("B", 10_000, 20_000),
    ]


def test_late_evidence_finds_its_place_and_old_evidence_is_forgotten() -> None:
    timeline = ProductTimeline()
    timeline.note(one(PICTURE, "B", 20_000))
    timeline.note(one(SPOKEN, "A", 2_000))
    assert timeline.at(10_000).product_id == "A"
    assert timeline.at(21_000).product_id == "B"
    timeline.note(one(EVENT, "C", 30_000))
    for at_ms in range(40_000, 5_000_000, 20_000):
        timeline.note(one(PICTURE, "B", at_ms))
    assert len(timeline.evidence) < 60
    assert timeline.at(5_000_000).product_id == "C"


def test_without_evidence_nothing_is_known() -> None:
    assert ProductTimeline().at(1000) == UNKNOWN


things = st.builds(
    one,
    st.sampled_from(EvidenceKind),
    st.sampled_from("ABC"),
    st.integers(0, 200_000),
    st.floats(0.01, 1),
)


@given(st.lists(things, max_size=12), st.integers(1, 220_000))
@example(
    [one(EVENT, "A", 0, 1.0), one(EVENT, "A", 0, 0.5)],
    120_001,
)
@settings(deadline=None)
def test_a_timeline_is_the_same_in_any_order_of_arrival(evidence: list[Evidence], at_ms: int) -> None:
    timeline = ProductTimeline()
    for each in evidence:
        timeline.note(each)
    backwards = ProductTimeline()
    for each in reversed(evidence):
        backwards.note(each)
    here, there = timeline.at(at_ms), backwards.at(at_ms)
    assert (here.product_id, here.confidence) == (there.product_id, there.confidence)
    assert 0 <= here.confidence <= 1
    assert (here.product_id is None) == (here.confidence == 0)
