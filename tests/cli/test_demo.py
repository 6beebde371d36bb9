"""Another broadcast of the demo's lines: findings follow what is said and shown, and what the passports say.

Nothing here reads what the demo's script expects.
"""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.broadcast.compose import compose
from cli.broadcast.script import BroadcastScript, Layout
from tests.cli.support import AT, CHARGER, DEMO_PASSPORTS, HONEY, SUNSCREEN, Call
from tests.material import DEMO_LINES, DEMO_SCRIPT

pytestmark = pytest.mark.service
Told = set[tuple[str, str]]
LINES = {
    "d19": SUNSCREEN,
    "d22": SUNSCREEN,
    "d12": HONEY,
    "d16": HONEY,
    "d15": HONEY,
    "d02": CHARGER,
    "d05": CHARGER,
    "d10": CHARGER,
    "d07": CHARGER,
}
OVERLAYS = [
    {"from": "d19", "to": "d22", "kind": "product_card", "text": ["3号链接 清透防晒乳 50mL", "到手价 ¥59"]},
    {"from": "d12", "to": "d15", "kind": "product_card", "text": ["2号链接 洋槐蜜 500g", "到手价 ¥29"]},
    {"from": "d02", "to": "d07", "kind": "product_card", "text": ["1号链接 双口氮化镓充电器", "到手价 ¥79"]},
    {"from": "d10", "to": "d07", "kind": "caption", "text": ["原价¥399  到手¥79"]},
]


@pytest.fixture(scope="module")
def broadcast(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Layout]:
    written = json.loads(DEMO_SCRIPT.read_text(encoding="utf-8"))
    spoken = {line["id"]: line for line in written["lines"]}
    lines = [
        {key: spoken[line_id][key] for key in ("id", "audio", "duration_ms", "text")} | {"product_id": product_id}
        for line_id, product_id in LINES.items()
    ]
    script = BroadcastScript.model_validate(
        {
            "title": "换了顺序的直播间",
            "started_at": AT,
            "host": {"id": "other-host", "name": "阿木", "platform": "demo"},
            "passports": "passports.yaml",
            "gap_ms": 700,
            "lines": lines,
            "screen": OVERLAYS,
        }
    )
    target = tmp_path_factory.mktemp("broadcast") / "other.mp4"
    return target, compose(script, audio_dir=DEMO_LINES, passports=DEMO_PASSPORTS, target=target)


@pytest.fixture
def screened(zhenyan: Call, broadcast: tuple[Path, Layout]) -> Callable[[Path], Told]:
    """Flags of the broadcast under a passports file: on which line each fell, or `screen`, and its class."""
    media, layout = broadcast

    def owner(witness: dict[str, Any]) -> str:
        if witness["channel"] == "screen":
            return "screen"
        places = layout.lines.items()
        return max(places, key=lambda p: min(witness["end_ms"], p[1].end_ms) - max(witness["start_ms"], p[1].start_ms))[
            0
        ]

    def screen(passports: Path) -> Told:
        answer = zhenyan("screen", media, "--passports", passports, "--at", AT, "--local")
        assert (answer.status, answer.err.count("\n")) == (0, 1)
        assert answer.err.startswith("zhenyan: coverage 100.0 % of ")
        flagged = [finding for finding in answer.findings if finding["disposition"] == "flag"]
        return {(owner(witness), finding["class"]) for finding in flagged for witness in finding["witnesses"]}

    return screen


def other_facts(folder: Path) -> Path:
    """The demo's passports where the honey is from New Zealand, both ports give 100 W, and 599 was really charged."""
    document = copy.deepcopy(yaml.safe_load(DEMO_PASSPORTS.read_text(encoding="utf-8")))
    passports = {passport["passport_id"]: passport for passport in document["passports"]}
    honey = passports[HONEY]
    honey |= {"origin_country": "NZ", "origin_region": "NZ-CAN", "brand_country": "NZ", "producer": "Example Honey Ltd"}
    honey["permitted_claims"] = [claim for claim in honey["permitted_claims"] if "陕西" not in claim["text_zh"]]
    charger = passports[CHARGER]
    total = next(spec for spec in charger["specs"] if spec["key"] == "total_output_power")
    total["q"]["value"] = "100"
    charger["specs"][0]["condition"] = "单口使用;双口合计100W"
    charger["msrp"] = "699"
    for deal in charger["price_history"]:
        deal["deal_price"] = "599"
    (folder / "images").symlink_to(DEMO_PASSPORTS.parent / "images")
    target = folder / "other.yaml"
    target.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return target


def test_findings_follow_the_lines_and_the_passports(screened: Callable[[Path], Told], tmp_path: Path) -> None:
    by_demo = screened(DEMO_PASSPORTS)
    assert {("d16", "ORIGIN"), ("d15", "DISEASE_FOOD"), ("d05", "SPEC_PARAM"), ("d10", "PRICE_ORIGINAL")} <= by_demo
    assert ("screen", "PRICE_ORIGINAL") in by_demo
    assert ("d22", "COSMETIC_EFFICACY") in by_demo
    assert {line for line, _ in by_demo} == {"d22", "d16", "d15", "d05", "d10", "screen"}

    by_other = screened(other_facts(tmp_path))
    assert {class_id for _, class_id in by_demo - by_other} == {"ORIGIN", "SPEC_PARAM", "PRICE_ORIGINAL"}
    assert by_other < by_demo
    assert {line for line, _ in by_other} == {"d22", "d15"}
