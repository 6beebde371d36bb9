"""The ffmpeg that carries a broadcast over SRT is killed: the broadcast goes on, and what was missed is told of."""

from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.live_material import figures
from ingest.media.ffmpeg import find_ffmpeg
from ingest.types import GapKind
from review.streams.types import StreamState
from tests.cluster.chaos.srt_air import SrtBroadcast
from tests.cluster.chaos.support import Given, Strike, apart_from, kill_below, play
from tests.cluster.live.support import Desk

pytestmark = [pytest.mark.service, pytest.mark.slow]

SECONDS = 48


def kill_gateway(desk: Desk) -> None:
    kill_below(figures("shard")["pid"], str(find_ffmpeg()))


def carried(spoken: Path, folder: Path, *strikes: tuple[int, Strike]) -> Given:
    folder.mkdir()
    url = f"sqlite:///{folder / 'zhenyan.db'}"
    on_air = partial(SrtBroadcast, length_s=SECONDS)
    given = play(spoken, folder, url, strikes, streams=1, on_air=on_air)
    assert given.states == {"s0": StreamState.ENDED}, given.errors
    return given


def test_the_gateway_is_killed(head: Any, spoken: Path, tmp_path: Path) -> None:
    undisturbed = carried(spoken, tmp_path / "undisturbed")
    assert undisturbed.gaps["s0"] == ()
    killed = carried(spoken, tmp_path / "killed", (20_000, kill_gateway))
    gaps = killed.gaps["s0"]
    holes = [(gap.start_ms, gap.end_ms) for gap in gaps]
    assert gaps[0].kind is GapKind.CRASH
    assert all(before.end_ms == after.start_ms for before, after in pairwise(gaps)), gaps
    assert killed.lost_ms["s0"] == sum(end_ms - start_ms for start_ms, end_ms in holes)
    there = apart_from(holes, undisturbed.witnesses["s0"])
    assert len(there) >= 2
    assert apart_from(holes, killed.witnesses["s0"]) == there
