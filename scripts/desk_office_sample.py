"""What else the desk's sample has: passports, a batch, an analysis again, words, a measure with its appeal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

import configs
from claims.passports.load import passport_texts, read_passports
from claims.policy.policy import Policy
from claims.policy.yaml_files import parse_yaml
from claims.tenant_words import ListedWord
from claims.types import Finding
from review.accounts.types import Person
from review.audit.trail import Journal
from review.batches.types import ArchiveState, NewBatch
from review.cases.queries import CaseQuery
from review.cases.types import CaseState
from review.enforcement.types import MeasureKind, Wanted
from review.passports.records import Registered
from review.reanalyses.comparing import compare_findings
from review.reanalyses.types import NewReanalysis
from review.stores import Stores
from review.streams.tenant_rules import RuleKind
from review.streams.types import ProductRef
from review.tenant_rules.words import with_words
from review.tenants.types import Caller

PASSPORTS = configs.DEMO_DIR / "passports.yaml"


def fill_offices(stores: Stores, policy: Policy, people: dict[str, Person], findings: Sequence[Finding]) -> None:
    """Fills the pages of rules and of administration; `findings`: those of one broadcast that is over."""
    _register(stores, policy, people["chen"])
    _hand_in(stores, findings[0].stream_id, len(findings))
    _analyse_again(stores, findings)
    _list_words(stores, people["chen"])
    _propose(stores, people["wang"])


def _register(stores: Stores, policy: Policy, senior: Person) -> None:
    """The demo's passports, one of them in two versions, and one that is retired."""
    caller = Caller.of_operator("local", senior.id)
    texts = passport_texts(PASSPORTS)
    kept = [
        Registered(passport=read_passports(parse_yaml(text), policy.quantity_reader, source=version)[0], text=text)
        for version, text in texts.items()
    ]
    stores.passports.put_all(caller, [one.as_version for one in kept])
    first, last = kept[0].as_version, kept[-1].as_version
    changed = first.text.replace("示例电", "示例电子")
    version = read_passports(parse_yaml(changed), policy.quantity_reader, source="changed")[0].version
    stores.passports.put_all(caller, [replace(first, text=changed, version=version)])
    stores.passports.retire(caller, last.product_id, reason="检测报告已过期，等待商家补交")


def _hand_in(stores: Stores, stream_id: str, found: int) -> None:
    """A batch of three files: one is done, one could not be read, one waits."""

    def on_sale(_connection: Connection, _journal: Journal) -> Sequence[tuple[ProductRef, str]]:
        return [(ProductRef(product_id="DEMO-01", name="双口氮化镓充电器"), "sha256:1")]

    new = NewBatch(
        tenant_id="local",
        host_id="host-5",
        host_name="好物大集合旗舰直播间",
        platform="demo",
        started_at="2026-11-10T20:00:00+08:00",
        urls=tuple(f"https://archive.example/2026-11/{name}.mp4" for name in ("上半场", "下半场", "返场")),
    )
    batch_id, _ = stores.batches.place(new, on_sale, "test")
    stores.batches.claim("w1")
    done: dict[str, Any] = {"stream_id": stream_id, "recorded_ms": 5_400_000, "analysed_ms": 5_400_000}
    stores.batches.note(batch_id, 0, state=ArchiveState.DONE.value, findings=found, **done)
    stores.batches.note(batch_id, 1, state=ArchiveState.FAILED.value, error="the server answered 404")


def _analyse_again(stores: Stores, findings: Sequence[Finding]) -> None:
    """A broadcast that was judged again: one finding has gone, one is new, one has another class."""
    stream_id = findings[0].stream_id
    new = NewReanalysis(tenant_id="local", stream_id=stream_id, end_ms=60_000, model="sensevoice")
    stores.reanalyses.place(new, "test")
    claimed = stores.reanalyses.claim("w1")
    assert claimed is not None
    before = list(findings[:3])
    moved = replace(before[1], finding_id="again-1", class_id="ABS_SUPERLATIVE", severity="medium")
    late = replace(before[2], finding_id="again-2", start_ms=50_000, end_ms=52_000, quote="全网最低价")
    stores.reanalyses.finish(
        claimed.reanalysis_id,
        "w1",
        compare_findings(before, [moved, late]),
        judged_by="zh-CN@2026.11.1",
        span_ms=60_000,
        missing_ms=4_000,
    )


def _list_words(stores: Stores, senior: Person) -> None:
    """Words of the installation's own: one to be noted, one that is allowed."""
    until = stores.orders.now() + timedelta(days=30)
    words = (
        ListedWord.model_validate({"kind": "watch", "word": "私下转账", "note": "疑似引导线下交易"}),
        ListedWord.model_validate({"kind": "allow", "word": "国家地理标志", "note": "已登记证书", "until": until}),
    )
    stores.tenant_rules.put(
        Caller.of_operator("local", senior.id), RuleKind.WORDS, lambda old: with_words(old, words, lambda _class: None)
    )


def _propose(stores: Stores, reviewer: Person) -> None:
    """A warning that waits for its approval."""
    confirmed = stores.cases.queue(CaseQuery(states=(CaseState.CONFIRMED,))).cases
    ids = tuple(case.id for case in confirmed if case.host_id == confirmed[0].host_id)
    wanted = Wanted(host_id=confirmed[0].host_id, kind=MeasureKind.WARNING, case_ids=ids)
    stores.enforcement.propose(wanted, reviewer)
