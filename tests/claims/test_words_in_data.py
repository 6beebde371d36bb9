"""Code knows how to compare; which words, and how sure that makes a finding, the policy says."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

CLAIMS = Path(__file__).parents[2] / "claims"
# How characters sound, look and count, and how law is cited, is the language's, not the policy's.
OF_THE_LANGUAGE = ("text", "obfuscation", "law")
HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
# Numbers between 0 and 1 that say nothing of how sure a finding is.
NO_SCORES = {
    ("merge.py", 0.01): "one hundredth under the bar: the next score that is not flagged",
    ("judged.py", 0.01): "one hundredth under the bar: the next score that is not flagged",
    ("model.py", 0.05): "a feature that moves the log-odds by less is not told",
    ("features.py", 0.3): "how far a value is from the registered one: what a feature is, not what it weighs",
    ("features.py", 0.75): "the same",
    ("proposals.py", 0.01): "a rule's score may not be 0, and a proposal's is its reader's",
}


@cache
def sources() -> tuple[Path, ...]:
    found = (path for path in CLAIMS.rglob("*.py") if path.relative_to(CLAIMS).parts[0] not in OF_THE_LANGUAGE)
    return tuple(sorted(found))


def constants(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every literal, those within f-strings too; what only documents is none."""
    documenting = set[ast.AST]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr):
                documenting.add(first.value)
    yield from (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and n not in documenting)


def words_of(code: str) -> list[tuple[int, str]]:
    """The string literals that hold Han characters, each with its line."""
    found = constants(ast.parse(code))
    return sorted((n.lineno, n.value) for n in found if isinstance(n.value, str) and HAN.search(n.value))


def parts_of(code: str) -> list[tuple[int, float]]:
    """The numbers between 0 and 1, each with its line."""
    found = constants(ast.parse(code))
    return sorted((n.lineno, n.value) for n in found if isinstance(n.value, float) and 0 < n.value < 1)


def test_no_word_stands_in_code() -> None:
    wrong = [
        f"{path.relative_to(CLAIMS.parent)}:{line}: {text!r} belongs in the policy (wording.yaml, messages.yaml)"
        for path in sources()
        for line, text in words_of(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_no_score_stands_in_code() -> None:
    wrong = [
        f"{path.relative_to(CLAIMS.parent)}:{line}: {number} belongs in the policy (scores.yaml)"
        for path in sources()
        if path.is_relative_to(CLAIMS / "engine")
        for line, number in parts_of(path.read_text(encoding="utf-8"))
        if (path.name, number) not in NO_SCORES
    ]
    assert wrong == []


def test_what_is_allowed_is_used() -> None:
    used = {
        (path.name, number)
        for path in (CLAIMS / "engine").rglob("*.py")
        for _, number in parts_of(path.read_text(encoding="utf-8"))
    }
    assert set(NO_SCORES) <= used


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param('"""保质期"""\nx = 1', [], id="a docstring"),
        pytest.param('def f():\n    """保质期"""\n', [], id="a function's docstring"),
        pytest.param("x = 1  # 保质期", [], id="a remark"),
        pytest.param('x = ("a", "保质")', [(1, "保质")], id="a list"),
        pytest.param('x = f"{y} 元"', [(1, " 元")], id="a part of an f-string"),
        pytest.param('def f():\n    x = 1\n    "保质"\n', [(3, "保质")], id="text behind the first statement"),
        pytest.param('x = re.compile(r"[二〇]")', [(1, "[二〇]")], id="a pattern"),
        pytest.param(r'x = r"[\u4e00-\u9fff]"', [], id="a range of characters"),
    ],
)
def test_words_are_found_wherever_they_stand(code: str, words: list[tuple[int, str]]) -> None:
    assert words_of(code) == words


def test_scores_are_found_wherever_they_stand() -> None:
    assert parts_of("x = f(factor=0.9)\ny = 1.0 + 0.0\nz = min(.97, 2)") == [(1, 0.9), (3, 0.97)]
