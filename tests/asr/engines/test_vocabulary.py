"""Whisper without the tokens that Mandarin never wants: what it hears and spells stays, whatever is left out."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from asr.engines.vocabulary import for_mandarin
from asr.engines.weights import MODEL_FILE, WhisperWeights, is_as_stamped
from asr.engines.whisper import WhisperSettings, WhisperTranscriber
from bench.cer import character_error_rate
from tests.asr.engines.test_whisper import texts_of

MANDARIN = (
    "这款充电宝的额定容量是一万毫安时。",
    "今天买iPhone 15 Pro送AirPods，OK吗？",
    "含绒量90%，1.5L，-20℃",
    "ＶＩＰ专享·限时",
)


def tokenizer(weights: WhisperWeights) -> Tokenizer:
    return Tokenizer.from_file(str(weights.folder / "tokenizer.json"))


def test_two_of_three_tokens_are_gone(all_tokens: WhisperWeights, weights: WhisperWeights) -> None:
    before, left = (tokenizer(one).get_vocab_size() for one in (all_tokens, weights))
    assert left < before * 0.4
    sizes = [(one.folder / MODEL_FILE).stat().st_size for one in (all_tokens, weights)]
    assert sizes[0] - sizes[1] == (before - left) * 512 * 2, "a row of 512 numbers of two bytes for each that is gone"


@pytest.mark.parametrize("text", [*MANDARIN[:1], *MANDARIN[2:]])
def test_mandarin_is_spelt_with_the_same_tokens(all_tokens: WhisperWeights, weights: WhisperWeights, text: str) -> None:
    before, left = (tokenizer(one).encode(text).tokens for one in (all_tokens, weights))
    assert left == before


@pytest.mark.parametrize(
    "text", [*MANDARIN, "Привет", "안녕하세요", "こんにちは", "an expensive umbrella", "🎁", "Übergröße"]
)
def test_any_text_can_still_be_spelt(weights: WhisperWeights, text: str) -> None:
    spelt = tokenizer(weights)
    assert spelt.decode(spelt.encode(text).ids) == text


def test_special_tokens_are_where_the_model_expects_them(all_tokens: WhisperWeights, weights: WhisperWeights) -> None:
    before, left = (tokenizer(one) for one in (all_tokens, weights))
    shift = before.token_to_id("<|endoftext|>") - left.token_to_id("<|endoftext|>")
    for token in ("<|startoftranscript|>", "<|zh|>", "<|transcribe|>", "<|notimestamps|>"):
        assert before.token_to_id(token) - left.token_to_id(token) == shift
    lines = (weights.folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
    assert lines[left.token_to_id("<|zh|>")] == "<|zh|>"
    config = json.loads((weights.folder / "config.json").read_text())
    assert left.token_to_id("<|zh|>") in config["lang_ids"]
    assert max(config["suppress_ids"]) < len(lines)


@pytest.mark.service
def test_as_few_errors_are_made(
    all_tokens: WhisperWeights, weights: WhisperWeights, lines: list[Any], demo_lines: list[Any]
) -> None:
    clips = [*lines, *demo_lines]
    rates = []
    for one in (all_tokens, weights):
        texts = texts_of(WhisperTranscriber(one, WhisperSettings(device="cpu", word_times=False)), clips)
        rates.append(character_error_rate([(clip.text, text) for clip, text in zip(clips, texts, strict=True)]))
    assert rates[1] < rates[0] + 0.005


def test_it_is_made_once_and_again_when_it_is_damaged(all_tokens: WhisperWeights, tmp_path: Path) -> None:
    made = for_mandarin(all_tokens, tmp_path).folder / MODEL_FILE
    first = made.stat().st_mtime_ns
    assert for_mandarin(all_tokens, tmp_path).folder / MODEL_FILE == made
    assert made.stat().st_mtime_ns == first
    with made.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x55")
    assert for_mandarin(all_tokens, tmp_path).folder / MODEL_FILE == made
    assert made.read_bytes()[-1] != 0x55
    assert [path.name for path in tmp_path.iterdir()] == [made.parent.name]


def test_engines_that_start_at_once_make_it_once(all_tokens: WhisperWeights, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: for_mandarin(all_tokens, tmp_path), range(4)))
    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [made[0].folder.name]
    assert is_as_stamped(made[0].folder / MODEL_FILE)


def test_a_model_of_another_layout_or_language_stays_as_it_is(all_tokens: WhisperWeights, tmp_path: Path) -> None:
    for name in ("format", "language"):
        shutil.copytree(all_tokens.folder, tmp_path / name)
    with (tmp_path / "format" / MODEL_FILE).open("r+b") as file:
        file.write(b"\x07")
    vocabulary = tmp_path / "language" / "vocabulary.txt"
    vocabulary.write_text(vocabulary.read_text(encoding="utf-8").replace("<|zh|>", "<|xx|>"), encoding="utf-8")
    for name in ("format", "language"):
        odd = WhisperWeights(name="odd", folder=tmp_path / name, sha256="0" * 64)
        assert for_mandarin(odd, tmp_path / "made") is odd
