"""A content lies under its hash, whole or not at all, in a folder as in a bucket; what was changed is not given."""

import hashlib
import threading
from pathlib import Path

import fsspec
import pytest

import review.evidence.storage
from review.evidence.storage import FolderStorage, StorageError, open_storage
from tests.review.evidence.s3 import BUCKET, SECRET

BOTH = pytest.mark.parametrize("storage_url", ["folder", "s3"], indirect=True)
CONTENT = b"clip" * 50_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "f.mp4"
    path.write_bytes(CONTENT)
    return path


def objects(url: str) -> list[str]:
    """The hashes under which something lies in the storage; some servers list empty folders as well."""
    scheme, _, rest = url.rpartition("://")
    files = fsspec.filesystem(scheme or "file", skip_instance_cache=True)
    names = (name.rpartition("/")[2] for name in files.find(rest))
    return [name for name in names if len(name) == 64]


@BOTH
def test_what_was_put_is_had_again_once_however_often_it_was_put(storage_url: str, clip: Path, tmp_path: Path) -> None:
    storage = open_storage(storage_url)
    assert [storage.put(clip), storage.put(clip)] == [DIGEST, DIGEST]
    assert objects(storage_url) == [DIGEST]
    storage.fetch(DIGEST, tmp_path / "deep" / "again.mp4")
    assert (tmp_path / "deep" / "again.mp4").read_bytes() == CONTENT
    storage.remove(DIGEST)
    storage.remove(DIGEST)
    assert objects(storage_url) == []
    with pytest.raises(StorageError, match=f"{DIGEST}: is not in"):
        storage.fetch(DIGEST, tmp_path / "gone.mp4")
    assert not (tmp_path / "gone.mp4").exists()


@BOTH
def test_a_content_that_was_changed_is_not_given(storage_url: str, clip: Path, tmp_path: Path) -> None:
    storage = open_storage(storage_url)
    storage.put(clip)
    scheme, _, rest = storage_url.rpartition("://")
    files = fsspec.filesystem(scheme or "file", skip_instance_cache=True)
    files.pipe_file(f"{rest}/{DIGEST[:2]}/{DIGEST}", CONTENT[:-1] + b"x")
    target = tmp_path / "again.mp4"
    with pytest.raises(StorageError, match="was changed"):
        storage.fetch(DIGEST, target)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith((".new", "again"))] == []


@BOTH
def test_many_may_put_the_same_at_once(storage_url: str, clip: Path, tmp_path: Path) -> None:
    given: list[str] = []
    threads = [threading.Thread(target=lambda: given.append(open_storage(storage_url).put(clip))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert given == [DIGEST] * 6
    assert objects(storage_url) == [DIGEST]


def test_a_large_content_goes_in_parts_and_is_read_again(
    s3_account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review.evidence.storage, "_ONE_REQUEST_BYTES", 1 << 20)
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(range(256)) * (12 << 12))
    storage = open_storage(f"s3://{BUCKET}/large")
    digest = storage.put(large)
    storage.fetch(digest, tmp_path / "again.bin")
    assert (tmp_path / "again.bin").read_bytes() == large.read_bytes()


def test_a_bucket_that_is_not_there_and_a_wrong_account_are_named_without_secrets(
    s3_account: None, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StorageError, match=r"s3://nowhere"):
        open_storage("s3://nowhere/x").put(clip)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "SOMEBODY")
    with pytest.raises(StorageError, match=rf"s3://{BUCKET}") as wrong:
        open_storage(f"s3://{BUCKET}/x").put(clip)
    assert SECRET not in str(wrong.value)


def test_a_store_that_does_not_answer_is_named(s3_account: None, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StorageError, match="evidence storage"):
        open_storage(f"s3://{BUCKET}/x").put(clip)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://store.example/x", "neither a folder nor"),
        ("s3://KEY:s3cret@bucket/x", "credentials"),
        ("s3://", "no bucket"),
        ("gs://bucket/x", "gcsfs"),
    ],
)
def test_an_address_that_cannot_be_one_is_named_and_tells_no_secret(url: str, why: str) -> None:
    with pytest.raises(StorageError, match=why) as wrong:
        open_storage(url)
    assert "s3cret" not in str(wrong.value)


def test_a_folder_that_cannot_be_written_is_named(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageError, match="can't be written"):
        FolderStorage(tmp_path / "file").put(clip)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "Z" * 64])
def test_what_is_no_hash_leads_nowhere(tmp_path: Path, digest: str) -> None:
    with pytest.raises(StorageError, match="is no SHA-256"):
        FolderStorage(tmp_path).fetch(digest, tmp_path / "x")
