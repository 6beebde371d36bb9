"""`zhenyan demo --play` and `--files`: the demo's material for one's own trials."""

import os
import select
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.cli.support import Call


def test_the_files_can_be_screened_from_where_they_are_copied_to(zhenyan: Call, tmp_path: Path) -> None:
    answer = zhenyan("demo", "--files", tmp_path / "demo")
    assert answer.status == 0
    assert (tmp_path / "demo" / "broadcast.mp4").stat().st_size > 1_000_000
    read = zhenyan("passports", "import", tmp_path / "demo" / "passports.yaml", "--json")
    assert len(read.findings) == 3


def test_a_port_that_is_taken_is_named(zhenyan: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = zhenyan("demo", "--play", "--port", str(taken.getsockname()[1]))
    assert answer.status == 2
    assert "choose another --port" in answer.complaint


def test_the_broadcast_is_on_air_until_it_is_stopped() -> None:
    command = [Path(sys.executable).with_name("zhenyan"), "demo", "--play"]
    player = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        assert player.stdout is not None
        assert select.select([player.stdout], [], [], 60)[0]
        url = player.stdout.readline().decode().removeprefix("on air: ").strip()
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.read().startswith(b"#EXTM3U")
    finally:
        player.terminate()
        assert player.wait(30) == 130
        player.stdout.close()
