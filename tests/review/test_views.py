"""What the pages show of a finding, without a page."""

from collections.abc import Callable

import pytest

from claims.types import Finding
from review.types import StoredFinding
from review.views import clip_view, stream_clock

MakeFinding = Callable[..., Finding]


@pytest.mark.parametrize(
    ("at_ms", "shown"), [(0, "00:00"), (59_999, "00:59"), (754_000, "12:34"), (3_727_000, "1:02:07")]
)
def test_stream_time_is_shown_as_people_read_it(at_ms: int, shown: str) -> None:
    assert stream_clock(at_ms) == shown


@pytest.mark.parametrize(
    ("clip_start_ms", "hit", "play_from_ms"),
    [(20_000, (6000, 9000), 3000), (25_000, (1000, 4000), 0), (None, (3000, 6000), 0), (27_000, (0, 2000), 0)],
    ids=["starts earlier", "starts late", "start not known", "starts inside the hit"],
)
def test_playing_starts_three_seconds_before_the_hit(
    make_finding: MakeFinding, clip_start_ms: int | None, hit: tuple[int, int], play_from_ms: int
) -> None:
    stored = StoredFinding(
        finding=make_finding(clip="clips/a.mp4"),
        host_id="h1",
        created_seq=1,
        updated_seq=1,
        clip_start_ms=clip_start_ms,
    )
    view = clip_view(stored)
    assert view is not None
    assert ((view.hit_start_ms, view.hit_end_ms), view.play_from_ms) == (hit, play_from_ms)


def test_without_a_clip_there_is_nothing_to_play(make_finding: MakeFinding) -> None:
    stored = StoredFinding(finding=make_finding(), host_id="h1", created_seq=1, updated_seq=1, clip_start_ms=None)
    assert clip_view(stored) is None
