"""A page's examples run in its order, and what the page says that they print is what they print."""

import os
from pathlib import Path

import pytest

from scripts.page_session import PageFailed, Step, run_page, steps_of, unprinted

PAGE = """# Page

```sh
echo one > number.txt
sleep 0.1 &
```

Words between.

```sh
echo "$ZHENYAN_PORT"; cat number.txt
echo 总功率 100 W, of 65
```

```text
one
总功率 … W, …
```

```console
$ never run
```

```python
print("last")
```
"""


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


def test_shell_blocks_run_first_then_python_and_each_knows_what_it_prints() -> None:
    steps = steps_of(PAGE)
    assert [step.kind for step in steps] == ["sh", "sh", "python"]
    assert [step.printed for step in steps] == ["", "one\n总功率 … W, …\n", ""]


def test_a_page_that_tells_the_truth_is_done_step_by_step(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    folder.mkdir()
    done = run_page(PAGE, folder, environment(), timeout_s=60)
    assert [one.step.kind for one in done] == ["sh", "sh", "python"]
    assert done[1].wrote.split()[1:] == ["one", "总功率", "100", "W,", "of", "65"]
    assert done[2].wrote.strip() == "last"
    assert all(0 <= one.seconds < 60 for one in done)


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("one\n总", "two\n总", "'two'"),
        ("总功率 … W, …", "总功率 … kW, …", "总功率 … kW"),
        ('print("last")', 'raise SystemExit("no")', "exit 1"),
        ("echo one", "false; echo one", "exit 1"),
    ],
)
def test_a_page_that_does_not_is_refused_with_what_was_printed(tmp_path: Path, was: str, now: str, told: str) -> None:
    folder = tmp_path / "page"
    folder.mkdir()
    assert was in PAGE
    with pytest.raises(PageFailed, match=told):
        run_page(PAGE.replace(was, now), folder, environment(), timeout_s=60)


@pytest.mark.parametrize(
    ("printed", "wrote", "missing"),
    [
        ("a\nb\n", "x\nb\na\n", []),
        ("a … c\n", "a b c\n", []),
        ("a … c\n", "a b d\n", ["a … c"]),
        ("a\n", "aa\n", ["a"]),
        ("a+b\n", "aab\n", ["a+b"]),
        ("", "whatever", []),
    ],
)
def test_which_lines_were_not_printed(printed: str, wrote: str, missing: list[str]) -> None:
    assert unprinted(Step(kind="sh", text="", printed=printed), wrote) == missing
