from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from bench.room_scripts import comments, portrait, textless
from bench.rooms import film, key_frames
from bench.sights import folded
from cli.broadcast.labels import read_pack_labels
from cli.broadcast.script import BroadcastScript, lay_out, read_script
from ingest.types import Frame
from tests.material import DEMO_FILM
from tests.vision.support import CountingReader, frames_of, room_of, sellers, shown
from vision.layout.roles import RoomPolicy
from vision.ocr.paddle import PaddleReader
from vision.ocr.words import words_of
from vision.tracking.watcher import StreamWatcher, watch_together
from vision.types import FrameText, Role

DEMO = Path(__file__).parents[3] / "configs" / "demo"
READ_WITHIN_MS = 3_000
SECONDS = range(0, 10_000, 1000)

Watched = tuple[StreamWatcher, list[tuple[int, FrameText]]]


def watch(watcher: StreamWatcher, frames: Sequence[Frame]) -> list[FrameText]:
    return [text for frame in frames for text in watcher.watch([frame])] + watcher.finish()


@pytest.fixture(scope="module")
def script() -> BroadcastScript:
    return read_script(DEMO / "demo.json")


@pytest.fixture(scope="module")
def watched(reader: PaddleReader, policy: RoomPolicy) -> Watched:
    watcher = StreamWatcher("demo", reader, policy)
    with av.open(str(DEMO_FILM)) as media:
        video = media.streams.video[0]
        video.codec_context.skip_frame = "NONKEY"
        frames = [
            Frame(stream_id="demo", at_ms=round(picture.time * 1000), image=picture.to_ndarray(format="bgr24"))
            for picture in media.decode(video)
        ]
    told = [(frame.at_ms, text) for frame in frames for text in watcher.watch([frame])]
    return watcher, told + [(text.end_ms, text) for text in watcher.finish()]


def test_every_overlay_of_the_demo_is_read_while_it_stands(watched: Watched, script: BroadcastScript) -> None:
    told = [(at_ms, words_of(text.text), text) for at_ms, text in watched[1] if text.role is Role.SELLER]
    for overlay, span in zip(script.screen, lay_out(script).overlays, strict=True):
        for entry in overlay.text:
            when = [at_ms for at_ms, words, text in told if words == words_of(entry) and span.holds(text.start_ms)]
            assert when, f"{entry} was not read"
            assert when[0] <= span.start_ms + READ_WITHIN_MS, f"{entry} was told at {when[0]}, from {span.start_ms}"


def test_nothing_is_read_that_the_demo_does_not_show(watched: Watched, script: BroadcastScript) -> None:
    told = {words_of(entry) for overlay in script.screen for entry in overlay.text}
    told |= {words_of(script.title), words_of(f"主播{script.host.name}")}
    for label in read_pack_labels(DEMO / "passports.yaml").values():
        told |= {words_of(label.name), words_of(label.brand), words_of(label.net_content)}
    assert {words_of(text.text) for _, text in watched[1] if text.role is Role.SELLER} <= told
    assert {words_of(text.text) for _, text in watched[1] if text.role is not Role.SELLER} <= {"live", "•live"}


def test_most_frames_of_the_demo_are_read_in_part_or_not_at_all(watched: Watched) -> None:
    counts = watched[0].counts
    assert counts.frames == 149
    assert counts.frames_read - counts.read_in_part <= 0.45 * counts.frames
    assert counts.recalled > 0.7 * counts.recognised


def test_texts_come_with_the_picture_of_where_they_were_clearest(watched: Watched) -> None:
    for _, text in watched[1]:
        assert text.start_ms <= text.best_at_ms <= text.end_ms
        assert text.crop_jpeg.startswith(b"\xff\xd8") == (text.role is Role.SELLER)


def test_what_has_gone_tells_its_whole_span(reader: PaddleReader, policy: RoomPolicy) -> None:
    room = room_of(shown("全网最低价", 1000, 5000))
    watcher = StreamWatcher("s", reader, policy)
    [text] = [text for frame in frames_of(room, range(0, 16_000, 1000)) for text in watcher.watch([frame])]
    [over] = watcher.take_over()
    assert (text.frame_text_id, text.end_ms, over.end_ms) == (over.frame_text_id, 2000, 4000)


def test_a_room_with_comments_gives_only_the_sellers_words_as_the_sellers(
    reader: PaddleReader, policy: RoomPolicy
) -> None:
    room = portrait("p", 5, duration_ms=16_000)
    texts = watch(StreamWatcher("p", reader, policy), frames_of(room, range(0, 16_000, 1000)))
    own = {folded(text.words) for text in room.texts if text.look not in ("comment", "chrome")}
    stood = {folded(text.words) for text in room.texts if text.to_ms - text.from_ms > 2500} & own
    assert set(sellers(texts)) <= own
    assert stood <= set(sellers(texts))
    assert sum(text.role is Role.COMMENTS for text in texts) >= 2
    assert all(text.role_reason for text in texts if text.role is not Role.SELLER)


def test_a_sticker_that_blinks_is_told_once(reader: PaddleReader, policy: RoomPolicy) -> None:
    room = room_of(shown("爆款返场", blink_ms=1500, look="sticker"))
    assert sellers(watch(StreamWatcher("s", reader, policy), frames_of(room, SECONDS))) == ["爆款返场"]


def test_a_seller_may_write_where_comments_rise(reader: PaddleReader, policy: RoomPolicy) -> None:
    rising = comments(3, left=24, bottom=1180, top=820, size_px=26, duration_ms=30_000)
    written = shown("三天见效不反弹", 12_000, 26_000, x=290, y=960, size_px=30, look="card")
    room = room_of(*rising, written, width=720, height=1280, duration_ms=30_000)
    texts = watch(StreamWatcher("s", reader, policy), frames_of(room, range(0, 26_000, 1000)))
    assert "三天见效不反弹" in sellers(texts)


@pytest.mark.parametrize("ground", ["plain", "pan", "clutter"])
def test_a_room_without_words_gives_none(reader: PaddleReader, policy: RoomPolicy, ground: str) -> None:
    room = textless("t", 8, ground=ground)  # type: ignore[arg-type]
    assert watch(StreamWatcher("t", reader, policy), frames_of(room, range(0, 20_000, 1000))) == []


def test_a_price_that_changes_by_one_alike_digit_is_read(reader: PaddleReader, policy: RoomPolicy) -> None:
    room = room_of(shown("到手价￥99.80", 0, 5000), shown("到手价￥99.60", 5000, 18_000))
    texts = watch(StreamWatcher("s", reader, policy), frames_of(room, range(0, 18_000, 1000)))
    assert sellers(texts) == ["到手价¥99.80", "到手价¥99.60"]


def test_a_counter_that_runs_is_told_a_few_times(reader: PaddleReader, policy: RoomPolicy) -> None:
    ticks = [shown(f"距结束还有{30 - step}秒", 1000 * step, 1000 * step + 1000) for step in range(12)]
    watcher = StreamWatcher("s", reader, policy)
    texts = watch(watcher, frames_of(room_of(*ticks), range(0, 12_000, 1000)))
    assert 1 <= len(texts) <= 4
    assert watcher.counts.ticks + len(texts) >= 5


def test_between_sparse_samples_it_looks_more_closely(reader: PaddleReader, policy: RoomPolicy) -> None:
    room = room_of(shown("全网最低价"), shown("限时秒杀9.9元", 1200, 3000, y=300), shown("买一送一", 3800, 9000, y=150))
    asked: list[tuple[int, int]] = []

    def more(start_ms: int, end_ms: int, step_ms: int) -> list[Frame]:
        asked.append((start_ms, end_ms))
        return frames_of(room, range(start_ms + step_ms, end_ms, step_ms))

    sparse = frames_of(room, [0, 4000, 8000])
    blind = StreamWatcher("s", reader, policy)
    assert "限时秒杀9.9元" not in sellers(watch(blind, sparse))
    assert blind.counts.blind_ms == 8000
    close = StreamWatcher("s", reader, policy, more)
    assert {"限时秒杀9.9元", "全网最低价", "买一送一"} <= set(sellers(watch(close, sparse)))
    # Nothing differs at 8 s, so nobody is asked to decode what lies before it; that it was not seen is counted.
    assert asked == [(0, 4000)]
    assert close.counts.blind_ms == 4000
    assert close.counts.added_frames == 7


def test_streams_together_give_what_each_gives_alone_in_fewer_calls(policy: RoomPolicy) -> None:
    rooms = [room_of(shown(words)) for words in ("全网最低价", "假一赔十", "净含量500毫升")]
    alone, together = CountingReader(), CountingReader()
    apart = [watch(StreamWatcher("s", alone, policy), frames_of(room, SECONDS)) for room in rooms]
    watchers = [StreamWatcher("s", together, policy) for _ in rooms]
    joint = watch_together(
        [(watcher, frames_of(room, SECONDS)) for watcher, room in zip(watchers, rooms, strict=True)], together
    )
    assert joint == apart
    assert together.calls <= 0.7 * alone.calls


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(np.zeros((720, 1280), np.uint8), id="grey"),
        pytest.param(np.zeros((0, 1280, 3), np.uint8), id="empty"),
        pytest.param(np.zeros((8192, 16384, 3), np.uint8), id="above-8k"),
    ],
)
def test_a_frame_that_is_none_is_counted_and_the_rest_is_read(
    reader: PaddleReader, policy: RoomPolicy, image: np.ndarray
) -> None:
    first, *rest = frames_of(room_of(shown("全网最低价")), SECONDS)
    watcher = StreamWatcher("s", reader, policy)
    broken = Frame(stream_id="s", at_ms=500, image=image)
    assert sellers(watch(watcher, [first, broken, *rest])) == ["全网最低价"]
    assert watcher.counts.refused_frames == 1


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(np.zeros((1, 1, 3), np.uint8), id="one-pixel"),
        pytest.param(np.zeros((3, 2000, 3), np.uint8), id="thread"),
        pytest.param(np.zeros((2000, 3, 3), np.uint8), id="upright-thread"),
        pytest.param(np.zeros((720, 1280, 3), np.uint8), id="black"),
        pytest.param(np.full((720, 1280, 3), 255, np.uint8), id="white"),
        pytest.param(np.zeros((4320, 7680, 3), np.uint8), id="8k"),
        pytest.param(np.random.default_rng(1).integers(0, 255, (720, 1280, 3), dtype=np.uint8), id="noise"),
    ],
)
def test_odd_frames_have_no_text(reader: PaddleReader, policy: RoomPolicy, image: np.ndarray) -> None:
    frames = [Frame(stream_id="s", at_ms=at_ms, image=image) for at_ms in (0, 1000, 2000)]
    assert watch(StreamWatcher("s", reader, policy), frames) == []


def test_a_frame_full_of_text_is_read_in_bounded_work(reader: PaddleReader, policy: RoomPolicy) -> None:
    rows = [shown(f"第{row}条规格内容说明", x=160 + 320 * column, y=24 + 30 * row, size_px=22, look="card")
            for row in range(23) for column in range(4)]  # fmt: skip
    watcher = StreamWatcher("s", reader, policy)
    texts = watch(watcher, frames_of(room_of(*rows), [0, 1000]))
    assert len(texts) >= 80
    assert watcher.counts.recognised <= 120


@pytest.mark.slow
def test_a_filmed_room_is_read(reader: PaddleReader, policy: RoomPolicy, tmp_path: Path) -> None:
    room = room_of(
        shown("到手价￥99.90", size_px=22, font="noto-serif"), shown("七天无理由退货", y=200, look="outlined")
    )
    film(room, tmp_path / "room.mp4")
    texts = watch(StreamWatcher("s", reader, policy), key_frames(tmp_path / "room.mp4", "s"))
    assert sorted(sellers(texts)) == ["七天无理由退货", "到手价¥99.90"]
