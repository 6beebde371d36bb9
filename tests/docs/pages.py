"""Runs the examples of a page as a newcomer would: in its order, in one empty folder, with nothing set beforehand.

Blocks marked `sh` are one shell session, and those marked `python` run after it, while what it left running (`&`) is
still there. Blocks marked otherwise (`console`, `text`, `yaml` …) are shown and not run.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from mktestdocs.__main__ import grab_code_blocks

DOCS = Path(__file__).parents[2] / "docs"
# The ports that pages name: the server's, the demo broadcast's, a receiver's. Free ones take their place.
_PORTS = ("8400", "8765", "8766")
_END_S = 60
# Each job is asked to end before the rest of the session is: a worker ends its own children in good order.
_END_JOBS = "trap 'kill $(jobs -p) 2>/dev/null || true; wait || true' EXIT"


def run_page(name: str, folder: Path, *, timeout_s: float) -> str:
    """What the page's examples wrote, all of them having succeeded; fails with it where one did not."""
    text = (DOCS / name).read_text(encoding="utf-8")
    own = {port: str(_free_port()) for port in _PORTS}
    for port, free in own.items():
        text = text.replace(port, free)
    script = f"{_END_JOBS}\n" + "\n".join(grab_code_blocks(text, lang="sh"))
    for number, program in enumerate(grab_code_blocks(text, lang="python")):
        file = folder / f"example-{number}.py"
        file.write_text(program, encoding="utf-8")
        script += f"\npython {file.name}"
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as written:
        session = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env=_newcomers(own["8400"]),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
        try:
            status = session.wait(timeout_s)
        finally:
            _end(session)
    told = log.read_text(encoding="utf-8", errors="replace")
    assert status == 0, f"{name}: exit {status}\n{told[-6000:]}"
    return told


def _newcomers(port: str) -> dict[str, str]:
    """The environment of somebody who installed the program and set nothing; only the port is the test's."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ZHENYAN_", "RAY_"))}
    return kept | {"ZHENYAN_PORT": port, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _end(session: "subprocess.Popen[bytes]") -> None:
    """Ends the shell and all it left running, politely first."""
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
