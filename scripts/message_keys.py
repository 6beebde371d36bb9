"""Finds the keys of texts for Babel: those that templates and Python say, and those that are put together at run time.

Babel's own extractors know neither a key in one branch of a condition nor a call of `t.marked`.
"""

import ast
import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from jinja2 import Environment, nodes

# Line, function, message, comments, as Babel wants it.
Found = tuple[int, None, str, list[str]]
Options = Mapping[str, str]
_SAY = frozenset({"t", "words", "in_every_language"})


def from_templates(file: BinaryIO, keywords: object, tags: Sequence[str], options: Options) -> Iterator[Found]:
    """The keys that a Jinja template says: `t("queue")`, `t.marked("queue" if … else "…")`."""
    for call in Environment().parse(file.read().decode()).find_all(nodes.Call):
        said = call.node
        if isinstance(said, nodes.Getattr) and said.attr == "marked":
            said = said.node
        if isinstance(said, nodes.Name) and said.name in _SAY and call.args:
            yield from ((call.lineno, None, key, []) for key in _in_template(call.args[0]))


def _in_template(node: nodes.Node | None) -> Iterator[str]:
    if isinstance(node, nodes.Const):
        yield str(node.value)
    elif isinstance(node, nodes.CondExpr):
        yield from _in_template(node.expr1)
        yield from _in_template(node.expr2)


def from_python(file: BinaryIO, keywords: object, tags: Sequence[str], options: Options) -> Iterator[Found]:
    """The keys that Python says: `words("queue")`, `self._words("queue")`, `words.marked("queue")`."""
    for call in ast.walk(ast.parse(file.read())):
        if isinstance(call, ast.Call) and call.args and _name(call.func).strip("_") in _SAY:
            yield from ((call.lineno, None, key, []) for key in _in_python(call.args[0]))


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return _name(called.value) if called.attr == "marked" else called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _in_python(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _in_python(node.body)
        yield from _in_python(node.orelse)


def from_terms(file: BinaryIO, keywords: object, tags: Sequence[str], options: Options) -> Iterator[Found]:
    """The keys of `review.presentation.terms`, each of a kind and a term."""
    terms = importlib.import_module("review.presentation.terms")
    yield from ((1, None, key, []) for key in terms.keys_of(*terms.TERMS))
