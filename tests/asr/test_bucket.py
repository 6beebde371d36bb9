"""Windows are long enough, batches lose nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.bucket import FULL_WINDOW_MS, LONGEST_CUT_MS, bucket_ms, plan_batches, token_cap

cut_lengths = st.lists(st.integers(1, LONGEST_CUT_MS), max_size=60)


@pytest.mark.parametrize(
    ("speech_ms", "window_ms"),
    [
        pytest.param(1, 3_500, id="a click"),
        pytest.param(1_500, 4_500, id="exactly three seconds more"),
        pytest.param(1_501, 5_000, id="one over goes up a step"),
        pytest.param(LONGEST_CUT_MS, FULL_WINDOW_MS, id="the longest cut fills the window"),
        pytest.param(40_000, FULL_WINDOW_MS, id="never above Whisper's window"),
    ],
)
def test_window_is_the_smallest_step_with_three_seconds_to_spare(speech_ms: int, window_ms: int) -> None:
    assert bucket_ms(speech_ms) == window_ms


@given(cut_lengths, st.integers(1, 9), st.integers(0, 8_000))
def test_every_cut_is_in_one_batch_that_holds_it(lengths: list[int], batch_size: int, spread_ms: int) -> None:
    batches = plan_batches(lengths, batch_size=batch_size, spread_ms=spread_ms)
    assert sorted(index for batch in batches for index in batch.indices) == list(range(len(lengths)))
    for batch in batches:
        windows = [bucket_ms(lengths[index]) for index in batch.indices]
        assert 1 <= len(windows) <= batch_size
        assert max(windows) == batch.window_ms
        assert max(windows) - min(windows) <= spread_ms


def test_token_cap_allows_fast_speech_and_no_more() -> None:
    assert token_cap(1_000) == 28
    assert token_cap(12_000) == 116
