import hashlib
import json
from pathlib import Path

import pytest

from claims.classifier.converted import user_models_folder
from claims.classifier.gemma import GEMMA
from tests.cli.support import Call


@pytest.fixture(autouse=True)
def in_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZHENYAN_MODELS_DIR", raising=False)


def test_every_model_is_listed_with_licence_and_hash(zhenyan: Call) -> None:
    models = {m["name"]: m for m in map(json.loads, zhenyan("models", "--json").out.splitlines())}
    assert models["base"]["found"]
    used = (
        "base",
        "silero-vad",
        "multilingual-e5-small",
        "gemma3-270m",
        "claim-classifier-gemma",
        "claim-classifier-own",
        "claim-classifier-e5",
        "PP-OCRv6-tiny-rec-rounded",
        "PP-OCRv6-small-rec",
    )
    assert all(models[name]["found"] and len(models[name]["sha256"]) == 64 for name in used)
    assert all(model["licence"] for model in models.values())
    table = zhenyan("models").out
    assert all(name in table for name in models)
    missing = [m["note"] for m in models.values() if "zhenyan[" in m["note"]]
    assert table.count("zhenyan[") == len(missing)


def test_packaged_weights_are_joined_into_the_data_folder(zhenyan: Call, tmp_path: Path) -> None:
    answer = zhenyan("models", "fetch")
    assert (answer.status, answer.err) == (0, "")
    assert str(tmp_path / "data" / "models") in answer.out
    (base,) = (m for m in map(json.loads, zhenyan("models", "--json").out.splitlines()) if m["name"] == "base")
    assert base["sha256"] in answer.out
    assert Path(base["path"]).is_dir()


def test_what_the_language_model_was_converted_to_is_listed_file_by_file_and_verified(
    zhenyan: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    (waiting,) = (m for m in map(json.loads, zhenyan("models", "--json").out.splitlines()) if m["kind"] == "converted")
    assert (waiting["found"], waiting["note"]) == (False, "made at first use, or by: zhenyan models fetch gemma3-270m")
    monkeypatch.setenv("ZHENYAN_MODELS_DIR", str(user_models_folder()))
    assert zhenyan("models", "fetch", GEMMA).out.startswith(f"{GEMMA}: {user_models_folder() / GEMMA} sha256 ")
    stored = [m for m in map(json.loads, zhenyan("models", "--json").out.splitlines()) if m["kind"] == "converted"]
    assert all(m["found"] and len(m["sha256"]) == 64 and Path(m["path"]).is_file() for m in stored)
    names = {m["name"] for m in stored}
    assert {f"{GEMMA}/tokenizer.model", f"{GEMMA}/embedding.bin", f"{GEMMA}/layers.npz"} < names
    assert sum(name.endswith(".onnx") for name in names) >= len(("gemma", "links"))
    verified = zhenyan("models", "verify", f"{GEMMA}/tokenizer.model").out
    assert verified.startswith(f"{GEMMA}/tokenizer.model: sha256 ")


def test_an_unknown_model_is_named(zhenyan: Call) -> None:
    answer = zhenyan("models", "fetch", "none-such")
    assert answer.status == 2
    assert "none-such" in answer.complaint


def test_damaged_weights_are_joined_anew(zhenyan: Call, tmp_path: Path) -> None:
    first = zhenyan("models", "fetch").out
    (weights,) = (tmp_path / "data" / "models").rglob("model.bin")
    with weights.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"damaged")
    assert zhenyan("models", "fetch").out == first
    with weights.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() in first


def test_what_is_here_is_verified_and_what_is_not_is_named(zhenyan: Call) -> None:
    zhenyan("models", "fetch")
    verified = zhenyan("models", "verify").out.splitlines()
    assert [line.split(":")[0] for line in verified] == [
        *("silero-vad", "base", "PP-OCRv6-tiny-det-light", "PP-OCRv6-tiny-rec-rounded", "PP-OCRv6-small-rec"),
        *(
            "gemma3-270m",
            "multilingual-e5-small",
            "claim-classifier-gemma",
            "claim-classifier-own",
            "claim-classifier-e5",
        ),
    ]
    assert all(line.endswith("verified") for line in verified)
    assert len(zhenyan("models", "verify", "base").out.splitlines()) == 1
    missing = zhenyan("models", "verify", "sensevoice")
    assert missing.status == 2
    assert "sensevoice" in missing.complaint
