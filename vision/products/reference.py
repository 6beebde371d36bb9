"""A passport's reference pictures, prepared once: corners to find them by, colours to tell like from like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

MOST_BYTES = 20_000_000
MOST_SIDE_PX = 8_192
_SIDE_PX = 480
# Matching costs by the corner: many references share what a few would have.
_FEATURES, _FEWEST_FEATURES, _ALL_FEATURES = 500, 150, 5_000
_LEAST_FEATURES = 40
_COLOUR_BINS, _COLOUR_REACH, _LIGHTNESS = 10, 70.0, 120.0
_GROUND_SPREAD = 12.0
_GROUND_DISTANCE = 28.0
_LEAST_FOREGROUND = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """One picture of a product, BGR, at most 480 px a side; `mask` is where the product is, not its ground.

    `points` (n, 2) and `descriptors` (n, 32) are its ORB corners, the strongest first; `colours` its histogram, summing
    to one.
    """

    product_id: str
    image: Image
    mask: Image
    points: NDArray[np.float32]
    descriptors: Image
    colours: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The pictures that can be used, and what is said of each that can't."""

    usable: tuple[Reference, ...]
    left_out: tuple[str, ...]


def load_references(pictures: Mapping[str, Sequence[str]]) -> References:
    """Prepares the pictures (paths) of each product id; a URL is never fetched here, a bad file is left out by name."""
    usable: list[Reference] = []
    left_out: list[str] = []
    count = max(1, sum(len(paths) for paths in pictures.values()))
    features = max(_FEWEST_FEATURES, min(_FEATURES, _ALL_FEATURES // count))
    for product_id, paths in pictures.items():
        for path in paths:
            image = _read(path, left_out)
            if image is None:
                continue
            reference = prepare(product_id, image, features=features)
            if len(reference.points) < _LEAST_FEATURES:
                left_out.append(f"{path}: has too little detail to be found by; give a picture of the label")
            else:
                usable.append(reference)
    return References(usable=tuple(usable), left_out=tuple(left_out))


def _read(path: str, left_out: list[str]) -> Image | None:
    if "://" in path:
        left_out.append(f"{path}: pictures are read from files only; put it beside the passports")
        return None
    try:
        size = Path(path).stat().st_size
        content = Path(path).read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        left_out.append(f"{path}: cannot be read: {error.strerror}; correct the passport's images")
        return None
    if not content:
        left_out.append(f"{path}: is empty or larger than {MOST_BYTES} bytes; give a smaller picture")
        return None
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None or max(image.shape[:2]) > MOST_SIDE_PX:
        left_out.append(f"{path}: is no picture, or wider than {MOST_SIDE_PX} pixels; give a JPEG or PNG")
        return None
    return np.asarray(image, dtype=np.uint8)


def prepare(product_id: str, image: Image, *, features: int = _FEATURES) -> Reference:
    """The picture with its strongest corners and its colours."""
    scale = min(1.0, _SIDE_PX / max(image.shape[:2]))
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    mask = _foreground(small)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    orb = cv2.ORB.create(features)
    found = sorted(orb.detect(grey, mask), key=lambda corner: -corner.response)
    corners, descriptors = orb.compute(grey, found)
    return Reference(
        product_id=product_id,
        image=small,
        mask=mask,
        points=np.asarray([corner.pt for corner in corners], dtype=np.float32).reshape(-1, 2),
        descriptors=np.zeros((0, 32), np.uint8) if descriptors is None else np.asarray(descriptors, dtype=np.uint8),
        colours=colours_of(small, mask),
    )


def colours_of(image: Image, mask: Image) -> NDArray[np.float32]:
    """Shares of colour (a and b of Lab, 10 by 10, softened) among the masked pixels, sums to one, flat.

    The pixels are brought to one lightness first, and neighbours overlap, since rooms light packs differently.
    """
    pixels = image[mask > 0].astype(np.float32)
    if len(pixels) == 0:
        return np.zeros(_COLOUR_BINS * _COLOUR_BINS, np.float32)
    lit = np.clip(pixels * (_LIGHTNESS / max(1.0, float(pixels.mean()))), 0, 255).astype(np.uint8)
    lab = cv2.cvtColor(lit[None], cv2.COLOR_BGR2LAB)[0].astype(np.float32)
    bins = np.clip((lab[:, 1:] - 128) / _COLOUR_REACH * _COLOUR_BINS / 2 + _COLOUR_BINS / 2, 0, _COLOUR_BINS - 1)
    flat = bins[:, 0].astype(np.int64) * _COLOUR_BINS + bins[:, 1].astype(np.int64)
    counts = np.bincount(flat, minlength=_COLOUR_BINS * _COLOUR_BINS).astype(np.float32)
    soft = cv2.GaussianBlur(counts.reshape(_COLOUR_BINS, _COLOUR_BINS), (3, 3), 0.8, borderType=cv2.BORDER_REFLECT)
    return np.asarray(soft / soft.sum(), dtype=np.float32).ravel()


def _foreground(image: Image) -> Image:
    """Where the product is; all of the picture where its edge is no even ground."""
    everything = np.full(image.shape[:2], 255, np.uint8)
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]]).astype(np.float32)
    ground = np.median(edge, axis=0)
    if float(np.abs(edge - ground).mean()) > _GROUND_SPREAD:
        return everything
    away = np.abs(image.astype(np.float32) - ground).max(axis=2) > _GROUND_DISTANCE
    mask = np.asarray(cv2.morphologyEx(away.astype(np.uint8) * 255, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)))
    if float((mask > 0).mean()) < _LEAST_FOREGROUND:
        return everything
    return np.asarray(cv2.dilate(mask, np.ones((7, 7), np.uint8)), dtype=np.uint8)
