"""What a reopened source gives again is dropped; what only looks like it is kept."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import av
import pytest

from ingest.capture.watchdog import Watchdog
from ingest.media.container import AnyPacket
from ingest.recording.rejoin import RecentPackets, Rejoin
from net.errors import UnreachableSource


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def packets(media: Path) -> Iterator[list[AnyPacket]]:
    """The streams of packets live as long as their container is open."""
    with av.open(str(media / "talk.flv")) as container:
        yield [packet for packet in container.demux(video=0) if packet.size]


def rejoined(recorded: list[AnyPacket], given: list[AnyPacket], *, pace_s: float) -> list[AnyPacket]:
    recent, clock = RecentPackets(), Clock()
    for packet in recorded:
        recent.add(packet)
    rejoin = Rejoin(recent, clock)
    passed: list[AnyPacket] = []
    for packet in given:
        passed += rejoin.pass_on(packet)
        clock.now_s += pace_s
    return passed + rejoin.finish()


def test_a_cache_is_dropped_up_to_what_is_new(packets: list[AnyPacket]) -> None:
    assert rejoined(packets[:100], packets[50:200], pace_s=0.0) == packets[100:200]


def test_a_cache_that_holds_nothing_new_is_dropped(packets: list[AnyPacket]) -> None:
    assert rejoined(packets[:100], packets[50:100], pace_s=0.0) == []


def test_the_same_film_at_its_own_pace_is_another_broadcast(packets: list[AnyPacket]) -> None:
    assert rejoined(packets[:100], packets[:150], pace_s=0.04) == packets[:150]


def test_a_restart_that_does_not_reach_the_newest_packet_is_kept(packets: list[AnyPacket]) -> None:
    given = [*packets[:20], *packets[200:220]]
    assert rejoined(packets[:100], given, pace_s=0.0) == given


def test_what_is_new_from_the_start_passes_at_once(packets: list[AnyPacket]) -> None:
    rejoin = Rejoin(RecentPackets())
    assert rejoin.pass_on(packets[0]) == [packets[0]]


@pytest.mark.parametrize(
    ("times_us", "barks"),
    [
        pytest.param([0, 1, 2, 3, 4], False, id="moves on"),
        pytest.param([5, 5, 5, 5, 5], True, id="stands still"),
        pytest.param([9_000_000, 0, 1, 2, 3], False, id="starts anew"),
        pytest.param([5_000_000, 4_900_000, 4_900_001, 4_900_002, 4_900_003], True, id="never gets past its head"),
    ],
)
def test_the_watchdog_wants_time_to_move(times_us: list[int], barks: bool) -> None:
    clock = Clock()
    watchdog = Watchdog("http://origin.example/live.flv?token=secret", 3.0, clock)
    wanted = pytest.raises(UnreachableSource, match=r"/live\.flv: .* no timestamp moved on for 3 s")
    with wanted if barks else nullcontext():
        for at_us in times_us:
            watchdog.saw(at_us)
            clock.now_s += 1.0
            watchdog.check()
