"""Keys are made once, kept private, rotated and published; what they sign can't be changed."""

import copy
import json
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from review.audit.errors import KeyRingError, SignatureError
from review.audit.keys import KeyRing, Signature, check_signature
from review.enforcement.blacklist import check_list
from review.enforcement.penalty_table import DAY_MS
from review.stores import Stores
from tests.review.enforcement.people import REVIEWER, SENIOR, Clock, wanted


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys")


def test_the_key_is_for_the_owner_alone_and_its_public_half_is_published(ring: KeyRing, tmp_path: Path) -> None:
    signed = ring.sign("内容".encode(), 5)
    check_signature("内容".encode(), signed, ring.public_keys())
    ring.link_secret()
    for path in (tmp_path / "keys").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    [published] = ring.published()
    assert (published.key_id, published.made_at_ms, published.retired_at_ms) == (signed.key_id, 5, None)


def test_a_retired_key_verifies_and_signs_no_more(ring: KeyRing) -> None:
    old = ring.sign(b"old", 1)
    new_id = ring.rotate(9)
    new = ring.sign(b"new", 10)
    assert new.key_id == new_id != old.key_id
    check_signature(b"old", old, ring.public_keys())
    check_signature(b"new", new, ring.public_keys())
    assert [(key.made_at_ms, key.retired_at_ms) for key in ring.published()] == [(1, 9), (9, None)]


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: (b"other", signed),
        lambda signed: (b"text", Signature(key_id="0" * 32, signature=signed.signature)),
        lambda signed: (b"text", Signature(key_id=signed.key_id, signature="AAAA")),
        lambda signed: (b"text", Signature(key_id=signed.key_id, signature="not base64!")),
    ],
    ids=["content", "unknown key", "short signature", "no base64"],
)
def test_what_was_not_signed_is_refused(ring: KeyRing, change: Callable[[Signature], tuple[bytes, Signature]]) -> None:
    content, signed = change(ring.sign(b"text", 1))
    with pytest.raises(SignatureError):
        check_signature(content, signed, ring.public_keys())


def test_a_key_under_a_false_name_is_refused(ring: KeyRing) -> None:
    first = ring.sign(b"text", 1)
    ring.rotate(2)
    keys = ring.public_keys()
    other = next(key for key_id, key in keys.items() if key_id != first.key_id)
    with pytest.raises(SignatureError, match="another one"):
        check_signature(b"text", first, {first.key_id: other})


def test_many_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    rings = [KeyRing(tmp_path / "keys") for _ in range(6)]
    found: list[tuple[str, bytes]] = []
    threads = [
        threading.Thread(target=lambda r=ring: found.append((r.sign(b"x", 1).key_id, r.link_secret())))
        for ring in rings
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1


def test_a_spoiled_key_is_named(ring: KeyRing, tmp_path: Path) -> None:
    ring.sign(b"x", 1)
    (tmp_path / "keys" / "signing.pem").write_text("nothing")
    with pytest.raises(KeyRingError, match=r"signing\.pem"):
        ring.sign(b"x", 1)
    ring.link_secret()
    (tmp_path / "keys" / "links.secret").write_bytes(b"short")
    with pytest.raises(KeyRingError, match="32 bytes"):
        ring.link_secret()


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for key, inner in enumerate(value) for leaf in leaves(inner, (*path, key))]
    return [path]


def test_the_exported_list_is_signed_whole_and_ages(desk: Stores, confirmed: str, clock: Clock) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    clock.wait(10 * DAY_MS)
    desk.enforcement.approve(measure.id, SENIOR)
    document = json.loads(json.dumps(desk.enforcement.export_blacklist("r1")))
    keys = desk.enforcement.setup.keys.public_keys()
    [entry] = check_list(document, keys, clock.ms)["entries"]  # type: ignore[misc]
    assert (entry["id"], entry["host_id"], entry["platform"]) == (measure.id, "h1", "demo")
    assert "小岚" not in json.dumps(document, ensure_ascii=False)
    for path in leaves(document):
        changed = copy.deepcopy(document)
        place = changed
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = place[path[-1]] + 1 if isinstance(place[path[-1]], int) else f"{place[path[-1]]}x"
        with pytest.raises(SignatureError):
            check_list(changed, keys, clock.ms)
    with pytest.raises(SignatureError, match="out of date"):
        check_list(document, keys, clock.ms + DAY_MS)
    for wrong in ({}, {"list": 1}, {**document, "list": {"entries": [1.5]}}):
        with pytest.raises(SignatureError):
            check_list(wrong, keys, clock.ms)
    clock.wait(30 * DAY_MS)
    assert check_list(desk.enforcement.export_blacklist("r1"), keys, clock.ms)["entries"] == []


def test_an_export_is_in_the_trail(desk: Stores) -> None:
    desk.enforcement.export_blacklist("r7")
    [entry] = desk.audit.entries(subject="blacklist")
    assert (entry.actor, entry.action) == ("r7", "blacklist.exported")
