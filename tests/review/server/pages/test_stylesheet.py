"""One stylesheet: tokens first, by layers, and no selector is defined twice in a layer at one width."""

import re
from collections import Counter
from collections.abc import Iterator

from review.server.assets import STATIC_DIR

LAYERS = ("tokens", "base", "frame", "desk", "office", "narrow", "print")


def rules(text: str, within: str = "") -> Iterator[tuple[str, str, str]]:
    """Where a rule stands (layer and width), its selector and what it declares."""
    at, head = 0, re.compile(r"\s*([^{}]+?)\s*\{")
    while found := head.match(text, at):
        depth, end = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        body = text[found.end() : end - 1]
        if found[1].startswith(("@media", "@layer")):
            yield from rules(body, f"{within}{found[1]} ")
        else:
            yield within, found[1], body
        at = end


def stylesheet() -> str:
    [file] = STATIC_DIR.glob("*.css")
    return re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_layers_are_named_once_in_order_and_hold_every_rule() -> None:
    text = stylesheet().strip()
    assert text.startswith(f"@layer {', '.join(LAYERS)};")
    found = list(rules(text.partition(";")[2]))
    assert list(dict.fromkeys(re.search(r"@layer (\w+)", where)[1] for where, _, _ in found)) == list(LAYERS)  # type: ignore[index]
    assert all(selector.startswith(":root") for where, selector, _ in found if where.startswith("@layer tokens"))


def test_no_selector_is_defined_twice() -> None:
    found = list(rules(stylesheet().partition(";")[2]))
    assert len(found) > 300
    one_by_one = [(where, part.strip()) for where, selector, _ in found for part in [selector]]
    twice = [key for key, count in Counter(one_by_one).items() if count > 1]
    assert twice == []


def test_colours_stand_in_tokens() -> None:
    loose = [
        (selector, colour)
        for where, selector, body in rules(stylesheet().partition(";")[2])
        for colour in re.findall(r"(?<!var\()#[0-9a-f]{6}\b", body)
        if not where.startswith("@layer tokens")
    ]
    assert loose == []
