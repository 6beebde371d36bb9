import filecmp
import shutil
from datetime import date, datetime
from pathlib import Path

import pytest

import configs
from claims.engine.conversation import ClaimEngine
from claims.engine.window import fold
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.types import Passage
from cli.policy.candidate import propose_to, write_candidate
from cli.shell.records import InputError
from review.analytics.types import Proposal, ProposalKind
from tests.cli.support import AT, Call


def proposal(words: str, kind: ProposalKind = ProposalKind.WORD, **more: str) -> Proposal:
    given = {"class_id": "ABS_SUPERLATIVE", "rule": "ABS_SUPERLATIVE.strong_word"} | more
    return Proposal(id=words, case_id="c", person_id="p", words=words, kind=kind, created_at_ms=0, **given)


@pytest.fixture(scope="module")
def live() -> Policy:
    return packaged_policy()


def flagged(policy: Policy, text: str) -> dict[str, str]:
    conversation = ClaimEngine(policy, (), at=datetime.fromisoformat(AT)).conversation("s1")
    passage = Passage(stream_id="s1", id="u1", start_ms=0, end_ms=3000, text=text)
    found = [*conversation.hear(passage), *conversation.flush()]
    return {finding.rule: finding.disposition.value for finding in found}


def test_proposed_words_are_noted_and_never_flagged(live: Policy, tmp_path: Path) -> None:
    out = tmp_path / "candidate"
    text = "这款面霜真的是宇宙绝绝子"
    candidate = write_candidate(live, [proposal("宇宙绝绝子")], out)
    assert (candidate.words, candidate.near_misses, candidate.skipped) == (1, 0, ())
    assert "ABS_SUPERLATIVE.proposed" not in flagged(live, text)
    assert flagged(candidate.policy, text)["ABS_SUPERLATIVE.proposed"] == "note"
    assert candidate.policy.name == f"{live.name}+proposed.1"


def test_near_misses_are_exceptions_of_their_rule(live: Policy, tmp_path: Path) -> None:
    text = "这是一家顶级玩具店楼上的店"
    assert flagged(live, text).get("ABS_SUPERLATIVE.strong_word") == "flag"
    near = proposal("顶级玩具店", ProposalKind.NEAR_MISS)
    candidate = write_candidate(live, [near], tmp_path / "candidate")
    assert "ABS_SUPERLATIVE.strong_word" not in flagged(candidate.policy, text)


def test_near_misses_of_a_detector_that_was_divided_are_exceptions_of_its_parts(tmp_path: Path) -> None:
    folder = shutil.copytree(configs.POLICY_DIR, tmp_path / "live")
    parts = ["ABS_SUPERLATIVE.strong_word", "ABS_SUPERLATIVE.top_word"]
    (folder / "aliases.yaml").write_text(f"aliases: {{ABS_SUPERLATIVE.big_word: {parts}}}\n", encoding="utf-8")
    near = proposal("顶级玩具店", ProposalKind.NEAR_MISS, rule="ABS_SUPERLATIVE.big_word")
    candidate = write_candidate(Policy(folder), [near], tmp_path / "candidate")
    assert candidate.near_misses == 1
    assert not set(parts) & set(flagged(candidate.policy, "这是一家顶级玩具店楼上的店"))


def test_a_near_miss_of_what_the_reader_found_is_left_out_and_named(
    live: Policy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    near = proposal("顶级玩具店", ProposalKind.NEAR_MISS, rule="ABS_SUPERLATIVE.semantic")
    propose_to(live, (near, proposal("宇宙绝绝子")), tmp_path / "candidate")
    told = capsys.readouterr()
    assert "1 words, 0 near misses" in told.out
    assert "left out '顶级玩具店': ABS_SUPERLATIVE.semantic is no detector" in told.err


def test_all_else_stays_byte_for_byte_and_the_live_policy_whole(live: Policy, tmp_path: Path) -> None:
    before = live.digest
    out = tmp_path / "candidate"
    write_candidate(live, [proposal("宇宙绝绝子"), proposal("别处", class_id="GONE", rule="GONE.x")], out)
    changed = {
        path.relative_to(out).as_posix()
        for path in out.rglob("*.yaml")
        if not (live.folder / path.relative_to(out)).is_file()
        or not filecmp.cmp(path, live.folder / path.relative_to(out), shallow=False)
    }
    assert changed == {"policy.yaml", "classes/ABS_SUPERLATIVE.yaml", "lexicon/proposed.yaml"}
    assert Policy(live.folder).digest == before
    written = (out / "classes" / "ABS_SUPERLATIVE.yaml").read_text(encoding="utf-8")
    for line in (live.folder / "classes" / "ABS_SUPERLATIVE.yaml").read_text(encoding="utf-8").splitlines():
        assert line in written


def test_there_must_be_proposals_and_a_free_place(live: Policy, tmp_path: Path, zhenyan: Call) -> None:
    with pytest.raises(InputError, match="already"):
        propose_to(live, (proposal("宇宙绝绝子"),), tmp_path)
    (tmp_path / "data").mkdir()
    answer = zhenyan("policy", "propose", tmp_path / "out")
    assert answer.status == 2
    assert "no words" in answer.complaint


def code_word(words: str, kind: ProposalKind = ProposalKind.WORD) -> Proposal:
    return Proposal(
        id=words,
        case_id="c7",
        person_id="p",
        words=words,
        kind=kind,
        class_id="DISEASE_FOOD",
        rule="DISEASE_FOOD.treats",
        created_at_ms=1_764_000_000_000,
    )


def test_a_proposed_code_word_is_read_for_a_year_and_not_in_its_near_miss(live: Policy, tmp_path: Path) -> None:
    near = code_word("绿皮小怪兽玩偶", ProposalKind.NEAR_MISS)
    candidate = write_candidate(live, [code_word("绿皮小怪兽=糖尿病"), near], tmp_path / "candidate")
    assert (candidate.words, candidate.near_misses, candidate.codes) == (1, 1, 1)

    def read(text: str, on: date) -> str:
        passage = Passage(stream_id="s1", id="u1", channel="screen", start_ms=0, end_ms=1, text=text)
        return fold(passage, candidate.policy, on).text

    assert read("得了绿皮小怪兽的", date(2026, 1, 1)) == "得了糖尿病的"
    assert read("得了绿皮小怪兽的", date(2026, 12, 1)) == "得了绿皮小怪兽的"
    assert read("送一个绿皮小怪兽玩偶", date(2026, 1, 1)) == "送一个绿皮小怪兽玩偶"
    (entry,) = [code for code in candidate.policy.codes.words if code.said == ("绿皮小怪兽",)]
    assert (entry.source, entry.near_miss) == ("proposed at the desk, case c7", "绿皮小怪兽玩偶")


def test_adding_a_code_word_leaves_the_other_entries_byte_for_byte(live: Policy, tmp_path: Path) -> None:
    out = tmp_path / "candidate"
    near = code_word("绿皮小怪兽玩偶", ProposalKind.NEAR_MISS)
    write_candidate(live, [code_word("绿皮小怪兽=糖尿病"), near], out)
    before = (live.folder / "codewords.yaml").read_text(encoding="utf-8").splitlines()
    after = (out / "codewords.yaml").read_text(encoding="utf-8").splitlines()
    (added,) = [line for line in after if line not in before]
    assert "绿皮小怪兽" in added
    assert [line for line in after if line != added] == before


def test_a_code_word_without_a_near_miss_is_left_out_and_named(
    live: Policy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    propose_to(live, (code_word("绿皮小怪兽=糖尿病"), proposal("宇宙绝绝子")), tmp_path / "candidate")
    assert "near miss" in capsys.readouterr().err
    assert "绿皮小怪兽" not in (tmp_path / "candidate" / "codewords.yaml").read_text(encoding="utf-8")
