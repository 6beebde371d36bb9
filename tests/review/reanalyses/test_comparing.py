"""What was found before beside what is found now, by place and words."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.types import Disposition, Finding, VerdictKind
from ingest.recording.chain import GENESIS
from ingest.recording.manifest import Manifest
from ingest.types import Segment
from review.reanalyses.comparing import compare_findings, within
from review.reanalyses.recording import kept_stretch
from review.reanalyses.types import Outcome
from tests.review.sample import FINDING

AGAIN: dict[str, Any] = {"finding_id": "f_again", "passage_ids": ("again",)}


@pytest.mark.parametrize(
    ("changes", "outcomes", "parts"),
    [
        ({}, [Outcome.KEPT], ()),
        ({"start_ms": 26_900, "end_ms": 29_800}, [Outcome.KEPT], ()),
        ({"normalised": "总功力可以做到100W", "quote": "总功力可以做到一百瓦"}, [Outcome.KEPT], ()),
        ({"disposition": Disposition.NOTE, "score": 0.3}, [Outcome.CHANGED], ("disposition",)),
        ({"verdict": VerdictKind.UNSUPPORTED}, [Outcome.CHANGED], ("verdict",)),
        ({"class_id": "ABS_SUPERLATIVE"}, [Outcome.CHANGED], ("class_id",)),
        ({"product_id": "P-9"}, [Outcome.CHANGED], ("product_id",)),
        ({"class_id": "ABS_SUPERLATIVE", "normalised": "全网最好"}, [Outcome.GONE, Outcome.NEW], ()),
        ({"start_ms": 60_000, "end_ms": 63_000}, [Outcome.GONE, Outcome.NEW], ()),
        ({"channel": "screen"}, [Outcome.GONE, Outcome.NEW], ()),
    ],
    ids=[
        "the same",
        "cut otherwise",
        "heard otherwise",
        "a note now",
        "other verdict",
        "other class, same words",
        "other product",
        "other class, other words",
        "elsewhere",
        "on screen",
    ],
)
def test_a_claim_is_known_again_by_place_and_words(
    changes: dict[str, Any], outcomes: list[Outcome], parts: tuple[str, ...]
) -> None:
    found = compare_findings([FINDING], [replace(FINDING, **AGAIN | changes)])
    assert [one.outcome for one in found] == outcomes
    assert found[0].parts == parts
    assert found[0].before == FINDING, "each as it was found"


def test_two_claims_of_one_sentence_are_paired_each_with_its_like() -> None:
    other = replace(FINDING, finding_id="f_weight", normalised="重200g", claimed="200 g")
    again = [replace(other, **AGAIN), replace(FINDING, **AGAIN | {"finding_id": "f_x"})]
    assert [one.outcome for one in compare_findings([FINDING, other], again)] == [Outcome.KEPT, Outcome.KEPT]


def test_only_what_begins_in_the_stretch_counts() -> None:
    far = replace(FINDING, finding_id="f_far", start_ms=90_000, end_ms=92_000)
    compared = compare_findings([FINDING, far], [])
    assert [one.before for one in within(compared, 26_000, 90_000)] == [FINDING]
    assert within(compared, 26_001, 90_000) == ()


FINDINGS = st.lists(
    st.builds(
        lambda start, length, class_id, text, n: replace(
            FINDING,
            finding_id=f"f_{n}",
            start_ms=start,
            end_ms=start + length,
            class_id=class_id,
            normalised=text,
        ),
        st.integers(0, 20_000),
        st.integers(0, 5_000),
        st.sampled_from(["SPEC_PARAM", "ABS_SUPERLATIVE"]),
        st.sampled_from(["100W", "全网最好", "200g"]),
        st.integers(0, 10_000),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(before=FINDINGS, after=FINDINGS)
def test_every_finding_of_either_side_stands_once(before: list[Finding], after: list[Finding]) -> None:
    compared = compare_findings(before, after)
    assert sorted(map(id, before)) == sorted(id(one.before) for one in compared if one.before is not None)
    assert sorted(map(id, after)) == sorted(id(one.after) for one in compared if one.after is not None)
    assert [one.outcome for one in compare_findings(before, [])] == [Outcome.GONE] * len(before)


def test_what_the_ring_gave_up_is_missing_and_its_findings_are_not_compared(
    tmp_path: Path, make_segment: Callable[..., Segment]
) -> None:
    manifest = Manifest(tmp_path)
    for number in range(4):
        path = tmp_path / f"{number}.ts"
        path.write_bytes(b"x")
        manifest.add_segment(make_segment(number, path=path, chain_sha256=GENESIS))
    (tmp_path / "1.ts").unlink()
    stretch = kept_stretch(tmp_path, 1_000, 7_000)
    assert ([s.sequence for s in stretch.segments], stretch.span_ms, stretch.missing_ms) == ([0, 2, 3], 6_000, 2_000)
    assert stretch.holds(replace(FINDING, start_ms=4_000, end_ms=8_000))
    assert not stretch.holds(replace(FINDING, start_ms=2_500, end_ms=5_000))
    assert kept_stretch(tmp_path / "none", 0, None).segments == ()
    assert kept_stretch(tmp_path, 0, None).end_ms == 8_000
