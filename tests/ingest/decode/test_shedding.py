"""Under load pictures go first, one step at a time back, and every second left out is told."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode.shedding import Effort, EffortLimits, Thinning, effort_for
from ingest.types import Segment, Shed

ALL, SECOND, FOURTH, SOUND = Effort.EVERY_KEY_FRAME, Effort.EVERY_SECOND, Effort.EVERY_FOURTH, Effort.SOUND_ONLY
DOWNWARDS = [ALL, SECOND, FOURTH, SOUND]


def segment(start_ms: int, end_ms: int) -> Segment:
    return Segment(
        stream_id="s1",
        sequence=start_ms // 2000,
        epoch=0,
        path=Path("unread.ts"),
        start_ms=start_ms,
        end_ms=end_ms,
        source_start_ms=start_ms,
        received_at_ms=end_ms,
        byte_count=1,
        sha256="",
        chain_sha256="",
        gap_before_ms=0,
    )


@pytest.mark.parametrize(
    ("before", "lag_ms", "after"),
    [
        pytest.param(ALL, 3_999, ALL, id="in time"),
        pytest.param(ALL, 4_000, SECOND, id="late"),
        pytest.param(ALL, 9_000, FOURTH, id="later: two steps at once"),
        pytest.param(ALL, 60_000, SOUND, id="hopelessly late"),
        pytest.param(SECOND, 3_000, SECOND, id="a little better is not enough"),
        pytest.param(SECOND, 1_999, ALL, id="good again"),
        pytest.param(SOUND, 0, FOURTH, id="back one step at a time"),
        pytest.param(SOUND, 12_000, SOUND, id="still late"),
        pytest.param(FOURTH, -5, SECOND, id="ahead"),
    ],
)
def test_effort_follows_the_lag(before: Effort, lag_ms: int, after: Effort) -> None:
    assert effort_for(lag_ms, before) is after


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=50))
def test_a_steady_lag_settles_and_never_swings(lags_ms: list[int]) -> None:
    effort = ALL
    for lag_ms in lags_ms:
        effort = effort_for(lag_ms, effort)
    settled = [effort := effort_for(lags_ms[-1], effort) for _ in range(6)]
    assert settled[3] is settled[4] is settled[5]
    steps = [DOWNWARDS.index(each) for each in settled]
    assert steps == sorted(steps, reverse=True)


def test_limits_can_be_set() -> None:
    assert effort_for(1_500, limits=EffortLimits(second_ms=1_000, fourth_ms=2_000, sound_only_ms=3_000)) is SECOND


def run(efforts: Sequence[Effort], keys_ms: Sequence[int], segment_ms: int = 2_000) -> tuple[list[int], list[Shed]]:
    """The key frames that are kept, and what is shed, over segments of equal length."""
    thinning = Thinning()
    kept_ms: list[int] = []
    shed: list[Shed] = []
    for index, effort in enumerate(efforts):
        start_ms, end_ms = index * segment_ms, (index + 1) * segment_ms
        own = [at_ms for at_ms in keys_ms if start_ms <= at_ms < end_ms]
        kept = thinning.keep(effort, own)
        kept_ms += [at_ms for at_ms, keep in zip(own, kept, strict=True) if keep]
        shed += thinning.shed(segment(start_ms, end_ms), effort, own, kept)
    return kept_ms, shed


def test_nothing_is_shed_in_time() -> None:
    assert run([ALL] * 4, [0, 2000, 4000, 6000]) == ([0, 2000, 4000, 6000], [])


def test_every_second_key_frame_leaves_every_second_stretch_out() -> None:
    kept_ms, shed = run([SECOND] * 4, [0, 2000, 4000, 6000])
    assert kept_ms == [2000, 6000]
    assert [(each.start_ms, each.end_ms) for each in shed] == [(0, 2000), (4000, 6000)]
    assert {(each.channel, each.why) for each in shed} == {("screen", "overload: one key frame in 2")}


def test_a_long_key_frame_interval_is_counted_over_segments() -> None:
    kept_ms, shed = run([SECOND] * 10, [0, 5000, 10_000, 15_000])
    assert kept_ms == [5000, 15_000]
    assert sum(each.end_ms - each.start_ms for each in shed) == 10_000


def test_sound_alone_sheds_until_the_next_key_frame_that_is_looked_at() -> None:
    kept_ms, shed = run([ALL, SOUND, ALL, ALL], [0, 2500, 4500, 6500])
    assert kept_ms == [0, 4500, 6500]
    assert [(each.start_ms, each.end_ms) for each in shed] == [(2000, 4000), (4000, 4500)]
    assert {each.why for each in shed} == {"overload: sound only"}


@given(
    st.lists(st.sampled_from(DOWNWARDS), min_size=1, max_size=12),
    st.lists(st.integers(0, 479).map(lambda tick: tick * 50), max_size=20, unique=True).map(sorted),
)
def test_shed_is_what_a_walk_over_every_moment_finds_unseen(efforts: list[Effort], keys_ms: list[int]) -> None:
    kept_ms, shed = run(efforts, keys_ms)
    seen, unseen = True, []
    for at_ms in range(0, len(efforts) * 2_000, 50):
        if efforts[at_ms // 2_000] is SOUND:
            seen = False
        elif at_ms in keys_ms:
            seen = at_ms in kept_ms
        if not seen:
            unseen.append(at_ms)
    assert [at_ms for each in shed for at_ms in range(each.start_ms, each.end_ms, 50)] == unseen
