"""One word for one thing: names of modules, classes, functions and metrics avoid what the glossary has retired."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from claims.policy.yaml_files import parse_yaml

ROOT = Path(__file__).parents[1]
LISTS = sorted((ROOT / "tests").glob("retired_names*.yaml"))
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
METRIC = re.compile(r"\bzhenyan_[a-z_]+")


def words_of(name: str) -> set[str]:
    """The words of a name in snake or camel case."""
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_"))


def defined(tree: ast.AST, within: str) -> Iterator[tuple[str, str]]:
    """Each class and function with its dotted place."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            place = f"{within}.{node.name}"
            yield place, node.name
            yield from defined(node, place)
        else:
            yield from defined(node, within)


def names_in(room: str) -> Iterator[tuple[str, str]]:
    """What a room calls its modules, classes, functions and metrics, with where."""
    for path in sorted((ROOT / room).rglob("*.py")):
        module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        yield module, module.rpartition(".")[2]
        text = path.read_text(encoding="utf-8")
        yield from defined(ast.parse(text), module)
        yield from ((metric, metric) for metric in METRIC.findall(text))


def metrics() -> Iterator[tuple[str, str]]:
    """What the program measures, by the names that alerts know."""
    for path in sorted((ROOT / "review").rglob("*.py")):
        yield from ((metric, metric) for metric in METRIC.findall(path.read_text(encoding="utf-8")))


def uses(names: Iterator[tuple[str, str]], retired: set[str], kept: set[str]) -> list[str]:
    """Where a retired word is used, and which."""
    return [
        f"{place}: {word}" for place, name in names if place not in kept for word in sorted(words_of(name) & retired)
    ]


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_no_name_uses_a_retired_word(path: Path) -> None:
    listed = parse_yaml(path.read_text(encoding="utf-8"))
    retired, kept = set(listed["retired"]), set(listed["kept"])
    found = [use for room in listed["rooms"] for use in uses(names_in(room), retired, kept)]
    assert found + uses(metrics(), retired, kept) == []


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_what_is_kept_is_there_and_would_be_found(path: Path) -> None:
    listed = parse_yaml(path.read_text(encoding="utf-8"))
    every = [*(name for room in listed["rooms"] for name in names_in(room)), *metrics()]
    for kept in listed["kept"]:
        assert uses(iter([pair for pair in every if pair[0] == kept]), set(listed["retired"]), set()), kept


def test_a_retired_word_is_found_in_any_kind_of_name() -> None:
    tree = ast.parse("class StationOf:\n    def tell_all(self): ...\ndef estate(): ...")
    found = uses(defined(tree, "room"), {"station", "tell", "state"}, set())
    assert found == ["room.StationOf: station", "room.StationOf.tell_all: tell"]


def test_each_noun_has_one_line_of_the_glossary() -> None:
    rows = re.findall(r"^\| *([^|\n]+?) *\| *([^|\n]+?) *\| *([^|\n]+?) *\|", GLOSSARY, re.MULTILINE)
    nouns = [row for row in rows if row[0] not in ("中文", "") and not row[0].startswith("-")]
    for column in zip(*nouns, strict=True):
        twice = {cell for cell in column if column.count(cell) > 1}
        assert twice == set()
    assert len(nouns) > 40


@pytest.mark.parametrize("name", sorted(set(re.findall(r"^\|[^|]+\|[^|]+\| *`([\w./]+)`", GLOSSARY, re.MULTILINE))))
def test_every_code_name_of_the_glossary_is_one(name: str) -> None:
    """`package.module.Name`, `package/room/` or a module."""
    if name.endswith("/"):
        assert (ROOT / name).is_dir(), name
        return
    module, _, last = name.rpartition(".")
    if (ROOT / (name.replace(".", "/") + ".py")).is_file():
        return
    text = (ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")
    assert re.search(rf"^(?:class|def|async def) {last}\b|^{last}\b.* = ", text, re.MULTILINE), name
