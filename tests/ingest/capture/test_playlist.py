"""What an HLS playlist says."""

import pytest

from ingest.capture.hls.playlist import (
    ByteRange,
    MasterPlaylist,
    MediaPlaylist,
    SegmentKey,
    choose_variant,
    is_playlist,
    parse_playlist,
    starting_at,
)
from ingest.capture.hls.sequence import SequenceTracker
from ingest.errors import BrokenMedia
from tests.ingest.support import playlist

URL = "https://cdn.example/live/room/index.m3u8?token=t"
MASTER = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sep",NAME="zh",URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=9000000,RESOLUTION=2160x3840
uhd.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=4000000,RESOLUTION=1080x1920
fhd.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=5000000,RESOLUTION=1920x1080,AUDIO="sep"
split.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=360x640
/low.m3u8
"""


def media_of(content: bytes) -> MediaPlaylist:
    parsed = parse_playlist(content, URL)
    assert isinstance(parsed, MediaPlaylist)
    return parsed


def master_of(text: str) -> MasterPlaylist:
    parsed = parse_playlist(text.encode(), URL)
    assert isinstance(parsed, MasterPlaylist)
    return parsed


def test_the_richest_rendition_up_to_1080p_with_sound_is_chosen() -> None:
    assert choose_variant(master_of(MASTER)).uri == "https://cdn.example/live/room/fhd.m3u8"


def test_only_larger_renditions_give_the_smallest() -> None:
    lines = MASTER.splitlines()
    assert choose_variant(master_of("\n".join([lines[0], *lines[2:4]]))).uri.endswith("uhd.m3u8")


def test_where_all_sound_is_separate_the_rendition_names_it() -> None:
    lines = MASTER.splitlines()
    default = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sep",NAME="en",DEFAULT=YES,URI="main.m3u8"'
    only = master_of("\n".join([*lines[:2], *lines[6:8]]))
    assert choose_variant(only).sound_uri == "https://cdn.example/live/room/audio.m3u8"
    with_default = master_of("\n".join([*lines[:2], default, *lines[6:8]]))
    assert choose_variant(with_default).sound_uri == "https://cdn.example/live/room/main.m3u8"


def test_a_media_playlist_lists_its_segments() -> None:
    parsed = media_of(playlist(["a.ts", "#EXT-X-DISCONTINUITY", "/b.ts", "https://other.example/c.ts"], first=7))
    assert [s.uri for s in parsed.segments] == [
        "https://cdn.example/live/room/a.ts",
        "https://cdn.example/b.ts",
        "https://other.example/c.ts",
    ]
    assert [s.media_sequence for s in parsed.segments] == [7, 8, 9]
    assert [s.discontinuity for s in parsed.segments] == [False, True, False]
    assert not parsed.ended


def test_init_sections_ranges_and_keys_are_read() -> None:
    parsed = media_of(
        playlist(
            [
                '#EXT-X-MAP:URI="init.mp4",BYTERANGE="700@0"',
                "#EXT-X-BYTERANGE:1000@700",
                "all.mp4",
                "#EXT-X-BYTERANGE:500",
                "all.mp4",
                '#EXT-X-KEY:METHOD=AES-128,URI="http://10.0.0.1/key"',
                "enc.ts",
            ],
            ended=True,
        )
    )
    first, second, third = parsed.segments
    assert first.init_uri == "https://cdn.example/live/room/init.mp4"
    assert first.init_range == ByteRange(first=0, last=699)
    assert first.byte_range == ByteRange(first=700, last=1699)
    assert second.byte_range == ByteRange(first=1700, last=2199)
    assert first.key is None
    assert third.key == SegmentKey(method="AES-128", uri="http://10.0.0.1/key", iv=None, form="identity")
    assert parsed.ended


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>not found</html>",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:x\n",
        b"#EXTM3U\n#EXT-X-BYTERANGE:-5@0\n#EXTINF:2,\na.ts\n",
        b"#EXTM3U\n#EXTINF:abc,\na.ts\n",
        b"#EXTM3U\n\xff\xfe\n",
    ],
)
def test_what_is_no_playlist_is_broken_media(content: bytes) -> None:
    with pytest.raises(BrokenMedia):
        parse_playlist(content, URL)


@pytest.mark.parametrize("head", [b"#EXTM3U", b"\xef\xbb\xbf#EXTM3U\n", b"\n#EXTM3U"])
def test_a_playlist_is_known_by_its_start(head: bytes) -> None:
    assert is_playlist(head)


def test_a_live_playlist_is_entered_near_its_edge_and_a_finished_one_at_its_start() -> None:
    names = [f"{n}.ts" for n in range(10)]
    assert [s.media_sequence for s in starting_at(media_of(playlist(names)), 6000)] == [7, 8, 9]
    assert len(starting_at(media_of(playlist(names)), 60_000)) == 10
    assert len(starting_at(media_of(playlist(names)), 100)) == 1
    assert len(starting_at(media_of(playlist(names, ended=True)), 100)) == 10


def fresh(tracker: SequenceTracker, names: list[str], first: int) -> list[tuple[str, bool]]:
    parsed = media_of(playlist(names, first=first))
    return [(s.uri.rpartition("/")[2], restarted) for s, restarted in tracker.fresh(parsed, parsed.segments)]


def test_only_new_segments_are_given() -> None:
    tracker = SequenceTracker()
    assert fresh(tracker, ["a", "b"], 0) == [("a", False), ("b", False)]
    assert fresh(tracker, ["a", "b"], 0) == []
    assert fresh(tracker, ["b", "c"], 1) == [("c", False)]
    assert fresh(tracker, ["f", "g"], 5) == [("f", False), ("g", False)]


def test_a_stale_cache_is_no_restart() -> None:
    tracker = SequenceTracker()
    fresh(tracker, ["a", "b", "c"], 4)
    assert fresh(tracker, ["z", "a", "b"], 3) == []
    assert fresh(tracker, ["b?t=2", "c?t=2", "d?t=2"], 5) == [("d?t=2", False)]


def test_numbers_from_zero_are_a_restart() -> None:
    tracker = SequenceTracker()
    fresh(tracker, ["a", "b"], 50)
    assert fresh(tracker, ["n"], 0) == [("n", True)]
    assert fresh(tracker, ["n", "o"], 0) == [("o", False)]


def test_another_name_under_a_known_number_is_a_restart() -> None:
    tracker = SequenceTracker()
    fresh(tracker, ["a", "b"], 0)
    assert fresh(tracker, ["x"], 0) == [("x", True)]


def test_numbers_that_stay_behind_and_grow_are_a_restart() -> None:
    tracker = SequenceTracker()
    fresh(tracker, ["0", "1", "2", "3", "4"], 0)
    assert fresh(tracker, ["0"], 0) == []
    assert fresh(tracker, ["0", "1"], 0) == []
    assert fresh(tracker, ["0", "1", "2"], 0) == [("0", True), ("1", False), ("2", False)]


def test_the_origins_own_time_is_carried_on() -> None:
    dated = playlist(["#EXT-X-PROGRAM-DATE-TIME:2026-01-01T08:00:00+08:00", "a.ts", "b.ts"])
    assert [s.program_ms for s in media_of(dated).segments] == [1_767_225_600_000, 1_767_225_602_000]
    assert media_of(playlist(["a.ts"])).segments[0].program_ms is None


def test_a_listed_gap_is_no_segment_but_keeps_its_number() -> None:
    segments = media_of(playlist(["a.ts", "#EXT-X-GAP", "b.ts", "c.ts"], first=5)).segments
    assert [(s.media_sequence, s.uri.rpartition("/")[2]) for s in segments] == [(5, "a.ts"), (7, "c.ts")]


@pytest.mark.parametrize(
    ("attributes", "iv"),
    [
        pytest.param("", None, id="none"),
        pytest.param(",IV=0x2A", (42).to_bytes(16, "big"), id="short"),
        pytest.param(",IV=0X000102030405060708090A0B0C0D0E0F", bytes(range(16)), id="whole"),
    ],
)
def test_an_initialisation_vector_is_sixteen_bytes(attributes: str, iv: bytes | None) -> None:
    key = media_of(playlist([f'#EXT-X-KEY:METHOD=AES-128,URI="k"{attributes}', "a.ts"])).segments[0].key
    assert key is not None
    assert key.iv == iv


def test_a_vector_that_is_no_number_is_broken() -> None:
    with pytest.raises(BrokenMedia):
        media_of(playlist(['#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0xZZ', "a.ts"]))
