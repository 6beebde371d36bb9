"""Archives in a bucket of a real S3-compatible server."""

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from cluster.batch_sources import NoMedia, batch_sources
from tests.review.evidence.s3 import BUCKET, KEY, SECRET, running_s3


@pytest.fixture
def bucket(tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A folder of a bucket with the archive under two names, and a note."""
    folder = tmp_path / "s3"
    folder.mkdir()
    with running_s3(folder) as url:
        values = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        values |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        files = fsspec.filesystem("s3", skip_instance_cache=True)
        files.mkdir(BUCKET)
        for name in ("november/a.mp4", "november/deep/b.mp4"):
            files.pipe(f"{BUCKET}/{name}", (archive / "evening.mp4").read_bytes())
        files.pipe(f"{BUCKET}/november/notes.md", b"# notes")
        yield f"s3://{BUCKET}/november/"


def test_a_folder_of_a_bucket_gives_its_media(bucket: str) -> None:
    found = batch_sources([bucket], "h1")
    assert [source.name for source in found] == [f"{bucket}a.mp4", f"{bucket}deep/b.mp4"]
    with pytest.raises(NoMedia, match="december"):
        batch_sources([bucket.replace("november", "december")])
