"""Rooms hold: the contracts of `pyproject.toml`, no circle of files, and a docstring that says what a room is for."""

import ast
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
ROOMS = sorted(
    init.parent.relative_to(ROOT).as_posix()
    for package in ("net", "ingest", "asr", "vision", "cluster", "training")
    for init in (ROOT / package).rglob("__init__.py")
)


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)


@cache
def graph() -> grimp.ImportGraph:
    packages = CONTRACTS["root_packages"]
    return grimp.build_graph(*packages, cache_dir=None, exclude_type_checking_imports=True)


def test_every_contract_is_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        pytest.param("ingest/recording/ring.py", "import ingest.capture.sources", "rooms of ingest", id="room upwards"),
        pytest.param("asr/recogniser.py", "import asr.batching.buckets", "rooms of asr", id="into a room"),
        pytest.param("vision/ocr/lines.py", "import vision.tracking.track", "rooms of vision", id="vision"),
        pytest.param("cluster/live/shard.py", "import cluster.ray.session", "rooms of cluster", id="cluster"),
        pytest.param("net/errors.py", "import net.http", "rooms of net", id="net"),
        pytest.param("net/guard.py", "import ingest.types", "packages, one way", id="package upwards"),
        pytest.param("claims/passages.py", "import asr.types", "claims take speech as anybody heard it", id="claims"),
        pytest.param("asr/types.py", "import sqlalchemy", "stages know neither Ray nor pages", id="stage"),
        pytest.param("cluster/live/shard.py", "import ray", "Ray stays in its room", id="Ray"),
        pytest.param("cli/main.py", "import training.reader.fit", "the product never imports", id="training"),
    ],
)
def test_a_wrong_import_breaks_its_contract(tmp_path: Path, file: str, line: str, contract: str) -> None:
    for package in CONTRACTS["root_packages"]:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=_all_but_python)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    wrong = tmp_path / file
    wrong.write_text(f"{line}\n{wrong.read_text(encoding='utf-8')}", encoding="utf-8")
    done = lint(tmp_path)
    broken = [row for row in done.stdout.splitlines() if row.endswith("BROKEN")]
    assert done.returncode != 0, done.stdout
    assert any(row.startswith(contract) for row in broken), done.stdout


def test_no_files_import_one_another_in_a_circle() -> None:
    circles = _circles({module: graph().find_modules_directly_imported_by(module) for module in graph().modules})
    assert circles == []


def test_a_circle_is_found() -> None:
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_it_is_for(room: str) -> None:
    text = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8")))
    assert text
    if room.partition("/")[0] != "training":
        assert "mport" in text, "and what it may import"


def _all_but_python(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith(".py") and not (Path(folder) / name).is_dir()}


def _circles(imports: dict[str, set[str]]) -> list[set[str]]:
    """Sets of modules each of which reaches all others of its set (Kosaraju's two passes)."""
    order: list[str] = []
    seen: set[str] = set()

    def walk(start: str, edges: dict[str, set[str]], into: list[str]) -> None:
        stack = [(start, iter(sorted(edges.get(start, ()))))]
        seen.add(start)
        while stack:
            module, rest = stack[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                into.append(module)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(sorted(edges.get(following, ())))))

    for module in sorted(imports):
        if module not in seen:
            walk(module, imports, order)
    importers: dict[str, set[str]] = {}
    for module, imported in imports.items():
        for other in imported:
            importers.setdefault(other, set()).add(module)
    seen.clear()
    circles = []
    for module in reversed(order):
        if module not in seen:
            found: list[str] = []
            walk(module, importers, found)
            if len(found) > 1:
                circles.append(set(found))
    return circles
