"""Keys that stand twice in one mapping of a JSON or YAML text, each with its place and line; readers keep the last."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from claims.passports.intake.texts import Place, quoted
from claims.policy.yaml_files import compose_yaml

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]')
_DEEPEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubled:
    """The second of two equal keys: where it stands, in lines from 1."""

    path: Place
    line: int

    @property
    def description(self) -> str:
        """What is wrong, in words."""
        return f"line {self.line}: key {quoted(self.path[-1])} stands twice; keep one"


@dataclass(slots=True)
class _Open:
    """A mapping or list that is not closed yet; `place`: where in it we are."""

    path: Place
    place: int | str | None
    seen: set[str] | None


def doubled_in_json(text: str) -> list[Doubled]:
    """The doubled keys of a text that is JSON."""
    found: list[Doubled] = []
    stack: list[_Open] = []
    wants_key = False
    line, at = 1, 0
    for token in _TOKEN.finditer(text):
        line, at = line + text.count("\n", at, token.start()), token.start()
        char = token[0][0]
        top = stack[-1] if stack else None
        if char in "{[":
            path: Place = () if top is None or top.place is None else (*top.path, top.place)
            stack.append(_Open(path, 0 if char == "[" else None, None if char == "[" else set()))
            wants_key = char == "{"
        elif char in "}]":
            stack.pop()
            wants_key = False
        elif char == "," and top is not None:
            wants_key = top.seen is not None
            if isinstance(top.place, int):
                top.place += 1
        elif wants_key and top is not None and top.seen is not None:
            key = str(json.loads(token[0], strict=False))
            if key in top.seen:
                found.append(Doubled(path=(*top.path, key), line=line))
            top.seen.add(key)
            top.place, wants_key = key, False
    return found


def doubled_in_yaml(text: str | bytes) -> list[Doubled]:
    """The doubled keys of a text that is YAML."""
    node = compose_yaml(text)
    return [] if node is None else sorted(_in_node(node, ()), key=lambda one: one.line)


def _in_node(root: yaml.Node, path: Place) -> Iterator[Doubled]:
    waiting: list[tuple[yaml.Node, Place]] = [(root, path)]
    known: set[int] = set()
    while waiting:
        node, path = waiting.pop()
        # An alias is the node itself again, and may stand within it.
        if len(path) > _DEEPEST or id(node) in known:
            continue
        known.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += [(inner, (*path, index)) for index, inner in enumerate(node.value)]
        elif isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                name = str(key.value)
                if isinstance(key, yaml.ScalarNode) and name in seen:
                    yield Doubled(path=(*path, name), line=key.start_mark.line + 1)
                seen.add(name)
                waiting.append((value, (*path, name)))
