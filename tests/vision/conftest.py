from pathlib import Path

import pytest

from vision.paddle import PaddleReader
from vision.roles import RoomPolicy, load_room_policy

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="session")
def reader() -> PaddleReader:
    return PaddleReader(device="cpu")


@pytest.fixture(scope="session")
def policy() -> RoomPolicy:
    return load_room_policy(CONFIGS / "vision" / "room.yaml")
