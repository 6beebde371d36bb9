"""YAML read strictly: a key that stands twice in one mapping is an error, with its line, not a silent loss."""

from collections.abc import Hashable
from typing import Any

import yaml

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_NODES = 300_000


class _StrictLoader(_Loader):  # type: ignore[valid-type, misc]
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping; ConstructorError at the second of two equal keys."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    problem = f"key {key.value!r} stands twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


def parse_yaml(text: str | bytes) -> Any:
    """The content of one YAML document; yaml.YAMLError where it is none, with `problem_mark` where known."""
    return yaml.load(text, Loader=_StrictLoader)


def parse_loose_yaml(text: str | bytes) -> Any:
    """As `parse_yaml`, where of doubled keys the last counts: for who tells of them otherwise."""
    return yaml.load(text, Loader=_Loader)


def parse_sent_yaml(text: str | bytes) -> Any:
    """As `parse_yaml`, of a document that somebody else wrote; ValueError where it could grow beyond measure.

    A few lines of aliases can stand for gigabytes, and a few megabytes of short lines for minutes of building.
    """
    for count, event in enumerate(yaml.parse(text, _Loader)):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("holds aliases (*name), which are not taken; write it out")
        if count > MOST_NODES:
            raise ValueError(f"has more than {MOST_NODES} nodes; send less at a time")
    return parse_yaml(text)


def compose_yaml(text: str | bytes) -> yaml.Node | None:
    """The document's nodes, which know their lines."""
    node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    return node
