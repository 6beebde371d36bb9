"""Every action that is written into the audit trail has its words: the actions are read out of the code."""

import ast
import re
from functools import cache
from pathlib import Path

import review
from review.enforcement.types import AppealState
from review.policies.lifecycle import MoveState
from review.presentation.language import Words
from review.streams.tenant_rules import RuleKind

ENGLISH = re.compile("[a-z]{2,}")
CODE = re.compile(r"[a-z]+\.[a-z_]+")


@cache
def actions() -> list[str]:
    """The first argument of `note`, or the second after who did it; those put together at run time from their parts."""
    found = {f"appeal.{state}" for state in AppealState}
    found |= {f"policy.{state}" for state in (MoveState.LIVE, MoveState.REJECTED)}
    found |= {f"{kind}.set" for kind in RuleKind} | {"policy.proposed", "policy.rolled_back"}
    for file in Path(review.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "note":
                said = [part for argument in node.args[:2] for part in ast.walk(argument)]
                texts = [one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                found |= {text for text in texts if CODE.fullmatch(text)}
    return sorted(found)


def test_the_actions_are_found_in_the_code() -> None:
    assert {"case.decided", "measure.proposed", "passport.retired", "words.set"} <= set(actions())


def test_every_action_has_its_words() -> None:
    chinese, english = Words("zh"), Words("en")
    assert [action for action in actions() if ENGLISH.search(chinese.action(action))] == []
    assert {action: english.action(action) for action in actions()} == {
        action: action.replace(".", " ").replace("_", " ").capitalize() for action in actions()
    }


def test_a_family_is_named_as_a_whole() -> None:
    named = {family: Words("zh").action(f"{family}.") for family, _, _ in (one.partition(".") for one in actions())}
    assert [family for family, name in named.items() if not name.endswith("（全部）") or ENGLISH.search(name)] == []


def test_an_action_of_a_later_program_keeps_its_code() -> None:
    assert Words("zh").action("moon.landed") == "moon.landed"
