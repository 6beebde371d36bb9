"""What a candidate policy changes in one broadcast: pure, findings of both policies in, changes out."""

from collections.abc import Iterable, Sequence

from review.cases.types import FINAL
from review.replays.types import Change, ChangeKind, Decided, Said, Stored, StoredStream, StreamDiff

_PARTS = ("class_id", "verdict", "law", "severity", "product_id")


def compare(
    stream: StoredStream,
    before: Sequence[Said],
    after: Sequence[Said],
    stored: Sequence[Stored],
    missing: tuple[str, ...] = (),
) -> StreamDiff:
    """What the candidate (`after`) changes against the policy in force (`before`); both judged the same passages."""
    pairs = pairs_of([s for s in before if s.flags], [s for s in after if s.flags])
    changes = [change for b, a in pairs if (change := _change(stream, b, a, before, after, stored)) is not None]
    return StreamDiff(
        stream_id=stream.stream_id,
        host_id=stream.host_id,
        host_name=stream.host_name,
        span_ms=stream.span_ms,
        passage_count=len(stream.passages),
        before=tuple(s for s in before if s.flags),
        after=tuple(s for s in after if s.flags),
        changes=tuple(sorted(changes, key=lambda c: (c.said.start_ms, c.said.finding_id))),
        decided=tuple(_decided(stream, before, after, stored)),
        unlike=_unlike(before, stored),
        missing=missing,
    )


def is_same_words(one: Said, other: Said) -> bool:
    """Whether both are about the same words of the broadcast."""
    if not set(one.passage_ids) & set(other.passage_ids):
        return False
    return one.quote in other.quote or other.quote in one.quote


def pairs_of(before: Iterable[Said], after: Sequence[Said]) -> list[tuple[Said | None, Said | None]]:
    """Each claim beside the one that stands for the same words under the other policy, or beside nothing."""
    left = {s.finding_id: s for s in after}
    pairs: list[tuple[Said | None, Said | None]] = []
    alone: list[Said] = []
    for one in before:
        if (same := left.pop(one.finding_id, None)) is not None:
            pairs.append((one, same))
        else:
            alone.append(one)
    for one in alone:
        near = [other for other in left.values() if is_same_words(one, other)]
        best = max(near, key=lambda o: (o.class_id == one.class_id, o.product_id == one.product_id), default=None)
        if best is not None:
            del left[best.finding_id]
        pairs.append((one, best))
    return [*pairs, *((None, other) for other in left.values())]


def _change(
    stream: StoredStream,
    before: Said | None,
    after: Said | None,
    all_before: Sequence[Said],
    all_after: Sequence[Said],
    stored: Sequence[Stored],
) -> Change | None:
    parts: tuple[str, ...] = ()
    if before is not None and after is not None:
        kind = ChangeKind.CHANGED
        parts = tuple(part for part in _PARTS if getattr(before, part) != getattr(after, part))
        if not parts:
            return None
    elif before is not None:
        kind, after = ChangeKind.CLEARED, _as_note(before, all_after)
    else:
        assert after is not None
        kind, before = ChangeKind.FLAGGED, _as_note(after, all_before)
    known = _stored_of([said for said in (before, after) if said is not None], stored)
    return Change(
        kind=kind,
        stream_id=stream.stream_id,
        host_id=stream.host_id,
        before=before,
        after=after,
        parts=parts,
        stored_id=known.said.finding_id if known else None,
        case_id=known.case_id if known else None,
        state=known.state if known else None,
    )


def _as_note(said: Said, others: Sequence[Said]) -> Said | None:
    """What the other policy makes of the same claim without flagging it."""
    return next((o for o in others if o.finding_id == said.finding_id and not o.flags), None)


def _stored_of(said: Sequence[Said], stored: Sequence[Stored]) -> Stored | None:
    """The stored finding about these words: the same one, or else one of the same class."""
    for one in said:
        for known in stored:
            if known.said.finding_id == one.finding_id:
                return known
    near = (s for s in stored for one in said if s.said.class_id == one.class_id and is_same_words(s.said, one))
    return next(near, None)


def _decided(
    stream: StoredStream, before: Sequence[Said], after: Sequence[Said], stored: Sequence[Stored]
) -> Iterable[Decided]:
    """The findings on which people have decided."""
    for one in stored:
        if one.case_id is None or one.state not in FINAL or not one.said.flags:
            continue
        yield Decided(
            case_id=one.case_id,
            stream_id=stream.stream_id,
            state=one.state,
            said=one.said,
            before=_flagged(one.said, before),
            after=_flagged(one.said, after),
        )


def _flagged(said: Said, findings: Sequence[Said]) -> bool:
    return any(f.flags and (f.finding_id == said.finding_id or is_same_words(f, said)) for f in findings)


def _unlike(before: Sequence[Said], stored: Sequence[Stored]) -> int:
    """How many flags are only stored, or only found again: the same class about the same words is the same flag."""
    now, then = [s for s in before if s.flags], [s.said for s in stored if s.said.flags]
    same = sum(
        one is not None and other is not None and one.class_id == other.class_id for one, other in pairs_of(now, then)
    )
    return len(now) + len(then) - 2 * same
