"""Whisper with the tokens alone that Mandarin is written with: the search weighs a third of them.

Two of three tokens of Whisper's 51,865 spell other scripts, or English words with a space before them. In what Mandarin
speakers say they stand for nothing, yet the decoder scores all of them with every token it writes, which on a processor
is a quarter of the search. Any text can still be written: the single bytes stay, and all that is spelt of them.
"""

import fcntl
import json
import re
import shutil
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import numpy as np

from asr.engines.weights import MODEL_FILE, WhisperWeights, is_as_stamped, stamp

_FORMAT = 6
_TOKENIZER, _CONFIG = "tokenizer.json", "config.json"
_VOCABULARIES = ("vocabulary.txt", "vocabulary.json")
_COPIED = ("preprocessor_config.json",)
_ROWS_OF = ("decoder/embeddings/", "decoder/projection/")
_IDS = ("suppress_ids", "suppress_ids_begin", "lang_ids")
# What Mandarin text holds: its characters and signs, and Latin letters, figures and signs without a space before them.
_MANDARIN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef ·℃°²³×—…“”‘’]+|[\x00-\x7f]+")
_LONGEST_SPACED = 4
# A change of what is kept makes other weights.
_RECIPE = 1


def for_mandarin(weights: WhisperWeights, cache_dir: Path) -> WhisperWeights:
    """The same model without the tokens that Mandarin never wants, made once beside the other weights.

    A model whose layout is not known, or that knows no Mandarin, stays as it is.
    """
    folder = cache_dir / f"{weights.name}-mandarin{_RECIPE}-{weights.sha256[:12]}"
    if not is_as_stamped(folder / MODEL_FILE):
        kept = _kept(weights.folder)
        if kept is None:
            return weights
        _make(weights.folder, folder, kept)
    return replace(weights, name=f"{weights.name}-mandarin", folder=folder)


def _make(source: Path, folder: Path, kept: Sequence[int]) -> None:
    """Makes the folder, whole or not at all; of several processes that start at once, one does."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(prefix=f".{folder.name}", dir=folder.parent) as scratch,
        (source / MODEL_FILE).open("rb") as one_at_a_time,
    ):
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if is_as_stamped(folder / MODEL_FILE):
            return
        made = Path(scratch) / "made"
        made.mkdir()
        _write(source, made, kept)
        stamp(made / MODEL_FILE)
        shutil.rmtree(folder, ignore_errors=True)
        made.replace(folder)


@dataclass(frozen=True, slots=True)
class _Variable:
    """One array of a CTranslate2 model as it is stored."""

    name: str
    shape: tuple[int, ...]
    kind: int
    content: bytes

    def rows(self, kept: Sequence[int]) -> "_Variable":
        """The same with these rows alone."""
        table = np.frombuffer(self.content, np.uint8).reshape(self.shape[0], -1)[list(kept)]
        return replace(self, shape=(len(kept), *self.shape[1:]), content=table.tobytes())


def _kept(folder: Path) -> list[int] | None:
    """The numbers of the tokens that stay, in order; None if this is no model that can be cut."""
    tokens = _vocabulary(folder)
    if "<|zh|>" not in tokens or not _is_known(folder / MODEL_FILE, len(tokens)):
        return None
    specials = tokens.index("<|endoftext|>")
    return [number for number, token in enumerate(tokens) if number >= specials or _is_wanted(token)]


def _is_wanted(token: str) -> bool:
    spelt = _byte_of()
    if any(sign not in spelt for sign in token):
        return False
    try:
        text = bytes(spelt[sign] for sign in token).decode()
    except UnicodeDecodeError:
        # A part of a character.
        return True
    is_spaced_word = text.isascii() and text.startswith(" ") and len(text) > _LONGEST_SPACED
    return _MANDARIN.fullmatch(text) is not None and not is_spaced_word


@cache
def _byte_of() -> Mapping[str, int]:
    """The byte that each sign of a byte-level token stands for (GPT-2's table: a printable byte for itself)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}


def _vocabulary(folder: Path) -> list[str]:
    path = next((folder / name for name in _VOCABULARIES if (folder / name).is_file()), None)
    if path is None:
        return []
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        tokens: list[str] = json.loads(text)
        return tokens
    return text.removesuffix("\n").split("\n")


def _is_known(path: Path, token_count: int) -> bool:
    with path.open("rb") as file:
        if _number(file, "<I") != _FORMAT:
            return False
        _text(file)
        _number(file, "<I")
        return any(one.shape[:1] == (token_count,) for one in _variables(file) if one.name.startswith(_ROWS_OF))


def _write(source: Path, target: Path, kept: Sequence[int]) -> None:
    tokens = _vocabulary(source)
    vocabulary = next(name for name in _VOCABULARIES if (source / name).is_file())
    left = [tokens[number] for number in kept]
    text = json.dumps(left, ensure_ascii=False) if vocabulary.endswith(".json") else "\n".join(left) + "\n"
    (target / vocabulary).write_text(text, encoding="utf-8")
    new = {old: number for number, old in enumerate(kept)}
    config = json.loads((source / _CONFIG).read_text(encoding="utf-8"))
    config |= {name: [new[old] for old in config[name] if old in new] for name in _IDS if name in config}
    (target / _CONFIG).write_text(json.dumps(config), encoding="utf-8")
    tokenizer = _tokenizer(json.loads((source / _TOKENIZER).read_text(encoding="utf-8")), new)
    (target / _TOKENIZER).write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    for name in _COPIED:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
    _write_model(source / MODEL_FILE, target / MODEL_FILE, kept, len(tokens))


def _tokenizer(tokenizer: dict[str, Any], new: Mapping[int, int]) -> dict[str, Any]:
    """The tokenizer with the tokens renumbered; what was spelt of parts that are gone is spelt of smaller ones."""
    model = tokenizer["model"]
    model["vocab"] = {token: new[old] for token, old in model["vocab"].items() if old in new}
    pairs = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
    known = model["vocab"]
    stay = [all(part in known for part in (*pair, "".join(pair))) for pair in pairs]
    model["merges"] = [merge for merge, stays in zip(model["merges"], stay, strict=True) if stays]
    tokenizer["added_tokens"] = [
        token | {"id": new[token["id"]]} for token in tokenizer["added_tokens"] if token["id"] in new
    ]
    return tokenizer


def _write_model(source: Path, target: Path, kept: Sequence[int], token_count: int) -> None:
    with source.open("rb") as read, target.open("wb") as written:
        version, name, revision = _number(read, "<I"), _text(read), _number(read, "<I")
        written.write(struct.pack("<I", version) + _stored(name) + struct.pack("<I", revision))
        variables = list(_variables(read))
        written.write(struct.pack("<I", len(variables)))
        for one in variables:
            is_table = one.name.startswith(_ROWS_OF) and one.shape[:1] == (token_count,)
            _put(written, one.rows(kept) if is_table else one)
        # Second names of arrays follow, which are the same.
        shutil.copyfileobj(read, written)


def _variables(file: IO[bytes]) -> Iterator[_Variable]:
    for _ in range(_number(file, "<I")):
        name = _text(file)
        shape = struct.unpack(f"<{(rank := _number(file, '<B'))}I", file.read(4 * rank))
        kind, size = _number(file, "<B"), _number(file, "<I")
        yield _Variable(name, shape, kind, file.read(size))


def _put(file: IO[bytes], one: _Variable) -> None:
    file.write(_stored(one.name) + struct.pack(f"<B{len(one.shape)}I", len(one.shape), *one.shape))
    file.write(struct.pack("<BI", one.kind, len(one.content)) + one.content)


def _number(file: IO[bytes], form: str) -> int:
    value: int = struct.unpack(form, file.read(struct.calcsize(form)))[0]
    return value


def _text(file: IO[bytes]) -> str:
    return file.read(_number(file, "<H"))[:-1].decode()


def _stored(text: str) -> bytes:
    content = text.encode() + b"\0"
    return struct.pack("<H", len(content)) + content
