"""A store with one live stream, findings of the demo broadcast, and a small real clip."""

import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from bench.postgres import is_installed
from claims.types import Finding, Passage
from ingest.types import Segment
from review.db.engine import open_engine
from review.server.app import create_app
from review.stores import Stores
from review.streams.types import Host, ProductRef, StreamRecord, StreamState
from tests.chromium import chromium
from tests.ingest.support import run_ffmpeg
from tests.review.postgres import fresh_database, memory, migrated, new_database, running_postgres
from tests.review.route_analysis import analyse_once
from tests.review.sample import FINDING
from tests.review.serving import served
from tests.system import lacking

analyse_once()
CLASS_NAMES = {
    "SPEC_PARAM": ("规格/参数/净含量", "Specification or net content"),
    "ABS_SUPERLATIVE": ("绝对化用语", "Absolute / superlative wording"),
}

_MAKE_CLIP = """
-f lavfi -i testsrc=size=320x180:rate=25:duration=8 -f lavfi -i sine=frequency=440:duration=8
-af "volume=enable='lt(t,4)':volume=0" -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -threads 1
-movflags +faststart
"""


@pytest.fixture
def make_finding() -> Callable[..., Finding]:
    """A complete finding, with the given fields changed."""

    def make(**changes: Any) -> Finding:
        return replace(FINDING, **changes)

    return make


@pytest.fixture
def make_segment() -> Callable[..., Segment]:
    """Segment number n of stream s1: two seconds after the one before."""

    def make(sequence: int, **changes: Any) -> Segment:
        segment = Segment(
            stream_id="s1",
            sequence=sequence,
            epoch=0,
            path=Path(f"ring/s1/{sequence}.ts"),
            start_ms=sequence * 2000,
            end_ms=sequence * 2000 + 2000,
            source_start_ms=sequence * 2000,
            received_at_ms=sequence * 2000,
            byte_count=1000,
            sha256="0" * 64,
            chain_sha256="1" * 64,
            gap_before_ms=0,
        )
        return replace(segment, **changes)

    return make


@pytest.fixture
def stream() -> StreamRecord:
    return StreamRecord(
        stream_id="s1",
        source="https://user:secret@live.example/room/7.m3u8?token=abc#t",
        host=Host(id="h1", name="小岚", platform="demo"),
        title="真言演示直播间",
        started_at=datetime.fromisoformat("2026-11-24T20:00:00+08:00"),
        products=(ProductRef(product_id="p1", name="双口氮化镓充电器"),),
        state=StreamState.LIVE,
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    if not is_installed():
        lacking("PostgreSQL")
    with running_postgres(parent=memory()) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the program's schema, to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """The name of a database of the server with the program's schema, to copy."""
    migrated(new_database(postgres, "template_review"))
    return "template_review"


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of its own: SQLite, or PostgreSQL where a test is parametrised with it."""
    return fresh_database(request, tmp_path)


@pytest.fixture
def stores(database_url: str, stream: StreamRecord) -> Iterator[Stores]:
    """A store that holds the stream s1 and nothing else."""
    opened = Stores.over(open_engine(database_url), now=lambda: datetime(2026, 11, 24, 12, tzinfo=UTC))
    opened.stream_writer.put_stream(stream)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def sample_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of a test picture; the tone is silent in the first half and loud in the second."""
    path = tmp_path_factory.mktemp("clips") / "sample.mp4"
    run_ffmpeg(*shlex.split(_MAKE_CLIP), path)
    return path


@pytest.fixture
def data_dir(tmp_path: Path, sample_clip: Path) -> Path:
    """A data folder with `clips/f_power.mp4` in it."""
    folder = tmp_path / "data"
    (folder / "clips").mkdir(parents=True)
    shutil.copy(sample_clip, folder / "clips" / "f_power.mp4")
    return folder


@pytest.fixture
def passages() -> tuple[Passage, ...]:
    """What was said around the finding, and one caption."""
    return (
        Passage(stream_id="s1", id="u0", start_ms=20_000, end_ms=25_500, text="有人问是不是一百二十瓦的，不是啊。"),
        Passage(
            stream_id="s1", id="u1", start_ms=25_500, end_ms=29_000, text="两个口一起用，它的总功率可以做到一百瓦。"
        ),
        Passage(stream_id="s1", id="c1", channel="screen", start_ms=20_000, end_ms=30_000, text="单口最高65W"),
        Passage(stream_id="s1", id="u2", start_ms=30_000, end_ms=33_000, text="这就是全网最好的充电头。"),
    )


@pytest.fixture
def server(stores: Stores, data_dir: Path) -> Iterator[str]:
    """The address of a running server over the store; its socket listens before the server runs."""
    with served(create_app(stores, data_dir, class_names=CLASS_NAMES)) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a module; each opens a context of its own."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def client(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server, timeout=30) as opened:
        yield opened
