"""Black and frozen pictures are told from pictures that move, also after they were encoded anew."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.types import Frame
from vision.standstill import PictureWatch, Still

Image = NDArray[np.uint8]
RANDOM = np.random.default_rng(7)
SCENE = RANDOM.integers(0, 255, (36, 64, 3), dtype=np.uint8).repeat(10, axis=0).repeat(10, axis=1)
BLACK = np.zeros((360, 640, 3), np.uint8)


def noisy(image: Image, by: int) -> Image:
    """As an encoder leaves it: every pixel a little off."""
    noise = RANDOM.integers(-by, by + 1, image.shape)
    return np.clip(image.astype(int) + noise, 0, 255).astype(np.uint8)


def moved(image: Image) -> Image:
    """A hand has moved: a tenth of the picture is another."""
    other = image.copy()
    other[100:220, 200:320] = 255 - other[100:220, 200:320]
    return other


def watched(*images: Image, every_ms: int = 2_000) -> tuple[tuple[Still, ...], PictureWatch]:
    watch = PictureWatch()
    frames = [Frame(stream_id="s", at_ms=index * every_ms, image=image) for index, image in enumerate(images)]
    return watch.see(frames), watch


@pytest.mark.parametrize(
    ("images", "looks"),
    [
        pytest.param((SCENE, SCENE, SCENE), ["frozen", "frozen"], id="the same"),
        pytest.param((SCENE, noisy(SCENE, 4), noisy(SCENE, 4)), ["frozen", "frozen"], id="the same, encoded anew"),
        pytest.param((SCENE, moved(SCENE), SCENE), [], id="a hand that moves"),
        pytest.param((BLACK, noisy(BLACK, 12)), ["black"], id="black with noise"),
        pytest.param((BLACK, SCENE, SCENE), ["frozen"], id="black, then a picture that stands"),
        pytest.param((SCENE // 6 + 30, moved(SCENE) // 6 + 30), [], id="a dim room in which somebody moves"),
        pytest.param((SCENE,), [], id="one picture"),
    ],
)
def test_how_it_looks(images: tuple[Image, ...], looks: list[str]) -> None:
    assert [still.look for still in watched(*images)[0]] == looks


def test_since_when_it_stands() -> None:
    _, watch = watched(SCENE, moved(SCENE), moved(SCENE), moved(SCENE))
    assert (watch.since_ms("frozen"), watch.since_ms("black"), watch.seen_ms) == (2_000, None, 6_000)


def test_between_pictures_far_apart_anything_may_have_been_shown() -> None:
    assert watched(SCENE, SCENE, every_ms=30_000)[0] == ()
