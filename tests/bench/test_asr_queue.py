"""The derived queue serves as it says: known costs give known waits, cheaper calls carry more streams."""

import numpy as np
import pytest

from asr.recogniser import Cut
from asr.segmentation.endpointing import EndpointSettings
from bench.asr_live import SEGMENT_MS
from bench.asr_queue import LASTS_MS, Costs, most_streams, our_waits, p95_s, peer_waits, run

CUT_MS = 4_000


def costs(peer_ms: float, alone_ms: float, company: dict[int, float] | None = None) -> Costs:
    """Speech without end: ten cuts of 4 s, each alike."""
    cuts = tuple(
        Cut(
            stream_id="recording",
            start_ms=at_ms,
            end_ms=at_ms + CUT_MS,
            speech_start_ms=at_ms,
            speech_end_ms=at_ms + CUT_MS - 400,
            samples=np.zeros(CUT_MS * 16, np.float32),
        )
        for at_ms in range(0, 10 * CUT_MS, CUT_MS)
    )
    return Costs(
        cuts=cuts,
        length_ms=10 * CUT_MS,
        peer_ms=(peer_ms,) * 10,
        alone_ms=(alone_ms,) * 10,
        company=company or {1: 1.0, 8: 1.0},
        listening_share=0,
    )


def test_a_stream_alone_waits_for_its_segment_and_its_own_service() -> None:
    waits = peer_waits(costs(500, 100), 1)
    pause_ms = EndpointSettings().pause_ms
    assert len(waits) in (LASTS_MS // CUT_MS, LASTS_MS // CUT_MS + 1)
    assert all(pause_ms + 500 <= wait <= pause_ms + SEGMENT_MS + 500 for wait in waits)
    budget_ms = 200
    shorter = our_waits(costs(500, 100), 1)
    assert all(pause_ms + 100 + budget_ms <= wait <= pause_ms + SEGMENT_MS + 101 + budget_ms for wait in shorter)


@pytest.mark.parametrize("waits_of", [peer_waits, our_waits])
def test_no_more_streams_are_carried_than_two_cores_have_time_for(waits_of: object) -> None:
    one = costs(1_000, 1_000)
    carried = most_streams(lambda count: waits_of(one, count))  # type: ignore[operator]
    assert 6 <= carried <= 2 * CUT_MS / 1_000
    assert p95_s(waits_of(one, 12)) > 30  # type: ignore[operator]


def test_cheaper_calls_and_company_carry_more() -> None:
    cheap = most_streams(lambda count: our_waits(costs(1_000, 400), count))
    in_company = most_streams(lambda count: our_waits(costs(1_000, 400, {1: 1.0, 8: 0.5}), count))
    assert 2 * most_streams(lambda count: peer_waits(costs(1_000, 400), count)) <= cheap < in_company


@pytest.mark.slow
def test_a_quick_run_measures_real_calls() -> None:
    rows = run(quick=True)
    derived = [row for row in rows if "derived" in row]
    assert len(derived) == 3
    assert int(str(derived[1]["streams_in_time"])) > int(str(derived[0]["streams_in_time"])) > 0
