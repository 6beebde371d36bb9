"""Each thing that a check of a pack looks at, in the order in which it does: what is wrong is named, and how."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from review.audit.chain import canonical
from review.audit.keys import KeyRing
from review.evidence_packs.errors import PackBroken
from review.evidence_packs.layout import (
    BAGIT_FILE,
    INFO,
    MANIFEST,
    MOST_FILES,
    MOST_PARSED_BYTES,
    SIGNATURE,
    SIGNED,
    SM3_LIST,
    TAGS,
    zip_pack,
)
from review.evidence_packs.pack import PackFile, write_pack
from review.evidence_packs.verification import verify_pack
from tests.review.enforcement.test_pack_chain import CHAIN, MAKER, bytes_of, note, packed, record_of

PASSPORT = hashlib.sha256(b"{}").hexdigest()
CLIP, SEGMENT = "data/clips/000.mp4", "data/streams/00/segments/3.ts"
Change = Callable[[str], str]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A signed pack of one clip of a recording, with one passport."""
    return packed(tmp_path, note(b"a clip", [2, 3]), passport=PASSPORT)


def keys_of(pack: Path) -> KeyRing:
    return KeyRing(pack.parent / "keys")


def broken(pack: Path, keys: dict[str, str] | None = None) -> tuple[str, str, str]:
    """What is wrong with the pack: how, where and why."""
    with pytest.raises(PackBroken) as found:
        verify_pack(pack, keys)
    return found.value.kind, found.value.what, found.value.why


def edit(pack: Path, name: str, change: Change) -> None:
    path = pack / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def sign(pack: Path, tags: str | None = None) -> None:
    """Signs the pack as it now is, or this list of tags: what somebody can do who has the key."""
    there = (f"{hashlib.sha256((pack / name).read_bytes()).hexdigest()}  {name}\n" for name in sorted(TAGS))
    listed = "".join(there) if tags is None else tags
    (pack / SIGNED).write_text(listed, encoding="utf-8")
    made = keys_of(pack).sign(listed.encode(), MAKER.at_ms)
    public = keys_of(pack).public_keys()[made.key_id]
    record = {"algorithm": "Ed25519", "file": SIGNED, "public_key": public} | asdict(made)
    (pack / SIGNATURE).write_text(canonical(record) + "\n", encoding="utf-8")


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_whole_pack_tells_its_case_its_key_and_how_much_is_in_it(pack: Path, form: str) -> None:
    path = pack if form == "folder" else zip_pack(pack, pack.parent / "pack.zip")
    [(key_id, public)] = keys_of(pack).public_keys().items()
    for keys, known in ((None, False), ({key_id: public}, True)):
        found = verify_pack(path, keys)
        assert (found.case_id, found.key_id, found.known_key) == ("c1", key_id, known)
        assert (found.file_count, found.segment_count) == (5, 5)


def test_a_name_may_have_spaces_in_it(tmp_path: Path) -> None:
    assert verify_pack(made(tmp_path, {"a  b.txt": b"x", " c.txt": b"y"})).file_count == 3


def test_signed_again_as_it_was_it_is_whole(pack: Path) -> None:
    sign(pack)
    assert verify_pack(pack, keys_of(pack).public_keys()).known_key


def _with(**fields: Any) -> Change:
    return lambda text: canonical(json.loads(text) | fields) + "\n"


def _without(name: str) -> Change:
    return lambda text: canonical({key: value for key, value in json.loads(text).items() if key != name}) + "\n"


def _loose(name: str) -> Change:
    """The same bytes in another spelling of base64: bits that say nothing are set in its last letter."""

    def change(text: str) -> str:
        letters = json.loads(text)[name]
        kept = letters.rstrip("=")
        other = kept[:-1] + chr(ord(kept[-1]) + 1) + letters[len(kept) :]
        assert base64.b64decode(other) == base64.b64decode(letters)
        return canonical(json.loads(text) | {name: other}) + "\n"

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: "{", id="no JSON"),
        pytest.param(lambda text: "[" * 100_000, id="deeper than anybody reads"),
        pytest.param(lambda text: "[]\n", id="a list"),
        pytest.param(lambda text: json.dumps(json.loads(text), indent=1) + "\n", id="spelled in another way"),
        pytest.param(lambda text: text.rstrip("\n"), id="without its end"),
        pytest.param(_with(more=1), id="a field more"),
        *(pytest.param(_without(name), id=f"without {name}") for name in ("algorithm", "file", "key_id")),
        *(pytest.param(_without(name), id=f"without {name}") for name in ("public_key", "signature")),
        pytest.param(_with(algorithm="RSA"), id="another algorithm"),
        pytest.param(_with(file=MANIFEST), id="of another file"),
        pytest.param(_with(public_key="?"), id="a key that is no base64"),
        pytest.param(_with(signature=1), id="a number for a signature"),
        pytest.param(_with(signature="AAAA*"), id="a signature that is no base64"),
        pytest.param(_loose("public_key"), id="the key spelled loosely"),
        pytest.param(_loose("signature"), id="the signature spelled loosely"),
    ],
)
def test_a_signature_has_one_form(pack: Path, change: Change) -> None:
    edit(pack, SIGNATURE, change)
    assert broken(pack) == ("signature", SIGNATURE, "it is not as it was written")


def test_a_signature_must_be_of_a_known_key_and_of_what_it_signs(pack: Path, tmp_path: Path) -> None:
    other = KeyRing(tmp_path / "other")
    other.sign(b"", 1)
    assert broken(pack, other.public_keys())[:2] == ("signature", SIGNATURE)
    [(key_id, _)] = keys_of(pack).public_keys().items()
    assert broken(pack, {key_id: next(iter(other.public_keys().values()))})[:2] == ("signature", SIGNATURE)
    edit(pack, SIGNATURE, _with(signature=base64.b64encode(bytes(64)).decode()))
    kind, what, why = broken(pack)
    assert (kind, what) == ("signature", SIGNATURE)
    assert key_id in why


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(lambda lines: lines[1:], id="one fewer"),
        pytest.param(lambda lines: [*lines, f"{'0' * 64}  data/clips.json\n"], id="one more"),
        pytest.param(lambda lines: [], id="none"),
    ],
)
def test_what_is_signed_lists_the_four_lists_and_these_alone(
    pack: Path, lines: Callable[[list[str]], list[str]]
) -> None:
    text = (pack / SIGNED).read_text(encoding="utf-8")
    sign(pack, "".join(lines(text.splitlines(keepends=True))))
    why = "it does not list bag-info.txt, bagit.txt, manifest-sha256.txt, sm3sums.txt, and these alone"
    assert broken(pack) == ("changed", SIGNED, why)


@pytest.mark.parametrize("name", sorted(TAGS))
def test_a_list_that_is_not_what_was_signed_is_named(pack: Path, name: str) -> None:
    edit(pack, name, lambda text: text + "x")
    assert broken(pack) == ("changed", name, "it is not what was signed")


@pytest.mark.parametrize("name", [MANIFEST, SM3_LIST])
def test_lines_in_another_order_are_told_from_other_lines(pack: Path, name: str) -> None:
    edit(pack, name, lambda text: "".join(reversed(text.splitlines(keepends=True))))
    assert broken(pack) == ("reordered", name, "its lines are not in their order")
    edit(pack, name, lambda text: "".join(text.splitlines(keepends=True)[1:]))
    assert broken(pack) == ("changed", name, "it is not what was signed")


def test_of_files_that_lie_beside_the_lists_the_first_is_named(pack: Path) -> None:
    for name in ("z.txt", "b/c.txt"):
        (pack / name).parent.mkdir(exist_ok=True)
        (pack / name).write_bytes(b"")
    assert broken(pack) == ("added", "b/c.txt", "the pack was signed without it")


@pytest.mark.parametrize("name", [MANIFEST, SM3_LIST])
@pytest.mark.parametrize(
    "line",
    [
        *("", "0" * 64, f"{'0' * 63}  data/x", f"{'0' * 65}  data/x", f"{'0' * 64} data/x", f"{'0' * 64}  "),
        *(f"{'0' * 64}  data/../x", f"{'0' * 64}  /data/x", f"{'0' * 64}  .."),
    ],
)
def test_a_line_that_is_none_of_a_manifest_is_told_by_its_number(pack: Path, name: str, line: str) -> None:
    def change(text: str) -> str:
        first, rest = text.split("\n", 1)
        return f"{first}\n{line}\n{rest}"

    edit(pack, name, change)
    sign(pack)
    assert broken(pack) == ("changed", name, "line 2 is none of a manifest")


@pytest.mark.parametrize("name", [SIGNED, MANIFEST, SM3_LIST])
def test_a_list_ends_with_its_last_line_and_is_not_without_end(pack: Path, name: str) -> None:
    why = f"its end is missing, or it has more than {MOST_FILES} lines"
    text = (pack / name).read_text(encoding="utf-8")
    for spoiled in (text.rstrip("\n"), text + f"{'0' * 64}  data/x\n" * MOST_FILES):
        if name == SIGNED:
            sign(pack, spoiled)
        else:
            (pack / name).write_text(spoiled, encoding="utf-8")
            sign(pack)
        assert broken(pack) == ("changed", name, why)


def test_as_many_lines_as_a_pack_may_have_files_are_read(pack: Path) -> None:
    more = "".join(f"{'0' * 64}  data/{number:06}\n" for number in range(MOST_FILES - 5))
    edit(pack, MANIFEST, lambda text: more + text)
    sign(pack)
    assert broken(pack) == ("missing", "data/000000", "the manifest lists it")


def test_of_files_that_are_missing_or_added_the_first_is_named(pack: Path) -> None:
    for name in ("data/z", "data/a"):
        (pack / name).write_bytes(b"")
    assert broken(pack) == ("added", "data/a", "the manifest does not list it")
    for name in (SEGMENT, CLIP):
        (pack / name).unlink()
    assert broken(pack) == ("missing", CLIP, "the manifest lists it")


@pytest.mark.parametrize("name", ["data/clips.json", f"data/{CHAIN}"])
def test_a_record_that_is_too_long_is_named_before_a_byte_is_hashed(pack: Path, name: str) -> None:
    (pack / CLIP).write_bytes(b"another")
    with (pack / name).open("ab") as file:
        file.truncate(MOST_PARSED_BYTES + 1)
    assert broken(pack)[:2] == ("oversize", name)


def test_a_file_that_holds_what_another_should_is_told_from_one_that_was_changed(pack: Path) -> None:
    (pack / SEGMENT).write_bytes(b"another")
    assert broken(pack) == ("changed", SEGMENT, "its bytes do not give the signed SHA-256")
    (pack / SEGMENT).write_bytes(b"a clip")
    assert broken(pack) == ("reordered", SEGMENT, f"it holds what {CLIP} should")


def test_both_lists_name_the_same_files_and_each_hash_counts(pack: Path) -> None:
    whole = (pack / SM3_LIST).read_text(encoding="utf-8")
    edit(pack, SM3_LIST, lambda text: text.replace(f"  {CLIP}", "  data/clips/001.mp4"))
    sign(pack)
    assert broken(pack) == ("changed", SM3_LIST, "it lists other files than the manifest")
    lines = whole.splitlines(keepends=True)
    last = lines[-1].partition("  ")[2].strip()
    (pack / SM3_LIST).write_text("".join([*lines[:-1], f"{'0' * 64}  {last}\n"]), encoding="utf-8")
    sign(pack)
    assert broken(pack) == ("changed", last, "its bytes do not give the signed SM3")


def test_a_bag_says_its_form_and_its_size(pack: Path) -> None:
    whole = (pack / INFO).read_text(encoding="utf-8")
    [oxum] = [line.partition(": ")[2] for line in whole.splitlines() if line.startswith("Payload-Oxum")]
    byte_count, files = map(int, oxum.split("."))
    payload = [path for path in (pack / "data").rglob("*") if path.is_file()]
    assert (byte_count, files) == (sum(path.stat().st_size for path in payload), 5)
    for other in (f"{byte_count + 1}.{files}", f"{byte_count}.{files + 1}"):
        (pack / INFO).write_text(whole.replace(oxum, other), encoding="utf-8")
        sign(pack)
        why = f"Payload-Oxum is {other}, there are {byte_count} bytes in {files} files"
        assert broken(pack) == ("changed", INFO, why)
    (pack / INFO).write_text(f"Payload-Oxum: {oxum}", encoding="utf-8")
    sign(pack)
    assert verify_pack(pack).case_id == ""
    (pack / INFO).write_bytes(b"\xff\nExternal-Identifier: a: b\nPayload-Oxum: " + oxum.encode())
    sign(pack)
    assert verify_pack(pack).case_id == "a: b"
    edit(pack, BAGIT_FILE, lambda text: text.replace("1.0", "0.97"))
    sign(pack)
    assert broken(pack) == ("changed", BAGIT_FILE, "it is no bag of this form")


def made(tmp_path: Path, more: dict[str, bytes]) -> Path:
    """A signed pack with these files."""
    files = {"clips.json": b"[]"} | more
    written = (PackFile(place=place, content=content) for place, content in files.items())
    return write_pack(written, tmp_path / "pack", KeyRing(tmp_path / "keys"), MAKER, "c1")


def test_a_clip_may_be_cut_from_any_of_the_streams_that_are_in_the_pack(tmp_path: Path) -> None:
    clips = [
        {"file": "clips/000.mp4", "noted": None},
        {"file": "clips/001.mp4", "noted": note(b"second", [3])},
        {"file": "clips/002.mp4", "noted": note(b"third", [9])},
    ]
    record = record_of(20, [9])
    record["runs"][0]["segments"][2]["file"] = None
    more = {
        "clips.json": json.dumps(clips).encode(),
        **{f"clips/00{number}.mp4": content for number, content in enumerate((b"first", b"second", b"third"))},
        "streams/00/chain.json": json.dumps(record).encode(),
        "streams/01/chain.json": json.dumps(record_of(8, [3])).encode(),
        "streams/00/segments/3.ts": bytes_of(3),
    }
    assert verify_pack(made(tmp_path, more)).segment_count == 10


@pytest.mark.parametrize("sm3_from", [0, 20])
def test_a_segment_that_the_chain_says_is_there_and_is_not_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sm3_from: int
) -> None:
    monkeypatch.setattr("review.evidence_packs.pack.check_content", lambda pack, found: 0)
    pack = made(tmp_path, {CHAIN: json.dumps(record_of(8, [3], sm3_from=sm3_from)).encode()})
    why = "its bytes do not give the hash recorded at capture"
    assert broken(pack) == ("chain", SEGMENT.removeprefix("data/"), why)


def test_the_first_passport_whose_name_is_not_its_hash_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("review.evidence_packs.pack.check_content", lambda pack, found: 0)
    names = [f"data/passports/{PASSPORT}.json", f"data/passports/{'2' * 64}.json", f"data/passports/{'1' * 64}.json"]
    pack = made(tmp_path, {name.removeprefix("data/"): b"{}" for name in names})
    assert broken(pack) == ("chain", names[2], "the passport is not the version that its name says")


@pytest.mark.parametrize(
    ("place", "content", "kind", "why"),
    [
        ("clips.json", b"{", "changed", "it is no JSON"),
        ("clips.json", b"[" * 100_000, "changed", "it is no JSON"),
        ("clips.json", b"[1]", "chain", "it is not of the form that a pack has"),
        ("clips.json", b'[{"file": "x"}]', "chain", "it is not of the form that a pack has"),
        ("clips.json", b'[{"file": "x", "noted": {}}]', "chain", "it is not of the form that a pack has"),
        (CHAIN, b"\xff", "changed", "it is no JSON"),
        (CHAIN, b"[]", "chain", "it is not of the form that a pack has"),
        (CHAIN, b"{}", "chain", "runs is no list"),
        (CHAIN, b'{"runs": [{"before": 1}]}', "chain", "it is not of the form that a pack has"),
    ],
)
def test_how_a_signed_record_of_another_form_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, content: bytes, kind: str, why: str
) -> None:
    monkeypatch.setattr("review.evidence_packs.pack.check_content", lambda pack, found: 0)
    assert broken(made(tmp_path, {place: content})) == (kind, f"data/{place}", why)
