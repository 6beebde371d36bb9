"""What the pages show of a finding, without a page."""

from collections.abc import Callable

import pytest

from claims.types import Finding, FrameBox, Passage
from review.presentation.findings import clip_view, stream_clock
from review.streams.types import StoredFinding

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


def test_words_on_screen_are_boxed_while_they_stood(make_finding: MakeFinding) -> None:
    finding = make_finding(clip="clips/a.mp4", channel="screen", passage_ids=("c1",))
    stored = StoredFinding(finding=finding, host_id="h1", created_seq=1, updated_seq=1, clip_start_ms=23_000)
    box = FrameBox(left=10, top=20, right=110, bottom=50)
    around = [
        Passage(stream_id="s1", id="c1", channel="screen", start_ms=26_000, end_ms=29_000, text="100W", box=box),
        Passage(stream_id="s1", id="c2", channel="screen", start_ms=26_000, end_ms=29_000, text="65W", box=box),
        Passage(stream_id="s1", id="u1", start_ms=26_000, end_ms=29_000, text="一百瓦"),
    ]
    view = clip_view(stored, around)
    assert view is not None
    assert [(place.box, place.from_ms, place.until_ms) for place in view.boxes] == [(box, 3000, 6000)]
