"""YAML read strictly: a key that stands twice in one mapping is an error, with its line, not a silent loss."""

from collections.abc import Hashable
from typing import Any

import yaml

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


def compose_yaml(text: str) -> yaml.Node | None:
    """The document's nodes, which know their lines."""
    node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    return node
