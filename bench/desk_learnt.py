"""What learning and quality keep beside a desk's cases: spot checks, golden items, fits, and a candidate in shadow."""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from bench.bulk import insert_rows
from review.cases.types import BlindKind, CaseState, Choice
from review.db.tables.learning import (
    BlindCaseRow,
    FitRow,
    ForgottenHostRow,
    GoldenRow,
    ShadowRow,
    ShadowScoreRow,
    ShadowStreamRow,
    SpotStreamRow,
)
from review.db.tables.policies import PolicyVersionRow

POLICY = "zh-CN@2026.11.1"
_DAY_MS = 86_400_000
_GOODS = ("food", "cosmetics", "electronics")
_STRATA = (("near", 60), ("other", 900))
# Of so many cases one is a spot check, and of so many one was shown anew.
_SPOT, _GOLDEN = 25, 400
_FITS = 50
_SCORES_A_STREAM = 20
_DIGEST = "ab" * 32
_SHADOW_ID = str(uuid.UUID(int=28))


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedCase:
    """A case as far as spot checks and golden items go."""

    id: str
    finding_id: str
    stream_id: str
    class_id: str
    goods: str
    state: CaseState
    opened_at_ms: int


def write_learnt(
    connection: Connection, streams: Sequence[tuple[str, int]], cases: Sequence[DecidedCase], now_ms: int
) -> None:
    """Writes what belongs to these broadcasts (with when they began) and cases."""
    dice = random.Random(28)
    golden = [case for number, case in enumerate(cases) if number % _GOLDEN == 1 and case.state is CaseState.CONFIRMED]
    insert_rows(connection, SpotStreamRow, _spot_streams(streams, dice))
    insert_rows(connection, GoldenRow, (_golden(case) for case in golden))
    insert_rows(connection, BlindCaseRow, _blind(cases, golden))
    insert_rows(connection, ForgottenHostRow, (_forgotten(number, now_ms) for number in range(20)))
    insert_rows(connection, PolicyVersionRow, [_version(now_ms)])
    insert_rows(connection, FitRow, (_fit(number, now_ms) for number in range(_FITS)))
    insert_rows(connection, ShadowRow, [_shadow(now_ms)])
    half = streams[: len(streams) // 2]
    insert_rows(connection, ShadowStreamRow, (_shadow_stream(stream_id, now_ms) for stream_id, _ in half))
    insert_rows(connection, ShadowScoreRow, _shadow_scores([stream_id for stream_id, _ in half], dice))


def _spot_streams(streams: Sequence[tuple[str, int]], dice: random.Random) -> Iterator[dict[str, object]]:
    for stream_id, began_ms in streams:
        for stratum, passages in _STRATA:
            for goods in _GOODS:
                yield {
                    "stream_id": stream_id,
                    "stratum": stratum,
                    "goods": goods,
                    "policy": POLICY,
                    "passages": dice.randrange(passages),
                    "drawn": 1,
                    "drawn_at_ms": began_ms + 5 * 3_600_000,
                }


def _golden(case: DecidedCase) -> dict[str, object]:
    return {
        "golden_id": str(uuid.uuid5(uuid.NAMESPACE_OID, case.id)),
        "case_id": case.id,
        "choice": Choice.VIOLATES.value,
        "class": case.class_id,
        "made_at_ms": case.opened_at_ms,
        "made_by": "golden",
    }


def _blind(cases: Sequence[DecidedCase], golden: Sequence[DecidedCase]) -> Iterator[dict[str, object]]:
    """Spot checks, and one golden item shown anew for each that there is."""
    shown = iter(golden)
    for number, case in enumerate(cases):
        is_golden = number % _GOLDEN == 2
        of = next(shown, None) if is_golden else None
        if of is None and number % _SPOT:
            continue
        yield {
            "case_id": case.id,
            "kind": (BlindKind.SPOT if of is None else BlindKind.GOLDEN).value,
            "finding_id": case.finding_id,
            "stream_id": case.stream_id,
            "tenant_id": "local",
            "stratum": "golden" if of else _STRATA[number % 2][0],
            "share": 0.002,
            "golden_id": None if of is None else _golden(of)["golden_id"],
            "class": case.class_id,
            "goods": case.goods,
            "policy": POLICY,
            "score": 0.2,
            "made_at_ms": case.opened_at_ms,
            "settled_at_ms": case.opened_at_ms + 1 if case.state in {CaseState.CONFIRMED, CaseState.CLEARED} else None,
        }


def _forgotten(number: int, now_ms: int) -> dict[str, object]:
    return {"host_id": f"h{number}", "forgotten_at_ms": now_ms - number * _DAY_MS, "forgotten_by": "person-1"}


def _version(now_ms: int) -> dict[str, object]:
    content = {"digest": _DIGEST, "name": f"{POLICY}+learnt.1a2b3c4d", "content": b"", "added_by": "schedule"}
    return content | {"added_at_ms": now_ms}


def _fit(number: int, now_ms: int) -> dict[str, object]:
    figures = {"loss": 0.6, "ranked": 0.7, "precision_at": 0.6, "recall": 0.6}
    card = {
        "data_sha256": f"{number:064x}",
        "from": "2026-10-01T00:00:00+00:00",
        "to": "2026-11-20T00:00:00+00:00",
        "passages": 20_000 + number,
        "hosts": 1_500,
        "breach": 9_000,
        "lawful": 11_000,
        "unsure": 0,
        "spot_checks": 900,
        "goods": dict.fromkeys(_GOODS, 5_000),
        "left_out": {"erased": 12, "forgotten host": 3},
        "reader": "e5",
        "base": "cd" * 32,
        "compared": {"in_force": figures, "learnt": figures | {"loss": 0.5}},
    }
    return {
        "fit_id": str(uuid.UUID(int=number)),
        "tenant_id": "local",
        "made_at_ms": now_ms - number * _DAY_MS,
        "made_by": "schedule",
        "digest": None if number % 2 else _DIGEST,
        "refused": "30 decided passages to learn from; at least 50 are needed" if number % 2 else None,
        "card": card,
        "hosts": [f"{host:016x}" for host in range(1_500)],
    }


def _shadow(now_ms: int) -> dict[str, object]:
    began = {"shadow_id": _SHADOW_ID, "digest": _DIGEST, "live_digest": "packaged", "began_by": "person-1"}
    return began | {"began_at_ms": now_ms - 40 * _DAY_MS, "ended_at_ms": None}


def _shadow_stream(stream_id: str, now_ms: int) -> dict[str, object]:
    return {"shadow_id": _SHADOW_ID, "stream_id": stream_id, "read_at_ms": now_ms, "passages": 3_000, "why": None}


def _shadow_scores(streams: Sequence[str], dice: random.Random) -> Iterator[dict[str, object]]:
    for stream_id in streams:
        for number in range(_SCORES_A_STREAM):
            live, shadow = dice.random(), dice.random()
            yield {
                "shadow_id": _SHADOW_ID,
                "stream_id": stream_id,
                "number": number,
                "class": "ABS_SUPERLATIVE",
                "start_ms": number * 60_000,
                "quote": "全网最好",
                "score": live,
                "flags": live > 0.4,
                "shadow_score": shadow,
                "shadow_flags": shadow > 0.4,
            }
