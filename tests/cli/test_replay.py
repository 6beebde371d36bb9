"""`zhenyan replay` over a real store: what a candidate changes, what it would reverse, and what can go wrong."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import configs
from claims.policy.policy import Policy
from review.accounts.types import Person, Role
from review.cases.decisions import Submission
from review.cases.types import Choice
from review.replays.types import Scope
from review.stores import Stores
from tests.cli.support import DEMO_PASSPORTS, Call, passage
from tests.review.replays.stored import ALL, AT, LINES, STRICTER, candidate, fill

pytestmark = pytest.mark.service

ANNA = Person(id="anna", name="安娜", role=Role.REVIEWER)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def stores(data_dir: Path) -> Iterator[Stores]:
    opened = Stores.open(f"sqlite:///{data_dir / 'zhenyan.db'}")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENYAN_SEMANTIC", "off")


def replayed(zhenyan: Call, folder: Path, *more: str) -> dict[str, Any]:
    answer = zhenyan("replay", "--policy", folder, "--json", "--workers", "1", *more)
    assert (answer.status, answer.err) == (0, "")
    report: dict[str, Any] = json.loads(answer.out)
    return report


def test_the_policy_in_force_changes_nothing(zhenyan: Call, stores: Stores, data_dir: Path) -> None:
    fill(stores, data_dir, "s1")
    report = replayed(zhenyan, configs.POLICY_DIR)
    assert set(report["counts"].values()) == {0}
    assert report["before"] == report["after"] == 4
    assert (report["stream_count"], report["passage_count"], report["unlike"]) == (1, len(LINES), 0)


def test_what_is_newly_flagged_cleared_and_changed_is_told_with_samples(
    zhenyan: Call, stores: Stores, data_dir: Path, tmp_path: Path
) -> None:
    fill(stores, data_dir, "s1", host="h1")
    fill(stores, data_dir, "s2", host="h2")
    report = replayed(zhenyan, candidate(tmp_path / "candidate", ALL))
    assert report["counts"] == {"flagged": 2, "cleared": 2, "changed": 2}
    assert report["parts"] == {"law": 2}
    [flagged, cleared, changed] = [report["samples"][kind][0] for kind in ("flagged", "cleared", "changed")]
    assert (flagged["after"]["class_id"], flagged["after"]["quote"], flagged["stored_id"]) == (
        "OFFSITE",
        "家人们晚上好",
        None,
    )
    assert cleared["before"]["class_id"] == "ABS_SUPERLATIVE"
    assert cleared["after"]["disposition"] == "note"
    assert stores.streams.finding(cleared["stored_id"]).finding.class_id == "ABS_SUPERLATIVE"
    assert changed["after"]["law"] == ["广告法 28(2)(2)", "反不正当竞争法 9(1)", "消费者权益保护法 20(3)"]
    assert [(row["key"], row["flagged"], row["cleared"]) for row in report["by_host"]] == [("h1", 1, 1), ("h2", 1, 1)]
    assert {row["key"] for row in report["by_category"]} >= {"electronics/charger"}
    assert stores.streams.finding(cleared["stored_id"]).finding.disposition == "flag", (
        "a replay changes nothing that is stored"
    )


def test_confirmed_decisions_that_would_be_reversed_are_named(
    zhenyan: Call, stores: Stores, data_dir: Path, tmp_path: Path
) -> None:
    fill(stores, data_dir, "s1")
    for case in stores.cases.host_cases("h1", 10):
        stores.cases.decide_all(
            [
                Submission(
                    case_id=case.id,
                    version=case.version,
                    request_id=case.id,
                    choice=Choice.VIOLATES,
                    reason="as_found",
                )
            ],
            ANNA,
        )
    confirmed = {case.class_id: case for case in stores.cases.host_cases("h1", 10) if case.state == "confirmed"}
    assert "ABS_SUPERLATIVE" in confirmed
    report = replayed(zhenyan, candidate(tmp_path / "candidate", ALL))
    assert report["decisions"]["reversed"] == 1
    assert report["decisions"]["kept"] == len(confirmed) - 1
    assert report["decisions"]["reversed_cases"][0]["case_id"] == confirmed["ABS_SUPERLATIVE"].id


def test_only_the_broadcasts_of_the_scope_are_replayed(
    zhenyan: Call, stores: Stores, data_dir: Path, tmp_path: Path
) -> None:
    for day in range(3):
        fill(stores, data_dir, f"s{day}", at=AT + timedelta(days=day))
    folder = candidate(tmp_path / "candidate", STRICTER)
    between = ("--since", "2026-11-25", "--until", "2026-11-26T19:00:00+08:00")
    assert replayed(zhenyan, folder, *between)["samples"]["flagged"][0]["stream_id"] == "s1"
    assert replayed(zhenyan, folder, "--stream", "s2", "--stream", "s0")["stream_count"] == 2
    assert replayed(zhenyan, folder, "--since", "2027-01-01")["stream_count"] == 0
    answer = zhenyan("replay", "--policy", folder, "--stream", "nobody")
    assert (answer.status, "stream 'nobody' is not in the store" in answer.complaint) == (2, True)


def test_several_processes_give_the_same_report(zhenyan: Call, stores: Stores, data_dir: Path, tmp_path: Path) -> None:
    for number in range(3):
        fill(stores, data_dir, f"s{number}")
    folder = candidate(tmp_path / "candidate", ALL)
    assert replayed(zhenyan, folder, "--workers", "2") == replayed(zhenyan, folder)


def test_a_broadcast_without_passports_is_named_and_the_others_go_on(
    zhenyan: Call, stores: Stores, data_dir: Path, tmp_path: Path
) -> None:
    fill(stores, data_dir, "s1")
    fill(stores, data_dir, "s2")
    for path in (data_dir / "recordings" / "s1" / "basis").iterdir():
        path.unlink()
    answer = zhenyan("replay", "--policy", candidate(tmp_path / "candidate", STRICTER), "--workers", "1")
    assert answer.status == 0
    assert "s1: not replayed: no passport of it was kept" in answer.err
    assert "1 broadcasts" in answer.out
    assert "1 newly flagged" in answer.out


def test_the_table_and_the_page_tell_the_same(zhenyan: Call, stores: Stores, data_dir: Path, tmp_path: Path) -> None:
    fill(stores, data_dir, "s1")
    page = tmp_path / "replay.html"
    answer = zhenyan("replay", "--policy", candidate(tmp_path / "c", ALL), "--report", page, "--workers", "1")
    assert "flags 4 → 4: 1 newly flagged, 1 newly cleared, 1 changed" in answer.out
    assert "would reverse 0 confirmed decisions" in answer.out
    assert "+ s1 00:00 OFFSITE 家人们晚上好" in answer.out
    html = page.read_text(encoding="utf-8")
    assert html.index("新标出") < html.index("Newly flagged")
    assert "家人们晚上好" in html
    assert "http" not in html, "it needs nothing from the network"


def test_a_policy_that_is_handed_in_waits_at_the_desk_with_its_replay(
    zhenyan: Call, stores: Stores, data_dir: Path, tmp_path: Path
) -> None:
    fill(stores, data_dir, "s1")
    answer = zhenyan("replay", "--policy", candidate(tmp_path / "c", ALL), "--store", "--workers", "1")
    [version] = stores.policies.versions()
    assert version.digest[:12] in answer.err
    [kept] = stores.replays.replays()
    assert (kept.digest, kept.state, kept.report is not None) == (version.digest, "done", True)


def test_a_wrong_candidate_is_one_line(zhenyan: Call, data_dir: Path, tmp_path: Path) -> None:
    answer = zhenyan("replay", "--policy", tmp_path / "nowhere")
    assert answer.status == 2
    assert "nowhere" in answer.complaint


def test_the_check_uses_the_policy_that_went_live(
    zhenyan: Call, stores: Stores, data_dir: Path, tmp_path: Path
) -> None:
    def flags() -> list[str]:
        said = passage("家人们晚上好")
        answer = zhenyan("check", "--passports", DEMO_PASSPORTS, "--at", AT.isoformat(), stdin=said)
        assert answer.status == 0
        return [finding["class"] for finding in answer.findings]

    assert flags() == []
    anna, eve = (Person(id=name, name=name, role=Role.SENIOR) for name in ("anna", "eve"))
    version = stores.policies.add_version(Policy(candidate(tmp_path / "c", STRICTER)), "anna")
    stores.replays.add_done(version.digest, Scope(), "anna", {})
    move = stores.policies.propose(version.digest, anna, "问候语")
    stores.policies.bring_into_force(data_dir)
    assert flags() == []
    stores.policies.approve(move.number, eve)
    stores.policies.bring_into_force(data_dir)
    assert flags() == ["OFFSITE"]
    stores.policies.roll_back(eve, "误报")
    stores.policies.bring_into_force(data_dir)
    assert flags() == []
