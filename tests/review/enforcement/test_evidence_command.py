"""`zhenyan evidence`: a pack from the settings' store, its check with published keys, keys that rotate."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.main import main
from ingest.recording.manifest import read_manifest
from review.stores import Stores
from review.streams.types import Host, StreamRecord
from review.timestamps import SUFFIX, read_roots, stamped_at
from tests.cli.support import modes, usual_umask
from tests.review.enforcement.recorded import add_recorded_case, copy_recorded
from tests.review.enforcement.stamping import Authority, authority

__all__ = ["authority"]

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def zhenyan(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Runs the command with a data folder of its own; gives status, output and error."""
    monkeypatch.setenv("ZHENYAN_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        status = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def case_id(recordings: Path, tmp_path: Path) -> str:
    """A case in a recorded broadcast of the data folder."""
    folder = copy_recorded(recordings, 24, tmp_path / "data")
    stores = Stores.open(f"sqlite:///{(tmp_path / 'data' / 'zhenyan.db').resolve()}")
    host = Host(id="h1", name="小岚", platform="demo")
    stores.stream_writer.put_stream(
        StreamRecord(stream_id="s1", source="x.mp4", host=host, title="直播间", started_at=None)
    )
    stores.stream_writer.add_segments(read_manifest(folder))
    made = add_recorded_case(stores, 9000, 12_000)
    stores.close()
    return made


@pytest.mark.parametrize("shape", ["folder", "zip"])
def test_a_pack_is_made_and_checked_with_the_published_keys(
    zhenyan: Command, case_id: str, tmp_path: Path, shape: str
) -> None:
    made = zhenyan("evidence", "pack", case_id, "--out", tmp_path / "packs", *(["--zip"] if shape == "zip" else []))
    assert (made[0], made[2]) == (0, "")
    pack = Path(made[1].strip())
    assert (pack.is_dir(), pack.suffix) == ((True, "") if shape == "folder" else (False, ".zip"))
    assert len(list(pack.parent.iterdir())) == 1
    assert modes(pack.parent) <= {0o777 & ~usual_umask(), 0o666 & ~usual_umask()}
    keys = tmp_path / "keys.json"
    keys.write_text(zhenyan("evidence", "keys")[1], encoding="utf-8")
    status, out, err = zhenyan("evidence", "verify", pack, "--keys", keys)
    assert (status, err) == (0, "")
    assert out.startswith(f"pack whole: case {case_id}")
    assert "The key came with the pack" in zhenyan("evidence", "verify", pack)[2]
    again = zhenyan("evidence", "pack", case_id, "--out", tmp_path / "packs", *(["--zip"] if shape == "zip" else []))
    assert again[0] == 2
    assert "exists already" in again[2]


def test_what_an_old_key_signed_stays_valid(zhenyan: Command, case_id: str, tmp_path: Path) -> None:
    pack = Path(zhenyan("evidence", "pack", case_id, "--out", tmp_path / "packs")[1].strip())
    rotated = json.loads(zhenyan("evidence", "keys", "--rotate")[1])["keys"]
    assert [key["retired_at_ms"] is None for key in rotated] == [False, True]
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": rotated}), encoding="utf-8")
    assert rotated[0]["key_id"] in zhenyan("evidence", "verify", pack, "--keys", keys)[1]
    keys.write_text(json.dumps({"keys": rotated[1:]}), encoding="utf-8")
    status, _, err = zhenyan("evidence", "verify", pack, "--keys", keys)
    assert status == 1
    assert "signature.json: signature" in err
    assert zhenyan("audit", "verify")[0] == 0


@pytest.fixture
def stamped(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that the settings name."""
    monkeypatch.setenv("ZHENYAN_TIMESTAMP_URL", authority.url)
    monkeypatch.setenv("ZHENYAN_TIMESTAMP_ROOTS", str(authority.folder / "root.pem"))
    monkeypatch.setenv("ZHENYAN_ALLOW_NET", "127.0.0.1")
    return authority


def test_a_zipped_pack_is_stamped_and_what_was_changed_in_it_since_is_told(
    zhenyan: Command, case_id: str, tmp_path: Path, stamped: Authority
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    made = zhenyan("evidence", "pack", case_id, "--out", tmp_path / "packs", "--zip")
    assert (made[0], made[2], len(stamped.asked)) == (0, "", 1)
    pack = Path(made[1].strip())
    stamp = pack.with_name(pack.name + SUFFIX)
    assert modes(pack.parent) <= {0o777 & ~usual_umask(), 0o666 & ~usual_umask()}
    roots = stamped.folder / "root.pem"
    when = stamped_at(pack.read_bytes(), stamp.read_bytes(), read_roots(roots))
    assert before <= when <= datetime.now(UTC) + timedelta(seconds=2)
    # The pack is checked by its signature as before, whether a stamp lies beside it or not.
    assert zhenyan("evidence", "verify", pack)[0] == 0
    status, out, err = zhenyan("evidence", "stamped", pack, "--roots", roots)
    assert (status, err) == (0, "")
    assert out == f"{pack.name}: was there at {when.isoformat()}\n"
    pack.write_bytes(pack.read_bytes() + b"\0")
    status, out, err = zhenyan("evidence", "stamped", pack, "--roots", roots)
    assert (status, out) == (1, "")
    assert "is none of the content" in err


def test_a_pack_is_made_without_a_stamp_where_the_authority_is_away(
    zhenyan: Command, case_id: str, tmp_path: Path, stamped: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHENYAN_TIMESTAMP_URL", "http://127.0.0.1:9/")
    status, out, err = zhenyan("evidence", "pack", case_id, "--out", tmp_path / "packs", "--zip")
    assert status == 0
    assert "no time stamp: timestamp_url" in err
    pack = Path(out.strip())
    assert [path.name for path in pack.parent.iterdir()] == [pack.name]
    assert zhenyan("evidence", "verify", pack)[0] == 0
    missing = zhenyan("evidence", "stamped", pack, "--roots", stamped.folder / "root.pem")
    assert missing[0] == 2
    assert "has its time stamp beside it" in missing[2]


def test_a_rotation_of_the_signing_key_is_rehearsed(
    zhenyan: Command, case_id: str, tmp_path: Path, stamped: Authority
) -> None:
    """Published, rotated, published anew: what was made before and after is checked by what was published last.

    The copy of the keys that was published before knows nothing of the new key, and says so of what it signed.
    """
    data = tmp_path / "data"

    def published(name: str) -> Path:
        path = tmp_path / name
        path.write_text(zhenyan("evidence", "keys")[1], encoding="utf-8")
        return path

    def packed(name: str) -> Path:
        return Path(zhenyan("evidence", "pack", case_id, "--out", tmp_path / name, "--zip")[1].strip())

    before, first = published("before.json"), packed("first")
    head_before = tmp_path / "head-before.json"
    head_before.write_text(zhenyan("audit", "head")[1], encoding="utf-8")
    old = json.loads(before.read_text(encoding="utf-8"))["keys"][0]["key_id"]
    secret = (data / "keys" / "signing.pem").read_bytes()
    rotated = json.loads(zhenyan("evidence", "keys", "--rotate")[1])["keys"]
    [retired, new] = rotated
    assert (retired["key_id"], new["retired_at_ms"]) == (old, None)
    assert retired["retired_at_ms"] is not None
    assert (data / "keys" / "signing.pem").read_bytes() != secret
    assert all(secret not in path.read_bytes() for path in data.rglob("*") if path.is_file())
    after, second = published("after.json"), packed("second")
    for pack, key_id in ((first, old), (second, new["key_id"])):
        status, out, _ = zhenyan("evidence", "verify", pack, "--keys", after)
        assert (status, f"signed by key {key_id}" in out) == (0, True)
        assert zhenyan("evidence", "stamped", pack, "--roots", stamped.folder / "root.pem")[0] == 0
    assert zhenyan("evidence", "verify", first, "--keys", before)[0] == 0
    assert zhenyan("evidence", "verify", second, "--keys", before)[0] == 1
    # Two more in a row: every key that ever signed stays known, and one alone signs.
    zhenyan("evidence", "keys", "--rotate")
    known = json.loads(zhenyan("evidence", "keys", "--rotate")[1])["keys"]
    assert [key["retired_at_ms"] is None for key in known] == [False, False, False, True]
    assert zhenyan("evidence", "verify", first, "--keys", published("last.json"))[0] == 0
    assert zhenyan("audit", "verify", "--head", head_before)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("evidence", "pack", "nothing", "--out", "packs"), "case 'nothing' is not in the store"),
        (("evidence", "verify", "nowhere"), "no such folder or zip"),
        (("evidence", "verify", "nowhere", "--keys", "none.json"), "--keys none.json: holds no keys"),
        (("evidence", "pack", "x"), "Missing option '--out'"),
    ],
)
def test_a_wrong_call_is_told(
    zhenyan: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    status, _, err = zhenyan(*arguments)
    assert status == 2
    assert said in err
    assert len(err.splitlines()) == 1


def test_the_blacklist_is_printed_signed(zhenyan: Command, case_id: str) -> None:
    document = json.loads(zhenyan("evidence", "blacklist")[1])
    assert (document["algorithm"], document["list"]["entries"]) == ("Ed25519", [])
