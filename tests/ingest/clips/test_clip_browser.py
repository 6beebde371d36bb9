"""A clip plays in a real browser, and at its offset shows the very picture of the wanted moment."""

from pathlib import Path

import numpy as np
import pytest

from ingest.clips.clip import cut_clip
from tests.chromium import chromium
from tests.ingest.barcode import make_broadcast, read
from tests.ingest.support import Origin, record

pytestmark = pytest.mark.browser
_PAGE = b"<!doctype html><title>clip</title><video src=c.mp4 muted preload=auto></video>"
_SHOWN_AT = """async seconds => {
  const video = document.querySelector('video');
  const heard = name => new Promise((done, fail) => {
    video.addEventListener(name, done, {once: true});
    video.addEventListener('error', () => fail(new Error(video.error.message)), {once: true});
  });
  if (video.readyState < 2) await heard('loadeddata');
  // Sought is not yet shown: a picture is there once the browser has presented it.
  const shown = new Promise(done => {
    const next = () => video.requestVideoFrameCallback((_now, picture) =>
      picture.mediaTime + 0.04 >= seconds ? done() : next());
    next();
  });
  const sought = heard('seeked');
  video.currentTime = seconds;
  await sought;
  await shown;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  return [canvas.width, canvas.height, Array.from(context.getImageData(0, 0, canvas.width, canvas.height).data)];
}"""
_PLAYS = """async () => {
  const video = document.querySelector('video');
  await video.play();
  await new Promise(done => video.addEventListener('ended', done, {once: true}));
  return video.currentTime;
}"""


@pytest.mark.parametrize(
    ("name", "form"),
    [
        pytest.param("a.flv", {}, id="copied"),
        pytest.param("a.ts", {"codec": "mpeg2video", "sound_codec": "mp2"}, id="encoded anew"),
    ],
)
def test_a_browser_shows_the_wanted_moment(tmp_path: Path, origin: Origin, name: str, form: dict[str, str]) -> None:
    segments = record(make_broadcast(tmp_path / name, seconds=4, gop=60, **form), tmp_path / "out")  # type: ignore[arg-type]
    clip = cut_clip(segments, start_ms=2_700, end_ms=3_600, target=tmp_path / "c.mp4")
    origin.routes |= {"/": _PAGE, "/c.mp4": clip.path.read_bytes(), "/favicon.ico": 204}
    # The first picture is number 60; half a picture later it is surely the one that stands.
    expected = 60 + (clip.offset_ms + 16) * 30 // 1000
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{origin.url}/")
        width, height, pixels = page.evaluate(_SHOWN_AT, (clip.offset_ms + 16) / 1000)
        ended_s = page.evaluate(_PLAYS)
    assert clip.offset_ms > 500
    assert read(np.array(pixels, np.uint8).reshape(height, width, 4)[..., :3]) == expected
    assert abs(ended_s * 1000 - (clip.end_ms - clip.start_ms)) < 60
