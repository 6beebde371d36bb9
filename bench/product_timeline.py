"""Which product is on sale: generated rooms and the demo, by all evidence, by each kind alone, and without each kind.

Right is a second of on-sale time for which the timeline names the product that is really on sale; the baseline is what
speech alone tells. The demo's words are those of its script, heard and read without a slip.
"""

import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

import configs
from bench.checkout import DEMO_FILM
from bench.product_rooms import ProductRoom, frames, make_room
from bench.rooms import key_frames
from claims.passports.load import load_passports, read_passports
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.products.choice import ProductFinder, ProductTracker
from claims.types import Passage
from cli.broadcast.script import lay_out, read_script
from cluster.stages.products import open_watcher
from ingest.types import Frame
from vision.products.timeline import Evidence, EvidenceKind, OnSaleSpan, spans

_STEP_MS = 1_000
_ROOMS = (
    ("3 products", 11, 3, False, 0.6),
    ("4 products, shelf", 12, 4, True, 0.6),
    ("5 products, none named", 13, 5, False, 0.0),
    ("6 products, shelf, none named", 14, 6, True, 0.0),
    ("7 products, shelf", 15, 7, True, 0.6),
    ("8 products", 16, 8, False, 0.6),
)
_SPOKEN = frozenset({EvidenceKind.SPOKEN})
_WAYS = {
    "all": frozenset(EvidenceKind),
    "speech alone": _SPOKEN,
    "pictures alone": frozenset({EvidenceKind.PICTURE}),
    "speech and screen words": _SPOKEN | {EvidenceKind.WRITTEN},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A product on sale in `[start_ms, end_ms)`, first named or shown at `known_ms`."""

    product_id: str
    start_ms: int
    end_ms: int
    known_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A broadcast whose products are known, in order."""

    name: str
    finder: ProductFinder
    passages: Sequence[Passage]
    frames: Iterable[Frame]
    truth: Sequence[Turn]

    @property
    def end_ms(self) -> int:
        """When the last product goes."""
        return self.truth[-1].end_ms


def run() -> list[dict[str, object]]:
    """Share of on-sale seconds that are right, wrong and unknown; and whether passages were given to their product."""
    policy = packaged_policy()
    cv2.setNumThreads(1)
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        cases = [demo_case(policy)]
        for name, seed, products, shelf, name_share in _ROOMS:
            room = make_room(seed, products=products, shelf=shelf, name_share=name_share)
            cases.append(room_case(name, room, policy, Path(folder) / str(seed)))
        for case in cases:
            rows += measure(case)
    return rows


def measure(case: Case) -> list[dict[str, object]]:
    """The rows of one broadcast."""
    watcher, _ = open_watcher(case.finder.passports)
    seen: list[Evidence] = []
    cpu_s = 0.0
    for frame in case.frames:
        started_s = time.process_time()
        seen += watcher.watch([frame])
        cpu_s += time.process_time() - started_s
    heard = tracked(case, ())
    evidence = [*seen, *heard.timeline.evidence]
    rows: list[dict[str, object]] = []
    for way, kinds in _WAYS.items():
        used = [one for one in evidence if one.kind in kinds]
        predicted = spans(used, until_ms=case.end_ms)
        right, wrong = shares(predicted, case.truth)
        once_shown, _ = shares(predicted, [replace(turn, start_ms=turn.known_ms) for turn in case.truth])
        rows.append(
            {
                "room": case.name,
                "evidence": way,
                "right": f"{right:.3f}",
                "wrong": f"{wrong:.3f}",
                "unknown": f"{1 - right - wrong:.3f}",
                "right_once_named_or_shown": f"{once_shown:.3f}",
                "passages_right": f"{passages_right(case, [one for one in seen if one.kind in kinds]):.3f}",
                "cpu_ms_a_minute": round(cpu_s * 1000 / (case.end_ms / 60_000)) if way == "all" else None,
            }
        )
    return rows


def tracked(case: Case, seen: Sequence[Evidence]) -> ProductTracker:
    """A tracker that was told the case's words, and what was seen."""
    tracker = ProductTracker(case.finder)
    for one in seen:
        tracker.timeline.note(one)
    for passage in case.passages:
        _choose(tracker, passage)
    return tracker


def passages_right(case: Case, seen: Sequence[Evidence]) -> float:
    """Share of spoken passages within on-sale time whose product is the right one; each knows what was seen by then."""
    tracker = ProductTracker(case.finder)
    waiting = sorted(seen, key=lambda one: one.start_ms)
    right = total = 0
    for passage in sorted(case.passages, key=lambda one: one.end_ms):
        while waiting and waiting[0].start_ms <= passage.end_ms:
            tracker.timeline.note(waiting.pop(0))
        chosen = _choose(tracker, passage)
        real = next((t.product_id for t in case.truth if t.start_ms <= passage.start_ms < t.end_ms), None)
        if passage.channel == "speech" and real is not None:
            total += 1
            right += chosen == real
    return right / max(1, total)


def _choose(tracker: ProductTracker, passage: Passage) -> str | None:
    choice = tracker.choose(
        passage.text,
        at_ms=passage.start_ms,
        given=None,
        on_sale=None,
        seen_ms=(passage.start_ms + passage.end_ms) // 2,
        is_written=passage.channel == "screen",
    )
    return choice.passport.id if choice.passport else None


def shares(predicted: Sequence[OnSaleSpan], truth: Sequence[Turn]) -> tuple[float, float]:
    """Shares of the on-sale seconds for which the right product is named, and a wrong one."""
    right = wrong = total = 0
    for turn in truth:
        for at_ms in range(turn.start_ms, turn.end_ms, _STEP_MS):
            named = next((span.product_id for span in predicted if span.start_ms <= at_ms < span.end_ms), None)
            total += 1
            right += named == turn.product_id
            wrong += named not in (None, turn.product_id)
    return right / max(1, total), wrong / max(1, total)


def room_case(name: str, room: ProductRoom, policy: Policy, folder: Path) -> Case:
    """A generated room with passports that hold its pictures."""
    folder.mkdir()
    records: list[dict[str, object]] = []
    for product, picture in room.pictures.items():
        path = folder / f"{product}.png"
        cv2.imwrite(str(path), picture)
        image = {"path_or_url": path.name, "view": "front"}
        records.append({"id": product, "name": room.names[product], "category": "other/goods", "images": [image]})
    passports = read_passports(records, policy.quantity_reader, source=name, folder=folder)
    return Case(
        name=name,
        finder=ProductFinder(passports, policy.wording.products),
        passages=room.passages,
        frames=frames(room),
        truth=tuple(
            Turn(product_id=h.product_id, start_ms=h.start_ms, end_ms=h.end_ms, known_ms=h.known_ms)
            for h in room.handled
        ),
    )


def demo_case(policy: Policy) -> Case:
    """The packaged demo: its own pictures; from the first line about a product to the last."""
    script = read_script(configs.DEMO_DIR / "demo.json")
    layout = lay_out(script)
    spoken = [
        Passage(stream_id="demo", id=line.id, start_ms=place.start_ms, end_ms=place.end_ms, text=line.text)
        for line in script.lines
        for place in [layout.lines[line.id]]
    ]
    written = [
        Passage(
            stream_id="demo",
            id=f"o{index}.{row}",
            channel="screen",
            start_ms=place.start_ms,
            end_ms=place.end_ms,
            text=text,
        )
        for index, (overlay, place) in enumerate(zip(script.screen, layout.overlays, strict=True))
        for row, text in enumerate(overlay.text)
    ]
    starts = [(layout.lines[line.id].start_ms, line.product_id) for line in script.lines]
    ends = [start for start, _ in starts[1:]] + [layout.end_ms]
    truth = [
        Turn(product_id=product, start_ms=start, end_ms=end, known_ms=start)
        for (start, product), end in zip(starts, ends, strict=True)
        if product is not None
    ]
    passports = load_passports(configs.DEMO_DIR / "passports.yaml", policy.quantity_reader)
    return Case(
        name="demo",
        finder=ProductFinder(passports, policy.wording.products),
        passages=sorted([*spoken, *written], key=lambda passage: passage.start_ms),
        frames=key_frames(DEMO_FILM, "demo"),
        truth=truth,
    )
