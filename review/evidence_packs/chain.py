"""Where a clip lies in the recorded chain: its segments' hashes and links, with those of the neighbours."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.recording.chain import GENESIS, chain_sha256, chain_sm3
from ingest.types import Segment
from review.evidence_packs.errors import PackBroken

NEIGHBOURS = 2
Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Segments that follow each other, and the links before the first of them."""

    before_sha256: str
    before_sm3: str
    segments: tuple[Segment, ...]


def runs_around(segments: Sequence[Segment], wanted: Collection[int]) -> tuple[Run, ...]:
    """The wanted segments of a recording with their neighbours on both sides, as runs without a hole."""
    near = {number + step for number in wanted for step in range(-NEIGHBOURS, NEIGHBOURS + 1)}
    by_number = {segment.sequence: segment for segment in segments}
    runs: list[list[Segment]] = []
    for number in sorted(near & by_number.keys()):
        if runs and runs[-1][-1].sequence == number - 1:
            runs[-1].append(by_number[number])
        else:
            runs.append([by_number[number]])
    return tuple(_run(run, by_number.get(run[0].sequence - 1)) for run in runs)


def _run(run: Sequence[Segment], before: Segment | None) -> Run:
    return Run(
        before_sha256=before.chain_sha256 if before else GENESIS,
        before_sm3=(before.chain_sm3 if before else "") or GENESIS,
        segments=tuple(run),
    )


def chain_record(stream_id: str, segments: Sequence[Segment], runs: Iterable[Run], kept: Mapping[int, str]) -> Row:
    """The place as it stands in a pack; `kept`: the file within the pack of each segment that is in it."""
    last = segments[-1] if segments else None
    return {
        "stream_id": stream_id,
        "rule": "link = H(link before + own hash), bytes of both; the first follows 32 zero bytes; H: SHA-256, SM3",
        "head": None if last is None else _links(last),
        "runs": [
            {
                "before": {"chain_sha256": run.before_sha256, "chain_sm3": run.before_sm3},
                "segments": [_segment(segment, kept.get(segment.sequence)) for segment in run.segments],
            }
            for run in runs
        ],
    }


def _links(segment: Segment) -> Row:
    return {
        "sequence": segment.sequence,
        "sha256": segment.sha256,
        "chain_sha256": segment.chain_sha256,
        "sm3": segment.sm3,
        "chain_sm3": segment.chain_sm3,
    }


def _segment(segment: Segment, file: str | None) -> Row:
    return _links(segment) | {
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "epoch": segment.epoch,
        "source_start_ms": segment.source_start_ms,
        "received_at_ms": segment.received_at_ms,
        "gap_before_ms": segment.gap_before_ms,
        "drift_ms": segment.drift_ms,
        "byte_count": segment.byte_count,
        "file": file,
    }


def check_record(record: Row, name: str, hashes_of: Callable[[str], tuple[str, str]]) -> dict[int, str]:
    """The SHA-256 of each segment by number; PackBroken names the first one whose hash or link is wrong.

    `hashes_of`: SHA-256 and SM3 of a file within the pack.
    """
    found: dict[int, str] = {}
    for run in _rows(record, "runs", name):
        before = run["before"]
        link, link_sm3 = (str(before[key]) for key in ("chain_sha256", "chain_sm3"))  # type: ignore[index]
        expected: int | None = None
        for row in _rows(run, "segments", name):
            number = row["sequence"]
            if not isinstance(number, int) or (expected is not None and number != expected):
                raise PackBroken("chain", f"{name}: segment {number}", f"segment {expected} should stand here")
            expected = number + 1
            own, own_sm3 = str(row["sha256"]), str(row["sm3"])
            if isinstance(row["file"], str) and hashes_of(row["file"]) != (own, own_sm3 or hashes_of(row["file"])[1]):
                raise PackBroken("chain", row["file"], "its bytes do not give the hash recorded at capture")
            link = chain_sha256(link, own)
            if link != row["chain_sha256"]:
                raise PackBroken("chain", f"{name}: segment {number}", "its link does not follow from the one before")
            link_sm3 = _checked_sm3(link_sm3, row, f"{name}: segment {number}")
            found[number] = own
    return found


def _checked_sm3(before: str, row: Row, what: str) -> str:
    """The segment's SM3 link; where a recording began without them, the first that has one follows `GENESIS`."""
    own = str(row["sm3"])
    if not own and before == GENESIS:
        return before
    if not own:
        raise PackBroken("chain", what, "its SM3 hash is missing")
    link = chain_sm3(before, own)
    if link != row["chain_sm3"]:
        raise PackBroken("chain", what, "its SM3 link does not follow")
    return link


def _rows(record: Row, key: str, name: str) -> list[Row]:
    rows = record.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PackBroken("chain", name, f"{key} is no list")
    return rows
