from pathlib import Path

import pytest

from vision.layout.roles import RoomPolicy, load_room_policy
from vision.ocr.paddle import PaddleReader

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="session")
def reader() -> PaddleReader:
    return PaddleReader(device="cpu")


@pytest.fixture(scope="session")
def policy() -> RoomPolicy:
    return load_room_policy(CONFIGS / "vision" / "room.yaml")
