"""Which files a batch is made of."""

from pathlib import Path

import pytest

from cluster.batch.sources import NoMedia, batch_sources
from ingest.errors import SourceNotFound
from net.errors import RefusedAddress, SourceError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("lan/a.mp4", "lan/deep/b.FLV", "lan/notes.md", "lan/.hidden/c.mp4", "qiang/d.mkv", "empty/x.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def test_a_folder_gives_its_media_in_order_and_tells_whose_they_are(folder: Path) -> None:
    found = batch_sources([str(folder / "lan"), str(folder / "qiang" / "d.mkv")])
    assert [(Path(s.source).name, s.host_id) for s in found] == [
        ("a.mp4", "lan"),
        ("b.FLV", "deep"),
        ("d.mkv", "qiang"),
    ]
    assert {s.host_id for s in batch_sources([str(folder / "lan")], "h1")} == {"h1"}


def test_a_file_that_is_named_twice_is_one(folder: Path) -> None:
    assert len(batch_sources([str(folder / "lan"), str(folder / "lan" / "a.mp4")])) == 2


def test_a_list_names_addresses_and_paths_from_where_it_lies(folder: Path) -> None:
    listed = folder / "more.txt"
    listed.write_text(
        "# 十一月\nhttps://user:pw@media.example/a.mp4?token=geheim\n\nlan/a.mp4\nqiang\n", encoding="utf-8"
    )
    found = batch_sources([str(listed)])
    assert [s.source.rpartition("/")[2] for s in found] == ["a.mp4?token=geheim", "a.mp4", "d.mkv"]
    assert "geheim" not in found[0].name
    assert "geheim" not in repr(found[0])


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("nowhere.mp4", SourceNotFound),
        ("empty", NoMedia),
        ("gopher://x/a.mp4", SourceError),
        ("file:///srv/a.mp4", RefusedAddress),
    ],
)
def test_a_place_without_media_is_named(folder: Path, place: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=place.partition("://")[0]):
        batch_sources([place if "://" in place else str(folder / place)])
