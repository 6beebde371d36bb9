"""The README is short, shows the house as it is, and every command that it or a page names is one that exists."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.main import group

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
# A screen and a half of a terminal or of a repository's page.
MOST_LINES = 70


def blocks(text: str) -> Iterator[str]:
    """What stands in shell blocks, whether shown or run, with continued lines joined."""
    for kind, body in re.findall(r"^```(sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        joined = re.sub(r"\\\n\s*", " ", body)
        yield re.sub(r"^[$#] ", "", joined, flags=re.MULTILINE) if kind == "console" else joined


def commands(text: str) -> list[list[str]]:
    """Each call of `zhenyan` in shell blocks and in code type, as its words."""
    calls = [line for block in blocks(text) for line in block.splitlines()]
    calls += re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    found = []
    for call in calls:
        if call.startswith(("docker build", "kubectl ", "helm ")):
            continue
        for said in re.findall(r"(?:^|[\s;|&!(]|bin/)zhenyan ([^;&><)#]+?)(?=\s\||[;&><)#]|$)", call):
            try:
                words = shlex.split(said)
            except ValueError:
                words = said.split()
            found.append(words)
    return found


def wrong_in(words: list[str]) -> str:
    """What of a call the program does not know; empty where it knows all."""
    command: click.Command = group
    context = click.Context(command)
    for word in words:
        if word.startswith("--"):
            if command.context_settings.get("ignore_unknown_options"):
                continue
            name = word.partition("=")[0]
            if name != "--help" and not any(name in (*x.opts, *x.secondary_opts) for x in command.params):
                return f"{' '.join(words)}: no option {name}"
        elif isinstance(command, click.Group) and not word.startswith("-"):
            for choice in word.split("|"):
                if command.get_command(context, choice) is None:
                    return f"{' '.join(words)}: no command {choice}"
            command = command.get_command(context, word.split("|")[0]) or command
    return ""


def test_the_readme_is_a_screen_and_a_half() -> None:
    assert len(README.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_target_of_make_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make (\w+)", text, re.MULTILINE))
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert named
    assert named <= targets, named - targets


def test_every_folder_of_code_has_its_line() -> None:
    rows = set(re.findall(r"`(\w+)/`", README.partition("## How it is laid out")[2]))
    here = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert here - {"scripts"} <= rows | {"tests"}, here - rows
    assert all((ROOT / row).is_dir() for row in rows)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    assert [told for words in commands(page.read_text(encoding="utf-8")) if (told := wrong_in(words))] == []


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    for call in ("chekc", "check --pasports x", "policy explian x", "evidence pack|verfy"):
        found = commands(f"Say `zhenyan {call}` here.\n\n```sh\nzhenyan {call}\n```\n")
        assert len(found) == 2
        assert all(map(wrong_in, found)), call


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_what_a_page_at_the_root_links_to_is_there(page: str) -> None:
    """With its heading, where it names one."""
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert links
    missing = []
    for link in links:
        path, _, anchor = link.partition("#")
        target = ROOT / path
        if not target.is_file() or (anchor and f"{{ #{anchor} }}" not in target.read_text(encoding="utf-8")):
            missing.append(link)
    assert not missing
