"""Stored rooms whose findings are in doubt, and a second reader over them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import configs
from bench.sample import SAMPLE
from claims.passports.load import load_passports, passport_texts
from claims.passports.passport import Passport
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.second_reader.types import Between, Doubt
from claims.types import Disposition, Finding, Passage, VerdictKind, Witness
from cluster.second_reader.following import SecondReader
from cluster.second_reader.opening import open_model
from cluster.second_reader.types import SecondReaderConfig
from review.evidence.basis import keep_basis
from review.second_reader.types import Budget
from review.stores import Stores
from review.streams.types import Host, ProductRef, StreamRecord, StreamState

AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")
PASSPORTS = configs.DEMO_DIR / "passports.yaml"
HOST = "小岚优选"
SAID = "每天一勺，老人家的血糖慢慢就稳住了"
SCHEMA = {
    "type": "object",
    "properties": {
        "answer": {"type": "string", "enum": ["breach", "lawful", "unsure"]},
        "reading": {"type": "integer", "enum": [0, 1]},
    },
    "required": ["answer", "reading"],
    "additionalProperties": False,
}
ASKED = [{"role": "system", "content": "判断"}, {"role": "user", "content": '{"text":"血糖就稳住了"}'}]
DOUBT = Doubt(between=Between.model_validate({"from": 0.3, "to": 0.8}))


@cache
def policy() -> Policy:
    return packaged_policy()


def config(url: str, **changes: Any) -> SecondReaderConfig:
    given = SecondReaderConfig(
        doubt=DOUBT, budget=Budget(of_broadcast=100, of_all=1000), url=url, model="scripted", key="sk-very-secret"
    )
    return replace(given, **changes)


def room(stores: Stores, data_dir: Path, stream_id: str = "s1", text: str = SAID, **more: Any) -> None:
    """A room in which this was said between two other things, about the demo's honey."""
    passports = load_passports(PASSPORTS, policy().quantity_reader)
    stores.stream_writer.put_stream(
        StreamRecord(
            stream_id=stream_id,
            source="https://live.example/7.m3u8",
            host=Host(id="h-4711", name=HOST, platform="demo"),
            title="岚岚专场",
            started_at=AT,
            products=tuple(ProductRef(product_id=p.id, name=p.name, category=p.category) for p in passports),
            state=StreamState.LIVE,
        )
    )
    keep_basis(data_dir / "recordings" / stream_id, passport_texts(PASSPORTS), [])
    given = {"u0": "再看二号链接，五台山的荆条蜂蜜", "u1": text, "u2": f"喜欢{HOST}的点个关注"}
    passages = [
        Passage(stream_id=stream_id, id=name, start_ms=n * 5000, end_ms=n * 5000 + 4000, text=said)
        for n, (name, said) in enumerate(given.items())
    ]
    passages[1] = passages[1].model_copy(update=more)
    stores.stream_writer.add_passages(passages)


@cache
def honey() -> Passport:
    return next(p for p in load_passports(PASSPORTS, policy().quantity_reader) if p.in_category("food"))


def doubtful(stream_id: str = "s1", quote: str = SAID, **changes: Any) -> Finding:
    """A note of what was said, as the reader of talk alone finds it."""
    given: dict[str, Any] = {
        "finding_id": f"f_{stream_id}",
        "stream_id": stream_id,
        "passage_ids": ("u1",),
        "start_ms": 5000,
        "end_ms": 9000,
        "quote": quote,
        "normalised": quote,
        "class_id": "DISEASE_FOOD",
        "rule": "DISEASE_FOOD.semantic",
        "verdict": VerdictKind.BANNED,
        "disposition": Disposition.NOTE,
        "score": 0.45,
        "product_id": honey().id,
        "passport_version": honey().version,
        "registered": None,
        "passport_path": None,
        "claimed": quote,
        "law": ("广告法 17",),
        "match": (),
        "exemptions": (),
        "proposed": ("EFFICACY_GUARANTEE",),
        "witnesses": (Witness(channel="speech", passage_ids=("u1",), start_ms=5000, end_ms=9000, quote=quote),),
    }
    return replace(SAMPLE, **(given | changes))


@contextmanager
def reading(stores: Stores, data_dir: Path, given: SecondReaderConfig, **more: Any) -> Iterator[SecondReader]:
    """A second reader that runs while the block lasts."""
    reader = SecondReader(
        stores.streams, stores.second_reader, stores.events, open_model(given), given, policy, data_dir, **more
    )
    reader.start()
    try:
        yield reader
    finally:
        reader.close()


def tiny_model(folder: Path) -> Path:
    """Writes a language model of a few thousand weights, with its tokenizer, into the folder, and gives it."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("llguidance")
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<s>", "</s>", "<pad>"], initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator([json.dumps(SCHEMA), "breach lawful unsure"], trainer)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    shape = transformers.LlamaConfig(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        bos_token_id=fast.bos_token_id,
        eos_token_id=fast.eos_token_id,
        pad_token_id=fast.pad_token_id,
    )
    transformers.LlamaForCausalLM(shape).save_pretrained(folder)
    return folder
