"""Reading composed live rooms beside unmodified RapidOCR on every sampled frame: cost, recall, false lines.

Both read the same key frames of the same H.264 films on one thread; decoding is left out of both. The rooms are
composed by `bench.rooms`, so what they show is known.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rapidocr import RapidOCR

import configs
from bench.room_scripts import rooms_with_text, textless
from bench.rooms import Ground, Room, film, frames_between, key_frames
from bench.sights import Outcome, Sight, outcomes, strangers
from ingest.types import Frame
from vision.layout.roles import RoomPolicy, load_room_policy
from vision.ocr.paddle import PaddleReader
from vision.tracking.watcher import StreamWatcher, WatchCounts
from vision.types import Box, Role

_TEXTLESS_ROOMS = 10
_TEXTLESS_FPS = 2
_TEXTLESS_KBPS = 148


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    sights: tuple[Sight, ...]
    cpu_s: float


def run(quick: bool = False) -> list[dict[str, object]]:
    """Rows for each room, the whole, and rooms without a word; `quick` takes a third of the rooms."""
    rows = read_rooms(rooms_with_text()[::3] if quick else rooms_with_text())
    reader, policy = _ours()
    with TemporaryDirectory() as folder:
        return [*rows, _textless(reader, policy, Path(folder), rooms=2 if quick else _TEXTLESS_ROOMS)]


def read_rooms(rooms: Sequence[Room]) -> list[dict[str, object]]:
    """A row for each of these rooms, read by us and by the peer, and one for the clear and one for the hard of them."""
    reader, policy = _ours()
    with TemporaryDirectory() as folder:
        rows, whole = _with_text(reader, policy, _peer_engine(), rooms, Path(folder))
    return [*rows, *whole]


def _ours() -> tuple[PaddleReader, RoomPolicy]:
    return PaddleReader(device="cpu"), load_room_policy(configs.ROOT / "vision" / "room.yaml")


def _with_text(
    reader: PaddleReader, policy: RoomPolicy, peer: Any, rooms: Sequence[Room], folder: Path
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    rows: list[dict[str, object]] = []
    totals: dict[bool, list[tuple[Room, list[Outcome], list[Outcome], float, float, int]]] = {False: [], True: []}
    for room in rooms:
        path = folder / "room.mp4"
        film(room, path)
        frames = key_frames(path, room.name)
        sampled = [frame.at_ms for frame in frames]
        theirs = _read_by_peer(peer, frames)
        ours, counts = _read_by_us(reader, policy, room, path, frames)
        their_outcomes, our_outcomes = (outcomes(room, read.sights, sampled) for read in (theirs, ours))
        late = _samples_late(their_outcomes, our_outcomes, sampled)
        rows.append(
            {
                "room": room.name,
                "texts": len(our_outcomes),
                **_cost(room.duration_ms, theirs.cpu_s, ours.cpu_s),
                **_recall(their_outcomes, our_outcomes),
                "most_samples_late": late,
                "false_lines": len(strangers(room, ours.sights)),
                "may_be_missed_ms": counts.blind_ms,
            }
        )
        totals["hard" in room.tags].append((room, their_outcomes, our_outcomes, theirs.cpu_s, ours.cpu_s, late))
    return rows, [_total(hard, those) for hard, those in totals.items() if those]


def _total(
    hard: bool, those: Sequence[tuple[Room, list[Outcome], list[Outcome], float, float, int]]
) -> dict[str, object]:
    return {
        "rooms": "blurred and enlarged" if hard else "clear",
        "texts": sum(len(ours) for _, _, ours, _, _, _ in those),
        **_cost(sum(t[0].duration_ms for t in those), sum(t[3] for t in those), sum(t[4] for t in those)),
        **_recall([each for t in those for each in t[1]], [each for t in those for each in t[2]]),
        "most_samples_late": max(t[5] for t in those),
    }


def _cost(duration_ms: int, their_cpu_s: float, our_cpu_s: float) -> dict[str, object]:
    minutes = duration_ms / 60_000
    return {
        "peer_cpu_s_per_stream_minute": round(their_cpu_s / minutes, 2),
        "our_cpu_s_per_stream_minute": round(our_cpu_s / minutes, 2),
        "times_cheaper": round(their_cpu_s / our_cpu_s, 1),
        "our_share_of_a_core": round(our_cpu_s * 1000 / duration_ms, 4),
    }


def _recall(theirs: Sequence[Outcome], ours: Sequence[Outcome]) -> dict[str, object]:
    characters = sum(outcome.characters for outcome in ours)
    both = [(a, b) for a, b in zip(theirs, ours, strict=True) if a.is_exact]
    return {
        "peer_character_recall": round(sum(outcome.characters_read for outcome in theirs) / characters, 4),
        "our_character_recall": round(sum(outcome.characters_read for outcome in ours) / characters, 4),
        "peer_exact": sum(outcome.is_exact for outcome in theirs),
        "our_exact": sum(outcome.is_exact for outcome in ours),
        "recall_of_the_peers_texts": round(sum(b.is_exact for _, b in both) / max(1, len(both)), 4),
    }


def _samples_late(theirs: Sequence[Outcome], ours: Sequence[Outcome], sampled_ms: Sequence[int]) -> int:
    """How many samples after the peer we first saw a text that both read, at the worst."""
    late = [
        sum(their.first_ms < at_ms <= our.first_ms for at_ms in sampled_ms)
        for their, our in zip(theirs, ours, strict=True)
        if their.first_ms is not None and our.first_ms is not None
    ]
    return max(late, default=0)


def _peer_engine() -> Any:
    one_thread = {
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    return RapidOCR(params={"Global.log_level": "critical", **one_thread})


def _read_by_peer(peer: Any, frames: Sequence[Frame]) -> _Read:
    sights: list[Sight] = []
    cpu_s = 0.0
    for frame in frames:
        started = time.process_time()
        seen = peer(frame.image)
        cpu_s += time.process_time() - started
        for text, corners in zip(seen.txts or (), seen.boxes if seen.boxes is not None else (), strict=True):
            left, top = np.floor(corners.min(axis=0)).astype(int)
            right, bottom = np.ceil(corners.max(axis=0)).astype(int)
            box = Box(left=int(left), top=int(top), right=int(right), bottom=int(bottom))
            sights.append(Sight(text=text, box=box, start_ms=frame.at_ms, end_ms=frame.at_ms))
    return _Read(sights=tuple(sights), cpu_s=cpu_s)


def _read_by_us(
    reader: PaddleReader, policy: RoomPolicy, room: Room, path: Path, frames: Sequence[Frame]
) -> tuple[_Read, WatchCounts]:
    decoding_s = 0.0

    def more(start_ms: int, end_ms: int, step_ms: int) -> Sequence[Frame]:
        nonlocal decoding_s
        started = time.process_time()
        found = frames_between(path, room.name, start_ms, end_ms, step_ms)
        decoding_s += time.process_time() - started
        return found

    watcher = StreamWatcher(room.name, reader, policy, more)
    started = time.process_time()
    texts = {text.frame_text_id + text.text: text for frame in frames for text in watcher.watch([frame])}
    texts |= {text.frame_text_id + text.text: text for text in watcher.finish()}
    cpu_s = time.process_time() - started - decoding_s
    # What has gone by now says how long it stood.
    texts |= {text.frame_text_id + text.text: text for text in watcher.take_over()}
    sights = tuple(
        Sight(text=text.text, box=text.box, start_ms=text.start_ms, end_ms=text.end_ms)
        for text in texts.values()
        if text.role is Role.SELLER
    )
    return _Read(sights=sights, cpu_s=cpu_s), watcher.counts


def _textless(reader: PaddleReader, policy: RoomPolicy, folder: Path, *, rooms: int) -> dict[str, object]:
    false_lines = 0
    cpu_s, duration_ms = 0.0, 0
    for seed in range(rooms):
        ground: Ground = "clutter" if seed % 2 else "pan"
        room = replace(textless(f"textless {seed}", 100 + seed, ground=ground), kbps=_TEXTLESS_KBPS)
        path = folder / "textless.mp4"
        film(room, path, fps=_TEXTLESS_FPS)
        read, _ = _read_by_us(reader, policy, room, path, key_frames(path, room.name))
        false_lines += len(read.sights)
        cpu_s += read.cpu_s
        duration_ms += room.duration_ms
    return {
        "textless_minutes": duration_ms / 60_000,
        "false_lines_per_10_minutes": round(false_lines * 600_000 / duration_ms, 2),
        "our_share_of_a_core": round(cpu_s * 1000 / duration_ms, 4),
    }
