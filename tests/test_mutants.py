"""What `make mutants` puts faults into is there, its sample is the seed's alone, and its report counts as it says."""

from pathlib import Path

import pytest
import yaml

from scripts.mutants import PLAN, MutantResults, Plan, chosen, part_of, plans_of, together
from scripts.mutants_report import NAMES, Part, Survivor, failing, recorded, table

ROOT = Path(__file__).parents[1]
TOLD = yaml.safe_load(PLAN.read_text(encoding="utf-8"))
PLANS = plans_of(TOLD["parts"])
NAME = "net.guard.xǁNetPolicyǁnames__mutmut_2"
SHOWN = [
    "-def xǁNetPolicyǁnames__mutmut_orig(self, host):",
    "+def xǁNetPolicyǁnames__mutmut_2(self, host):",
    "-    bare = host.lower()",
    "+    bare = host.upper()",
]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_a_part_names_files_and_tests_that_are_there(plan: Plan) -> None:
    for pattern in plan.files:
        assert list(ROOT.glob(pattern)), pattern
    assert plan.tests
    assert all((ROOT / test.partition("::")[0]).is_file() for test in plan.tests)


def test_every_survivor_that_is_excused_says_why() -> None:
    assert 0.85 <= TOLD["bar"] < 1
    for one in TOLD["survivors"]:
        assert Survivor(**one).why


def test_a_smaller_sample_is_part_of_a_larger_one_and_of_the_seed_alone() -> None:
    names = [f"m{n}" for n in range(50)]
    assert chosen(names, 10, 1) == chosen(names[::-1], 30, 1)[:10]
    assert chosen(names, 10, 1) != chosen(names, 10, 2)
    assert sorted(chosen(names, 99, 1)) == sorted(names)


@pytest.mark.parametrize(
    ("code", "ended"),
    [
        (1, "killed"),
        (3, "killed"),
        (0, "survived"),
        (33, "untested"),
        (36, "endless"),
        (-24, "endless"),
        (-11, "crashed"),
        (None, None),
    ],
)
def test_how_a_mutant_ended(code: int | None, ended: str | None) -> None:
    assert NAMES.of(code) == ended


def test_a_survivor_is_told_by_what_changed_and_excused_by_the_same_change_alone() -> None:
    reason = Survivor(at="net.guard.NetPolicy.names", was="bare = host.lower()", now="bare = host.upper()", why="so")
    told = Survivor.of(NAME, SHOWN, "survived", [reason])
    assert (told.at, told.was, told.now, told.why) == (reason.at, reason.was, reason.now, "so")
    other = [*SHOWN[:3], "+    bare = host"]
    assert Survivor.of(NAME, other, "survived", [reason]).why == ""


def test_a_part_counts_what_was_run_and_endless_ones_as_killed() -> None:
    results = MutantResults(
        digest="", total=9, ended={NAME: "survived", "b": "killed", "c": "endless", "d": "untested"}
    )
    results.shown[NAME] = SHOWN
    part = part_of(PLANS[0], results, [])
    assert (part.total, part.run, part.killed, part.share) == (9, 4, 2, 0.5)
    assert [one.ended for one in part.survivors] == ["untested", "survived"]
    assert f"| {PLANS[0].name} |" in table([part])
    assert "| 9 | 4 | 2 | 2 | 50.0% |" in table([part])


def test_the_bar_holds_for_each_part_and_of_a_small_sample_for_all_together() -> None:
    alive = (Survivor(at="f", was="a", now="b"),)
    parts = [
        Part(name="good", files=(), total=10, killed=9, survivors=alive),
        Part(name="bad", files=(), total=2, killed=1, survivors=alive),
    ]
    assert failing(parts, 0.8, whole=True) == ["bad"]
    assert failing(parts, 0.8, whole=False) == []
    assert failing(parts, 0.9, whole=False) == ["all parts together"]
    assert failing([], 0.9, whole=False) == ["all parts together"]


def _part(plan: Plan, killed: int, digest: str) -> Part:
    return Part(name=plan.name, files=plan.files, total=9, killed=killed, survivors=(), digest=digest)


def test_what_is_written_of_other_parts_stays_while_their_files_do() -> None:
    run, stays, changed, old = PLANS[:4]
    before = [
        _part(run, 1, run.digest(ROOT)),
        _part(stays, 2, stays.digest(ROOT)),
        _part(changed, 3, "another"),
        _part(old, 4, ""),
    ]
    parts, missing = together(PLANS[:4], [_part(run, 8, run.digest(ROOT))], before)
    assert [(part.name, part.killed) for part in parts] == [(run.name, 8), (stays.name, 2)]
    assert missing == [changed.name, old.name]


def test_the_report_is_read_as_it_was_written_with_the_reasons_of_now() -> None:
    parts = recorded([])
    assert {part.name for part in parts} <= {plan.name for plan in PLANS}
    alive = [one for part in parts for one in part.survivors]
    assert alive
    assert not any(one.why for one in alive)
    given = Survivor(at=alive[0].at, was=alive[0].was, now=alive[0].now, why="so")
    assert recorded([given])[parts.index(next(p for p in parts if p.survivors))].survivors[0].why == "so"


def test_each_part_that_the_report_has_meets_the_bar() -> None:
    assert failing([part for part in recorded([]) if part.run], TOLD["bar"], whole=True) == []
