"""PA grades told by plus signs or by counting them."""

from collections.abc import Callable
from typing import Any

import pytest

from claims.types import VerdictKind
from tests.claims.support import Speaker

SUNSCREEN: dict[str, Any] = {
    "id": "P-9",
    "name": "防晒乳",
    "category": "cosmetics/special/sunscreen",
    "attributes": [{"name": "pa", "label": "PA", "text": "PA+++"}],
    "certificates": [{"scheme": "COSMETIC_SPECIAL", "number": "国妆特字20251234", "scope": "防晒"}],
}


@pytest.mark.parametrize(
    ("said", "contradicted"),
    [
        ("PA三个加，包装上印着", False),
        ("PA+++的", False),
        ("PA两个加", False),
        ("PA四个加，怎么晒都行", True),
        ("PA++++", True),
        ("今天加三个赠品", False),
    ],
    ids=["counted and right", "signs and right", "less", "counted and too many", "signs and too many", "other plus"],
)
def test_plus_grades_are_compared(speaker: Callable[..., Speaker], said: str, contradicted: bool) -> None:
    conversation = speaker(SUNSCREEN).say(said).conversation
    conversation.flush()
    found = [f for f in conversation.findings if f.passport_path == "attributes.pa"]
    assert [f.verdict for f in found] == ([VerdictKind.CONTRADICTED] if contradicted else [])
