"""Storages to keep evidence in: a folder, and a bucket of a real S3-compatible server."""

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from tests.review.evidence.s3 import BUCKET, KEY, SECRET, running_s3


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_s3(tmp_path_factory.mktemp("s3")) as url:
        yield url


@pytest.fixture
def s3_account(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's variables for the server, and the bucket."""
    values = {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    files = fsspec.filesystem("s3", skip_instance_cache=True)
    if not files.exists(BUCKET):
        files.mkdir(BUCKET)


@pytest.fixture
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where evidence is kept: a folder, or a bucket where a test is parametrised with it."""
    if getattr(request, "param", "folder") == "folder":
        return str(tmp_path / "storage")
    request.getfixturevalue("s3_account")
    return f"s3://{BUCKET}/{tmp_path.name}"
