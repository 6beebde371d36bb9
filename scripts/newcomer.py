"""The first hour of somebody who has only a clone: what README and the quick starts say is done, word by word.

    python -m scripts.newcomer            # README's demo, the installation, and the three quick starts
    python -m scripts.newcomer --page start/analyst.md --installed

A clean clone in an empty home, with nothing of this environment but what finds the package index; in a room of its own
(bubblewrap) where that is allowed. Each step is timed; the first that fails, or prints other words than the page shows,
ends the hour with exit status 1. `--installed` takes the installation of this checkout instead of making one.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from bench.ports import free_port
from scripts.page_session import PageFailed, end_session, run_page

T = TypeVar("T")
ROOT = Path(__file__).parents[1]
PAGES = ("start/analyst.md", "start/reviewer.md", "start/platform.md")
_INSTALL_S, _PAGE_S, _FIRST_CASE_S, _END_S = 1800.0, 1500.0, 300.0, 60.0
# How packages are found is this machine's; everything else that is set here is not the newcomer's.
_KEPT = (
    "PIP_",
    "UV_",
    "SSL_CERT_",
    "REQUESTS_CA_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
)
_ADDRESS = re.compile(r"^review queue: (\S+)$", re.MULTILINE)


class Home:
    """An empty home with a clone in it. `box`: the command before each that closes the room; none where it may not."""

    def __init__(self, folder: Path, installed: bool) -> None:
        self.folder = folder
        self.clone = folder / "zhenyan"
        _call(["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", str(self.clone)])
        index = _index()
        self.box = _box(folder, [value for value in index.values() if value.startswith("/")])
        tools = Path(sys.executable).parent if installed else self.clone / ".venv" / "bin"
        base = Path(sys.base_prefix) / "bin"
        self.environment: Mapping[str, str] = index | {
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(self.clone) if installed else "",
            "PATH": os.pathsep.join(map(str, (tools, base, "/usr/local/bin", "/usr/bin", "/bin"))),
        }

    def run(self, command: str, timeout_s: float) -> str:
        """What a command of the clone wrote; PageFailed where it failed."""
        done = subprocess.run(
            [*self.box, "bash", "-euo", "pipefail", "-c", command],
            cwd=self.clone,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode:
            raise PageFailed(f"{command}: exit {done.returncode}\n{(done.stdout + done.stderr)[-4000:]}")
        return done.stdout + done.stderr


def _index() -> dict[str, str]:
    """How packages are found on this machine: by variables, and by the file of the user that runs this."""
    kept = {key: value for key, value in os.environ.items() if key.startswith(_KEPT)}
    own = Path.home() / ".config" / "pip" / "pip.conf"
    return {"PIP_CONFIG_FILE": str(own)} | kept if own.is_file() else kept


def _box(folder: Path, more: Sequence[str]) -> list[str]:
    """bubblewrap's arguments for a room in which only the system, Python and this folder are there; else nothing.

    `more`: files and folders that are seen there as well.
    """
    program = shutil.which("bwrap")
    if program is None:
        return []
    seen = [*("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/opt", "/run"), sys.base_prefix, sys.prefix, *more]
    bound = [word for place in seen if Path(place).exists() for word in ("--ro-bind", place, place)]
    box = [program, *bound, "--tmpfs", "/tmp", "--bind", str(folder), str(folder), "--proc", "/proc", "--dev", "/dev"]
    box += ["--unshare-pid", "--die-with-parent"]
    return box if subprocess.run([*box, "true"], capture_output=True, check=False).returncode == 0 else []


def _call(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def readme(home: Home) -> None:
    """README's first command: it prints the address of a queue that fills while the host speaks; Ctrl-C ends it."""
    text = (home.clone / "README.md").read_text(encoding="utf-8")
    if "make demo" not in text or "prints the address of the queue" not in text:
        raise PageFailed("README.md no longer says `make demo`, or what it prints: this script tries something else")
    log = home.folder / "demo.log"
    environment = dict(home.environment) | {"ZHENYAN_PORT": str(free_port())}
    with log.open("wb") as written:
        command = [*home.box, "bash", "-c", "exec make demo"]
        demo = subprocess.Popen(
            command, cwd=home.clone, env=environment, stdout=written, stderr=written, start_new_session=True
        )
        try:
            address = _until(_INSTALL_S, demo, log, lambda: _ADDRESS.findall(log.read_text(encoding="utf-8")))[0]
            _until(_FIRST_CASE_S, demo, log, lambda: _cases(address.rstrip("/")))
            os.killpg(demo.pid, signal.SIGINT)
            demo.wait(_END_S)
        finally:
            end_session(demo)


def _cases(address: str) -> list[object]:
    try:
        with urllib.request.urlopen(f"{address}/v1/cases", timeout=5) as answer:
            found: list[object] = json.load(answer)["cases"]
            return found
    except OSError:
        return []


def _until(seconds: float, process: "subprocess.Popen[bytes]", log: Path, found: Callable[[], T]) -> T:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if what := found():
            return what
        time.sleep(0.5)
    wrote = log.read_text(encoding="utf-8", errors="replace")
    raise PageFailed(f"nothing came within {seconds:g} s, exit status {process.returncode}\n{wrote[-4000:]}")


def pages(home: Home, names: Sequence[str]) -> None:
    """The quick starts, each in an empty folder, each step timed and told."""
    for name in names:
        folder = home.folder / Path(name).stem
        folder.mkdir()
        text = (home.clone / "docs" / name).read_text(encoding="utf-8")
        for number, done in enumerate(run_page(text, folder, home.environment, timeout_s=_PAGE_S, box=home.box), 1):
            checked = "" if not done.step.printed else ", prints what it says"
            print(f"{name} {number}: {done.seconds:.1f} s{checked}", flush=True)


def timed(what: str, act: Callable[[], object]) -> None:
    """Does it and says how long it took."""
    began = time.monotonic()
    act()
    print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="append", choices=PAGES, help="only this one; may be given again")
    parser.add_argument("--installed", action="store_true", help="take the installation that runs this")
    options = parser.parse_args(arguments)
    # A shell has what it starts in the background ignore Ctrl-C, and the demo, which ends by it, would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="newcomer-", ignore_cleanup_errors=True) as folder:
        home = Home(Path(folder), options.installed)
        print("in a room of its own" if home.box else "in a home of its own: bubblewrap is not here or not allowed")
        try:
            if not options.installed:
                timed("make install", lambda: home.run("make install", _INSTALL_S))
            if not options.page and not options.installed:
                timed("make demo, to its first case", lambda: readme(home))
            pages(home, options.page or PAGES)
        except (PageFailed, subprocess.TimeoutExpired) as failure:
            print(f"newcomer: {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
