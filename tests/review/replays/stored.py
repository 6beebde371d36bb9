"""Stored broadcasts to replay: the demo's words with their passports and findings, and candidate policies."""

import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import configs
from claims.engine.conversation import ClaimEngine
from claims.passports.load import load_passports, passport_texts
from claims.policy.packaged import packaged_policy
from claims.types import Passage
from review.evidence.basis import Step, keep_basis
from review.replays.types import StoredStream
from review.stores import Stores
from review.streams.types import Host, ProductRef, StreamRecord, StreamState

AT = datetime.fromisoformat("2026-11-24T20:00:00+08:00")
PASSPORTS = configs.DEMO_DIR / "passports.yaml"
LINES = (
    "家人们晚上好，先看一号链接，双口的氮化镓充电头。",
    "两个口一起用的时候呢，它的总功率可以做到一百瓦。",
    "这就是全网最好的充电头，没有之一。",
    "再看二号链接，五台山的荆条蜂蜜。",
    "血糖高的，每天早上喝一勺，血糖就降下来了。",
    "喜欢的加我微信，私下转账更便宜。",
)
_STEP_MS = 5_000


def passages_of(stream_id: str) -> list[Passage]:
    return [
        Passage(stream_id=stream_id, id=f"u{n}", start_ms=n * _STEP_MS, end_ms=n * _STEP_MS + 4_500, text=text)
        for n, text in enumerate(LINES)
    ]


def stored_stream(*passages: Passage, steps: tuple[Step, ...] = ()) -> StoredStream:
    """A broadcast of these passages as replay reads it, with the demo's passports."""
    return StoredStream(
        stream_id="s1",
        host_id="h1",
        host_name="小岚",
        at=AT,
        passages=passages,
        facts=(),
        products=(),
        passports=tuple(passport_texts(PASSPORTS).values()),
        steps=steps,
    )


def fill(stores: Stores, data_dir: Path, stream_id: str, *, host: str = "h1", at: datetime = AT) -> None:
    """A broadcast that was screened under the packaged policy: what the store and the recording's folder keep."""
    policy = packaged_policy()
    passports = load_passports(PASSPORTS, policy.quantity_reader)
    stores.stream_writer.put_stream(
        StreamRecord(
            stream_id=stream_id,
            source="https://live.example/room.m3u8",
            host=Host(id=host, name=f"主播 {host}", platform="demo"),
            title="回放",
            started_at=at,
            products=tuple(ProductRef(product_id=p.id, name=p.name, category=p.category) for p in passports),
            state=StreamState.ENDED,
        )
    )
    keep_basis(data_dir / "recordings" / stream_id, passport_texts(PASSPORTS), [])
    conversation = ClaimEngine(policy, passports, at=at).conversation(stream_id)
    for passage in passages_of(stream_id):
        conversation.hear(passage)
    conversation.flush()
    stores.stream_writer.add_passages(passages_of(stream_id))
    stores.stream_writer.add_findings(conversation.findings)


def candidate(folder: Path, edits: Mapping[str, tuple[str, str]]) -> Path:
    """The packaged policy with some texts replaced, by file; every edit must find its text."""
    shutil.copytree(configs.POLICY_DIR, folder)
    for name, (old, new) in edits.items():
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


STRICTER = {"classes/OFFSITE.yaml": ('patterns: ["', 'patterns: ["家人们 晚上好", "')}
MILDER = {
    "classes/ABS_SUPERLATIVE.yaml": ("- id: market_superlative\n", "- id: market_superlative\n    shadow: true\n")
}
OTHER_ARTICLE = {"classes/SPEC_PARAM.yaml": ('"消费者权益保护法 20(1)"', '"消费者权益保护法 20(3)"')}
ALL = {**STRICTER, **MILDER, **OTHER_ARTICLE}
