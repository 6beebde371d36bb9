"""A clip's place in the recorded chain, told and checked segment by segment, and the notes of clips beside it."""

import hashlib
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from ingest.recording.chain import GENESIS, chain_sha256, chain_sm3
from ingest.recording.disk import new_sm3
from ingest.types import Segment
from review.audit.keys import KeyRing
from review.evidence_packs.chain import chain_record, check_record, runs_around
from review.evidence_packs.errors import PackBroken
from review.evidence_packs.pack import Maker, PackFile, write_pack
from review.evidence_packs.verification import verify_pack

MAKER = Maker(name="甲", at_ms=1_795_500_100_000)
CHAIN = "streams/00/chain.json"


def _sm3(content: bytes) -> str:
    digest = new_sm3()
    digest.update(content)
    return str(digest.hexdigest())


def bytes_of(sequence: int) -> bytes:
    return f"segment {sequence}".encode()


def recorded(count: int, *, sm3_from: int = 0) -> list[Segment]:
    """A recording of so many segments, whose SM3 hashes begin at one of them."""
    segments: list[Segment] = []
    link, link_sm3 = GENESIS, GENESIS
    for number in range(count):
        own, own_sm3 = hashlib.sha256(bytes_of(number)).hexdigest(), _sm3(bytes_of(number))
        link = chain_sha256(link, own)
        link_sm3 = chain_sm3(link_sm3, own_sm3) if number >= sm3_from else GENESIS
        segments.append(
            Segment(
                stream_id="s1",
                sequence=number,
                epoch=1,
                path=Path(f"{number}.ts"),
                start_ms=2000 * number,
                end_ms=2000 * number + 2000,
                source_start_ms=90 + number,
                received_at_ms=1_795_500_000_000 + number,
                byte_count=len(bytes_of(number)),
                sha256=own,
                chain_sha256=link,
                gap_before_ms=7 * number,
                sm3=own_sm3 if number >= sm3_from else "",
                chain_sm3=link_sm3 if number >= sm3_from else "",
                drift_ms=number - 3,
            )
        )
    return segments


def kept_of(numbers: list[int]) -> dict[int, str]:
    return {number: f"streams/00/segments/{number}.ts" for number in numbers}


def record_of(count: int, wanted: list[int], *, sm3_from: int = 0) -> dict[str, Any]:
    segments = recorded(count, sm3_from=sm3_from)
    record = chain_record("s1", segments, runs_around(segments, wanted), kept_of(wanted))
    written: dict[str, Any] = json.loads(json.dumps(record))
    return written


def hashes(place: str) -> tuple[str, str]:
    """The hashes of the segment that lies there."""
    content = bytes_of(int(Path(place).stem))
    return hashlib.sha256(content).hexdigest(), _sm3(content)


def test_a_clip_is_told_with_two_neighbours_on_each_side_and_holes_apart() -> None:
    segments = recorded(20)
    runs = runs_around([s for s in segments if s.sequence != 9], [7, 8, 15])
    assert [[s.sequence for s in run.segments] for run in runs] == [[5, 6, 7, 8], [10], [13, 14, 15, 16, 17]]
    assert [run.before_sha256 for run in runs] == [segments[4].chain_sha256, GENESIS, segments[12].chain_sha256]
    assert [run.before_sm3 for run in runs] == [segments[4].chain_sm3, GENESIS, segments[12].chain_sm3]


def test_the_first_segment_follows_nothing_and_what_was_recorded_without_sm3_says_so() -> None:
    (run,) = runs_around(recorded(8, sm3_from=4), [0, 1])
    assert (run.before_sha256, run.before_sm3) == (GENESIS, GENESIS)
    (later,) = runs_around(recorded(8, sm3_from=4), [5])
    assert later.before_sm3 == GENESIS
    assert later.before_sha256 == recorded(8)[2].chain_sha256


def test_the_record_tells_where_the_chain_ends_and_each_segment_as_it_came() -> None:
    segments, record = recorded(6), record_of(6, [2])
    assert (record["stream_id"], record["head"]["sequence"]) == ("s1", 5)
    assert record["head"]["chain_sm3"] == segments[5].chain_sm3
    assert "H(link before + own hash)" in record["rule"]
    (run,) = record["runs"]
    assert run["before"] == {"chain_sha256": GENESIS, "chain_sm3": GENESIS}
    assert run["segments"][2] == {
        "sequence": 2,
        "sha256": segments[2].sha256,
        "chain_sha256": segments[2].chain_sha256,
        "sm3": segments[2].sm3,
        "chain_sm3": segments[2].chain_sm3,
        "start_ms": 4000,
        "end_ms": 6000,
        "epoch": 1,
        "source_start_ms": 92,
        "received_at_ms": 1_795_500_000_002,
        "gap_before_ms": 14,
        "drift_ms": -1,
        "byte_count": 9,
        "file": "streams/00/segments/2.ts",
    }
    assert [row["file"] is None for row in run["segments"]] == [True, True, False, True, True]
    assert chain_record("s1", [], [], {})["head"] is None


@pytest.mark.parametrize("sm3_from", [0, 4, 20])
def test_a_whole_record_gives_each_segments_hash(sm3_from: int) -> None:
    record = record_of(16, [3, 11], sm3_from=sm3_from)
    found = check_record(record, "data/chain.json", hashes)
    assert found == {s.sequence: s.sha256 for s in recorded(16) if s.sequence in {1, 2, 3, 4, 5, 9, 10, 11, 12, 13}}


def _set(index: int, key: str, value: object) -> Callable[[list[dict[str, Any]]], None]:
    return lambda rows: rows[index].update({key: value})


def _swap(rows: list[dict[str, Any]]) -> None:
    rows[1], rows[2] = rows[2], rows[1]


@pytest.mark.parametrize(
    ("change", "what", "why"),
    [
        (_swap, "segment 3", "segment 2 should stand here"),
        (lambda rows: rows.pop(1), "segment 3", "segment 2 should stand here"),
        (_set(1, "sequence", "2"), "segment 2", "segment 2 should stand here"),
        (_set(0, "sequence", None), "segment None", "segment None should stand here"),
        (_set(1, "chain_sha256", "0" * 64), "segment 2", "its link does not follow from the one before"),
        (_set(1, "sha256", "0" * 64), "segment 2", "its link does not follow from the one before"),
        (_set(1, "chain_sm3", "0" * 64), "segment 2", "its SM3 link does not follow"),
        (_set(1, "sm3", "0" * 64), "segment 2", "its SM3 link does not follow"),
        (_set(4, "sm3", ""), "segment 5", "its SM3 hash is missing"),
        (_set(0, "sm3", ""), "segment 1", "its SM3 hash is missing"),
    ],
    ids=range(10),
)
def test_the_first_segment_that_is_wrong_is_named(
    change: Callable[[list[dict[str, Any]]], None], what: str, why: str
) -> None:
    record = record_of(8, [3])
    change(record["runs"][0]["segments"])
    with pytest.raises(PackBroken) as broken:
        check_record(record, "data/chain.json", hashes)
    assert (broken.value.kind, broken.value.what, broken.value.why) == ("chain", f"data/chain.json: {what}", why)


@pytest.mark.parametrize("key", ["chain_sha256", "chain_sm3"])
def test_a_run_must_follow_from_the_link_before_it(key: str) -> None:
    record = record_of(8, [4])
    record["runs"][0]["before"][key] = "1" * 64
    with pytest.raises(PackBroken) as broken:
        check_record(record, "data/chain.json", hashes)
    assert broken.value.what == "data/chain.json: segment 2"
    assert "does not follow" in broken.value.why


@pytest.mark.parametrize("which", [0, 1], ids=["SHA-256", "SM3"])
def test_a_kept_segment_must_have_both_of_its_recorded_hashes(which: int) -> None:
    def other(place: str) -> tuple[str, str]:
        found = list(hashes(place))
        found[which] = "0" * 64
        return found[0], found[1]

    with pytest.raises(PackBroken) as broken:
        check_record(record_of(8, [3]), "data/chain.json", other)
    assert (broken.value.kind, broken.value.what) == ("chain", "streams/00/segments/3.ts")
    assert broken.value.why == "its bytes do not give the hash recorded at capture"


def test_of_a_segment_recorded_without_sm3_the_bytes_are_held_against_sha256_alone() -> None:
    record = record_of(8, [3], sm3_from=20)
    assert check_record(record, "data/chain.json", lambda place: (hashes(place)[0], "f" * 64))
    with pytest.raises(PackBroken, match="its bytes do not give"):
        check_record(record, "data/chain.json", lambda place: ("f" * 64, hashes(place)[1]))


@pytest.mark.parametrize(
    ("record", "key"),
    [
        ({}, "runs"),
        ({"runs": {}}, "runs"),
        ({"runs": [1]}, "runs"),
        ({"runs": [{"before": {}}]}, "chain_sha256"),
        ({"runs": [{"before": {"chain_sha256": "", "chain_sm3": ""}, "segments": {}}]}, "segments"),
    ],
)
def test_a_record_of_another_form_is_no_chain(record: dict[str, Any], key: str) -> None:
    with pytest.raises((PackBroken, KeyError)) as broken:
        check_record(record, "data/chain.json", hashes)
    if isinstance(broken.value, PackBroken):
        assert (broken.value.kind, broken.value.what) == ("chain", "data/chain.json")
        assert broken.value.why == f"{key} is no list"
    else:
        assert key in str(broken.value)


def note(clip: bytes, segments: list[int], before: str = GENESIS) -> dict[str, Any]:
    """What is noted of a clip when it is cut from these segments."""
    own = hashlib.sha256(clip).hexdigest()
    parts = [{"sequence": n, "sha256": hashlib.sha256(bytes_of(n)).hexdigest()} for n in segments]
    return {"sha256": own, "before_sha256": before, "chain_sha256": chain_sha256(before, own), "segments": parts}


def packed(tmp_path: Path, noted: dict[str, Any] | None, *, passport: str = "") -> Path:
    """A signed pack of one clip, cut from segment 3 of a recording, with this note of it."""
    clips = [{"file": "clips/000.mp4", "noted": noted}]
    files: dict[str, bytes] = {
        "clips.json": json.dumps(clips).encode(),
        "clips/000.mp4": b"a clip",
        CHAIN: json.dumps(record_of(8, [3])).encode(),
        "streams/00/segments/3.ts": bytes_of(3),
    }
    if passport:
        files[f"passports/{passport}.json"] = b"{}"
    written = (PackFile(place=place, content=content) for place, content in files.items())
    return write_pack(iter(written), tmp_path / "pack", KeyRing(tmp_path / "keys"), MAKER, "c1")


def test_a_clip_of_segments_that_are_in_the_chain_is_whole(tmp_path: Path) -> None:
    passport = hashlib.sha256(b"{}").hexdigest()
    found = verify_pack(packed(tmp_path, note(b"a clip", [2, 3]), passport=passport))
    assert (found.case_id, found.segment_count, found.file_count) == ("c1", 5, 5)
    assert verify_pack(packed(tmp_path / "unnoted", None)).segment_count == 5


_OTHER_LINK = note(b"a clip", [3]) | {"chain_sha256": "0" * 64}
_OTHER_BEFORE = note(b"a clip", [3]) | {"before_sha256": "1" * 64}


@pytest.mark.parametrize(
    ("noted", "why"),
    [
        pytest.param(note(b"another", [3]), "it is not the clip that was noted when it was cut", id="another clip"),
        pytest.param(_OTHER_LINK, "its note does not follow from the one before", id="another link"),
        pytest.param(_OTHER_BEFORE, "its note does not follow from the one before", id="another before"),
        pytest.param(note(b"a clip", [3, 7]), "it names a segment that is not in the chain", id="foreign segment"),
        pytest.param(note(b"a clip", [99]), "it names a segment that is not in the chain", id="none of the recording"),
    ],
)
def test_a_clips_note_must_name_its_bytes_its_link_and_segments_of_the_chain(
    tmp_path: Path, noted: dict[str, Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PackBroken, match=why):
        packed(tmp_path / "refused", deepcopy(noted))
    monkeypatch.setattr("review.evidence_packs.pack.check_content", lambda pack, found: 0)
    with pytest.raises(PackBroken) as broken:
        verify_pack(packed(tmp_path, noted))
    assert (broken.value.kind, broken.value.what, broken.value.why) == ("chain", "clips/000.mp4", why)


def test_a_passport_must_be_the_version_that_its_name_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review.evidence_packs.pack.check_content", lambda pack, found: 0)
    with pytest.raises(PackBroken) as broken:
        verify_pack(packed(tmp_path, None, passport="0" * 64))
    assert (broken.value.kind, broken.value.what) == ("chain", f"data/passports/{'0' * 64}.json")
    assert broken.value.why == "the passport is not the version that its name says"
