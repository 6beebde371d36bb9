"""Real processes of the live service, rooms on air that never end, and what the API tells of them."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.live_material import wait
from bench.ports import free_port
from cli.broadcast.play import MediaServer
from ingest.media.ffmpeg import find_ffmpeg
from tests.cli.support import ROOT
from tests.material import DEMO_FILM

TALK = f"-re -stream_loop -1 -i {DEMO_FILM} -c copy"
MUTE = (
    "-re -f lavfi -i testsrc2=size=320x180:rate=10 -re -f lavfi -i anullsrc=r=16000:cl=mono -c:v libx264 -g 20"
    " -preset ultrafast -pix_fmt yuv420p -threads 1 -c:a aac"
)
PASSPORT = {
    "id": "P-1",
    "name": "移动电源",
    "category": "electronics/power_bank",
    "attributes": [{"name": "battery_capacity", "label": "电池容量", "value": 10000, "unit": "mAh"}],
}


@contextmanager
def on_air(folder: Path, content: str) -> Iterator[str]:
    """The URL of a live playlist of what ffmpeg makes of these arguments; it goes on until the end."""
    folder.mkdir()
    playlist = folder / "live.m3u8"
    form = "-f hls -hls_time 2 -hls_list_size 6 -hls_flags delete_segments+temp_file+independent_segments"
    command = f"{find_ffmpeg()} -nostdin -v error {content} {form} {playlist}"
    with subprocess.Popen(shlex.split(command)) as player, MediaServer(folder) as server:
        try:
            wait(playlist.exists, 60)
            yield server.url(playlist.name)
        finally:
            player.kill()


@dataclass
class Service:
    """Servers and workers on one database, each in a process group of its own."""

    folder: Path
    database_url: str
    _groups: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def serve(self) -> str:
        """The address of another server, which answers."""
        port = free_port()
        self._start("serve", "--port", str(port))
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            with suppress(httpx.TransportError):
                return httpx.get(f"{url}/readyz", timeout=10).status_code == 200
            return False

        wait(answers, 120, self.log)
        return url

    def work(self, client: httpx.Client) -> "subprocess.Popen[bytes]":
        """A worker that has room."""
        worker = self._start("worker", "--capacity", "3")
        wait(lambda: client.get("/readyz").json()["places"] >= 3, 240, self.log)
        return worker

    def key(self) -> str:
        """A key with every scope."""
        made = subprocess.run(
            _command("keys", "add", "k", "--scope", "all"), env=self._environment(), capture_output=True
        )
        assert made.returncode == 0, made.stderr.decode()
        return made.stdout.decode().strip()

    def log(self) -> str:
        """What the processes printed."""
        return (self.folder / "log.txt").read_text(errors="replace")[-4000:]

    def end(self) -> None:
        """Kills whatever still runs."""
        for process in self._groups:
            kill_group(process)

    def _start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        with (self.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                _command(*arguments), env=self._environment(), stdout=log, stderr=log, start_new_session=True
            )
        self._groups.append(process)
        return process

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
        return kept | {
            "ZHENYAN_DATA_DIR": str(self.folder / "data"),
            "ZHENYAN_DATABASE_URL": self.database_url,
            "ZHENYAN_ALLOW_NET": "127.0.0.1",
            "ZHENYAN_SEMANTIC": "off",
            "PYTHONPATH": str(ROOT),
        }


@contextmanager
def service(folder: Path, database_url: str) -> Iterator[Service]:
    """Nothing of it is left afterwards."""
    (folder / "data").mkdir()
    with ExitStack() as stack:
        opened = Service(folder, database_url)
        stack.callback(opened.end)
        yield opened


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """kill -9 of the process and of all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@dataclass(frozen=True)
class Customer:
    """What a customer's program asks."""

    client: httpx.Client

    def order(self, url: str) -> str:
        """The id of the broadcast that is ordered."""
        body = {"url": url, "host": {"id": "h1"}, "products": ["P-1"]}
        answer = self.client.post("/v1/streams", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["stream_id"])

    def stream(self, stream_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v1/streams/{stream_id}").json()
        return found

    def told(self, stream_id: str) -> list[dict[str, Any]]:
        """The events of this broadcast, but for gaps."""
        events = self.client.get("/v1/events", params={"after": 0, "limit": 1000}).json()["events"]
        return [e for e in events if e["data"]["stream_id"] == stream_id and e["type"].startswith("stream.")]

    def kinds(self, stream_id: str) -> list[str]:
        return [event["type"] for event in self.told(stream_id) if event["type"] not in ("stream.gap", "stream.health")]


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from cli.main import main; main()", *arguments]
