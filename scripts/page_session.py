"""The examples of a page, run as a newcomer would: in its order, in one empty folder, with nothing set beforehand.

Blocks marked `sh` are one shell session, and those marked `python` run after it, while what it left running (`&`) is
still there. A block marked `text` right behind one of them is what that one prints, `…` standing for anything. Blocks
marked otherwise (`console`, `yaml` …) are shown and not run.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bench.ports import free_port

# The ports that pages name: the server's, the demo broadcast's, a receiver's. Free ones take their place.
_PORTS = ("8400", "8765", "8766")
_END_S = 60
# Each job is asked to end before the rest of the session is: a worker ends its own children in good order.
_END_JOBS = "trap 'kill $(jobs -p) 2>/dev/null || true; wait || true' EXIT"
_RUN = ("sh", "python")
_NOTHING = Token("text", "", 0)
_MARK = "@@ block {} begins "


class PageFailed(Exception):
    """An example did not run, or did not print what the page says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A block of a page and what it is said to print; nothing is said if `printed` is empty."""

    kind: str
    text: str
    printed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step that ran: what it wrote, to whichever stream, and how long it took."""

    step: Step
    wrote: str
    seconds: float


def steps_of(text: str) -> list[Step]:
    """What of a page runs, in the order in which it does: shell blocks first, then Python."""
    tokens = MarkdownIt().parse(text)
    steps = [
        Step(kind=block.info, text=block.content, printed=behind.content if behind.info == "text" else "")
        for block, behind in zip(tokens, [*tokens[1:], _NOTHING], strict=True)
        if block.type == "fence" and block.info in _RUN
    ]
    return [step for kind in _RUN for step in steps if step.kind == kind]


def unprinted(step: Step, wrote: str) -> list[str]:
    """The lines that the step should have printed and did not; `…` stands for anything."""
    lines = [line.rstrip() for line in wrote.splitlines()]
    missing = []
    for line in filter(None, map(str.rstrip, step.printed.splitlines())):
        pattern = re.compile(".*".join(map(re.escape, line.split("…"))))
        if not any(pattern.fullmatch(each) for each in lines):
            missing.append(line)
    return missing


def run_page(
    text: str, folder: Path, environment: Mapping[str, str], *, timeout_s: float, box: Sequence[str] = ()
) -> list[Done]:
    """The steps of a page with what they wrote; PageFailed with all of it where one failed or printed something else.

    `box`: a command that runs its arguments in a closed room, if the shell is to run in one.
    """
    own = {port: str(free_port()) for port in _PORTS}
    for port, free in own.items():
        text = text.replace(port, free)
    steps = steps_of(text)
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as written:
        session = subprocess.Popen(
            [*box, "bash", "-euo", "pipefail", "-c", _script(steps, folder)],
            cwd=folder,
            env=dict(environment) | {"ZHENYAN_PORT": own["8400"]},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
        try:
            status: int | str = session.wait(timeout_s)
        except subprocess.TimeoutExpired:
            status = f"not over after {timeout_s:g} s"
        finally:
            end_session(session)
    wrote = log.read_text(encoding="utf-8", errors="replace")
    if status != 0:
        raise PageFailed(f"exit {status}\n{wrote[-6000:]}")
    done = _parted(steps, wrote)
    for one in done:
        if missing := unprinted(one.step, one.wrote):
            raise PageFailed(f"the page says that this is printed: {missing}\nand this was:\n{one.wrote[-3000:]}")
    return done


def _script(steps: Sequence[Step], folder: Path) -> str:
    lines = [_END_JOBS]
    for number, step in enumerate(steps):
        lines.append(f"printf '\\n{_MARK.format(number)}%s\\n' \"$EPOCHREALTIME\"")
        if step.kind == "python":
            file = folder / f"example-{number}.py"
            file.write_text(step.text, encoding="utf-8")
            lines.append(f"python {file.name}")
        else:
            lines.append(step.text)
    lines.append(f"printf '\\n{_MARK.format(len(steps))}%s\\n' \"$EPOCHREALTIME\"")
    return "\n".join(lines)


def _parted(steps: Sequence[Step], wrote: str) -> list[Done]:
    """What each step wrote, and how long it took, by the marks between them."""
    parts = re.split(r"^" + _MARK.format(r"\d+") + r"([\d.]+)$", wrote, flags=re.MULTILINE)
    began = [float(at) for at in parts[1::2]]
    return [
        Done(step=step, wrote=text, seconds=round(after - at, 1))
        for step, text, at, after in zip(steps, parts[2::2], began, began[1:], strict=False)
    ]


def end_session(session: "subprocess.Popen[bytes]") -> None:
    """Ends a command that leads a session of its own, and all it left running, politely first."""
    deadline = time.monotonic() + _END_S
    try:
        os.killpg(session.pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            session.poll()
            os.killpg(session.pid, 0)
            time.sleep(0.1)
        os.killpg(session.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    finally:
        session.wait()
