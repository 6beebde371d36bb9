from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import BertConfig, BertModel, CLIPConfig, CLIPImageProcessor, CLIPModel

from bench.product_rooms import pack_picture
from vision.errors import EmbedderUnavailableError
from vision.products.embedding import LikenessFinder, PictureEmbedder
from vision.products.reference import prepare

TINY = {"hidden_size": 32, "intermediate_size": 37, "num_attention_heads": 4, "num_hidden_layers": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real CLIP of random weights, saved as any named model is."""
    torch.manual_seed(7)
    path = tmp_path_factory.mktemp("clip")
    config = CLIPConfig(
        text_config={**TINY, "vocab_size": 99},
        vision_config={**TINY, "image_size": 32, "patch_size": 8},
        projection_dim=16,
    )
    CLIPModel(config).save_pretrained(path)
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def embedder(folder: Path) -> PictureEmbedder:
    return PictureEmbedder(str(folder), device="cpu")


def test_pictures_of_any_size_become_unit_vectors_always_the_same(embedder: PictureEmbedder) -> None:
    pictures = [pack_picture("坚果", 1), np.zeros((40, 900, 3), np.uint8), pack_picture("毛巾", 2)[:64, :64]]
    first, again = embedder.embed(pictures), embedder.embed(pictures)
    assert first.shape == (3, 16)
    assert np.allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    assert np.allclose(first, again)
    alone = embedder.embed(pictures[:1])
    assert np.allclose(alone[0], first[0], atol=1e-5)


def test_what_embeds_no_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailableError, match="can't be loaded"):
        PictureEmbedder(str(tmp_path / "missing"))
    BertModel(BertConfig(vocab_size=9, **TINY)).save_pretrained(tmp_path)
    with pytest.raises(EmbedderUnavailableError, match=r"can't be loaded|embeds no pictures"):
        PictureEmbedder(str(tmp_path))


class MeanColour:
    """An embedder that any eye can follow: the mean colour, away from grey."""

    def embed(self, pictures: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        means = np.asarray([picture.reshape(-1, 3).mean(axis=0) for picture in pictures], np.float32) - 60
        return np.asarray(means / np.maximum(1e-6, np.linalg.norm(means, axis=1, keepdims=True)), dtype=np.float32)


def test_the_part_that_looks_like_a_product_is_found() -> None:
    colours = {"blue": (230, 40, 40), "green": (40, 230, 40), "red": (40, 40, 230)}
    references = [prepare(name, np.full((100, 80, 3), colour, np.uint8)) for name, colour in colours.items()]
    finder = LikenessFinder(MeanColour(), references)
    frame = np.full((720, 1280, 3), 100, np.uint8)
    frame[200:460, 300:560] = colours["red"]
    (seen,) = finder.find(frame)
    assert seen.product_id == "red"
    assert seen.box.left < 560
    assert seen.box.right > 300
    assert finder.find(np.full((720, 1280, 3), 100, np.uint8)) == ()
    assert LikenessFinder(MeanColour(), []).find(frame) == ()


def test_a_real_model_finds_something_or_nothing_but_never_breaks(embedder: PictureEmbedder) -> None:
    finder = LikenessFinder(
        embedder, [prepare("P-1", pack_picture("坚果", 1)), prepare("P-2", pack_picture("毛巾", 2))]
    )
    for frame in (
        np.zeros((720, 1280, 3), np.uint8),
        np.zeros((1280, 720, 3), np.uint8),
        np.zeros((9, 9, 3), np.uint8),
    ):
        assert len(finder.find(frame)) <= 1
