"""What the store is told of a stream before its screening begins."""

from datetime import UTC, datetime
from pathlib import Path

import configs
from claims.types import PlatformFact
from cli.commands.screen import registered
from cluster.types import ScreenJob
from review.stores import Stores
from review.streams.types import Host


def test_the_most_viewers_that_the_platform_told_of_are_known(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'zhenyan.db'}"
    told = ((0, 900), (60_000, 12_000), (120_000, 7_000))
    job = ScreenJob(
        stream_id="s1",
        source="talk.mp4",
        recording_dir=tmp_path / "rec",
        passports_file=configs.DEMO_DIR / "passports.yaml",
        policy_dir=configs.POLICY_DIR,
        at=datetime(2026, 11, 24, tzinfo=UTC),
        facts=(
            *(PlatformFact(stream_id="s1", at_ms=at_ms, kind="viewers", value=value) for at_ms, value in told),
            PlatformFact(stream_id="s1", at_ms=0, kind="stock", value=99_999),
        ),
        data_dir=tmp_path,
        database_url=url,
    )
    with registered(job, host=Host(id="h1", name="小岚", platform="demo"), title="talk"):
        stores = Stores.open(url)
        assert stores.streams.stream("s1").viewers == 12_000
        stores.close()
