"""Windows are long enough and follow from the own length alone; batches lose nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.batching.buckets import bucket_ms, plan_batches, token_cap
from asr.recogniser import FULL_WINDOW_MS, LONGEST_CUT_MS, SILENCE_AFTER_MS

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


@given(cut_lengths, st.integers(1, 9))
def test_every_cut_is_in_one_batch_of_its_own_bucket(lengths: list[int], batch_size: int) -> None:
    batches = plan_batches(lengths, batch_size=batch_size)
    assert sorted(index for batch in batches for index in batch.indices) == list(range(len(lengths)))
    for batch in batches:
        assert 1 <= len(batch.indices) <= batch_size
        assert {bucket_ms(lengths[index]) for index in batch.indices} == {batch.window_ms}


@given(cut_lengths, st.integers(1, 9))
def test_window_and_token_cap_are_those_of_the_cut_alone(lengths: list[int], batch_size: int) -> None:
    for batch in plan_batches(lengths, batch_size=batch_size):
        for index in batch.indices:
            (alone,) = plan_batches([lengths[index]], batch_size=1)
            assert (batch.window_ms, batch.token_cap) == (alone.window_ms, alone.token_cap)
            assert batch.window_ms >= lengths[index] + SILENCE_AFTER_MS
            assert batch.token_cap >= token_cap(lengths[index])


@given(st.lists(st.just(4_000), max_size=30), st.integers(1, 9))
def test_batches_of_equals_are_full_but_the_last(lengths: list[int], batch_size: int) -> None:
    sizes = [len(batch.indices) for batch in plan_batches(lengths, batch_size=batch_size)]
    assert all(size == batch_size for size in sizes[:-1])


def test_token_cap_allows_fast_speech_and_no_more() -> None:
    assert token_cap(1_000) == 28
    assert token_cap(12_000) == 116
