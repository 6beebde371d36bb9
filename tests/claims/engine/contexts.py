"""Windows in which cues stand where their words do, and rules as a policy would have them."""

from collections.abc import Mapping
from typing import Any

import configs
from claims.engine.window import Window
from claims.policy.files import read_policy_file
from claims.policy.match import Located
from claims.policy.messages import Messages
from claims.policy.schema import ContextRule

MESSAGES = read_policy_file(configs.POLICY_DIR / "messages.yaml", Messages)
CONCEPTS = {"by_use": ("抹",), "to_an_end": ("没",)}


def window_with(text: str, cues: Mapping[str, tuple[str, ...]]) -> Window:
    """The text with each cue wherever one of its words stands."""
    located = Located(text)
    for name, words in ({f"cue:{name}": words for name, words in cues.items()} | CONCEPTS).items():
        for word in words:
            for start in range(len(text)):
                if text.startswith(word, start):
                    located.add(start, start + len(word), name)
    return Window((), text, 0, len(text), located, (), (), ())


def rule_of(**rule: Any) -> ContextRule:
    """The rule with a name and a reason, where none are given."""
    return ContextRule.model_validate({"id": "tried", "why": "because", "zh": "因为"} | rule)
