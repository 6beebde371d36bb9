"""Finds products by how alike pictures look to an embedding model that the settings name; off unless they do.

For products with little print, which corners can't find. How far apart a model holds products is its own matter: what
counts here is only which product leads, and by how much beyond what the frame's other parts look like.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoImageProcessor, AutoModel

from vision.errors import EmbedderUnavailableError
from vision.products.matching import ProductMatch
from vision.products.reference import Image, Reference
from vision.types import Box

_LEAD = 0.04
_CLEAR_LEAD = 0.15
_SHARES = (1.0, 0.6, 0.4)


class Embedder(Protocol):
    """Turns pictures into directions: alike pictures point alike."""

    def embed(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Unit vectors, shape (pictures, dimensions), for BGR pictures of any size."""
        ...


class PictureEmbedder:
    """A CLIP or SigLIP model by its name or folder, as `transformers` loads it."""

    def __init__(self, name: str, *, device: Literal["auto", "cpu", "cuda"] = "auto") -> None:
        """EmbedderUnavailableError says why the model can't be loaded, or that it doesn't embed pictures."""
        try:
            self._model = AutoModel.from_pretrained(name)
            self._processor = AutoImageProcessor.from_pretrained(name)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            why = " ".join(str(error).split())
            raise EmbedderUnavailableError(f"model {name!r} can't be loaded: {why}; correct embed_model") from error
        if not hasattr(self._model, "get_image_features"):
            raise EmbedderUnavailableError(f"model {name!r} embeds no pictures; name one of the CLIP or SigLIP family")
        wants_gpu = device == "cuda" or (device == "auto" and torch.cuda.is_available())
        self._device = "cuda" if wants_gpu else "cpu"
        self._model.eval().to(self._device)
        self.model = name

    def embed(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Unit vectors, shape (pictures, dimensions)."""
        upright = [cv2.cvtColor(picture, cv2.COLOR_BGR2RGB) for picture in pictures]
        inputs = self._processor(images=upright, return_tensors="pt").to(self._device)
        with torch.inference_mode():
            output = self._model.get_image_features(**inputs)
        # Newer versions give the whole output, older ones its pooled vector.
        vectors = getattr(output, "pooler_output", output)
        lengths = vectors.norm(dim=-1, keepdim=True).clamp_min(1e-12)
        return np.asarray((vectors / lengths).float().cpu().numpy(), dtype=np.float32)


class LikenessFinder:
    """Finds the one product that parts of a frame look like most."""

    def __init__(self, embedder: Embedder, references: Sequence[Reference]) -> None:
        self._embedder = embedder
        self._owners = [reference.product_id for reference in references]
        self._known = embedder.embed([reference.image for reference in references]) if references else None

    def find(self, image: Image) -> tuple[ProductMatch, ...]:
        """The leading product where it leads, or none; a lead is measured against other products and other parts."""
        if self._known is None or min(image.shape[:2]) < 64:
            return ()
        boxes = _parts(image)
        shown = self._embedder.embed([image[b.top : b.bottom, b.left : b.right] for b in boxes])
        likeness = shown @ self._known.T
        products = sorted(set(self._owners))
        columns = [[i for i, owner in enumerate(self._owners) if owner == product] for product in products]
        by_product = np.stack([likeness[:, indices].max(axis=1) for indices in columns], axis=1)
        beyond = by_product - np.median(by_product, axis=0)
        best = beyond.max(axis=0)
        first = int(best.argmax())
        lead = float(best[first] - (np.delete(best, first).max() if len(products) > 1 else 0.0))
        if lead < _LEAD:
            return ()
        return (
            ProductMatch(
                product_id=products[first],
                box=boxes[int(beyond[:, first].argmax())],
                clarity=round(min(1.0, lead / _CLEAR_LEAD), 3),
                inliers=0,
                colour=0.0,
            ),
        )


def _parts(image: Image) -> list[Box]:
    """The frame, and square parts of it that overlap by half, at two sizes."""
    high, wide = image.shape[:2]
    found = [Box(left=0, top=0, right=wide, bottom=high)]
    for share in _SHARES[1:]:
        side = round(min(high, wide) * share)
        for top in np.linspace(0, high - side, max(1, round(2 * high / side) - 1)).round().astype(int):
            for left in np.linspace(0, wide - side, max(1, round(2 * wide / side) - 1)).round().astype(int):
                found.append(Box(left=int(left), top=int(top), right=int(left) + side, bottom=int(top) + side))
    return found
