import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from cli.broadcast.compose import compose
from cli.broadcast.errors import EncodeError, ScriptError
from cli.broadcast.play import LiveBroadcast, MediaServer
from cli.broadcast.script import LEAD_IN_MS, BroadcastScript, Layout, lay_out, read_script
from tests.material import DEMO_FILM, DEMO_LINES, DEMO_SCRIPT, PASSPORTS

ROOT = Path(__file__).parents[2]


def script_of(lines: list[tuple[str, str | None]], screen: list[dict[str, object]]) -> BroadcastScript:
    whole = {line.id: line for line in read_script(DEMO_SCRIPT).lines}
    return BroadcastScript.model_validate(
        {
            "title": "另一个直播间",
            "started_at": "2026-12-01T20:00:00+08:00",
            "host": {"id": "h", "name": "阿木", "platform": "demo"},
            "passports": "passports.yaml",
            "gap_ms": 400,
            "lines": [whole[line_id].model_copy(update={"product_id": product}) for line_id, product in lines],
            "screen": screen,
        }
    )


@pytest.fixture(scope="module")
def script() -> BroadcastScript:
    return script_of(
        [("d16", "urn:demo:passport:09"), ("d06", "urn:demo:passport:01"), ("d24", None)],
        [
            {"from": "d16", "to": "d06", "kind": "product_card", "text": ["7号链接 空气炸锅", "到手价 ¥119"]},
            {"from": "d16", "to": "d16", "kind": "sticker", "text": ["今日特惠"]},
            {"from": "d06", "to": "d24", "kind": "caption", "text": ["容量3.5L", "保修12个月"]},
        ],
    )


@pytest.fixture(scope="module")
def broadcast(script: BroadcastScript, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Layout]:
    target = tmp_path_factory.mktemp("broadcast") / "mini.mp4"
    return target, compose(script, audio_dir=DEMO_LINES, passports=PASSPORTS, target=target)


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def fetch(url: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read()


def test_lines_follow_in_the_order_of_the_script(script: BroadcastScript) -> None:
    layout = lay_out(script)
    assert list(layout.lines) == ["d16", "d06", "d24"]
    assert layout.lines["d16"].start_ms == LEAD_IN_MS
    assert layout.lines["d06"].start_ms == layout.lines["d16"].end_ms + 400
    assert layout.overlays[0].start_ms == layout.lines["d16"].start_ms
    assert layout.overlays[0].end_ms == layout.lines["d06"].end_ms


@pytest.mark.service
def test_media_is_720p25_with_a_key_frame_a_second(broadcast: tuple[Path, Layout]) -> None:
    target, layout = broadcast
    with av.open(str(target)) as media:
        video, audio = media.streams.video[0], media.streams.audio[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", 1280, 720)
        assert video.average_rate == 25
        assert (audio.codec_context.name, audio.rate) == ("aac", 44_100)
        assert media.duration is not None
        assert media.duration / 1000 == pytest.approx(layout.end_ms, abs=100)
        keys = [
            float(packet.pts * packet.time_base)
            for packet in media.demux(video)
            if packet.is_keyframe and packet.pts is not None
        ]
    assert keys == pytest.approx([float(second) for second in range(len(keys))], abs=0.001)
    assert len(keys) >= layout.end_ms // 1000


@pytest.mark.service
def test_live_playlist_rolls_and_ends(broadcast: tuple[Path, Layout]) -> None:
    with LiveBroadcast(broadcast[0]) as live:
        kind, first = fetch(live.url)
        assert kind == "application/vnd.apple.mpegurl"
        assert b"#EXT-X-ENDLIST" not in first
        names = [line for line in first.decode().splitlines() if line.endswith(".ts")]
        kind, segment = fetch(live.url.rsplit("/", 1)[0] + "/" + names[0])
        assert kind == "video/mp2t"
        assert segment[0] == 0x47
        assert wait_for(lambda: b"#EXT-X-MEDIA-SEQUENCE:0" not in fetch(live.url)[1], 30)
        assert names[0].encode() not in fetch(live.url)[1]
        assert wait_for(lambda: b"#EXT-X-ENDLIST" in fetch(live.url)[1], 30)
        assert wait_for(lambda: live.ended, 5)
        address = live.url
    with pytest.raises(OSError, match="refused"):
        fetch(address)


@pytest.mark.service
def test_stop_ends_its_own_player_only(broadcast: tuple[Path, Layout]) -> None:
    with LiveBroadcast(broadcast[0]) as other:
        with LiveBroadcast(broadcast[0]) as live:
            assert live.url != other.url
        assert live.ended
        assert not other.ended
        assert fetch(other.url)[1].startswith(b"#EXTM3U")


def test_what_is_no_media_is_refused(tmp_path: Path) -> None:
    bogus = tmp_path / "bogus.mp4"
    bogus.write_text("not media")
    with pytest.raises(EncodeError, match=r"bogus\.mp4"), LiveBroadcast(bogus):
        pass


def test_server_answers_404_for_what_it_has_not(tmp_path: Path) -> None:
    with MediaServer(tmp_path) as server, pytest.raises(urllib.error.HTTPError, match="404"):
        fetch(server.url("../secret"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            {"screen": [{"from": "d99", "to": "d16", "kind": "caption", "text": ["x"]}]}, "d99", id="unknown-line"
        ),
        pytest.param(
            {"screen": [{"from": "d06", "to": "d16", "kind": "caption", "text": ["x"]}]}, "ends before", id="backwards"
        ),
        pytest.param(
            {"screen": [{"from": "d16", "to": "d16", "kind": "banner", "text": ["x"]}]}, "kind", id="unknown-kind"
        ),
        pytest.param({"colour": "red"}, "colour", id="unknown-key"),
    ],
)
def test_wrong_script_is_refused_by_name(
    script: BroadcastScript, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = tmp_path / "script.json"
    path.write_text(json.dumps(script.model_dump(mode="json", by_alias=True) | change))
    with pytest.raises(ScriptError, match=message) as refused:
        read_script(path)
    assert "script.json" in str(refused.value)


def test_product_without_passport_is_refused(tmp_path: Path) -> None:
    script = script_of([("d01", "urn:demo:passport:77")], [])
    with pytest.raises(ScriptError, match="passport:77"):
        compose(script, audio_dir=DEMO_LINES, passports=PASSPORTS, target=tmp_path / "x.mp4")


def test_missing_sound_is_refused(tmp_path: Path) -> None:
    script = script_of([("d01", None)], [])
    with pytest.raises(ScriptError, match=r"d01\.flac"):
        compose(script, audio_dir=tmp_path, passports=PASSPORTS, target=tmp_path / "x.mp4")


def test_target_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "taken.mp4").mkdir()
    script = script_of([("d14", None)], [])
    with pytest.raises(EncodeError, match=r"taken\.mp4"):
        compose(script, audio_dir=DEMO_LINES, passports=PASSPORTS, target=tmp_path / "taken.mp4")


def test_packaged_demo_fits_its_script() -> None:
    packaged = ROOT / "configs" / "demo"
    script = read_script(packaged / "demo.json")
    original = read_script(DEMO_SCRIPT)
    assert script.model_copy(update={"passports": ""}) == original.model_copy(update={"passports": ""})
    assert (packaged / script.passports).exists()
    with av.open(str(DEMO_FILM)) as media:
        assert media.duration is not None
        assert media.duration / 1000 == pytest.approx(lay_out(script).end_ms, abs=100)
