"""What a broadcast is judged by is kept beside its recording, each passport under the hash that findings pin."""

import hashlib
from pathlib import Path

import pytest

import configs
from claims.classifier.encoding_cache import Directions
from claims.passports.load import load_passports, passport_texts
from claims.policy.packaged import packaged_policy
from claims.types import PlatformFact
from ingest.recording.manifest import MANIFEST
from review.evidence.basis import (
    drop_unused_basis,
    keep_basis,
    keep_directions,
    passport_text,
    read_kept_directions,
    read_kept_facts,
)

PASSPORTS = configs.DEMO_DIR / "passports.yaml"


def test_every_passport_is_found_under_its_version(tmp_path: Path) -> None:
    passports = load_passports(PASSPORTS, packaged_policy().quantity_reader)
    keep_basis(tmp_path, passport_texts(PASSPORTS), [])
    for passport in passports:
        text = passport_text(tmp_path, passport.version)
        assert text is not None
        assert f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" == passport.version
        assert passport.name in text
    assert passport_text(tmp_path, "sha256:00") is None
    assert passport_text(tmp_path, "sha256:../../etc/passwd") is None


def test_facts_are_kept_as_they_were(tmp_path: Path) -> None:
    facts = [PlatformFact(stream_id="s1", at_ms=5, kind="stock", product_id="p1", value=12)]
    keep_basis(tmp_path, {}, facts)
    assert read_kept_facts(tmp_path) == facts
    assert read_kept_facts(tmp_path / "elsewhere") == []


def test_nothing_stays_of_a_broadcast_that_was_never_recorded(tmp_path: Path) -> None:
    recording = tmp_path / "s1"
    keep_basis(recording, {"sha256:00": "{}"}, [])
    drop_unused_basis(recording)
    assert not recording.exists()
    keep_basis(recording, {"sha256:00": "{}"}, [])
    (recording / MANIFEST).write_text("", encoding="utf-8")
    drop_unused_basis(recording)
    assert passport_text(recording, "sha256:00") == "{}"


def test_what_the_encoder_read_is_kept_text_by_text(tmp_path: Path) -> None:
    keep_directions(tmp_path, Directions(encoder="e1", by_text={"aa": b"\x00\x01", "bb": b"\xff"}))
    keep_directions(tmp_path, Directions(encoder="e2", by_text={"aa": b"\x02"}))
    keep_directions(tmp_path, Directions(encoder="e1", by_text={"bb": b"\xfe", "cc": b""}))
    keep_directions(tmp_path, Directions(encoder="e3", by_text={}))
    assert read_kept_directions(tmp_path, "e1").by_text == {"aa": b"\x00\x01", "bb": b"\xfe", "cc": b""}
    assert read_kept_directions(tmp_path, "e2").by_text == {"aa": b"\x02"}
    assert [path.name for path in (tmp_path / "basis").glob("*e3*")] == []


@pytest.mark.parametrize("torn", [b'{"bb":"//', b"[1]\n", b'{"bb":"not base 64"}\n', b'{"bb":1}\n', b"\xff\xfe\n"])
def test_a_line_that_cannot_be_read_costs_that_line(tmp_path: Path, torn: bytes) -> None:
    keep_directions(tmp_path, Directions(encoder="e1", by_text={"aa": b"\x01"}))
    [file] = (tmp_path / "basis").iterdir()
    file.write_bytes(file.read_bytes() + torn)
    keep_directions(tmp_path, Directions(encoder="e1", by_text={"cc": b"\x03"}))
    assert read_kept_directions(tmp_path, "e1").by_text == {"aa": b"\x01", "cc": b"\x03"}
