"""Packs: whole as made, and whatever was done to one is found and named."""

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import bagit  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.types import FrameBox, Passage
from ingest.recording.chain import GENESIS, chain_sha256
from review.audit.keys import KeyRing
from review.cases.types import Choice
from review.db.engine import open_engine
from review.evidence_packs.contents import gather
from review.evidence_packs.errors import PackBroken, PackError
from review.evidence_packs.layout import zip_pack
from review.evidence_packs.pack import Maker, contents, write_pack
from review.evidence_packs.verification import verify_pack
from review.stores import Stores
from review.streams.types import Host, StreamRecord
from tests.review.enforcement.people import REVIEWER, decide
from tests.review.enforcement.recorded import VERSION, add_recorded_case, copy_recorded, make_broadcast, record
from vision.tracking.stills import picture_of

MAKER = Maker(name="甲", at_ms=1_795_500_100_000)
NAMES = {"SPEC_PARAM": ("规格", "Specification")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, KeyRing, str]]:
    """A pack of a case in a broadcast of 24 seconds that was really recorded, its keys and its case."""
    root = tmp_path_factory.mktemp("pack")
    data_dir = root / "data"
    record(make_broadcast(root / "broadcast.mp4", seconds=24), data_dir)
    stores = Stores.over(open_engine(f"sqlite:///{root / 'store.db'}"), second_share=0.0)
    host = Host(id="h1", name="小岚", platform="demo")
    stores.stream_writer.put_stream(
        StreamRecord(
            stream_id="s1", source="https://u:p@live.example/r.m3u8?t=1", host=host, title="直播间", started_at=None
        )
    )
    stores.stream_writer.add_passages(
        [Passage(stream_id="s1", id="u1", start_ms=9000, end_ms=12_000, text="总功率可以做到一百瓦<script>")]
    )
    case_id = add_recorded_case(stores, 9000, 12_000)
    decide(stores, case_id, REVIEWER, Choice.VIOLATES, "as_found")
    keys = KeyRing(data_dir / "keys")
    folder = write_pack(contents(gather(stores, data_dir, case_id), MAKER, NAMES), root / "whole", keys, MAKER, case_id)
    yield folder, keys, case_id
    stores.close()


@pytest.fixture
def pack(made: tuple[Path, KeyRing, str], tmp_path: Path) -> Path:
    """A copy of the pack that a test may spoil."""
    return Path(shutil.copytree(made[0], tmp_path / "pack"))


def test_a_pack_is_whole_and_says_so(made: tuple[Path, KeyRing, str]) -> None:
    folder, keys, case_id = made
    found = verify_pack(folder, keys.public_keys())
    assert (found.case_id, found.known_key) == (case_id, True)
    assert found.segment_count >= 6
    bagit.Bag(str(folder)).validate()


def test_a_pack_holds_what_a_hearing_asks_for(made: tuple[Path, KeyRing, str]) -> None:
    data = made[0] / "data"
    capture = json.loads((data / "streams/00/capture.json").read_text(encoding="utf-8"))
    assert capture["source"] == "https://live.example/r.m3u8"
    assert capture["log"][0]["versions"]["python"]
    assert {"synchronised"} <= capture["log"][0]["clock"].keys()
    chain = json.loads((data / "streams/00/chain.json").read_text(encoding="utf-8"))
    rows = [row for run in chain["runs"] for row in run["segments"]]
    [clip] = json.loads((data / "clips.json").read_text(encoding="utf-8"))
    used = {part["sequence"] for part in clip["noted"]["segments"]}
    assert used <= {row["sequence"] for row in rows if row["file"]}
    assert {min(used) - 1, max(used) + 1} <= {row["sequence"] for row in rows}, "the neighbours are there"
    assert all(len(row["sm3"]) == len(row["chain_sm3"]) == 64 for row in rows)
    assert (data / f"passports/{VERSION.removeprefix('sha256:')}.json").is_file()
    assert "总功率可以做到一百瓦" in (data / "streams/00/transcript.jsonl").read_text(encoding="utf-8")
    assert json.loads((data / "decisions.json").read_text(encoding="utf-8"))[0]["choice"] == "violates"
    assert '"stock"' in (data / "streams/00/facts.jsonl").read_text(encoding="utf-8")


def test_words_on_screen_are_shown_marked_and_cut_out(desk: Stores, recordings: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    copy_recorded(recordings, 24, data_dir)
    box = FrameBox(left=40, top=20, right=120, bottom=44)
    desk.stream_writer.add_passages(
        [Passage(stream_id="s1", id="u1", channel="screen", start_ms=9000, end_ms=12_000, text="总功率", box=box)]
    )
    case_id = add_recorded_case(desk, 9000, 12_000)
    files = {one.place: one.content for one in contents(gather(desk, data_dir, case_id), MAKER, NAMES)}
    still, crop = (files[f"clips/000-{name}.jpg"] for name in ("screen", "words-1"))
    assert isinstance(still, bytes)
    assert isinstance(crop, bytes)
    assert picture_of(still).shape == (180, 320, 3)
    assert box.right - box.left < picture_of(crop).shape[1] < 2 * (box.right - box.left)
    page = files["index.html"]
    assert isinstance(page, bytes)
    assert all(f'src="clips/000-{name}.jpg"' in page.decode() for name in ("screen", "words-1"))


def test_what_was_only_heard_has_no_marked_still(made: tuple[Path, KeyRing, str]) -> None:
    assert [path.name for path in sorted((made[0] / "data/clips").iterdir())] == ["000.jpg", "000.mp4"]


def test_words_of_a_host_are_text_on_the_page(made: tuple[Path, KeyRing, str]) -> None:
    page = (made[0] / "data/index.html").read_text(encoding="utf-8")
    assert "一百瓦&lt;script&gt;" in page
    assert "http://" not in page
    assert "https://" not in page.replace("https://live.example/r.m3u8", "")


def test_clips_cut_while_the_screening_goes_on_keep_both_chains_whole(
    desk: Stores, recordings: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    recording = copy_recorded(recordings, 24, data_dir)
    case_id = add_recorded_case(desk, 9000, 12_000)
    first, second = hashlib.sha256(b"1").hexdigest(), hashlib.sha256(b"2").hexdigest()
    link = chain_sha256(GENESIS, first)
    notes = recording / "clips.jsonl"
    row = {"finding_id": "f_1", "sha256": first, "chain_sha256": link, "segments": []}
    notes.write_text(json.dumps(row) + "\n", encoding="utf-8")
    before = gather(desk, data_dir, case_id)
    row = {"finding_id": "f_2", "sha256": second, "chain_sha256": chain_sha256(link, second), "segments": []}
    notes.write_text(notes.read_text(encoding="utf-8") + json.dumps(row) + "\n", encoding="utf-8")
    assert before.clips[0].row is not None
    assert before.clips[0].row["before_sha256"] == GENESIS
    keys = KeyRing(data_dir / "keys")
    pack = write_pack(contents(gather(desk, data_dir, case_id), MAKER, NAMES), tmp_path / "p", keys, MAKER, case_id)
    assert verify_pack(pack).case_id == case_id


def every_file(pack: Path) -> list[Path]:
    return sorted(path for path in pack.rglob("*") if path.is_file())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_byte_counts(pack: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(every_file(pack)))
    content = path.read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(1, 255))
    path.write_bytes(content[:at] + bytes([content[at] ^ other]) + content[at + 1 :])
    try:
        with pytest.raises(PackBroken) as broken:
            verify_pack(pack)
        assert path.name in broken.value.what or path.name in {"tagmanifest-sha256.txt", "manifest-sha256.txt"}
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize(
    "name", ["signature.json", "tagmanifest-sha256.txt", "manifest-sha256.txt", "bag-info.txt", "bagit.txt"]
)
def test_every_byte_of_what_signs_the_pack_counts(pack: Path, name: str) -> None:
    path = pack / name
    content = path.read_bytes()
    for at in range(0, len(content), 1 if len(content) < 1500 else 13):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(PackBroken):
            verify_pack(pack)


def test_every_file_that_is_dropped_is_named(pack: Path) -> None:
    for path in every_file(pack):
        kept = path.read_bytes()
        path.unlink()
        with pytest.raises(PackBroken) as broken:
            verify_pack(pack)
        assert broken.value.kind == "missing"
        assert broken.value.what == path.relative_to(pack).as_posix()
        path.write_bytes(kept)


@pytest.mark.parametrize("place", ["data/extra.txt", "extra.txt", "data/streams/00/segments/99.ts", ".hidden"])
def test_a_file_that_is_added_is_named(pack: Path, place: str) -> None:
    (pack / place).write_text("x", encoding="utf-8")
    with pytest.raises(PackBroken) as broken:
        verify_pack(pack)
    assert (broken.value.kind, broken.value.what) == ("added", place)


def test_a_link_in_place_of_a_file_is_named(pack: Path) -> None:
    page = pack / "data/index.html"
    page.rename(pack.parent / "elsewhere.html")
    page.symlink_to(pack.parent / "elsewhere.html")
    with pytest.raises(PackBroken) as broken:
        verify_pack(pack)
    assert (broken.value.kind, broken.value.what) == ("added", "data/index.html")


def test_two_segments_that_changed_places_are_named(pack: Path) -> None:
    first, second = sorted((pack / "data/streams/00/segments").iterdir())[:2]
    first.rename(pack / "spare")
    second.rename(first)
    (pack / "spare").rename(second)
    with pytest.raises(PackBroken) as broken:
        verify_pack(pack)
    assert broken.value.kind == "reordered"
    assert broken.value.what.endswith(first.name)


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "sm3sums.txt"])
def test_lines_in_another_order_are_named(pack: Path, name: str) -> None:
    path = pack / name
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(reversed(lines)), encoding="utf-8")
    with pytest.raises(PackBroken) as broken:
        verify_pack(pack)
    assert (broken.value.kind, broken.value.what) == ("reordered", name)


def test_a_pack_that_another_key_signed_is_refused(made: tuple[Path, KeyRing, str], tmp_path: Path) -> None:
    other = KeyRing(tmp_path / "keys")
    other.sign(b"", 1)
    assert verify_pack(made[0]).known_key is False
    with pytest.raises(PackBroken) as broken:
        verify_pack(made[0], other.public_keys())
    assert broken.value.kind == "signature"


def sign_anew(pack: Path, keys: KeyRing, change: Callable[[Path], None]) -> Path:
    """The pack, changed and signed again by somebody who has the key: only the chain can tell."""
    from review.evidence_packs.pack import PackFile

    change(pack)
    data = pack / "data"
    files = [
        PackFile(place=path.relative_to(data).as_posix(), content=path.read_bytes())
        for path in sorted(data.rglob("*"))
        if path.is_file()
    ]
    return write_pack(iter(files), pack.parent / "again", keys, MAKER, "c1")


def _swap_rows(pack: Path) -> None:
    path = pack / "data/streams/00/chain.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    rows = record["runs"][0]["segments"]
    rows[1], rows[2] = rows[2], rows[1]
    path.write_text(json.dumps(record), encoding="utf-8")


def _drop_row(pack: Path) -> None:
    path = pack / "data/streams/00/chain.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    del record["runs"][0]["segments"][2]
    path.write_text(json.dumps(record), encoding="utf-8")


def _other_segment(pack: Path) -> None:
    segment = sorted((pack / "data/streams/00/segments").iterdir())[0]
    segment.write_bytes(segment.read_bytes()[:-1] + b"\0")


def _other_clip(pack: Path) -> None:
    clip = pack / "data/clips/000.mp4"
    clip.write_bytes(clip.read_bytes() + b"\0")


def _other_passport(pack: Path) -> None:
    [passport] = (pack / "data/passports").iterdir()
    passport.write_text("{}", encoding="utf-8")


@pytest.mark.parametrize("change", [_swap_rows, _drop_row, _other_segment, _other_clip, _other_passport])
def test_what_contradicts_itself_is_not_signed(
    made: tuple[Path, KeyRing, str], pack: Path, change: Callable[[Path], None]
) -> None:
    with pytest.raises(PackBroken) as broken:
        sign_anew(pack, made[1], change)
    assert broken.value.kind == "chain"
    assert not (pack.parent / "again").exists()


@pytest.mark.parametrize("change", [_swap_rows, _drop_row, _other_segment, _other_clip, _other_passport])
def test_the_chain_tells_what_a_new_signature_hides(
    made: tuple[Path, KeyRing, str], pack: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("review.evidence_packs.pack.check_content", lambda folder, found: 0)
    again = sign_anew(pack, made[1], change)
    with pytest.raises(PackBroken) as broken:
        verify_pack(again, made[1].public_keys())
    assert broken.value.kind == "chain"


def test_a_zip_has_one_spelling_and_every_byte_of_it_counts(made: tuple[Path, KeyRing, str], tmp_path: Path) -> None:
    whole = zip_pack(made[0], tmp_path / "pack.zip")
    assert verify_pack(whole, made[1].public_keys()).case_id == made[2]
    assert zip_pack(made[0], tmp_path / "again.zip").read_bytes() == whole.read_bytes()
    content = whole.read_bytes()
    spoiled = tmp_path / "spoiled.zip"
    for at in (*range(0, len(content), len(content) // 40), len(content) - 1, len(content) - 30, 10):
        spoiled.write_bytes(content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :])
        with pytest.raises(PackBroken):
            verify_pack(spoiled)
    spoiled.write_bytes(content + b"\0")
    with pytest.raises(PackBroken):
        verify_pack(spoiled)


def test_a_zip_that_leads_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../outside.txt", "x")
    with pytest.raises(PackBroken):
        verify_pack(tmp_path / "evil.zip")
    assert not (tmp_path.parent / "outside.txt").exists()


def test_what_is_no_pack_is_said(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no such folder or zip"):
        verify_pack(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackBroken, match=r"signature\.json: missing"):
        verify_pack(tmp_path / "empty")


def test_the_command_checks_offline(made: tuple[Path, KeyRing, str], pack: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    listed = [{"key_id": k, "public_key": v} for k, v in made[1].public_keys().items()]
    keys.write_text(json.dumps({"keys": listed}), encoding="utf-8")
    call = [sys.executable, "-c", "from cli.main import main; main()", "evidence", "verify"]
    good = subprocess.run([*call, str(pack), "--keys", str(keys)], capture_output=True, text=True, check=False)
    assert (good.returncode, good.stderr) == (0, "")
    assert f"pack whole: case {made[2]}" in good.stdout
    (pack / "data/case.json").write_text("{}", encoding="utf-8")
    bad = subprocess.run([*call, str(pack), "--keys", str(keys)], capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert bad.stderr.startswith("zhenyan: pack broken: data/case.json: changed")


def test_a_pack_for_somebody_outside_names_nobody_who_decided(desk: Stores, tmp_path: Path) -> None:
    case_id = add_recorded_case(desk, 9000, 12_000)
    decide(desk, case_id, REVIEWER, Choice.VIOLATES, "as_found")
    outside = gather(desk, tmp_path, case_id, only="f_recorded")
    assert (outside.decisions, outside.names, outside.clips) == ((), {}, ())
