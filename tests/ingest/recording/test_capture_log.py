"""The capture log: who, from where, by what, and to which addresses names led."""

from pathlib import Path

import pytest

from ingest.recording.capture_log import CaptureLog, clock_state, read_capture_log
from net.errors import RefusedAddress
from net.guard import NetPolicy, resolve


@pytest.fixture
def log(tmp_path: Path) -> CaptureLog:
    return CaptureLog(tmp_path, "https://user:secret@live.example/room.m3u8?token=1", lambda: 7)


def test_nothing_is_written_before_something_came(log: CaptureLog, tmp_path: Path) -> None:
    log.connected("live.example", 443, ("203.0.113.5",))
    assert list(tmp_path.iterdir()) == []


def test_the_log_says_who_and_how_and_keeps_no_secret(log: CaptureLog, tmp_path: Path) -> None:
    log.connected("live.example", 443, ("203.0.113.5",))
    log.began(7)
    log.began(7)
    log.connected("live.example", 443, ("203.0.113.5",))
    log.connected("live.example", 443, ("203.0.113.6",))
    first, *addresses = read_capture_log(tmp_path)
    assert first["source"] == "https://live.example/room.m3u8"
    assert str(first["maker"]).endswith("zhenyan 0.1.0")
    assert [row["addresses"] for row in addresses] == [["203.0.113.5"], ["203.0.113.6"]]
    assert "secret" not in (tmp_path / "capture.jsonl").read_text(encoding="utf-8")


def test_a_name_is_told_with_its_addresses_once_they_are_allowed() -> None:
    told: list[tuple[str, int, tuple[str, ...]]] = []

    def hear(host: str, port: int, addresses: tuple[str, ...]) -> None:
        told.append((host, port, addresses))

    with pytest.raises(RefusedAddress):
        resolve("127.0.0.1", 8080, NetPolicy(on_resolved=hear))
    assert told == []
    resolve("127.0.0.1", 8080, NetPolicy(allow=frozenset({"127.0.0.1"}), on_resolved=hear))
    assert told == [("127.0.0.1", 8080, ("127.0.0.1",))]


def test_the_kernel_says_whether_the_clock_is_kept() -> None:
    state = clock_state()
    assert state["synchronised"] in {True, False, None}
    if state["synchronised"] is not None:
        assert isinstance(state["largest_error_us"], int)
